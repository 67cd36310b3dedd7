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

package io.github.atmosphererelay.stomp.internal;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketTransportRegistration;
import org.springframework.web.socket.handler.WebSocketHandlerDecorator;

/**
 * The WebSockets and SockJS sessions of this node's STOMP endpoints. While the node
 * stops, new ones are closed at once. For any thread; {@link #close} may block.
 */
public final class StompSockets implements WebSocketMessageBrokerConfigurer {

	private static final Log logger = LogFactory.getLog(StompSockets.class);

	private final Map<String, WebSocketSession> sessions = new ConcurrentHashMap<>();

	private volatile boolean open = true;

	@Override
	public void configureWebSocketTransport(WebSocketTransportRegistration registration) {
		registration.addDecoratorFactory(Handler::new);
	}

	void open() {
		this.open = true;
	}

	void shut() {
		this.open = false;
	}

	Collection<WebSocketSession> sessions() {
		return List.copyOf(this.sessions.values());
	}

	int size() {
		return this.sessions.size();
	}

	/**
	 * Close a session with the status with which Spring closes them when it stops.
	 */
	static void close(WebSocketSession session) {
		try {
			session.close(CloseStatus.GOING_AWAY);
		}
		catch (IOException | IllegalStateException ex) {
			logger.debug("A STOMP session could not be closed, probably because it was closed already", ex);
		}
	}

	/**
	 * Keeps the sessions.
	 */
	private final class Handler extends WebSocketHandlerDecorator {

		Handler(WebSocketHandler handler) {
			super(handler);
		}

		@Override
		public void afterConnectionEstablished(WebSocketSession session) throws Exception {
			StompSockets sockets = StompSockets.this;
			sockets.sessions.put(session.getId(), session);
			if (!sockets.open) {
				close(session);
			}
			super.afterConnectionEstablished(session);
		}

		@Override
		public void afterConnectionClosed(WebSocketSession session, CloseStatus status) throws Exception {
			StompSockets.this.sessions.remove(session.getId());
			super.afterConnectionClosed(session, status);
		}

	}

}
