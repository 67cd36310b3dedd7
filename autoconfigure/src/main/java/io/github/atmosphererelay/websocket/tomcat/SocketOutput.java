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

package io.github.atmosphererelay.websocket.tomcat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * The way out to one client, which never blocks: what the socket does not take is kept
 * and sent when the socket is writable again. Whoever fills it waits meanwhile, so at
 * most one batch is kept. Frames of several threads do not mix; the lock is held for a
 * system call only.
 */
final class SocketOutput {

	private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

	private final WritableByteChannel channel;

	private final Runnable writeInterest;

	private final ReentrantLock lock = new ReentrantLock();

	/** What the socket has not taken yet; empty almost always. */
	private ByteBuffer rest = NOTHING;

	/** The reply to the latest ping, which waits behind the rest: one is enough. */
	private @Nullable ByteBuffer pong;

	private @Nullable Runnable whenEmpty;

	private boolean closed;

	/**
	 * Create an output.
	 * @param channel the socket, in non-blocking mode
	 * @param writeInterest asks for a call of {@link #writable()}
	 */
	SocketOutput(WritableByteChannel channel, Runnable writeInterest) {
		this.channel = channel;
		this.writeInterest = writeInterest;
	}

	/**
	 * Send whole frames.
	 * @param frames the frames; consumed
	 * @throws IOException if the connection is broken or its end has been sent
	 */
	void write(ByteBuffer frames) throws IOException {
		this.lock.lock();
		try {
			if (this.closed) {
				throw new IOException("The connection is closed");
			}
			send(frames);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void send(ByteBuffer frames) throws IOException {
		if (!this.rest.hasRemaining()) {
			while (frames.hasRemaining() && this.channel.write(frames) > 0) {
				continue;
			}
		}
		if (frames.hasRemaining()) {
			boolean first = !this.rest.hasRemaining();
			this.rest = ByteBuffer.allocate(this.rest.remaining() + frames.remaining())
				.put(this.rest)
				.put(frames)
				.flip();
			if (first) {
				this.writeInterest.run();
			}
		}
	}

	/**
	 * Return whether everything has gone out, or else have something done then.
	 * @param whenEmpty called once if this returns {@code false}, on any thread, perhaps
	 * before this returns
	 * @return whether nothing is kept
	 */
	boolean isEmpty(Runnable whenEmpty) {
		this.lock.lock();
		try {
			if (this.rest.hasRemaining()) {
				this.whenEmpty = whenEmpty;
				return false;
			}
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Answer a ping. Of several that come while the client does not read, the latest is
	 * answered (RFC 6455, section 5.5.3).
	 * @param data the ping's data
	 * @throws IOException if the connection is broken
	 */
	void pong(byte[] data) throws IOException {
		ByteBuffer frame = Frames.control(Opcode.PONG, data);
		this.lock.lock();
		try {
			if (this.rest.hasRemaining()) {
				this.pong = frame;
			}
			else if (!this.closed) {
				send(frame);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Send a close frame, after which nothing is sent. Only the first one is.
	 * @param frame the frame
	 * @return whether it is on its way or behind what is
	 */
	boolean close(ByteBuffer frame) {
		this.lock.lock();
		try {
			if (this.closed) {
				return false;
			}
			this.closed = true;
			send(frame);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Go on: the socket takes more.
	 * @return whether nothing is kept any more
	 * @throws IOException if the connection is broken
	 */
	boolean writable() throws IOException {
		Runnable whenEmpty;
		this.lock.lock();
		try {
			while (this.rest.hasRemaining()) {
				if (this.channel.write(this.rest) == 0) {
					this.writeInterest.run();
					return false;
				}
			}
			this.rest = NOTHING;
			ByteBuffer pong = this.pong;
			this.pong = null;
			if (pong != null && !this.closed) {
				send(pong);
			}
			whenEmpty = this.whenEmpty;
			this.whenEmpty = null;
		}
		finally {
			this.lock.unlock();
		}
		if (whenEmpty != null) {
			whenEmpty.run();
		}
		return true;
	}

	/**
	 * Return how much the socket has not taken.
	 * @return bytes
	 */
	int kept() {
		this.lock.lock();
		try {
			return this.rest.remaining();
		}
		finally {
			this.lock.unlock();
		}
	}

}
