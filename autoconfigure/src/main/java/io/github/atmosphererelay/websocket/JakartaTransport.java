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

package io.github.atmosphererelay.websocket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.OutboundMessage;
import io.github.atmosphererelay.session.SessionTransport;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Writes through the Jakarta WebSocket API, with batching: what a writer has for a
 * session goes out with one flush.
 */
final class JakartaTransport implements SessionTransport {

	private static final Log logger = LogFactory.getLog(JakartaTransport.class);

	private static final String TOMCAT_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

	private static final Duration ABORT_TIMEOUT = Duration.ofMillis(50);

	private static final Duration STUCK_AFTER = Duration.ofMillis(50);

	private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

	private final Session session;

	private final RemoteEndpoint.Basic remote;

	private final boolean tomcat;

	private boolean batching;

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
	public void write(OutboundMessage message) throws IOException {
		this.writingSince = System.nanoTime();
		if (!this.batching) {
			// Not in the constructor: it may flush, and that is for a writer to wait for.
			this.remote.setBatchingAllowed(true);
			this.batching = true;
		}
		Payload payload = message.payload();
		if (payload.isBinary()) {
			// A buffer of its own: the container moves its position.
			this.remote.sendBinary(ByteBuffer.wrap(payload.bytes()));
		}
		else {
			this.remote.sendText(payload.asText());
		}
	}

	@Override
	public boolean flush(Runnable whenFlushed) throws IOException {
		if (this.batching) {
			this.remote.flushBatch();
		}
		this.writingSince = 0;
		return true;
	}

	@Override
	public void ping() throws IOException {
		this.writingSince = System.nanoTime();
		this.remote.sendPing(NOTHING.duplicate());
	}

	@Override
	public void ping(byte[] payload) throws IOException {
		this.writingSince = System.nanoTime();
		this.remote.sendPing(ByteBuffer.wrap(payload));
	}

	@Override
	public void close(CloseReason reason) {
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
		if (this.tomcat) {
			stopBatching();
		}
		close(reason);
	}

	private void stopBatching() {
		try {
			// Tomcat logs a warning with a stack trace when it has to flush at the close
			// and
			// cannot, which would let clients fill the log.
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

}
