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

import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.durable.internal.DurableOutcome;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.session.internal.WriterPool;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The raw door's own frames among the messages. For any thread; does not block.
 */
final class RawDoorFrames {

	private final NodeIdentity identity;

	private final WriterPool writers;

	private final QueueLimits limits;

	RawDoorFrames(NodeIdentity identity, WriterPool writers, QueueLimits limits) {
		this.identity = identity;
		this.writers = writers;
		this.limits = limits;
	}

	/**
	 * Send a frame.
	 */
	void send(LocalSession session, Payload frame) {
		send(session, OutboundMessage.frame(frame), this.limits);
	}

	/**
	 * Send what a handler answers: a message like those of channels.
	 */
	void sendAnswer(LocalSession session, Payload answer) {
		send(session, new OutboundMessage(answer, null), this.limits);
	}

	void send(LocalSession session, OutboundMessage message, QueueLimits limits) {
		var fanout = this.writers.fanout(message, limits);
		fanout.add(session);
		fanout.send();
	}

	QueueLimits limits() {
		return this.limits;
	}

	/**
	 * Tell a client that its subscription stands.
	 */
	Payload ready(LocalSession session, String channel, SubscriptionState state) {
		return frame("ready", (out) -> {
			subscription(out, session, channel);
			out.writeBooleanProperty("degraded", state == SubscriptionState.DEGRADED);
		});
	}

	/**
	 * Tell a client how its subscription has begun.
	 * @param position what the client has everything up to once it has read this frame,
	 * or {@code null} if the channel is ephemeral
	 * @param recovering whether it has asked for what it has missed
	 * @param recovered whether it gets that
	 * @param replayed how many messages that are
	 */
	Payload subscribed(LocalSession session, String channel, @Nullable Position position, boolean recovering,
			boolean recovered, int replayed) {
		return frame("subscribed", (out) -> {
			subscription(out, session, channel);
			out.writeBooleanProperty("recoverable", position != null);
			if (position != null) {
				out.writeStringProperty("epoch", position.epoch());
				out.writeNumberProperty("offset", position.offset());
			}
			out.writeBooleanProperty("wasRecovering", recovering);
			out.writeBooleanProperty("recovered", recovered);
			out.writeNumberProperty("replayed", replayed);
		});
	}

	/**
	 * Tell a client that the application or an operator has ended its subscription.
	 * @param cause why, or {@code null} if the application or an operator has ended it
	 */
	Payload unsubscribed(LocalSession session, String channel, @Nullable SubscriptionEnd cause) {
		return frame("unsubscribed", (out) -> {
			subscription(out, session, channel);
			if (cause != null) {
				out.writeNumberProperty("code", cause.code());
				out.writeStringProperty("reason", cause.text());
			}
		});
	}

	private void subscription(JsonGenerator out, LocalSession session, String channel) {
		out.writeStringProperty("channel", channel);
		out.writeStringProperty("session", session.id());
		out.writeStringProperty("node", this.identity.name());
	}

	/**
	 * Tell a client what became of its wish for a durable session.
	 * @param start what became of it
	 * @param ttl for how long the session is kept after its connection
	 */
	static Payload durable(DurableStart start, Duration ttl) {
		return frame("durable", (out) -> {
			DurableSession session = start.session();
			out.writeBooleanProperty("durable", session != null);
			out.writeBooleanProperty("restored", start.isRestored());
			if (session != null) {
				out.writeStringProperty("token", session.token());
				out.writeNumberProperty("ttl", ttl.toSeconds());
			}
			else if (start.outcome() == DurableOutcome.FULL) {
				out.writeStringProperty("reason", "too many durable sessions");
			}
		});
	}

	/**
	 * Tell a client that its token was taken, and for how many seconds it lasts.
	 */
	static Payload authenticated(LocalSession session, Authenticated client) {
		return frame("authenticated", (out) -> {
			Instant expiry = client.expiresAt();
			out.writeStringProperty("session", session.id());
			out.writeStringProperty("user", client.principal().getName());
			if (expiry != null) {
				out.writeNumberProperty("ttl", Math.max(0, Duration.between(Instant.now(), expiry).toSeconds()));
			}
		});
	}

	/**
	 * Tell an {@code atmosphere.js} in its protocol mode that it is connected: its id, no
	 * heartbeats, and what they would be. With each connection, also one that says that
	 * it knows its id: such a client otherwise takes the first message for this frame.
	 * @param id what the client shows when it connects again
	 */
	static Payload greeting(String id) {
		return Payload.text(AtmosphereParameters.greeting(id));
	}

	/**
	 * Tell a client that something was refused.
	 */
	static Payload error(RequestRefusedException refusal) {
		return frame("error", (out) -> {
			out.writeNumberProperty("code", refusal.code().code());
			out.writeStringProperty("reason", refusal.reason());
		});
	}

	private static Payload frame(String type, Consumer<JsonGenerator> members) {
		return Payload.text(JsonText.object((out) -> {
			out.writeStringProperty("type", type);
			members.accept(out);
		}));
	}

}
