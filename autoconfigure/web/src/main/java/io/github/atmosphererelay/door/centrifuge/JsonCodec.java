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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.RecoveryOutcome;
import io.github.atmosphererelay.broadcast.Subscribed;
import io.github.atmosphererelay.message.Json;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.Sender;
import io.github.atmosphererelay.presence.PresenceChange;
import io.github.atmosphererelay.presence.PresenceChangeFormat;
import io.github.atmosphererelay.presence.PresentSession;
import io.github.atmosphererelay.session.MessageFormat;
import io.github.atmosphererelay.session.OutboundMessage;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form: objects are separated by line breaks, fields without a value are left
 * out, and messages are embedded as {@link JsonPayloads} says.
 */
final class JsonCodec implements Codec {

	private static final Payload PING = Payload.text("{}");

	private static final Payload NULL = Payload.text("null");

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

	private static Payload message(OutboundMessage message) {
		StringBuilder out = new StringBuilder(message.payload().size() + 100);
		String channel = message.channel();
		if (channel == null) {
			JsonPayloads.append(out.append("{\"push\":{\"message\":{\"data\":"), message.payload());
			return payload(out.append("}}}"));
		}
		out.append("{\"push\":{\"channel\":").append(Json.quote(channel)).append(",\"pub\":");
		Publication publication = message.publication();
		publication(out, message.payload(), (publication != null) ? publication.position() : null, message.headers());
		return payload(out.append("}}"));
	}

	private static void publication(StringBuilder out, Payload payload, @Nullable Position position,
			Map<String, String> headers) {
		JsonPayloads.append(out.append("{\"data\":"), payload);
		Sender sender = Sender.of(headers);
		if (sender != null) {
			info(out.append(",\"info\":"), sender.user(), sender.session());
			out.append('}');
		}
		if (position != null) {
			out.append(",\"offset\":").append(position.offset());
		}
		out.append('}');
	}

	private static String form(Publication publication) {
		StringBuilder out = new StringBuilder(publication.payload().size() + 50);
		publication(out, publication.payload(), publication.position(), publication.headers());
		return out.toString();
	}

	private void publications(StringBuilder out, List<Publication> publications) {
		if (publications.isEmpty()) {
			return;
		}
		out.append(",\"publications\":");
		char separator = '[';
		for (Publication each : publications) {
			out.append(separator).append(this.recent.get(each, JsonCodec::form));
			separator = ',';
		}
		out.append(']');
	}

	@Override
	public Payload encode(long id, ErrorCode code, String reason) {
		return Payload.text("{\"id\":" + id + ",\"error\":{\"code\":" + code.code() + ",\"message\":"
				+ Json.quote(reason) + (code.isTemporary() ? ",\"temporary\":true" : "") + "}}");
	}

	@Override
	public Payload encode(long id, Reply reply) {
		StringBuilder out = new StringBuilder(128).append("{\"id\":").append(id).append(",\"");
		if (reply instanceof Reply.Connected connected) {
			connected(out, connected);
		}
		else if (reply instanceof Reply.Subscribe subscribe) {
			subscribed(out.append("subscribe\":"), subscribe, true);
		}
		else if (reply instanceof Reply.Done done) {
			out.append(done.command()).append("\":{}");
		}
		else if (reply instanceof Reply.History history) {
			out.append("history\":{\"epoch\":").append(Json.quote(history.end().epoch()));
			out.append(",\"offset\":").append(history.end().offset());
			publications(out, history.publications());
			out.append('}');
		}
		else if (reply instanceof Reply.Presence presence) {
			presence(out, presence.sessions());
		}
		else if (reply instanceof Reply.PresenceStats stats) {
			out.append("presence_stats\":{\"num_clients\":").append(stats.clients());
			out.append(",\"num_users\":").append(stats.users()).append('}');
		}
		else if (reply instanceof Reply.Rpc rpc) {
			JsonPayloads.append(out.append("rpc\":{\"data\":"), (rpc.data() != null) ? rpc.data() : NULL).append('}');
		}
		else if (reply instanceof Reply.Refreshed refreshed) {
			out.append("refresh\":{\"client\":").append(Json.quote(refreshed.client()));
			ttl(out, refreshed.ttl());
			out.append('}');
		}
		return payload(out.append('}'));
	}

	private void connected(StringBuilder out, Reply.Connected reply) {
		out.append("connect\":{\"client\":").append(Json.quote(reply.client()));
		ttl(out, reply.ttl());
		// Whole seconds, and not less than there are: the client waits for that long.
		out.append(",\"ping\":").append(seconds(reply.ping().plusMillis(999))).append(",\"pong\":true");
		if (!reply.subscriptions().isEmpty()) {
			char separator = '{';
			out.append(",\"subs\":");
			for (Map.Entry<String, Reply.Subscribe> each : reply.subscriptions().entrySet()) {
				out.append(separator).append(Json.quote(each.getKey())).append(':');
				subscribed(out, each.getValue(), true);
				separator = ',';
			}
			out.append('}');
		}
		out.append('}');
	}

	private static void ttl(StringBuilder out, @Nullable Duration ttl) {
		if (ttl != null) {
			out.append(",\"expires\":true,\"ttl\":").append(seconds(ttl));
		}
	}

	private static long seconds(Duration duration) {
		return Math.max(1, Math.min(Integer.MAX_VALUE, duration.toSeconds()));
	}

	private void subscribed(StringBuilder out, Reply.Subscribe reply, boolean replay) {
		Subscribed result = reply.result();
		Long asked = reply.asked();
		out.append('{');
		Position position = result.position();
		if (result.recovery() != RecoveryOutcome.FRESH) {
			out.append("\"was_recovering\":true,");
		}
		if (position != null) {
			// The client counts on from the offset that it has asked for, publication by
			// publication; if there are none, it may as well know where the log ends.
			boolean counts = result.isRecovered() && !result.publications().isEmpty();
			long offset = (counts && asked != null) ? asked : position.offset();
			out.append("\"recoverable\":true,\"positioned\":true,");
			out.append("\"epoch\":").append(Json.quote(position.epoch()));
			out.append(",\"offset\":").append(offset);
			if (result.isRecovered()) {
				out.append(",\"recovered\":true");
				if (replay) {
					publications(out, result.publications());
				}
			}
		}
		else if (out.charAt(out.length() - 1) == ',') {
			out.setLength(out.length() - 1);
		}
		out.append('}');
	}

	private static void presence(StringBuilder out, List<PresentSession> sessions) {
		out.append("presence\":{\"presence\":{");
		String separator = "";
		for (PresentSession each : sessions) {
			out.append(separator).append(Json.quote(each.session())).append(':');
			info(out, each);
			separator = ",";
		}
		out.append("}}");
	}

	private static void info(StringBuilder out, @Nullable String user, String session) {
		out.append("{\"user\":").append(Json.quote((user != null) ? user : ""));
		out.append(",\"client\":").append(Json.quote(session));
	}

	private static void info(StringBuilder out, PresentSession session) {
		info(out, session.user(), session.session());
		if (!session.attributes().isEmpty()) {
			char separator = '{';
			out.append(",\"chan_info\":");
			for (Map.Entry<String, String> each : session.attributes().entrySet()) {
				out.append(separator).append(Json.quote(each.getKey())).append(':').append(Json.quote(each.getValue()));
				separator = ',';
			}
			out.append('}');
		}
		out.append('}');
	}

	private static Payload presenceChanges(String channel, List<PresenceChange> changes) {
		StringBuilder out = new StringBuilder(160 * changes.size());
		String begin = "{\"push\":{\"channel\":" + Json.quote(channel) + ",\"";
		String separator = "";
		for (PresenceChange each : changes) {
			out.append(separator).append(begin).append(each.joined() ? "join" : "leave").append("\":{\"info\":");
			info(out, each.session());
			out.append("}}}");
			separator = "\n";
		}
		return payload(out);
	}

	@Override
	public Payload encode(Push push) {
		StringBuilder out = new StringBuilder(128);
		if (push instanceof Push.Answer answer) {
			publication(begin(out, answer.channel()).append("\"pub\":"), answer.data(), null, Map.of());
			out.append("}}");
		}
		else if (push instanceof Push.Subscribe subscribe) {
			subscribe(out, subscribe);
		}
		else if (push instanceof Push.Unsubscribe unsubscribe) {
			begin(out, unsubscribe.channel()).append("\"unsubscribe\":{\"code\":");
			out.append(unsubscribe.reason().code()).append(",\"reason\":");
			out.append(Json.quote(unsubscribe.reason().text())).append("}}}");
		}
		return payload(out);
	}

	private static StringBuilder begin(StringBuilder out, String channel) {
		return out.append("{\"push\":{\"channel\":").append(Json.quote(channel)).append(',');
	}

	/**
	 * What was missed follows one by one: in a push, clients do not look for it.
	 */
	private void subscribe(StringBuilder out, Push.Subscribe push) {
		begin(out, push.channel()).append("\"subscribe\":");
		Reply.Subscribe start = push.begin();
		if (start == null) {
			out.append("{}}}");
			return;
		}
		subscribed(out, start, false);
		out.append("}}");
		for (Publication each : start.result().publications()) {
			begin(out.append('\n'), push.channel()).append("\"pub\":");
			out.append(this.recent.get(each, JsonCodec::form)).append("}}");
		}
	}

	private static Payload payload(StringBuilder out) {
		return Payload.text(out.toString().getBytes(StandardCharsets.UTF_8));
	}

}
