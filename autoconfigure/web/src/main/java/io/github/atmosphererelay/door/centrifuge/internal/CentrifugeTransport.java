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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.jspecify.annotations.Nullable;

/**
 * Writes a session's messages in the form of the protocol, as many as there are in one
 * WebSocket message: each has its own costs, here and at the client. Translates close
 * reasons into those of this door.
 */
final class CentrifugeTransport implements SessionTransport {

	/** Beyond this nothing is gained, and clients' buffers have to be as large. */
	private static final int MAX_FRAME = 64 * 1024;

	private static final ThreadLocal<Batch> BATCHES = ThreadLocal.withInitial(Batch::new);

	private final SessionTransport socket;

	private final Codec codec;

	/** Pings that the client has not answered. */
	private final AtomicInteger unanswered = new AtomicInteger();

	CentrifugeTransport(SessionTransport socket, Codec codec) {
		this.socket = socket;
		this.codec = codec;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		add(message.encoded(this.codec.messages()));
	}

	private void add(Payload object) throws IOException {
		Batch batch = BATCHES.get().of(this);
		if (!batch.objects.isEmpty() && batch.size + object.size() >= MAX_FRAME) {
			send(batch);
		}
		batch.objects.add(object);
		batch.size += object.size() + 1;
	}

	private void send(Batch batch) throws IOException {
		// One alone is handed on as it is: its text form, if the socket wants that, is
		// made
		// once for all its receivers.
		Payload frame = (batch.objects.size() == 1) ? batch.objects.get(0) : this.codec.join(batch.objects);
		batch.clear();
		this.socket.write(OutboundMessage.frame(frame));
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		Batch batch = BATCHES.get().of(this);
		if (!batch.objects.isEmpty()) {
			send(batch);
		}
		batch.owner = null;
		return this.socket.flush(whenFlushed);
	}

	@Override
	public boolean limitsWait() {
		return this.socket.limitsWait();
	}

	/**
	 * The protocol has pings of its own, which pages see.
	 */
	@Override
	public void ping() throws IOException {
		this.unanswered.incrementAndGet();
		add(this.codec.ping());
	}

	/**
	 * Take the answer to a ping.
	 * @return whether there was a ping that it answers
	 */
	boolean pong() {
		return this.unanswered.getAndUpdate((count) -> Math.max(0, count - 1)) > 0;
	}

	@Override
	public void close(CloseReason reason) {
		this.socket.close(Disconnects.of(reason));
	}

	@Override
	public void abort(CloseReason reason) {
		this.socket.abort(Disconnects.of(reason));
	}

	/**
	 * What a writer has for the session that it is at. What was left from another
	 * session, because writing to that one failed half-way, is forgotten.
	 */
	private static final class Batch {

		private final List<Payload> objects = new ArrayList<>();

		private int size;

		private @Nullable CentrifugeTransport owner;

		Batch of(CentrifugeTransport transport) {
			if (this.owner != transport) {
				this.owner = transport;
				clear();
			}
			return this;
		}

		void clear() {
			this.objects.clear();
			this.size = 0;
		}

	}

}
