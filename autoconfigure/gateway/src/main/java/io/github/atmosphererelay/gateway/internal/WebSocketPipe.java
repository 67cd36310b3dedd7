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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketMessage;
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

	private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

	private final WebSocketSession client;

	private final WebSocketSession node;

	private final ClientConnection connection;

	private final ProxyStatistics statistics;

	/** What the client has sent. */
	private final ByteBudget.Share toNode;

	/** What the node has sent. */
	private final ByteBudget.Share toClient;

	private final AtomicReference<@Nullable PipeEnd> end = new AtomicReference<>();

	/** Completes when nothing is to be forwarded any more. */
	private final Sinks.Empty<Void> ended = Sinks.empty();

	/** When a frame was last read, in {@link System#nanoTime()}. */
	private volatile long lastRead = System.nanoTime();

	/** When a side last took bytes, in {@link System#nanoTime()}. */
	private volatile long lastTaken = this.lastRead;

	/**
	 * Create a pipe.
	 * @param client the client's side
	 * @param node the node's side
	 * @param connection the client's connection
	 * @param toNode what is held of what the client has sent
	 * @param toClient what is held of what the node has sent
	 * @param statistics counts what the gateway ends
	 */
	WebSocketPipe(WebSocketSession client, WebSocketSession node, ClientConnection connection, ByteBudget.Share toNode,
			ByteBudget.Share toClient, ProxyStatistics statistics) {
		this.client = client;
		this.node = node;
		this.connection = connection;
		this.statistics = statistics;
		this.toNode = toNode;
		this.toClient = toClient;
	}

	/**
	 * Forward frames.
	 * @return completes when both sides are closed
	 */
	Mono<Void> run() {
		Mono<Void> forwarded = Mono.when(
				forward(this.client, this.node, this.toNode, PipeEnd::closedByClient, PipeEnd::closedByNode),
				forward(this.node, this.client, this.toClient, PipeEnd::closedByNode, PipeEnd::closedByClient));
		Mono<Void> late = this.ended.asMono().then(Mono.defer(() -> Mono.delay(lastWords()))).then();
		Mono<Void> watched = Mono
			.when(endStuck(this.client, PipeEnd::closedByClient), endStuck(this.node, PipeEnd::closedByNode))
			.then(Mono.never());
		return Mono.firstWithSignal(forwarded, late, watched).then(Mono.defer(this::closeBoth)).doFinally((signal) -> {
			this.toNode.end();
			this.toClient.end();
		});
	}

	/** What others wait for is not held any longer. */
	private Duration lastWords() {
		return (this.end.get() == PipeEnd.SLOW) ? LOOK_INTERVAL : LAST_WORDS;
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
	 * End it if it is idle, if its client takes nothing of what waits for it, or if it
	 * holds what others wait for and forwards nothing. A client that takes the bytes of a
	 * long message is not idle, nor is a side that is not read because others hold too
	 * much.
	 * @param idleTimeout the time without a frame after which it is idle, or zero
	 * @param messageTimeout the time for a message while others wait for its bytes
	 * @param sendTimeout the time in which the client has to take bytes that wait for it
	 */
	void check(Duration idleTimeout, Duration messageTimeout, Duration sendTimeout) {
		if (this.connection.isStuck(sendTimeout) || this.toNode.isInTheWay(messageTimeout)
				|| this.toClient.isInTheWay(messageTimeout)) {
			end(PipeEnd.SLOW);
		}
		lookAtClient();
		if (idleTimeout.isZero()) {
			return;
		}
		long now = System.nanoTime();
		if (this.toNode.isWaiting() || this.toClient.isWaiting()) {
			this.lastRead = now;
		}
		if (now - this.lastRead >= idleTimeout.toNanos() && now - this.lastTaken >= idleTimeout.toNanos()) {
			end(PipeEnd.IDLE);
		}
	}

	private Mono<Void> forward(WebSocketSession from, WebSocketSession to, ByteBudget.Share share,
			Function<@Nullable CloseStatus, PipeEnd> closed, Function<@Nullable CloseStatus, PipeEnd> receiverClosed) {
		return FrameReader.read(from, () -> this.lastRead = System.nanoTime(), share)
			.takeUntilOther(this.ended.asMono())
			.onErrorResume((failure) -> {
				logger.debug("A side of a WebSocket could not be read to its end", failure);
				if (PipeEnd.isTooLarge(failure)) {
					end(PipeEnd.TOO_LARGE);
				}
				return Flux.empty();
			})
			// Without a prefetch there is no queue in which a second message waits
			.concatMap((message) -> send(message, to, share), 0)
			// At the end, because a hook is for what stands before it
			.doOnDiscard(WebSocketMessage.class, WebSocketPipe::release)
			.then(Mono.defer(() -> endAs(from, closed)))
			.onErrorResume((failure) -> {
				logger.debug("A side of a WebSocket does not take frames", failure);
				// It may have been closed with a code, before which frames of its own are
				// still being forwarded
				return stuck().then(Mono.defer(() -> endAs(to, receiverClosed)));
			});
	}

	private Mono<Void> send(WebSocketMessage message, WebSocketSession to, ByteBudget.Share share) {
		int bytes = message.getPayload().readableByteCount();
		// A connection that is closed refuses the publisher without subscribing to it
		AtomicBoolean handedOver = new AtomicBoolean();
		Mono<WebSocketMessage> once = Mono.fromCallable(() -> handedOver.compareAndSet(false, true) ? message : null);
		return Mono.defer(() -> to.send(once)).doOnSuccess((nothing) -> {
			this.lastTaken = System.nanoTime();
			if (to == this.client) {
				this.connection.messageSent();
			}
		}).doFinally((signal) -> {
			if (handedOver.compareAndSet(false, true)) {
				release(message);
			}
			share.forwarded(bytes);
		});
	}

	private static void release(WebSocketMessage message) {
		DataBufferUtils.release(message.getPayload());
	}

	/**
	 * End as a side was closed whose last frames the other side does not take.
	 */
	private Mono<Void> endStuck(WebSocketSession side, Function<@Nullable CloseStatus, PipeEnd> closed) {
		return side.closeStatus()
			.onErrorResume((failure) -> Mono.empty())
			.flatMap((status) -> stuck().then(Mono.fromRunnable(() -> end(closed.apply(status)))));
	}

	/**
	 * Wait until no side has taken bytes for the time of last words, or the end has come.
	 */
	private Mono<Void> stuck() {
		return Mono.defer(() -> {
			long start = System.nanoTime();
			return Flux.interval(LOOK_INTERVAL)
				.onBackpressureDrop()
				.doOnNext((tick) -> lookAtClient())
				.takeUntil((tick) -> {
					long now = System.nanoTime();
					return Math.min(now - start, now - this.lastTaken) >= LAST_WORDS.toNanos();
				})
				.takeUntilOther(this.ended.asMono())
				.then();
		});
	}

	private void lookAtClient() {
		this.connection.ifBytesTaken(() -> this.lastTaken = System.nanoTime());
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
			.doFinally((signal) -> this.connection.close());
	}

	/**
	 * Close a side, unless its connection is gone: nobody would release the close frame.
	 * The sending is not cancelled, because Reactor Netty would release the frame, and so
	 * does Netty, which still has to write it. Who closes later than the time of last
	 * words is not told of a failure.
	 */
	private Mono<Void> close(WebSocketSession side, CloseStatus status) {
		return Mono.defer(() -> side.isOpen() ? Mono.fromFuture(side.close(status).onErrorComplete().toFuture(), true)
				: Mono.empty())
			.timeout(lastWords(), Mono.empty())
			.onErrorResume((failure) -> Mono.empty());
	}

}
