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

import java.nio.ByteBuffer;

import org.jspecify.annotations.Nullable;

/**
 * Receives the events of one connection: its client's messages, and its end. A door has
 * one instance for each connection, and writes to the connection's
 * {@link io.github.atmosphererelay.session.internal.SessionTransport transport}.
 * <p>
 * Threads: frames arrive in order, one at a time, on a thread of the container, which
 * reads nothing more from the client until the method returns. {@link #closed} may be
 * called on another thread, also while a frame is handled or before {@link #opened} has
 * returned.
 */
public interface Inbound {

	/**
	 * Called when the connection is open. All other events follow.
	 */
	void opened();

	/**
	 * Handle a part of a text message.
	 * @param part the part
	 * @param last whether it is the last part
	 */
	void text(String part, boolean last);

	/**
	 * Handle a part of a binary message.
	 * @param part the part; only valid during the call
	 * @param last whether it is the last part
	 */
	void binary(ByteBuffer part, boolean last);

	/**
	 * Handle a ping of the client. The transport answers it.
	 */
	void ping();

	/**
	 * Handle a pong: the answer to a ping, or an unsolicited sign of life.
	 * @param payload the ping's payload
	 */
	void pong(ByteBuffer payload);

	/**
	 * Handle the end of the connection.
	 * @param code the close code
	 * @param reason the reason, or {@code null} if there is none
	 */
	void closed(int code, @Nullable String reason);

}
