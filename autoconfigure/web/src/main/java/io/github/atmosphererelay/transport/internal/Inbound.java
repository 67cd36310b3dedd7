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
 * What hears of one connection: what its client sends, and that it is gone. A door has
 * one of these for each connection, and writes to the connection's
 * {@link io.github.atmosphererelay.session.internal.SessionTransport transport}.
 * <p>
 * Threads: frames come in order, one at a time, on a thread of the container, which reads
 * nothing more of the client meanwhile. {@link #closed} may come on another thread, also
 * while a frame is heard, or {@link #opened} has not returned.
 */
public interface Inbound {

	/**
	 * The connection is open, and everything else is heard of from now on.
	 */
	void opened();

	/**
	 * Take a part of a text message.
	 * @param part the part
	 * @param last whether it is the last
	 */
	void text(String part, boolean last);

	/**
	 * Take a part of a binary message.
	 * @param part the part; valid during the call only
	 * @param last whether it is the last
	 */
	void binary(ByteBuffer part, boolean last);

	/**
	 * The client has sent a ping, which the transport answers.
	 */
	void ping();

	/**
	 * The client has answered a ping, or says that it is there.
	 * @param payload what the ping had
	 */
	void pong(ByteBuffer payload);

	/**
	 * The connection is gone.
	 * @param code the close code
	 * @param reason the reason, or {@code null} if there is none
	 */
	void closed(int code, @Nullable String reason);

}
