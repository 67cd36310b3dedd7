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

package io.github.atmosphererelay.transport.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Writes through the Jakarta WebSocket API, with batching: small messages that a writer
 * has for a session go out together.
 * <p>
 * Tomcat flushes a batch when it finds the connection broken, and logs a warning with a
 * stack trace when that fails, which would let clients fill the log. So batching is
 * allowed only while a few messages are put into the container's buffer, which writes
 * nothing to the socket, and everything that may find the connection broken waits for the
 * end of that.
 */
final class JakartaTransport implements SessionTransport {

	private static final Log logger = LogFactory.getLog(JakartaTransport.class);

	private static final String TOMCAT_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

	private static final Duration ABORT_TIMEOUT = Duration.ofMillis(50);

	private static final Duration STUCK_AFTER = Duration.ofMillis(50);

	/** What fits into the buffer of containers, which is of 8 KB. */
	private static final int MAX_BATCH = 8000;

	private static final int HEADER = 14;

	private static final byte[] NOTHING = {};

	private final Session session;

	private final RemoteEndpoint.Basic remote;

	private final boolean tomcat;

	/** What is to be flushed. Of the one writer. */
	private final List<Frame> frames = new ArrayList<>(2);

	private final Object lock = new Object();

	/** Whether no batch may begin any more. Guarded by the lock. */
	private boolean ending;

	/** Since when a writer has been in the socket, 0 if none is. */
	private volatile long writingSince;

	JakartaTransport(Session session, Duration sendTimeout) {
		this.session = session;
		this.remote = session.getBasicRemote();
		this.tomcat = session.getClass().getName().startsWith("org.apache.tomcat.");
		// Pings with a deadline of our own look after idle peers.
		session.setMaxIdleTimeout(0);
		// A net below the writers' watchdog, which ends a stuck write at the timeout
		// itself,
		// tells the client why, and leaves no stack trace in the log.
		session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, 2 * sendTimeout.toMillis());
	}

	@Override
	public void write(OutboundMessage message) {
		Payload payload = message.payload();
		if (!payload.isBinary()) {
			// Not while others may wait for the lock.
			payload.asText();
		}
		this.frames.add(new Frame(payload, NOTHING));
	}

	@Override
	public void ping() {
		ping(NOTHING);
	}

	@Override
	public void ping(byte[] payload) {
		this.frames.add(new Frame(null, payload));
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		this.writingSince = System.nanoTime();
		try {
			int begin = 0;
			while (begin < this.frames.size()) {
				int end = endOfBatch(begin);
				send(this.frames.subList(begin, end));
				begin = end;
			}
		}
		finally {
			this.frames.clear();
			this.writingSince = 0;
		}
		return true;
	}

	/**
	 * Return how many frames fit into the container's buffer: at least one, which is sent
	 * without batching if it is the only one.
	 */
	private int endOfBatch(int begin) {
		int end = begin;
		int size = 0;
		while (end < this.frames.size()) {
			size += this.frames.get(end).size();
			if (end > begin && size > MAX_BATCH) {
				return end;
			}
			end++;
		}
		return end;
	}

	private void send(List<Frame> batch) throws IOException {
		if (batch.size() == 1) {
			synchronized (this.lock) {
				checkOpen();
			}
			send(batch.get(0));
			return;
		}
		try {
			synchronized (this.lock) {
				checkOpen();
				this.remote.setBatchingAllowed(true);
				for (Frame frame : batch) {
					send(frame);
				}
			}
			// Flushes what is in the batch.
			this.remote.setBatchingAllowed(false);
		}
		catch (IOException | RuntimeException | Error ex) {
			stopBatching();
			throw ex;
		}
	}

	private void checkOpen() throws IOException {
		if (this.ending) {
			throw new IOException("The session is being closed");
		}
	}

	private void send(Frame frame) throws IOException {
		Payload message = frame.message;
		// A buffer of its own each time: the container moves its position.
		if (message == null) {
			this.remote.sendPing(ByteBuffer.wrap(frame.ping));
		}
		else if (message.isBinary()) {
			this.remote.sendBinary(ByteBuffer.wrap(message.bytes()));
		}
		else {
			this.remote.sendText(message.asText());
		}
	}

	/**
	 * The container has found the connection broken, and is about to close it.
	 */
	void broken() {
		endBatches();
		stopBatching();
	}

	@Override
	public void close(CloseReason reason) {
		endBatches();
		try {
			this.session
				.close(new jakarta.websocket.CloseReason(CloseCodes.getCloseCode(reason.code()), reason.text()));
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("A socket could not be closed in order", ex);
		}
	}

	@Override
	public void abort(CloseReason reason) {
		try {
			// Tomcat reads its timeout at each write, and would otherwise wait for the
			// whole
			// of it to flush and to send the close frame, while others wait to be closed.
			this.session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, ABORT_TIMEOUT.toMillis());
			if (isStuck()) {
				// Makes a container fail a blocked write that would not notice the close.
				// It
				// may tell the client so before the reason does, which a client that does
				// not read will not mind.
				this.session.setMaxIdleTimeout(1);
			}
		}
		catch (RuntimeException ex) {
			logger.debug("A socket is closed already", ex);
		}
		endBatches();
		stopBatching();
		close(reason);
	}

	private void endBatches() {
		synchronized (this.lock) {
			this.ending = true;
		}
	}

	/**
	 * Leave nothing that would be flushed at the close.
	 */
	private void stopBatching() {
		if (!this.tomcat) {
			return;
		}
		try {
			this.remote.setBatchingAllowed(false);
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("A socket takes no more", ex);
		}
	}

	private boolean isStuck() {
		long since = this.writingSince;
		return since != 0 && System.nanoTime() - since > STUCK_AFTER.toNanos();
	}

	/**
	 * A message, or a ping if there is none.
	 */
	private record Frame(@Nullable Payload message, byte[] ping) {

		int size() {
			return HEADER + ((this.message != null) ? this.message.size() : this.ping.length);
		}

	}

}
