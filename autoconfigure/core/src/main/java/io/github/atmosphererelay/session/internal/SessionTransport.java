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

package io.github.atmosphererelay.session.internal;

import java.io.IOException;

import io.github.atmosphererelay.session.CloseReason;

/**
 * The socket of a session, provided by its door. Threads: one writer at a time writes,
 * flushes and pings, which may block as long as the client does not read. Another thread
 * may call {@link #close} and {@link #abort} meanwhile, which must make a blocked write
 * return.
 */
public interface SessionTransport {

	/**
	 * Write a message. It may be buffered until {@link #flush(Runnable)}.
	 * @param message the message
	 * @throws IOException if the connection is broken
	 */
	void write(OutboundMessage message) throws IOException;

	/**
	 * Flush the buffered messages. A transport that does not block keeps the data that
	 * the socket does not accept now, writes it later by itself, and calls
	 * {@code whenFlushed}. Until then it is not called again.
	 * @param whenFlushed must be called once if this method returns {@code false}, as
	 * soon as everything was written; on any thread, perhaps before this method has
	 * returned
	 * @return whether everything was written
	 * @throws IOException if the connection is broken
	 */
	boolean flush(Runnable whenFlushed) throws IOException;

	/**
	 * Return whether the transport itself ends the session in time if its client does not
	 * take what was flushed. Otherwise the send timeout does.
	 * @return {@code true} if nobody else has to watch it
	 */
	default boolean limitsWait() {
		return false;
	}

	/**
	 * Send a ping, after everything written before.
	 * @throws IOException if the connection is broken
	 */
	void ping() throws IOException;

	/**
	 * Send a ping with a payload that the pong returns, after everything written before.
	 * @param payload up to 125 bytes
	 * @throws IOException if the connection is broken
	 */
	default void ping(byte[] payload) throws IOException {
		ping();
	}

	/**
	 * Close the connection. May block for a short while.
	 * @param reason the reason that the client receives
	 */
	void close(CloseReason reason);

	/**
	 * Close the connection even if a write is stuck in it. The client receives the reason
	 * if possible. May block for a short while.
	 * @param reason the reason that the client receives
	 */
	void abort(CloseReason reason);

}
