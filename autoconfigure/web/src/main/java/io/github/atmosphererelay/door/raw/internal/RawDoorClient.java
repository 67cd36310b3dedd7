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

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.door.internal.ClientLimits.Admission;
import io.github.atmosphererelay.door.internal.MessageAssembler;
import io.github.atmosphererelay.door.internal.RefusedMessageException;
import io.github.atmosphererelay.door.internal.TokenRenewal;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * A client of the raw door that is in: publishes what it sends, and holds it to its
 * limits. For one container thread at a time.
 */
final class RawDoorClient {

	private final RawDoor door;

	private final LocalSession session;

	private final @Nullable DurableSession durable;

	private final String channel;

	/** Whether the client may send heartbeats, which are no messages. */
	private final boolean padded;

	private final Admission admission;

	private final MessageAssembler incoming;

	/**
	 * Renews the token of a client that has said in a frame who it is, and may say so
	 * again; {@code null} for others, whose frames are all messages.
	 */
	private final @Nullable TokenRenewal renewal;

	RawDoorClient(RawDoor door, LocalSession session, @Nullable DurableSession durable, RawDoorRequest request,
			Admission admission) {
		this.door = door;
		this.session = session;
		this.durable = durable;
		this.channel = request.channel();
		this.padded = request.atmosphere().protocol();
		this.admission = admission;
		this.incoming = new MessageAssembler(door.settings());
		this.renewal = request.tokenFollows() ? new TokenRenewal(door.tokens(), session, ErrorCode.PERMISSION_DENIED)
				: null;
	}

	LocalSession session() {
		return this.session;
	}

	/**
	 * Let the client in, on another thread than the one that reads its messages.
	 */
	synchronized void whileEntering(Runnable entering) {
		entering.run();
	}

	/**
	 * Wait until the client is in, which it may hear of before all of it is done.
	 */
	private void awaitEntered() {
		if (this.renewal != null) {
			synchronized (this) {
				return;
			}
		}
	}

	void text(String part, boolean last) {
		take(() -> received(this.incoming.text(part, last)));
	}

	void binary(ByteBuffer part, boolean last) {
		take(() -> received(this.incoming.binary(part, last)));
	}

	void ping() {
		take(this.incoming::checkControlRate);
	}

	void pong(ByteBuffer payload) {
		take(() -> {
			this.incoming.checkControlRate();
			if (this.durable != null) {
				this.durable.ponged(payload);
			}
		});
	}

	private void take(Runnable frame) {
		awaitEntered();
		if (!this.session.isOpen()) {
			return;
		}
		this.session.heard();
		try {
			frame.run();
		}
		catch (RefusedMessageException ex) {
			disconnect(ex.code(), ex.reason());
		}
	}

	private void received(@Nullable Payload message) {
		if (message == null || (this.padded && isPadding(message))) {
			return;
		}
		this.door.httpSessions().used(this.session);
		String token = (this.renewal != null) ? TokenFrame.token(message) : null;
		if (token != null) {
			renew(token);
		}
		else if (this.admission.allowsMessage()) {
			publish(message);
		}
		else {
			refuse(new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS,
					"the user's message rate is over the limit"));
		}
	}

	private static boolean isPadding(Payload message) {
		return !message.isBinary() && message.size() == AtmosphereParameters.PADDING.length()
				&& message.asText().equals(AtmosphereParameters.PADDING);
	}

	private void publish(Payload message) {
		try {
			this.door.messages().receive(this.session, this.channel, message).whenComplete(this::answer);
		}
		catch (MessageTooLargeException ex) {
			disconnect(ErrorCode.LIMIT_EXCEEDED, CloseReason.TOO_BIG);
		}
	}

	/**
	 * Keep a session that its client has sent a new token for.
	 */
	private void renew(String token) {
		TokenRenewal renewal = this.renewal;
		if (renewal == null) {
			return;
		}
		try {
			renewal.renew(token, this::renewed, this::refuse);
		}
		catch (RequestRefusedException ex) {
			refuse(ex);
		}
	}

	/**
	 * The new token may allow less than the former one.
	 */
	private void renewed(Authenticated proof) {
		if (!this.door.messages().authorizeSubscribe(proof.principal(), this.session, this.channel).isGranted()) {
			this.session.close(CloseReason.PERMISSION_DENIED);
			return;
		}
		this.door.frames().send(this.session, RawDoorFrames.authenticated(this.session, proof));
	}

	private void refuse(RequestRefusedException refusal) {
		this.door.statistics().countRefused(refusal.code());
		answer(null, refusal);
	}

	private void answer(@Nullable Payload answer, @Nullable Throwable failure) {
		if (failure instanceof RequestRefusedException refusal) {
			this.door.frames().send(this.session, RawDoorFrames.error(refusal));
		}
		else if (answer != null) {
			this.door.frames().sendAnswer(this.session, answer);
		}
	}

	private void disconnect(ErrorCode code, CloseReason reason) {
		if (this.session.isOpen()) {
			this.door.statistics().countRefused(code);
			this.session.terminate(reason);
		}
	}

	@Override
	public String toString() {
		return this.session.toString();
	}

}
