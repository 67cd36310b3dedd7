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

import java.time.Duration;

import io.github.atmosphererelay.session.internal.SessionTransport;
import jakarta.websocket.Session;

import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.adapter.NativeWebSocketSession;

/**
 * Creates the transport that writes to a WebSocket.
 */
public final class Transports {

	private static final String NATIVE = JakartaTransport.class.getName();

	private Transports() {
	}

	/**
	 * Create the transport of a session. Called once for each session.
	 * @param socket the session
	 * @param sendTimeout the time after which a blocked write ends the session
	 * @return the transport
	 */
	public static SessionTransport of(WebSocketSession socket, Duration sendTimeout) {
		if (socket instanceof DirectSession direct) {
			return direct.transport();
		}
		if (socket instanceof NativeWebSocketSession nativeSocket) {
			Session session = nativeSocket.getNativeSession(Session.class);
			if (session != null) {
				JakartaTransport transport = new JakartaTransport(session, sendTimeout);
				socket.getAttributes().put(NATIVE, transport);
				return transport;
			}
		}
		return new SpringTransport(socket);
	}

	/**
	 * Called when the container reports that a session's connection is broken, before it
	 * closes the session.
	 * @param socket the session
	 */
	public static void broken(WebSocketSession socket) {
		if (socket.getAttributes().get(NATIVE) instanceof JakartaTransport transport) {
			transport.broken();
		}
	}

}
