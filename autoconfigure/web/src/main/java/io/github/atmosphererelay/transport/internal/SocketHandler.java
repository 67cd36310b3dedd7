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

import java.util.function.Function;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PingMessage;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketMessage;
import org.springframework.web.socket.WebSocketSession;

/**
 * Passes the events of each WebSocket to its {@link Inbound}. Called by threads of the
 * container, one at a time for each socket.
 */
public final class SocketHandler implements WebSocketHandler {

	private static final Log logger = LogFactory.getLog(SocketHandler.class);

	private static final String INBOUND = Inbound.class.getName();

	private final Function<WebSocketSession, @Nullable Inbound> arrivals;

	/**
	 * Create a handler.
	 * @param arrivals called for each new socket; returns what receives its events, or
	 * {@code null} if the socket was closed instead
	 */
	public SocketHandler(Function<WebSocketSession, @Nullable Inbound> arrivals) {
		this.arrivals = arrivals;
	}

	@Override
	public void afterConnectionEstablished(WebSocketSession socket) {
		Inbound inbound = this.arrivals.apply(socket);
		if (inbound != null) {
			// First, because the socket may be closed before opened() returns
			socket.getAttributes().put(INBOUND, inbound);
			inbound.opened();
			if (!socket.isOpen()) {
				// The close may have been reported before the attribute was set
				inbound.closed(CloseStatus.NO_CLOSE_FRAME.getCode(), null);
			}
		}
	}

	@Override
	public void handleMessage(WebSocketSession socket, WebSocketMessage<?> message) {
		Inbound inbound = inbound(socket);
		if (inbound == null) {
			return;
		}
		if (message instanceof TextMessage text) {
			inbound.text(text.getPayload(), text.isLast());
		}
		else if (message instanceof BinaryMessage binary) {
			inbound.binary(binary.getPayload(), binary.isLast());
		}
		else if (message instanceof PongMessage pong) {
			inbound.pong(pong.getPayload());
		}
		else if (message instanceof PingMessage) {
			inbound.ping();
		}
	}

	@Override
	public void handleTransportError(WebSocketSession socket, Throwable exception) {
		Transports.broken(socket);
		// Clients disappear all the time, and the close that follows says the rest.
		if (logger.isDebugEnabled()) {
			logger.debug("A connection has failed: " + inbound(socket), exception);
		}
	}

	@Override
	public void afterConnectionClosed(WebSocketSession socket, CloseStatus status) {
		Inbound inbound = inbound(socket);
		if (inbound != null) {
			inbound.closed(status.getCode(), status.getReason());
		}
	}

	private static @Nullable Inbound inbound(WebSocketSession socket) {
		return (Inbound) socket.getAttributes().get(INBOUND);
	}

	/**
	 * Return {@code true}, so that messages arrive in parts. Otherwise the container
	 * would keep a buffer of the maximum message size for each connection, and would
	 * close connections with 1009, after which some clients do not reconnect.
	 */
	@Override
	public boolean supportsPartialMessages() {
		return true;
	}

}
