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
 * Writes to one client and never blocks: bytes that the socket does not accept are kept,
 * and sent when the socket is writable again. The writer waits in the meantime, so at
 * most one batch is kept. Frames of different threads do not mix. The lock is only held
 * for system calls, and no other code is called under it.
 */
final class SocketOutput {

	/**
	 * For each write the JDK copies all bytes that are not in direct memory, and keeps
	 * the memory of the copies with the thread. So large arrays are written in slices of
	 * this size.
	 */
	private static final int SLICE = 64 * 1024;

	private final WritableByteChannel channel;

	private final Runnable writeInterest;

	private final ReentrantLock lock = new ReentrantLock();

	/** The bytes that the socket has not accepted yet; almost always {@code null}. */
	private @Nullable Deque<ByteBuffer> rest;

	/**
	 * The answer to the latest ping, which is sent after the rest. One answer is enough.
	 */
	private @Nullable ByteBuffer pong;

	private @Nullable Runnable whenEmpty;

	private boolean closed;

	/** Whether a frame may have been sent in part, so that no other frame can follow. */
	private boolean broken;

	/**
	 * Create an output.
	 * @param channel the socket, in non-blocking mode
	 * @param writeInterest requests a call of {@link #writable()}
	 */
	SocketOutput(WritableByteChannel channel, Runnable writeInterest) {
		this.channel = channel;
		this.writeInterest = writeInterest;
	}

	/**
	 * Send complete frames.
	 * @param frames the frames; consumed
	 * @throws IOException if the connection is broken or the close frame has been sent
	 */
	void write(ByteBuffer frames) throws IOException {
		write(frames, null);
	}

	/**
	 * Send complete frames.
	 * @param frames the frames; consumed
	 * @param payload the payload of the last frame, if the frames do not contain it;
	 * never changed, so that it can be kept without a copy
	 * @throws IOException if the connection is broken or the close frame has been sent
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
	 * Request a call when the socket is writable. Outside the lock, because a poller that
	 * has ended calls back at once.
	 */
	private void askIf(boolean full) {
		if (full) {
			this.writeInterest.run();
		}
	}

	/**
	 * Write the bytes that the socket accepts, and keep the others.
	 * @return whether the socket has just become full
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
	 * Return whether everything has been sent. If not, call back when it has been.
	 * @param whenEmpty called once if this method returns {@code false}, on any thread,
	 * possibly before it returns
	 * @return whether no bytes are kept
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
	 * Answer a ping. If several pings arrive while the client does not read, only the
	 * latest is answered (RFC 6455, section 5.5.3).
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
	 * Send a close frame, after which nothing is sent. Only the first call sends one.
	 * @param frame the frame
	 * @return whether the frame was sent or is kept after other bytes
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
	 * Send the kept bytes, because the socket is writable again.
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
	 * Discard the kept bytes, because the connection has ended.
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
	 * Return whether sending has failed, so that the connection cannot be closed with a
	 * close frame.
	 * @return whether nothing more can be sent to the client
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
	 * Return whether the socket has accepted everything.
	 * @return whether no bytes are kept
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
