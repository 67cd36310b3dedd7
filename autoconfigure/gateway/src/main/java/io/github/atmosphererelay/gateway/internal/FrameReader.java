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

import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;

/**
 * Reads the frames of one side, as many as the other side asks for. When the other side
 * is lost, this one is read on and its frames are dropped: if the reading were cancelled,
 * Reactor Netty would send a close frame without a code before the right one.
 */
final class FrameReader extends BaseSubscriber<WebSocketMessage> {

	private final FluxSink<WebSocketMessage> sink;

	private final Runnable read;

	private final ByteBudget.Share share;

	private FrameReader(FluxSink<WebSocketMessage> sink, Runnable read, ByteBudget.Share share) {
		this.sink = sink;
		this.read = read;
		this.share = share;
	}

	/**
	 * Read the frames of a side.
	 * @param session the side
	 * @param read called for each frame
	 * @param share what is held of the side
	 * @return the frames, which their receiver releases, and a hook for discarded ones
	 */
	static Flux<WebSocketMessage> read(WebSocketSession session, Runnable read, ByteBudget.Share share) {
		return Flux.create((sink) -> session.receive().subscribe(new FrameReader(sink, read, share)));
	}

	@Override
	protected void hookOnSubscribe(Subscription subscription) {
		// Not before, because a side may be subscribed to later, on its event loop
		this.sink.onRequest(this::request);
		this.sink.onCancel(this::requestUnbounded);
	}

	@Override
	protected void hookOnNext(WebSocketMessage frame) {
		this.read.run();
		if (!this.sink.isCancelled()) {
			this.sink.next(frame.retain());
		}
		else {
			this.share.forwarded(frame.getPayload().readableByteCount());
		}
	}

	@Override
	protected void hookOnComplete() {
		this.sink.complete();
	}

	@Override
	protected void hookOnError(Throwable failure) {
		this.sink.error(failure);
	}

}
