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
 * One client connection, living on this node. Safe for use by many threads; no method
 * blocks.
 */
public interface ClientSession {

	/**
	 * Return the id, unique over all nodes. It names the node, so that the session can be
	 * reached from every other one.
	 * @return the id
	 */
	String id();

	/**
	 * Return who the client is, as the handshake or its token said.
	 * @return the principal, or {@code null} if the client is anonymous
	 */
	@Nullable Principal principal();

	/**
	 * Return the attributes that the application keeps with the session. Concurrent and
	 * modifiable.
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
	 * @return the address, or {@code null} if the container does not tell it
	 */
	@Nullable InetSocketAddress remoteAddress();

	/**
	 * Return when the session was opened.
	 * @return the time by this node's clock
	 */
	Instant openedAt();

	/**
	 * Return whether the session can still be sent to.
	 * @return whether no end has closed it
	 */
	boolean isOpen();

	/**
	 * Close the session once everything that waits for it has been written. Returns at
	 * once; a second call does nothing.
	 * @param reason what the client is told
	 */
	void close(CloseReason reason);

}
