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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.door.internal.JsonText;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.Sender;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.message.internal.RepeatedHeader;
import io.github.atmosphererelay.presence.internal.PresenceChange;
import io.github.atmosphererelay.presence.internal.PresenceChangeFormat;
import io.github.atmosphererelay.presence.internal.PresentSession;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.MessageFormat;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The JSON form: objects are separated by line breaks, fields without a value are left
 * out, and messages are embedded as {@link JsonPayloads} says.
 */
final class JsonCodec implements Codec {

	private static final Payload PING = Payload.text("{}");

	private static final String REPEATED_TAG = ",\"tags\":{\"" + RepeatedHeader.NAME + "\":\"" + RepeatedHeader.VALUE
			+ "\"}";

	private final MessageFormat messages = JsonCodec::message;

	private final PresenceChangeFormat presenceChanges = JsonCodec::presenceChanges;

	private final RecentPublications recent = new RecentPublications();

	@Override
	public List<Command> decode(Payload frame) {
		return JsonCommands.decode(frame.asText());
	}

	@Override
	public MessageFormat messages() {
		return this.messages;
	}

	@Override
	public PresenceChangeFormat presenceChanges() {
		return this.presenceChanges;
	}

	@Override
	public Payload ping() {
		return PING;
	}

	@Override
	public Payload join(List<Payload> objects) {
		int size = objects.size() - 1;
		for (Payload each : objects) {
			size += each.size();
		}
		byte[] all = new byte[size];
		int at = 0;
		for (Payload each : objects) {
			if (at > 0) {
				all[at++] = '\n';
			}
			System.arraycopy(each.bytes(), 0, all, at, each.size());
			at += each.size();
		}
		return Payload.text(all);
	}

	/**
	 * Write a message. By hand, because it is done for each message and each that is
	 * replayed, and a generator takes twice as long: see {@code PublicationBenchmark}.
	 */
	private static Payload message(OutboundMessage message) {
		StringBuilder out = new StringBuilder(message.payload().size() + 100);
		String channel = message.channel();
		if (channel == null) {
			JsonPayloads.append(out.append("{\"push\":{\"message\":{\"data\":"), message.payload());
			return payload(out.append("}}}"));
		}
		Publication publication = message.publication();
		beginPublication(out, channel);
		publication(out, message.payload(), (publication != null) ? publication.position() : null, message.headers());
		return payload(out.append("}}"));
	}

	private static StringBuilder beginPublication(StringBuilder out, String channel) {
		return out.append("{\"push\":{\"channel\":").append(Json.quote(channel)).append(",\"pub\":");
	}

	private static void publication(StringBuilder out, Payload payload, @Nullable Position position,
			Map<String, String> headers) {
		JsonPayloads.append(out.append("{\"data\":"), payload);
		Sender sender = Sender.of(headers);
		if (sender != null) {
			out.append(",\"info\":{\"user\":").append(Json.quote((sender.user() != null) ? sender.user() : ""));
			out.append(",\"client\":").append(Json.quote(sender.session())).append('}');
		}
		if (position != null) {
			out.append(",\"offset\":").append(position.offset());
		}
		if (RepeatedHeader.isIn(headers)) {
			out.append(REPEATED_TAG);
		}
		out.append('}');
	}

	private static String form(Publication publication) {
		StringBuilder out = new StringBuilder(publication.payload().size() + 50);
		publication(out, publication.payload(), publication.position(), publication.headers());
		return out.toString();
	}

	private void publications(JsonGenerator out, List<Publication> publications) {
		if (publications.isEmpty()) {
			return;
		}
		out.writeArrayPropertyStart("publications");
		for (Publication each : publications) {
			out.writeRawValue(this.recent.get(each, JsonCodec::form));
		}
		out.writeEndArray();
	}

	@Override
	public Payload encode(long id, ErrorCode code, String reason) {
		return Payload.text(JsonText.object((out) -> {
			out.writeNumberProperty("id", id);
			out.writeObjectPropertyStart("error");
			out.writeNumberProperty("code", code.code());
			out.writeStringProperty("message", reason);
			if (code.isTemporary()) {
				out.writeBooleanProperty("temporary", true);
			}
			out.writeEndObject();
		}));
	}

	@Override
	public Payload encode(long id, Reply reply) {
		return Payload.text(JsonText.object((out) -> {
			out.writeNumberProperty("id", id);
			write(out, reply);
		}));
	}

	private void write(JsonGenerator out, Reply reply) {
		if (reply instanceof Reply.Connected connected) {
			connected(out, connected);
		}
		else if (reply instanceof Reply.Subscribe subscribe) {
			out.writeName("subscribe");
			subscribed(out, subscribe, true);
		}
		else if (reply instanceof Reply.Done done) {
			out.writeObjectPropertyStart(done.command());
			out.writeEndObject();
		}
		else if (reply instanceof Reply.History history) {
			out.writeObjectPropertyStart("history");
			out.writeStringProperty("epoch", history.end().epoch());
			out.writeNumberProperty("offset", history.end().offset());
			publications(out, history.publications());
			out.writeEndObject();
		}
		else if (reply instanceof Reply.Presence presence) {
			presence(out, presence.sessions());
		}
		else if (reply instanceof Reply.PresenceStats stats) {
			out.writeObjectPropertyStart("presence_stats");
			out.writeNumberProperty("num_clients", stats.clients());
			out.writeNumberProperty("num_users", stats.users());
			out.writeEndObject();
		}
		else if (reply instanceof Reply.Rpc rpc) {
			out.writeObjectPropertyStart("rpc");
			out.writeName("data");
			out.writeRawValue((rpc.data() != null) ? JsonPayloads.of(rpc.data()) : "null");
			out.writeEndObject();
		}
		else if (reply instanceof Reply.Refreshed refreshed) {
			out.writeObjectPropertyStart("refresh");
			out.writeStringProperty("client", refreshed.client());
			ttl(out, refreshed.ttl());
			out.writeEndObject();
		}
	}

	private void connected(JsonGenerator out, Reply.Connected reply) {
		out.writeObjectPropertyStart("connect");
		out.writeStringProperty("client", reply.client());
		ttl(out, reply.ttl());
		// Whole seconds, and not less than there are: the client waits for that long.
		out.writeNumberProperty("ping", seconds(reply.ping().plusMillis(999)));
		out.writeBooleanProperty("pong", true);
		EmulatedSession emulated = reply.emulated();
		if (emulated != null) {
			out.writeStringProperty("session", emulated.id());
			out.writeStringProperty("node", emulated.node());
		}
		if (!reply.subscriptions().isEmpty()) {
			out.writeObjectPropertyStart("subs");
			reply.subscriptions().forEach((channel, subscription) -> {
				out.writeName(channel);
				subscribed(out, subscription, true);
			});
			out.writeEndObject();
		}
		out.writeEndObject();
	}

	private static void ttl(JsonGenerator out, @Nullable Duration ttl) {
		if (ttl != null) {
			out.writeBooleanProperty("expires", true);
			out.writeNumberProperty("ttl", seconds(ttl));
		}
	}

	private static long seconds(Duration duration) {
		return Math.max(1, Math.min(Integer.MAX_VALUE, duration.toSeconds()));
	}

	private void subscribed(JsonGenerator out, Reply.Subscribe reply, boolean replay) {
		Subscribed result = reply.result();
		Long asked = reply.asked();
		out.writeStartObject();
		Position position = result.position();
		if (result.recovery() != RecoveryOutcome.FRESH) {
			out.writeBooleanProperty("was_recovering", true);
		}
		if (position != null) {
			// The client counts on from the offset that it has asked for, publication by
			// publication; if there are none, it may as well know where the log ends.
			boolean counts = result.isRecovered() && !result.publications().isEmpty();
			out.writeBooleanProperty("recoverable", true);
			out.writeBooleanProperty("positioned", true);
			out.writeStringProperty("epoch", position.epoch());
			out.writeNumberProperty("offset", (counts && asked != null) ? asked : position.offset());
			if (result.isRecovered()) {
				out.writeBooleanProperty("recovered", true);
			}
			if (replay) {
				// If it has not recovered, at most the current value
				publications(out, result.publications());
			}
		}
		out.writeEndObject();
	}

	private static void presence(JsonGenerator out, List<PresentSession> sessions) {
		out.writeObjectPropertyStart("presence");
		out.writeObjectPropertyStart("presence");
		for (PresentSession each : sessions) {
			out.writeName(each.session());
			info(out, each);
		}
		out.writeEndObject();
		out.writeEndObject();
	}

	private static void info(JsonGenerator out, PresentSession session) {
		out.writeStartObject();
		out.writeStringProperty("user", (session.user() != null) ? session.user() : "");
		out.writeStringProperty("client", session.session());
		if (!session.attributes().isEmpty()) {
			out.writeObjectPropertyStart("chan_info");
			session.attributes().forEach(out::writeStringProperty);
			out.writeEndObject();
		}
		out.writeEndObject();
	}

	private static Payload presenceChanges(String channel, List<PresenceChange> changes) {
		StringJoiner out = new StringJoiner("\n");
		for (PresenceChange each : changes) {
			out.add(push(channel, each.joined() ? "join" : "leave", (json) -> {
				json.writeStartObject();
				json.writeName("info");
				info(json, each.session());
				json.writeEndObject();
			}));
		}
		return Payload.text(out.toString());
	}

	/**
	 * Write what a connection ends with that has no close code.
	 * @param reason the reason, in the words of this door
	 * @return one object of the protocol
	 */
	static Payload disconnect(CloseReason reason) {
		return Payload.text(JsonText.object((out) -> {
			out.writeObjectPropertyStart("push");
			out.writeObjectPropertyStart("disconnect");
			out.writeNumberProperty("code", reason.code());
			out.writeStringProperty("reason", reason.text());
			out.writeEndObject();
			out.writeEndObject();
		}));
	}

	@Override
	public Payload encode(Push push) {
		if (push instanceof Push.Answer answer) {
			StringBuilder out = beginPublication(new StringBuilder(answer.data().size() + 100), answer.channel());
			publication(out, answer.data(), null, Map.of());
			return payload(out.append("}}"));
		}
		if (push instanceof Push.Subscribe subscribe) {
			return subscribe(subscribe);
		}
		Push.Unsubscribe unsubscribe = (Push.Unsubscribe) push;
		return Payload.text(push(unsubscribe.channel(), "unsubscribe", (out) -> {
			out.writeStartObject();
			out.writeNumberProperty("code", unsubscribe.reason().code());
			out.writeStringProperty("reason", unsubscribe.reason().text());
			out.writeEndObject();
		}));
	}

	/**
	 * What was missed follows one by one: in a push, clients do not look for it.
	 */
	private Payload subscribe(Push.Subscribe push) {
		Reply.Subscribe start = push.begin();
		StringBuilder out = new StringBuilder(128);
		out.append(push(push.channel(), "subscribe", (json) -> {
			if (start != null) {
				subscribed(json, start, false);
			}
			else {
				json.writeStartObject();
				json.writeEndObject();
			}
		}));
		if (start != null) {
			for (Publication each : start.result().publications()) {
				beginPublication(out.append('\n'), push.channel());
				out.append(this.recent.get(each, JsonCodec::form)).append("}}");
			}
		}
		return payload(out);
	}

	private static String push(String channel, String kind, Consumer<JsonGenerator> value) {
		return JsonText.object((out) -> {
			out.writeObjectPropertyStart("push");
			out.writeStringProperty("channel", channel);
			out.writeName(kind);
			value.accept(out);
			out.writeEndObject();
		});
	}

	private static Payload payload(StringBuilder out) {
		return Payload.text(out.toString().getBytes(StandardCharsets.UTF_8));
	}

}
