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
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * The way out to one client, which never blocks: what the socket does not take is kept
 * and sent when the socket is writable again. Whoever fills it waits meanwhile, so at
 * most one batch is kept. Frames of several threads do not mix; the lock is held for
 * system calls only, and nothing else is called within it.
 */
final class SocketOutput {

	/**
	 * The JDK copies what is not in direct memory, all of it for each call, and keeps the
	 * copies' memory with the thread.
	 */
	private static final int SLICE = 64 * 1024;

	private final WritableByteChannel channel;

	private final Runnable writeInterest;

	private final ReentrantLock lock = new ReentrantLock();

	/** What the socket has not taken yet; null almost always. */
	private @Nullable Deque<ByteBuffer> rest;

	/** The reply to the latest ping, which waits behind the rest: one is enough. */
	private @Nullable ByteBuffer pong;

	private @Nullable Runnable whenEmpty;

	private boolean closed;

	/** Whether something may have gone out in part, so that nothing can follow it. */
	private boolean broken;

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
		write(frames, null);
	}

	/**
	 * Send whole frames.
	 * @param frames the frames; consumed
	 * @param payload the payload of the last one, if that is not among them; never
	 * changed, so that it need not be copied to be kept
	 * @throws IOException if the connection is broken or its end has been sent
	 */
	void write(ByteBuffer frames, byte @Nullable [] payload) throws IOException {
		boolean full;
		this.lock.lock();
		try {
			if (this.closed) {
				throw new IOException("The connection is closed");
			}
			full = send(frames, true);
			if (payload != null) {
				full |= send(ByteBuffer.wrap(payload), false);
			}
		}
		finally {
			this.lock.unlock();
		}
		askIf(full);
	}

	/**
	 * Outside of the lock: a poller that has ended calls back at once.
	 */
	private void askIf(boolean full) {
		if (full) {
			this.writeInterest.run();
		}
	}

	/**
	 * Write what the socket takes, and keep what it does not.
	 * @return whether the socket takes no more since now
	 */
	private boolean send(ByteBuffer bytes, boolean shared) throws IOException {
		try {
			Deque<ByteBuffer> rest = this.rest;
			if (rest == null) {
				push(bytes);
			}
			if (!bytes.hasRemaining()) {
				return false;
			}
			ByteBuffer kept = shared ? ByteBuffer.allocate(bytes.remaining()).put(bytes).flip() : bytes;
			if (rest == null) {
				rest = new ArrayDeque<>(2);
				this.rest = rest;
				rest.add(kept);
				return true;
			}
			rest.add(kept);
			return false;
		}
		catch (IOException | RuntimeException | Error ex) {
			this.closed = true;
			this.broken = true;
			throw ex;
		}
	}

	private void push(ByteBuffer bytes) throws IOException {
		int end = bytes.limit();
		try {
			while (bytes.position() < end) {
				bytes.limit(Math.min(end, bytes.position() + SLICE));
				if (this.channel.write(bytes) == 0) {
					return;
				}
			}
		}
		finally {
			bytes.limit(end);
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
			if (this.rest == null) {
				return true;
			}
			this.whenEmpty = whenEmpty;
			return false;
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
		boolean full = false;
		this.lock.lock();
		try {
			if (this.rest != null) {
				this.pong = frame;
			}
			else if (!this.closed) {
				full = send(frame, false);
			}
		}
		finally {
			this.lock.unlock();
		}
		askIf(full);
	}

	/**
	 * Send a close frame, after which nothing is sent. Only the first one is.
	 * @param frame the frame
	 * @return whether it is on its way or behind what is
	 */
	boolean close(ByteBuffer frame) {
		boolean full;
		this.lock.lock();
		try {
			if (this.closed) {
				return false;
			}
			this.closed = true;
			full = send(frame, false);
		}
		catch (IOException ex) {
			return false;
		}
		finally {
			this.lock.unlock();
		}
		askIf(full);
		return true;
	}

	/**
	 * Go on: the socket takes more.
	 * @throws IOException if the connection is broken
	 */
	void writable() throws IOException {
		Runnable whenEmpty = null;
		boolean full;
		this.lock.lock();
		try {
			full = !pushRest();
			if (!full) {
				ByteBuffer pong = this.pong;
				this.pong = null;
				if (pong != null && !this.closed) {
					full = send(pong, false);
				}
				whenEmpty = this.whenEmpty;
				this.whenEmpty = null;
			}
		}
		finally {
			this.lock.unlock();
		}
		askIf(full);
		if (whenEmpty != null) {
			whenEmpty.run();
		}
	}

	private boolean pushRest() throws IOException {
		Deque<ByteBuffer> rest = this.rest;
		while (rest != null && !rest.isEmpty()) {
			push(rest.element());
			if (rest.element().hasRemaining()) {
				return false;
			}
			rest.remove();
		}
		this.rest = null;
		return true;
	}

	/**
	 * Forget what the socket has not taken: the connection has ended.
	 */
	void discard() {
		this.lock.lock();
		try {
			this.closed = true;
			this.rest = null;
			this.pong = null;
			this.whenEmpty = null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return whether sending has failed, so that the connection cannot be closed in
	 * order.
	 * @return whether the client can be sent nothing more
	 */
	boolean isBroken() {
		this.lock.lock();
		try {
			return this.broken;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return whether the socket has taken everything.
	 * @return whether nothing is kept
	 */
	boolean isEmpty() {
		this.lock.lock();
		try {
			return this.rest == null;
		}
		finally {
			this.lock.unlock();
		}
	}

}
