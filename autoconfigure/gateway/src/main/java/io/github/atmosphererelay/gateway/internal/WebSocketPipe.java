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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketSession;

/**
 * Forwards frames between a client and its node until one of them closes or the gateway
 * ends it. A side is read only as fast as the other one takes its frames, one message
 * after another. Whatever ends it goes one way: the first end counts; nothing is
 * forwarded any more; then both sides are closed, because the close frame of a side that
 * is still being sent to may be lost. Threads: event loops, which it does not block.
 */
final class WebSocketPipe {

	private static final Log logger = LogFactory.getLog(WebSocketPipe.class);

	/** Time for what has been handed to a socket, when the end has come. */
	private static final Duration LAST_WORDS = Duration.ofSeconds(5);

	private final WebSocketSession client;

	private final WebSocketSession node;

	private final Runnable disconnect;

	private final ProxyStatistics statistics;

	private final AtomicReference<@Nullable PipeEnd> end = new AtomicReference<>();

	/** Completes when nothing is to be forwarded any more. */
	private final Sinks.Empty<Void> ended = Sinks.empty();

	private volatile long lastFrame = System.nanoTime();

	/**
	 * Create a pipe.
	 * @param client the client's side
	 * @param node the node's side
	 * @param disconnect closes the client's connection, also if it takes no bytes
	 * @param statistics counts what the gateway ends
	 */
	WebSocketPipe(WebSocketSession client, WebSocketSession node, Runnable disconnect, ProxyStatistics statistics) {
		this.client = client;
		this.node = node;
		this.disconnect = disconnect;
		this.statistics = statistics;
	}

	/**
	 * Forward frames.
	 * @return completes when both sides are closed
	 */
	Mono<Void> run() {
		Mono<Void> forwarded = Mono.when(forward(this.client, this.node, PipeEnd::closedByClient, PipeEnd.NODE_LOST),
				forward(this.node, this.client, PipeEnd::closedByNode, PipeEnd.CLIENT_LOST));
		Mono<Void> late = this.ended.asMono().then(Mono.delay(LAST_WORDS)).then();
		return Mono.firstWithSignal(forwarded, late).then(Mono.defer(this::closeBoth));
	}

	/**
	 * End it, unless it has ended already.
	 */
	void end(PipeEnd end) {
		if (this.end.compareAndSet(null, end)) {
			this.statistics.ended(end.cause());
			this.ended.tryEmitEmpty();
		}
	}

	/**
	 * End it if it is idle.
	 * @param idleTimeout the time without a frame after which it is idle
	 */
	void check(Duration idleTimeout) {
		if (System.nanoTime() - this.lastFrame >= idleTimeout.toNanos()) {
			end(PipeEnd.IDLE);
		}
	}

	private Mono<Void> forward(WebSocketSession from, WebSocketSession to,
			Function<@Nullable CloseStatus, PipeEnd> closed, PipeEnd receiverLost) {
		return FrameReader.read(from, () -> this.lastFrame = System.nanoTime())
			.takeUntilOther(this.ended.asMono())
			.onErrorResume((failure) -> {
				logger.debug("A side of a WebSocket could not be read to its end", failure);
				if (PipeEnd.isTooLarge(failure)) {
					end(PipeEnd.TOO_LARGE);
				}
				return Flux.empty();
			})
			.concatMap((message) -> to.send(Mono.just(message)), 1)
			.then(Mono.defer(() -> endAs(from, closed)))
			.onErrorResume((failure) -> {
				logger.debug("A side of a WebSocket does not take frames", failure);
				end(receiverLost);
				return Mono.empty();
			});
	}

	/**
	 * End as a side was closed, all of whose frames have been forwarded.
	 */
	private Mono<Void> endAs(WebSocketSession from, Function<@Nullable CloseStatus, PipeEnd> closed) {
		if (this.end.get() != null) {
			return Mono.empty();
		}
		return from.closeStatus()
			.timeout(LAST_WORDS, Mono.empty())
			.onErrorResume((failure) -> Mono.empty())
			.doOnNext((status) -> end(closed.apply(status)))
			.then(Mono.fromRunnable(() -> end(closed.apply(null))));
	}

	private Mono<Void> closeBoth() {
		PipeEnd end = this.end.get();
		PipeEnd last = (end != null) ? end : PipeEnd.CLIENT_LOST;
		// The client's side last: with its connection, this is cancelled
		return close(this.node, last.toNode()).then(close(this.client, last.toClient()))
			.doFinally((signal) -> this.disconnect.run());
	}

	private static Mono<Void> close(WebSocketSession side, CloseStatus status) {
		// A close frame is made when close is called, and leaks if nobody subscribes
		return Mono.defer(() -> side.close(status))
			.timeout(LAST_WORDS, Mono.empty())
			.onErrorResume((failure) -> Mono.empty());
	}

}
