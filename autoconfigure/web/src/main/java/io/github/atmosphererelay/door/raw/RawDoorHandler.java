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

package io.github.atmosphererelay.door.raw;

import java.security.Principal;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.broadcast.Authorization;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.door.ClientLimits;
import io.github.atmosphererelay.door.ClientLimits.Admission;
import io.github.atmosphererelay.door.ClientProof;
import io.github.atmosphererelay.door.DoorContext;
import io.github.atmosphererelay.door.HttpSessions;
import io.github.atmosphererelay.door.RefusedMessageException;
import io.github.atmosphererelay.door.TokenChecks;
import io.github.atmosphererelay.door.WebSocketSettings;
import io.github.atmosphererelay.durable.DurableSession;
import io.github.atmosphererelay.durable.DurableSessions;
import io.github.atmosphererelay.durable.DurableStart;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.SessionTransport;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.transport.Transports;
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
 * The raw door: the path names the channel, and one frame is one message. Called by
 * container threads, one at a time for each session; blocks none of them longer than an
 * authorizer does.
 */
final class RawDoorHandler implements WebSocketHandler {

	private static final Log logger = LogFactory.getLog(RawDoorHandler.class);

	private static final String CLIENT = RawDoorClient.class.getName();

	private static final String LOGIN = FirstFrameLogin.class.getName();

	private final MessagingNode node;

	private final WebSocketSettings settings;

	private final RawDoorFrames frames;

	private final RawDoorSubscriber subscriber;

	private final TokenChecks tokens;

	private final ClientLimits limits;

	private final HttpSessions httpSessions;

	private final DurableHandshakes durable;

	RawDoorHandler(DoorContext context, DurableHandshakes durable) {
		this.node = context.node();
		this.settings = context.settings();
		this.frames = new RawDoorFrames(this.node, context.controlLimits());
		this.subscriber = new RawDoorSubscriber(this.node, context.presence(), this.frames, durable.sessions());
		this.tokens = context.tokens();
		this.limits = context.limits();
		this.httpSessions = context.httpSessions();
		this.durable = durable;
	}

	@Override
	public void afterConnectionEstablished(WebSocketSession socket) {
		RawDoorRequest request = Objects
			.requireNonNull((RawDoorRequest) socket.getAttributes().get(RawDoorInterceptor.REQUEST));
		ClientProof proof = ClientProof.take(socket);
		SessionTransport transport = Transports.of(socket, this.settings.sendTimeout());
		Admission admission = this.limits.admit(socket.getRemoteAddress());
		if (admission == null) {
			this.node.statistics().countRefused(ErrorCode.LIMIT_EXCEEDED);
			transport.close(CloseReason.CONNECTION_LIMIT);
		}
		else if (request.tokenFollows()) {
			awaitToken(socket, request, transport, admission);
		}
		else if (!admission.identify(proof.principal())) {
			this.node.statistics().countRefused(ErrorCode.LIMIT_EXCEEDED);
			admission.end();
			transport.close(CloseReason.CONNECTION_LIMIT);
		}
		else {
			DurableStart start = DurableHandshakes.take(socket.getAttributes());
			RawDoorClient client = open(socket, request, start, transport, admission, proof);
			enter(client, request, start);
		}
	}

	private void awaitToken(WebSocketSession socket, RawDoorRequest request, SessionTransport transport,
			Admission admission) {
		FirstFrameLogin login = new FirstFrameLogin(transport, admission, this.tokens, this.node.statistics(),
				(self, client) -> loggedIn(socket, self, request, transport, admission, client));
		socket.getAttributes().put(LOGIN, login);
		login.start(this.node.scheduler(), this.node.guards().of(Part.CLIENT_TIMERS));
	}

	private RawDoorClient open(WebSocketSession socket, RawDoorRequest request, @Nullable DurableStart start,
			SessionTransport transport, Admission admission, ClientProof proof) {
		DurableSessions sessions = this.durable.sessions();
		DurableSession durable = (start != null) ? start.session() : null;
		SessionTransport own = request.positions() ? new FormattedTransport(transport, PositionFormat.INSTANCE)
				: transport;
		LocalSession session = this.node.writers()
			.open((durable != null) ? durable.sessionId() : this.node.identity().newSessionId(), proof.principal(),
					socket.getRemoteAddress(), (durable != null) ? durable.watch(own) : own, (ended, reason) -> {
						admission.end();
						this.httpSessions.ended(ended);
						if (durable != null && sessions != null) {
							// Before its channels are gone.
							sessions.ended(durable, reason);
						}
						this.node.subscriptions().disconnected(ended, reason);
					});
		proof.applyTo(session);
		this.httpSessions.opened(proof, session);
		if (durable != null && sessions != null) {
			sessions.attach(durable, session);
		}
		RawDoorClient client = new RawDoorClient(session, durable, request.channel(), this.settings, admission,
				request.tokenFollows());
		socket.getAttributes().put(CLIENT, client);
		return client;
	}

	private void enter(RawDoorClient client, RawDoorRequest request, @Nullable DurableStart start) {
		if (request.greeted()) {
			// Before anybody can send to the session
			this.frames.send(client.session(), RawDoorFrames.greeting(client.session()));
		}
		this.node.subscriptions().connected(client.session());
		this.subscriber.enter(client.session(), request, start);
	}

	/**
	 * Let a client in that has said in its first frame who it is.
	 */
	private void loggedIn(WebSocketSession socket, FirstFrameLogin login, RawDoorRequest request,
			SessionTransport transport, Admission admission, Authenticated client) {
		Principal principal = client.principal();
		this.node.clientMessages().authorizeSubscribe(principal, null, request.channel()).require();
		if (!admission.identify(principal)) {
			login.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
			return;
		}
		Map<String, Object> attributes = socket.getAttributes();
		this.durable.loggedIn(attributes, principal, request.channel());
		DurableStart start = DurableHandshakes.take(attributes);
		RawDoorClient opened = login
			.succeed(() -> open(socket, request, start, transport, admission, login.proof(client)));
		if (opened != null) {
			opened.whileEntering(() -> {
				this.frames.send(opened.session(), RawDoorFrames.authenticated(opened.session(), client));
				enter(opened, request, start);
			});
		}
	}

	@Override
	public void handleMessage(WebSocketSession socket, WebSocketMessage<?> message) {
		RawDoorClient client = client(socket);
		if (client == null) {
			logIn(socket, message);
			return;
		}
		client.awaitEntered();
		if (!client.session().isOpen()) {
			return;
		}
		client.session().heard();
		try {
			if (message instanceof PingMessage || message instanceof PongMessage) {
				client.incoming().checkControlRate();
				if (message instanceof PongMessage pong) {
					client.ponged(pong.getPayload());
				}
				return;
			}
			Payload payload = (message instanceof TextMessage text)
					? client.incoming().text(text.getPayload(), text.isLast())
					: client.incoming().binary(((BinaryMessage) message).getPayload(), message.isLast());
			if (payload != null) {
				this.httpSessions.used(client.session());
				publish(client, payload);
			}
		}
		catch (RefusedMessageException ex) {
			refuse(client, ex.reason());
		}
	}

	private static void logIn(WebSocketSession socket, WebSocketMessage<?> message) {
		FirstFrameLogin login = (FirstFrameLogin) socket.getAttributes().get(LOGIN);
		if (login == null) {
			return;
		}
		if (message instanceof PingMessage || message instanceof PongMessage) {
			login.control();
			return;
		}
		if (message instanceof TextMessage text) {
			login.text(text.getPayload(), text.isLast());
		}
		else {
			login.other();
		}
	}

	private void publish(RawDoorClient client, Payload payload) {
		String token = client.isRenewable() ? TokenFrame.token(payload) : null;
		if (token != null) {
			renew(client, token);
			return;
		}
		if (!client.isWithinUserLimit()) {
			refuse(client, new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
					"the user's message rate is over the limit"));
			return;
		}
		try {
			this.node.clientMessages()
				.receive(client.session(), client.channel(), payload)
				.whenComplete((answer, ex) -> answer(client, answer, ex));
		}
		catch (MessageTooLargeException ex) {
			refuse(client, CloseReason.TOO_BIG);
		}
	}

	/**
	 * Keep a session that its client has sent a new token for.
	 */
	private void renew(RawDoorClient client, String token) {
		if (!client.beginRenewal()) {
			refuse(client, new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "a token is being checked"));
			return;
		}
		this.tokens.checkLater(token).thenAccept((proof) -> {
			try {
				client.session().renew(proof.principal(), proof.expiresAt());
			}
			catch (IllegalArgumentException ex) {
				throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "the token is another user's");
			}
			// The new token may allow less than the former one.
			Authorization authorization = this.node.clientMessages()
				.authorizeSubscribe(proof.principal(), client.session(), client.channel());
			if (!authorization.isGranted()) {
				client.session().close(CloseReason.PERMISSION_DENIED);
				return;
			}
			this.frames.send(client.session(), RawDoorFrames.authenticated(client.session(), proof));
		}).whenComplete((nothing, ex) -> {
			client.endRenewal();
			if (ex != null) {
				refuse(client, this.tokens.refusal(ex));
			}
		});
	}

	private void refuse(RawDoorClient client, RequestRefusedException refusal) {
		this.node.statistics().countRefused(refusal.code());
		answer(client, null, refusal);
	}

	private void answer(RawDoorClient client, @Nullable Payload answer, @Nullable Throwable failure) {
		if (failure instanceof RequestRefusedException refusal) {
			this.frames.send(client.session(), RawDoorFrames.error(refusal));
		}
		else if (answer != null) {
			this.frames.sendAnswer(client.session(), answer);
		}
	}

	private void refuse(RawDoorClient client, CloseReason reason) {
		if (client.session().isOpen()) {
			this.node.statistics()
				.countRefused(
						reason.equals(CloseReason.RATE_LIMIT) ? ErrorCode.TOO_MANY_REQUESTS : ErrorCode.LIMIT_EXCEEDED);
			client.session().terminate(reason);
		}
	}

	@Override
	public void handleTransportError(WebSocketSession socket, Throwable exception) {
		Transports.broken(socket);
		// Clients vanish all the time; the close that follows says all there is to say.
		if (logger.isDebugEnabled()) {
			logger.debug("Transport error of " + client(socket), exception);
		}
	}

	@Override
	public void afterConnectionClosed(WebSocketSession socket, CloseStatus status) {
		FirstFrameLogin login = (FirstFrameLogin) socket.getAttributes().get(LOGIN);
		if (login != null) {
			login.closed();
		}
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
