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
 * What a door lends to a session: its socket. Writing, flushing and pinging is done by
 * one writer at a time, and may block for as long as the client does not read;
 * {@link #close} and {@link #abort} may come from another thread meanwhile, and must make
 * a blocked write return.
 */
public interface SessionTransport {

	/**
	 * Write a message. May be kept back until {@link #flush(Runnable)}.
	 * @param message the message
	 * @throws IOException if the connection is broken
	 */
	void write(OutboundMessage message) throws IOException;

	/**
	 * Write out what was kept back. A transport that does not block keeps what the socket
	 * does not take, goes on by itself, and is not called until it has said that it is
	 * done.
	 * @param whenFlushed to be called once if this returns {@code false}, as soon as
	 * everything has gone out; on any thread, perhaps before this returns
	 * @return whether everything has gone out
	 * @throws IOException if the connection is broken
	 */
	boolean flush(Runnable whenFlushed) throws IOException;

	/**
	 * Send a ping, after everything written before.
	 * @throws IOException if the connection is broken
	 */
	void ping() throws IOException;

	/**
	 * Send a ping with a payload that comes back with its answer, after everything
	 * written before.
	 * @param payload up to 125 bytes
	 * @throws IOException if the connection is broken
	 */
	default void ping(byte[] payload) throws IOException {
		ping();
	}

	/**
	 * Close the connection. May block for a short while.
	 * @param reason what the client is told
	 */
	void close(CloseReason reason);

	/**
	 * Close the connection although a write may be stuck in it. The client is told if
	 * that can be done. May block for a short while.
	 * @param reason what the client is told
	 */
	void abort(CloseReason reason);

}
