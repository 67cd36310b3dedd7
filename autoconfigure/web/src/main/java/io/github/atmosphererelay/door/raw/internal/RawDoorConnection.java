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

package io.github.atmosphererelay.door.raw.internal;

import java.nio.ByteBuffer;
import java.security.Principal;
import java.util.Objects;

import io.github.atmosphererelay.door.internal.Arrival;
import io.github.atmosphererelay.door.internal.Arrival.SessionEnd;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DurableHandshaker;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the raw door, from before it is known who its client is. What is read
 * comes on one thread at a time, which is blocked no longer than an authorizer blocks it.
 */
public final class RawDoorConnection implements Inbound {

	private final RawDoor door;

	private final Arrival arrival;

	private final RawDoorRequest request;

	/** Where the client's first frame says who it is; {@code null} if it need not. */
	private final @Nullable FirstFrameLogin login;

	/** The client, once it is in. */
	private volatile @Nullable RawDoorClient client;

	RawDoorConnection(RawDoor door, Arrival arrival) {
		this.door = door;
		this.arrival = arrival;
		this.request = Objects.requireNonNull((RawDoorRequest) arrival.attributes().remove(RawDoorInterceptor.REQUEST));
		Principal handshake = (Principal) arrival.attributes().remove(RawDoorInterceptor.HANDSHAKE_PRINCIPAL);
		this.login = this.request.tokenFollows()
				? new FirstFrameLogin(arrival, door.tokens(), handshake, this::loggedIn) : null;
	}

	@Override
	public void opened() {
		if (this.login != null) {
			this.login.start(this.door.timers());
		}
		else {
			come(this.arrival.takeProof());
		}
	}

	/**
	 * Let a client in whose handshake has said who it is.
	 */
	private void come(ClientProof proof) {
		if (!this.arrival.identify(proof.principal())) {
			this.arrival.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
			return;
		}
		DurableStart start = DurableHandshaker.take(this.arrival.attributes());
		enter(open(start, proof), start);
	}

	/**
	 * Make the client a session, which the connection's end finds from now on.
	 */
	private RawDoorClient open(@Nullable DurableStart start, ClientProof proof) {
		DurableSessions sessions = this.door.durable().sessions();
		DurableSession durable = (start != null) ? start.session() : null;
		SessionTransport transport = FormattedTransport.of(this.arrival.transport(), this.request);
		SessionEnd end = (durable != null && sessions != null) ? end(durable, sessions) : SessionEnd.NOTHING;
		LocalSession session = (durable != null)
				? this.arrival.open(durable.sessionId(), proof, durable.watch(transport), end)
				: this.arrival.open(proof, transport, end);
		if (durable != null && sessions != null) {
			sessions.attach(durable, session);
		}
		if (this.request.atmosphere().transport() != Transport.WEBSOCKET) {
			session.expectNoPongs();
		}
		RawDoorClient opened = new RawDoorClient(this.door, session, durable, this.request, this.arrival.admission());
		this.client = opened;
		return opened;
	}

	private static SessionEnd end(DurableSession durable, DurableSessions sessions) {
		return new SessionEnd() {

			@Override
			public void ending(LocalSession session, DisconnectReason reason) {
				sessions.ended(durable, reason);
			}

		};
	}

	private void enter(RawDoorClient client, @Nullable DurableStart start) {
		LocalSession session = client.session();
		if (this.request.greeted()) {
			// Before anybody can send to the session
			this.door.frames().send(session, RawDoorFrames.greeting(shown(session, start)));
		}
		PositionListener positions = (PositionListener) this.arrival.attributes().remove(PositionListener.ATTRIBUTE);
		RawDoorSubscriptions subscriptions = this.door.subscriber().prepare(session, this.request, start, positions);
		this.door.subscriptions().connected(session);
		subscriptions.begin();
	}

	/**
	 * Return the id with which the client finds its session again, if it is durable.
	 */
	private static String shown(LocalSession session, @Nullable DurableStart start) {
		DurableSession durable = (start != null) ? start.session() : null;
		return (durable != null) ? durable.token() : session.id();
	}

	/**
	 * Return the id of the client's session.
	 * @return the id, or {@code null} if there is no session yet
	 */
	public @Nullable String sessionId() {
		RawDoorClient client = this.client;
		return (client != null) ? client.session().id() : null;
	}

	/**
	 * Close the client's session after everything that is queued for it.
	 * @param reason the reason
	 */
	public void close(CloseReason reason) {
		RawDoorClient client = this.client;
		if (client != null) {
			client.session().close(reason);
		}
	}

	/**
	 * Send the client a frame that tells that something was refused.
	 * @param refusal the reason
	 */
	public void tell(RequestRefusedException refusal) {
		RawDoorClient client = this.client;
		if (client != null) {
			this.door.frames().send(client.session(), RawDoorFrames.error(refusal));
		}
	}

	/**
	 * Let a client in that has said in its first frame who it is.
	 */
	private void loggedIn(FirstFrameLogin login, Authenticated proof) {
		Principal principal = proof.principal();
		this.door.messages().authorizeSubscribe(principal, null, this.request.channel()).require();
		if (!this.arrival.identify(principal)) {
			login.refuse(ErrorCode.LIMIT_EXCEEDED, CloseReason.CONNECTION_LIMIT);
			return;
		}
		this.door.durable().loggedIn(this.arrival.attributes(), principal, this.request.channel());
		DurableStart start = DurableHandshaker.take(this.arrival.attributes());
		RawDoorClient opened = open(login, start, login.proof(proof));
		if (opened != null) {
			enter(opened, start, proof);
		}
	}

	/**
	 * Make the client a session, or close the connection: with the log-in its time limit
	 * is over, and nobody else would.
	 */
	private @Nullable RawDoorClient open(FirstFrameLogin login, @Nullable DurableStart start, ClientProof proof) {
		try {
			return login.succeed(() -> open(start, proof));
		}
		catch (RuntimeException | Error ex) {
			this.arrival.refuse(ErrorCode.INTERNAL, CloseReason.INTERNAL_ERROR);
			throw ex;
		}
	}

	private void enter(RawDoorClient client, @Nullable DurableStart start, Authenticated proof) {
		try {
			client.whileEntering(() -> {
				this.door.frames().send(client.session(), RawDoorFrames.authenticated(client.session(), proof));
				enter(client, start);
			});
		}
		catch (RuntimeException | Error ex) {
			client.session().terminate(CloseReason.INTERNAL_ERROR);
			throw ex;
		}
	}

	@Override
	public void text(String part, boolean last) {
		RawDoorClient client = this.client;
		if (client != null) {
			client.text(part, last);
		}
		else if (this.login != null) {
			this.login.text(part, last);
		}
	}

	@Override
	public void binary(ByteBuffer part, boolean last) {
		RawDoorClient client = this.client;
		if (client != null) {
			client.binary(part, last);
		}
		else if (this.login != null) {
			this.login.other();
		}
	}

	@Override
	public void ping() {
		RawDoorClient client = this.client;
		if (client != null) {
			client.ping();
		}
		else if (this.login != null) {
			this.login.control();
		}
	}

	@Override
	public void pong(ByteBuffer payload) {
		RawDoorClient client = this.client;
		if (client != null) {
			client.pong(payload);
		}
		else if (this.login != null) {
			this.login.control();
		}
	}

	@Override
	public void closed(int code, @Nullable String reason) {
		if (this.login != null) {
			this.login.closed();
		}
		RawDoorClient client = this.client;
		if (client != null) {
			client.session().ended(code, reason);
		}
		else {
			this.arrival.gone();
		}
	}

	@Override
	public String toString() {
		return String.valueOf(this.client);
	}

}
