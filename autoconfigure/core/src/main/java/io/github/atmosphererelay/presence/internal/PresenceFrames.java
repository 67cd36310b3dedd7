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

package io.github.atmosphererelay.presence.internal;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.Json;
import io.github.atmosphererelay.presence.PresenceMember;

/**
 * Encodes the JSON frames that announce the members of a channel to plain clients.
 */
final class PresenceFrames {

	private PresenceFrames() {
	}

	/**
	 * Encode the list of the present members, for a client that begins to watch the
	 * channel.
	 */
	static Payload state(PresenceNews news) {
		StringBuilder out = begin(news).append(",\"members\":");
		members(out, news.members(), news.members().size());
		return end(out, news, news.members().size() < news.count());
	}

	/**
	 * Encode joins and leaves of members.
	 */
	static Payload changes(PresenceNews news, int maxNames) {
		StringBuilder out = begin(news).append(",\"joined\":");
		members(out, news.joined(), maxNames);
		members(out.append(",\"left\":"), news.left(), maxNames);
		return end(out, news, news.joined().size() > maxNames || news.left().size() > maxNames);
	}

	private static StringBuilder begin(PresenceNews news) {
		StringBuilder out = new StringBuilder(256).append("{\"type\":\"presence\",\"channel\":");
		return quote(out, news.channel());
	}

	private static Payload end(StringBuilder out, PresenceNews news, boolean truncated) {
		out.append(",\"count\":").append(news.count());
		if (truncated) {
			out.append(",\"truncated\":true");
		}
		return Payload.text(out.append('}').toString());
	}

	private static void members(StringBuilder out, List<PresenceMember> members, int limit) {
		out.append('[');
		for (int i = 0; i < Math.min(limit, members.size()); i++) {
			member(out.append((i != 0) ? "," : ""), members.get(i));
		}
		out.append(']');
	}

	private static void member(StringBuilder out, PresenceMember member) {
		if (member.user() != null) {
			quote(out.append("{\"user\":"), member.user());
		}
		else {
			quote(out.append("{\"session\":"), String.valueOf(member.session()));
		}
		out.append(",\"sessions\":").append(member.sessions());
		if (!member.attributes().isEmpty()) {
			out.append(",\"attributes\":{");
			String separator = "";
			for (Map.Entry<String, String> each : member.attributes().entrySet()) {
				quote(out.append(separator), each.getKey());
				quote(out.append(':'), each.getValue());
				separator = ",";
			}
			out.append('}');
		}
		out.append('}');
	}

	private static StringBuilder quote(StringBuilder out, String text) {
		return out.append(Json.quote(text));
	}

}
