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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.IOException;
import java.nio.ByteBuffer;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.jspecify.annotations.Nullable;

/**
 * Collects frames in a buffer of the writer's thread, and hands them to the socket
 * together. Never blocks.
 */
final class TomcatTransport implements SessionTransport {

	private static final byte[] NOTHING = {};

	private static final ThreadLocal<Batch> BATCHES = ThreadLocal.withInitial(Batch::new);

	private final TomcatConnection connection;

	private final SocketOutput output;

	TomcatTransport(TomcatConnection connection, SocketOutput output) {
		this.connection = connection;
		this.output = output;
	}

	@Override
	public void write(OutboundMessage message) throws IOException {
		Payload payload = message.payload();
		frame(payload.isBinary() ? Opcode.BINARY : Opcode.TEXT, payload.bytes());
	}

	private void frame(int opcode, byte[] payload) throws IOException {
		ByteBuffer frames = BATCHES.get().of(this);
		if (frames.remaining() < Frames.MAX_HEADER + payload.length) {
			this.output.write(frames.flip());
			frames.clear();
		}
		Frames.header(frames, opcode, payload.length);
		if (frames.remaining() >= payload.length) {
			frames.put(payload);
			return;
		}
		this.output.write(frames.flip(), payload);
		frames.clear();
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		ByteBuffer frames = BATCHES.get().of(this);
		if (frames.position() > 0) {
			this.output.write(frames.flip());
			frames.clear();
		}
		return this.output.isEmpty(whenFlushed);
	}

	@Override
	public void ping() throws IOException {
		frame(Opcode.PING, NOTHING);
	}

	@Override
	public void ping(byte[] payload) throws IOException {
		frame(Opcode.PING, payload);
	}

	@Override
	public void close(CloseReason reason) {
		this.connection.close(reason.code(), reason.text());
	}

	@Override
	public void abort(CloseReason reason) {
		this.connection.abort(reason.code(), reason.text());
	}

	/**
	 * The frames that a writer has collected for its present session. Frames of another
	 * session, which are left if writing to it has failed, are discarded.
	 */
	private static final class Batch {

		private static final int SIZE = 64 * 1024;

		private final ByteBuffer buffer = ByteBuffer.allocateDirect(SIZE);

		private @Nullable TomcatTransport owner;

		ByteBuffer of(TomcatTransport transport) {
			if (this.owner != transport) {
				this.owner = transport;
				this.buffer.clear();
			}
			return this.buffer;
		}

	}

}
