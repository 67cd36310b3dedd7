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
 * Writes through the Jakarta WebSocket API. Small messages of a session are batched and
 * sent together.
 * <p>
 * When Tomcat finds a connection broken it flushes the batch, and if that fails it logs a
 * warning with a stack trace, so clients could fill the log. Therefore batching is only
 * on while a few messages are put into the container's buffer, which writes nothing to
 * the socket. Everything that may find the connection broken waits until batching is off.
 */
final class JakartaTransport implements SessionTransport {

	private static final Log logger = LogFactory.getLog(JakartaTransport.class);

	private static final String TOMCAT_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

	private static final Duration ABORT_TIMEOUT = Duration.ofMillis(50);

	private static final Duration STUCK_AFTER = Duration.ofMillis(50);

	/**
	 * The maximum size of a batch in bytes, which fits into the containers' buffer of 8
	 * KB.
	 */
	private static final int MAX_BATCH = 8000;

	private static final int HEADER = 14;

	private static final byte[] NOTHING = {};

	private final Session session;

	private final RemoteEndpoint.Basic remote;

	private final boolean tomcat;

	/** Frames that have to be flushed. Only used by the session's writer. */
	private final List<Frame> frames = new ArrayList<>(2);

	private final Object lock = new Object();

	/** Whether no batch may start any more. Guarded by the lock. */
	private boolean ending;

	/**
	 * When the present write to the socket has started, in {@code System.nanoTime()}; 0
	 * if there is none.
	 */
	private volatile long writingSince;

	JakartaTransport(Session session, Duration sendTimeout) {
		this.session = session;
		this.remote = session.getBasicRemote();
		this.tomcat = session.getClass().getName().startsWith("org.apache.tomcat.");
		// Idle clients are found by pings with a deadline.
		session.setMaxIdleTimeout(0);
		// A second line of defence. The writers' watchdog ends a blocked write earlier,
		// tells the client the reason, and logs no stack trace.
		session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, 2 * sendTimeout.toMillis());
	}

	@Override
	public void write(OutboundMessage message) {
		Payload payload = message.payload();
		if (!payload.isBinary()) {
			// Converted here and not under the lock, for which other threads may wait.
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
	 * Return the end of the batch of frames that fit into the container's buffer. The
	 * batch has at least one frame; a single frame is sent without batching.
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
			// Flushes the batch.
			this.remote.setBatchingAllowed(false);
		}
		catch (IOException | RuntimeException | Error ex) {
			stopBatching();
			throw ex;
		}
	}

	private void checkOpen() throws IOException {
		if (this.ending) {
			throw new IOException("The session is already being closed");
		}
	}

	private void send(Frame frame) throws IOException {
		Payload message = frame.message;
		// A new buffer for each session, because the container changes its position.
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
	 * Called when the container has found the connection broken and is about to close it.
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
			logger.debug("A WebSocket could not be closed with a close frame", ex);
		}
	}

	@Override
	public void abort(CloseReason reason) {
		try {
			// Tomcat reads its timeout at each write. Otherwise it would wait for the
			// whole timeout to flush and to send the close frame, and other sessions
			// would wait to be closed.
			this.session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, ABORT_TIMEOUT.toMillis());
			if (isStuck()) {
				// Makes the container fail a blocked write, which would not notice the
				// close. The container may send the client its own reason first, but this
				// client does not read.
				this.session.setMaxIdleTimeout(1);
			}
		}
		catch (RuntimeException ex) {
			logger.debug("A WebSocket was already closed", ex);
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
	 * Make sure that closing the session flushes nothing.
	 */
	private void stopBatching() {
		if (!this.tomcat) {
			return;
		}
		try {
			this.remote.setBatchingAllowed(false);
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("Batching could not be switched off, because the connection is broken", ex);
		}
	}

	private boolean isStuck() {
		long since = this.writingSince;
		return since != 0 && System.nanoTime() - since > STUCK_AFTER.toNanos();
	}

	/**
	 * A message, or a ping if the message is {@code null}.
	 */
	private record Frame(@Nullable Payload message, byte[] ping) {

		int size() {
			return HEADER + ((this.message != null) ? this.message.size() : this.ping.length);
		}

	}

}
