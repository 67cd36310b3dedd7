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

package io.github.atmosphererelay.door.centrifuge;

import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.door.ClientLimits.Admission;
import io.github.atmosphererelay.door.ClientProof;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.transport.Transports;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PingMessage;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketMessage;
import org.springframework.web.socket.WebSocketSession;

/**
 * Hands what comes from sockets to their connections.
 */
final class CentrifugeHandler implements WebSocketHandler {

	private static final Log logger = LogFactory.getLog(CentrifugeHandler.class);

	private static final String CONNECTION = Connection.class.getName();

	private final DoorContext context;

	private final Codec codec;

	private final Requests requests;

	CentrifugeHandler(DoorContext context, CentrifugeSettings settings, Codec codec) {
		this.context = context;
		this.codec = codec;
		this.requests = new Requests(context, settings, codec);
	}

	@Override
	public void afterConnectionEstablished(WebSocketSession socket) {
		ClientProof proof = ClientProof.take(socket);
		CentrifugeTransport transport = new CentrifugeTransport(
				Transports.of(socket, this.context.settings().sendTimeout()), this.codec);
		Admission admission = this.context.limits().admit(socket.getRemoteAddress());
		if (admission == null) {
			this.context.node().statistics().countRefused(ErrorCode.LIMIT_EXCEEDED);
			transport.close(CloseReason.CONNECTION_LIMIT);
			return;
		}
		Connection connection = new Connection(this.context, this.requests, this.codec, transport, admission, proof,
				socket.getRemoteAddress());
		socket.getAttributes().put(CONNECTION, connection);
		connection.start();
	}

	@Override
	public void handleMessage(WebSocketSession socket, WebSocketMessage<?> message) {
		Connection connection = connection(socket);
		if (connection == null) {
			return;
		}
		if (message instanceof PingMessage || message instanceof PongMessage) {
			connection.control();
		}
		else if (message instanceof TextMessage text) {
			connection.text(text.getPayload(), text.isLast());
		}
		else {
			connection.fail(ErrorCode.BAD_REQUEST, CloseReason.BAD_REQUEST);
		}
	}

	@Override
	public void handleTransportError(WebSocketSession socket, Throwable exception) {
		Transports.broken(socket);
		// Clients vanish all the time; the close that follows says all there is to say.
		if (logger.isDebugEnabled()) {
			logger.debug("Transport error of " + connection(socket), exception);
		}
	}

	@Override
	public void afterConnectionClosed(WebSocketSession socket, CloseStatus status) {
		Connection connection = connection(socket);
		if (connection != null) {
			connection.closed(status.getCode(), status.getReason());
		}
	}

	private static @Nullable Connection connection(WebSocketSession socket) {
		return (Connection) socket.getAttributes().get(CONNECTION);
	}

	/**
	 * Ask for messages in parts: a container otherwise keeps a buffer of the greatest
	 * message for each connection, and closes with 1009, for which clients give up.
	 */
	@Override
	public boolean supportsPartialMessages() {
		return true;
	}

}
