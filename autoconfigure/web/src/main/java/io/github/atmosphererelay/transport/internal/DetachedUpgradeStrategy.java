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

import java.security.Principal;
import java.util.List;
import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.web.socket.WebSocketExtension;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.HandshakeFailureException;
import org.springframework.web.socket.server.standard.StandardWebSocketUpgradeStrategy;

/**
 * Upgrades to the container's own WebSocket without telling it the HTTP session of the
 * handshake. Otherwise the container would close the connection when the HTTP session
 * ends (Jakarta WebSocket, section 7.2), with code 1008, after which clients reconnect.
 * Instead the doors close it with a code that tells the client the reason. Safe for use
 * by many threads.
 */
public final class DetachedUpgradeStrategy extends StandardWebSocketUpgradeStrategy {

	/**
	 * Create a strategy.
	 */
	public DetachedUpgradeStrategy() {
	}

	@Override
	public void upgrade(ServerHttpRequest request, ServerHttpResponse response, @Nullable String selectedProtocol,
			List<WebSocketExtension> selectedExtensions, @Nullable Principal user, WebSocketHandler wsHandler,
			Map<String, Object> attributes) throws HandshakeFailureException {
		ServerHttpRequest detached = (request instanceof ServletServerHttpRequest servletRequest)
				? new ServletServerHttpRequest(new DetachedRequest(servletRequest.getServletRequest())) : request;
		super.upgrade(detached, response, selectedProtocol, selectedExtensions, user, wsHandler, attributes);
	}

	/**
	 * A request that hides its HTTP session from callers that only look for an existing
	 * one.
	 */
	private static final class DetachedRequest extends HttpServletRequestWrapper {

		DetachedRequest(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable HttpSession getSession(boolean create) {
			return create ? super.getSession(true) : null;
		}

	}

}
