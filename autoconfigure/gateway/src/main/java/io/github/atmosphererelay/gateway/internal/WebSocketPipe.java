/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketSession;

/**
 * Forwards frames between a client and its node until one of them closes. A side is read
 * only as fast as the other one takes its frames. Threads: event loops, which it does not
 * block.
 */
final class WebSocketPipe {

	private static final Log logger = LogFactory.getLog(WebSocketPipe.class);

	private static final CloseStatus NODE_LOST = new CloseStatus(1012, "node is away, please reconnect");

	private static final CloseStatus IDLE = new CloseStatus(1012, "connection was idle");

	private final WebSocketSession client;

	private final WebSocketSession node;

	private final Duration idleTimeout;

	private final ProxyStatistics statistics;

	private volatile long lastFrame = System.nanoTime();

	private volatile boolean tooLarge;

	/** Completes when nothing is to be forwarded any more. */
	private final Sinks.Empty<Void> ended = Sinks.empty();

	private volatile boolean idle;

	WebSocketPipe(WebSocketSession client, WebSocketSession node, Duration idleTimeout, ProxyStatistics statistics) {
		this.client = client;
		this.node = node;
		this.idleTimeout = idleTimeout;
		this.statistics = statistics;
	}

	/**
	 * Forward frames.
	 * @return completes when both sides are closed
	 */
	Mono<Void> run() {
		Mono<Void> toNode = forward(this.client, this.node)
			.then(closing(this.client, this.node, CloseStatus.GOING_AWAY));
		Mono<Void> toClient = forward(this.node, this.client).then(closing(this.node, this.client, NODE_LOST));
		Mono<Void> both = Mono.when(toNode, toClient);
		if (this.idleTimeout.isZero()) {
			return both;
		}
		return Mono.defer(() -> {
			Disposable watch = watchIdle();
			return both.doFinally((signal) -> watch.dispose());
		});
	}

	private Mono<Void> forward(WebSocketSession from, WebSocketSession to) {
		return to.send(FrameReader.read(from, () -> this.lastFrame = System.nanoTime())
			.takeUntilOther(this.ended.asMono())
			.onErrorResume(WebSocketPipe::isTooLarge, (failure) -> {
				this.tooLarge = true;
				this.statistics.countTooLarge();
				return Flux.empty();
			})).onErrorResume((failure) -> {
				logger.debug("A WebSocket could not be forwarded to its end", failure);
				return Mono.empty();
			});
	}

	private static boolean isTooLarge(Throwable failure) {
		return failure instanceof TooLongFrameException || (failure instanceof CorruptedWebSocketFrameException frame
				&& frame.closeStatus().equals(WebSocketCloseStatus.MESSAGE_TOO_BIG));
	}

	/**
	 * Close a side as the other one was closed.
	 */
	private Mono<Void> closing(WebSocketSession closed, WebSocketSession other, CloseStatus ifLost) {
		return Mono.defer(() -> {
			if (this.tooLarge) {
				return Mono.whenDelayError(closed.close(CloseStatus.TOO_BIG_TO_PROCESS),
						other.close(CloseStatus.TOO_BIG_TO_PROCESS));
			}
			if (this.idle) {
				return other.close((other == this.client) ? IDLE : CloseStatus.GOING_AWAY);
			}
			return closed.closeStatus()
				.timeout(Duration.ofSeconds(5), Mono.just(ifLost))
				.defaultIfEmpty(ifLost)
				.map((status) -> forwarded(status, ifLost))
				.doOnNext((status) -> {
					if (status == NODE_LOST) {
						this.statistics.countNodeLost();
					}
				})
				.flatMap(other::close);
		}).onErrorResume((failure) -> Mono.empty());
	}

	/**
	 * Return the status that may stand in a frame: 1005, 1006 and 1015 stand for the
	 * absence of one.
	 */
	static CloseStatus forwarded(@Nullable CloseStatus status, CloseStatus ifLost) {
		if (status == null) {
			return ifLost;
		}
		return switch (status.getCode()) {
			case 1005 -> CloseStatus.NORMAL;
			case 1004, 1006, 1015 -> ifLost;
			default -> status;
		};
	}

	/**
	 * End the forwarding when no frame has come for the idle time. Only then are the
	 * sides closed: the close frame of a side that is still being sent to may be lost.
	 */
	private Disposable watchIdle() {
		return Flux.interval(this.idleTimeout.dividedBy(4))
			.filter((number) -> System.nanoTime() - this.lastFrame >= this.idleTimeout.toNanos())
			.next()
			.subscribe((number) -> {
				this.statistics.countIdle();
				this.idle = true;
				this.ended.tryEmitEmpty();
			});
	}

}
