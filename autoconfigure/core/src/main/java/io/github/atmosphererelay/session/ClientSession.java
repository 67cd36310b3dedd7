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

package io.github.atmosphererelay.session;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The session of one client that is connected to this node. Safe for use by many threads;
 * no method blocks.
 */
public interface ClientSession {

	/**
	 * Return the id, unique over all nodes. The id contains that of the node, so that
	 * every node can send to the session.
	 * @return the id
	 */
	String id();

	/**
	 * Return the client's principal, from the handshake or from the client's token.
	 * @return the principal, or {@code null} if the client is anonymous
	 */
	@Nullable Principal principal();

	/**
	 * Return the attributes that the application keeps with the session. The map is
	 * modifiable and safe for use by many threads.
	 * @return the attributes
	 */
	Map<String, Object> attributes();

	/**
	 * Return the names of the channels that the session is subscribed to at this moment.
	 * @return the names, a snapshot
	 */
	Set<String> channels();

	/**
	 * Return the address that the client has connected from.
	 * @return the address, or {@code null} if the container does not know it
	 */
	@Nullable InetSocketAddress remoteAddress();

	/**
	 * Return when the session was opened.
	 * @return the time by this node's clock
	 */
	Instant openedAt();

	/**
	 * Return whether messages can still be sent to the session.
	 * @return {@code false} once the node or the client has closed it
	 */
	boolean isOpen();

	/**
	 * Close the session after the messages that are queued for it have been written.
	 * Returns at once; a second call does nothing.
	 * @param reason the reason that the client receives
	 */
	void close(CloseReason reason);

}
