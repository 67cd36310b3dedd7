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

package io.github.atmosphererelay.websocket;

import java.util.Objects;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.broadcast.SubscriptionState;
import io.github.atmosphererelay.cluster.PresenceService;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.OutboundMessage;
import io.github.atmosphererelay.session.QueueLimits;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketMessage;
import org.springframework.web.socket.WebSocketSession;

/**
 * The raw door: the path names the channel, and one frame is one message. Called by
 * container threads, one at a time for each session; blocks none of them.
 */
final class RawDoorHandler implements WebSocketHandler {

	private static final Log logger = LogFactory.getLog(RawDoorHandler.class);

	private static final String CLIENT = RawDoorClient.class.getName();

	private final MessagingNode node;

	private final WebSocketSettings settings;

	private final QueueLimits controlLimits;

	private final PresenceService presence;

	RawDoorHandler(MessagingNode node, PresenceService presence, WebSocketSettings settings,
			QueueLimits controlLimits) {
		this.node = node;
		this.presence = presence;
		this.settings = settings;
		this.controlLimits = controlLimits;
	}

	@Override
	public void afterConnectionEstablished(WebSocketSession socket) {
		RawDoorRequest request = Objects
			.requireNonNull((RawDoorRequest) socket.getAttributes().get(RawDoorInterceptor.REQUEST));
		LocalSession session = this.node.writers()
			.open(this.node.identity().newSessionId(), socket.getPrincipal(), socket.getRemoteAddress(),
					Transports.of(socket, this.settings.sendTimeout()), this.node.subscriptions()::disconnected);
		socket.getAttributes().put(CLIENT, new RawDoorClient(session, request.channel(), this.settings));
		this.node.subscriptions().connected(session);
		this.node.subscriptions().subscribe(session, request.channel()).thenAccept((state) -> {
			if (request.ack()) {
				send(session, ready(session, request.channel(), state));
			}
		});
		if (request.presence()) {
			watchPresence(session, request.channel());
		}
	}

	private void watchPresence(LocalSession session, String channel) {
		try {
			this.presence.watch(session, channel);
		}
		catch (RequestRefusedException ex) {
			this.node.statistics().countRefused();
			send(session, error(ex));
		}
	}

	private void send(LocalSession session, Payload payload) {
		var fanout = this.node.writers().fanout(new OutboundMessage(payload, null), this.controlLimits);
		fanout.add(session);
		fanout.send();
	}

	private Payload ready(LocalSession session, String channel, SubscriptionState state) {
		return Payload.text("{\"type\":\"ready\",\"channel\":" + Json.quote(channel) + ",\"session\":"
				+ Json.quote(session.id()) + ",\"node\":" + Json.quote(this.node.identity().name()) + ",\"degraded\":"
				+ (state == SubscriptionState.DEGRADED) + "}");
	}

	@Override
	public void handleMessage(WebSocketSession socket, WebSocketMessage<?> message) {
		RawDoorClient client = client(socket);
		if (client == null || !client.session().isOpen()) {
			return;
		}
		client.session().heard();
		if (message instanceof PongMessage) {
			return;
		}
		try {
			Payload payload = (message instanceof TextMessage text) ? client.text(text.getPayload(), text.isLast())
					: client.binary(((BinaryMessage) message).getPayload(), message.isLast());
			if (payload != null) {
				publish(client, payload);
			}
		}
		catch (RefusedMessageException ex) {
			refuse(client, ex.reason());
		}
	}

	private void publish(RawDoorClient client, Payload payload) {
		try {
			this.node.clientMessages()
				.receive(client.session(), client.channel(), payload)
				.whenComplete((answer, ex) -> answer(client, answer, ex));
		}
		catch (MessageTooLargeException ex) {
			refuse(client, CloseReason.TOO_BIG);
		}
	}

	private void answer(RawDoorClient client, @Nullable Payload answer, @Nullable Throwable failure) {
		if (failure instanceof RequestRefusedException refusal) {
			send(client.session(), error(refusal));
		}
		else if (answer != null) {
			send(client.session(), answer);
		}
	}

	private static Payload error(RequestRefusedException refusal) {
		return Payload.text("{\"type\":\"error\",\"code\":" + refusal.code().code() + ",\"reason\":"
				+ Json.quote(refusal.reason()) + "}");
	}

	private void refuse(RawDoorClient client, CloseReason reason) {
		if (client.session().isOpen()) {
			this.node.statistics().countRefused();
			client.session().terminate(reason);
		}
	}

	@Override
	public void handleTransportError(WebSocketSession socket, Throwable exception) {
		// Clients vanish all the time; the close that follows says all there is to say.
		if (logger.isDebugEnabled()) {
			logger.debug("Transport error of " + client(socket), exception);
		}
	}

	@Override
	public void afterConnectionClosed(WebSocketSession socket, CloseStatus status) {
		RawDoorClient client = client(socket);
		if (client != null) {
			client.session().ended(status.getCode(), status.getReason());
		}
	}

	private static @Nullable RawDoorClient client(WebSocketSession socket) {
		return (RawDoorClient) socket.getAttributes().get(CLIENT);
	}

	/**
	 * Ask for messages in parts: a container otherwise keeps a buffer of the greatest
	 * message for each connection, however little comes through it.
	 */
	@Override
	public boolean supportsPartialMessages() {
		return true;
	}

}
