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

import java.net.URI;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.HandshakeInfo;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.adapter.AbstractWebSocketSession;

/**
 * A side of a WebSocket without a connection, because the order of events on a real one
 * is chance.
 */
final class StubSession extends AbstractWebSocketSession<String> {

	private final Flux<WebSocketMessage> frames;

	private final @Nullable CloseStatus status;

	private final Function<Publisher<WebSocketMessage>, Mono<Void>> taken;

	private final AtomicReference<CloseStatus> closed = new AtomicReference<>();

	private boolean open = true;

	/**
	 * Create a side that takes nothing: as Reactor Netty does it for a closed connection,
	 * the publisher is not subscribed to.
	 */
	StubSession(Flux<WebSocketMessage> frames, @Nullable CloseStatus status) {
		this(frames, status, (messages) -> Mono.error(AbortedException.beforeSend()));
	}

	/**
	 * Create a side.
	 * @param frames what is read from it
	 * @param status what it is closed with
	 * @param taken takes what is sent to it
	 */
	StubSession(Flux<WebSocketMessage> frames, @Nullable CloseStatus status,
			Function<Publisher<WebSocketMessage>, Mono<Void>> taken) {
		super("stub", "stub", new HandshakeInfo(URI.create("ws://localhost"), new HttpHeaders(), Mono.empty(), null),
				new NettyDataBufferFactory(ByteBufAllocator.DEFAULT));
		this.frames = frames;
		this.status = status;
		this.taken = taken;
	}

	/**
	 * Let its connection be gone.
	 */
	StubSession gone() {
		this.open = false;
		return this;
	}

	boolean isClosed() {
		return this.closed.get() != null;
	}

	/**
	 * What the gateway has closed it with.
	 */
	CloseStatus closed() {
		return Objects.requireNonNull(this.closed.get(), "not closed");
	}

	@Override
	public Flux<WebSocketMessage> receive() {
		return this.frames;
	}

	@Override
	public Mono<Void> send(Publisher<WebSocketMessage> messages) {
		return this.taken.apply(messages);
	}

	@Override
	public boolean isOpen() {
		return this.open;
	}

	@Override
	public Mono<Void> close(CloseStatus status) {
		return Mono.fromRunnable(() -> this.closed.set(status));
	}

	@Override
	public Mono<CloseStatus> closeStatus() {
		return Mono.justOrEmpty(this.status);
	}

}
