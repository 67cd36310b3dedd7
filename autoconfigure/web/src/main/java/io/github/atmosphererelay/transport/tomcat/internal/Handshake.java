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

import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.WebSocketHandler;

/**
 * The result of a connection's handshake.
 *
 * @param handler receives the connection's messages
 * @param uri the requested URI
 * @param principal the client, if it is known
 * @param localAddress the server's address, if it is known
 * @param remoteAddress the client's address, if it is known
 * @param attributes the attributes that the handshake has stored for the handler
 * @param protocol the subprotocol, if any
 * @param unsupported called if the socket cannot be written to directly
 */
record Handshake(WebSocketHandler handler, URI uri, @Nullable Principal principal,
		@Nullable InetSocketAddress localAddress, @Nullable InetSocketAddress remoteAddress,
		Map<String, Object> attributes, @Nullable String protocol, Runnable unsupported) {

}
