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

package io.github.atmosphererelay.door.stream.internal;

import java.util.function.Consumer;

import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Sends the door's own frames among the messages. For any thread; does not block.
 */
final class StreamFrames {

	private final NodeIdentity identity;

	private final WriterPool writers;

	private final QueueLimits limits;

	StreamFrames(NodeIdentity identity, WriterPool writers, QueueLimits limits) {
		this.identity = identity;
		this.writers = writers;
		this.limits = limits;
	}

	void send(LocalSession session, OutboundMessage message) {
		send(session, message, this.limits);
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
	 * Encode what tells a client how its subscription has begun.
	 * @param held the position up to which the client has everything once it has read the
	 * frame, or {@code null} if the channel is ephemeral
	 * @param recovering whether the client has asked for what it has missed
	 */
	String subscribed(LocalSession session, String channel, Subscribed result, @Nullable Position held,
			boolean recovering) {
		return frame("subscribed", (out) -> {
			subscription(out, session, channel);
			out.writeBooleanProperty("recoverable", held != null);
			if (held != null) {
				out.writeStringProperty("epoch", held.epoch());
				out.writeNumberProperty("offset", held.offset());
			}
			out.writeBooleanProperty("wasRecovering", recovering);
			out.writeBooleanProperty("recovered", result.isRecovered());
			out.writeNumberProperty("replayed", result.publications().size());
			out.writeBooleanProperty("degraded", result.state() == SubscriptionState.DEGRADED);
		});
	}

	/**
	 * Encode what tells a client that the application or an operator has ended its
	 * subscription.
	 * @param cause why, or {@code null} if the application or an operator has ended it
	 */
	String unsubscribed(LocalSession session, String channel, @Nullable SubscriptionEnd cause) {
		return frame("unsubscribed", (out) -> {
			subscription(out, session, channel);
			if (cause != null) {
				out.writeNumberProperty("code", cause.code());
				out.writeStringProperty("reason", cause.text());
			}
		});
	}

	/**
	 * Encode what tells a client that its subscription was refused.
	 */
	static String refused(String channel, RequestRefusedException refusal) {
		return frame("refused", (out) -> {
			out.writeStringProperty("channel", channel);
			out.writeNumberProperty("code", refusal.code().code());
			out.writeStringProperty("reason", refusal.reason());
		});
	}

	private void subscription(JsonGenerator out, LocalSession session, String channel) {
		out.writeStringProperty("channel", channel);
		out.writeStringProperty("session", session.id());
		out.writeStringProperty("node", this.identity.name());
	}

	private static String frame(String type, Consumer<JsonGenerator> members) {
		return JsonText.object((out) -> {
			out.writeStringProperty("type", type);
			members.accept(out);
		});
	}

}
