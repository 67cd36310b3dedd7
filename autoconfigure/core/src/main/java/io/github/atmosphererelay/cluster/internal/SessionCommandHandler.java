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

package io.github.atmosphererelay.cluster.internal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.function.Predicate;

import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterSession;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * Performs operations on this node's sessions for other nodes, and encodes and merges the
 * answers.
 */
final class SessionCommandHandler {

	private static final int MAX_STRING = 65_536;

	private static final int MAX_CHANNELS = 20;

	private final SessionRegistry registry;

	private final Subscriptions subscriptions;

	private final int maxAnswer;

	SessionCommandHandler(SessionRegistry registry, Subscriptions subscriptions, int maxMessageSize) {
		this.registry = registry;
		this.subscriptions = subscriptions;
		this.maxAnswer = maxMessageSize - CommandMessage.OVERHEAD;
	}

	static byte[] encode(SessionQuery query) {
		WireWriter out = new WireWriter();
		writeOptional(out, query.user());
		writeOptional(out, query.channel());
		writeOptional(out, query.after());
		out.writeInt(query.limit());
		return out.toByteArray();
	}

	static byte[] encode(String who, CloseReason reason) {
		WireWriter out = new WireWriter();
		out.writeString(who);
		out.writeInt(reason.code());
		out.writeString(reason.text());
		return out.toByteArray();
	}

	static byte[] encode(String user, String channel) {
		WireWriter out = new WireWriter();
		out.writeString(user);
		out.writeString(channel);
		return out.toByteArray();
	}

	static byte[] encode(int sessions) {
		WireWriter out = new WireWriter();
		out.writeInt(sessions);
		return out.toByteArray();
	}

	private static void writeOptional(WireWriter out, @Nullable String text) {
		out.writeByte((text != null) ? 1 : 0);
		if (text != null) {
			out.writeString(text);
		}
	}

	private static @Nullable String readOptional(WireReader in) {
		return (in.readByte() != 0) ? in.readString(MAX_STRING) : null;
	}

	byte[] disconnectUser(WireReader in) {
		String user = in.readString(MAX_STRING);
		CloseReason reason = new CloseReason(in.readInt(), in.readString(MAX_STRING));
		return encode(this.registry.disconnectUser(user, reason));
	}

	byte[] disconnectSession(WireReader in) {
		LocalSession session = this.registry.find(in.readString(MAX_STRING));
		CloseReason reason = new CloseReason(in.readInt(), in.readString(MAX_STRING));
		return encode((session != null && close(session, reason)) ? 1 : 0);
	}

	private static boolean close(LocalSession session, CloseReason reason) {
		boolean open = session.isOpen();
		session.close(reason);
		return open;
	}

	byte[] subscribe(WireReader in) {
		String user = in.readString(MAX_STRING);
		String channel = ChannelNames.check(in.readString(MAX_STRING));
		return encode(count(this.registry.ofUser(user), (session) -> {
			try {
				this.subscriptions.subscribe(session, channel);
				return true;
			}
			catch (RequestRefusedException ex) {
				// A session with too many channels is not counted, and does not keep the
				// others from being subscribed.
				return false;
			}
		}));
	}

	byte[] unsubscribe(WireReader in) {
		String user = in.readString(MAX_STRING);
		String channel = in.readString(MAX_STRING);
		return encode(count(this.registry.ofUser(user), (session) -> {
			boolean subscribed = session.channels().contains(channel);
			this.subscriptions.unsubscribe(session, channel);
			return subscribed;
		}));
	}

	private static int count(Collection<LocalSession> sessions, Predicate<LocalSession> action) {
		int count = 0;
		for (LocalSession session : sessions) {
			if (action.test(session)) {
				count++;
			}
		}
		return count;
	}

	byte[] list(WireReader in) {
		String user = readOptional(in);
		String channel = readOptional(in);
		String after = readOptional(in);
		int limit = new SessionQuery(user, channel, after, in.readInt()).limit();
		int total = 0;
		// A node may have 100,000 sessions. The queue holds the first ones up to the
		// limit, with the last of these at its head.
		PriorityQueue<LocalSession> first = new PriorityQueue<>(Comparator.comparing(LocalSession::id).reversed());
		boolean more = false;
		for (LocalSession session : sessions(user, channel)) {
			if (user != null && (session.principal() == null || !user.equals(session.principal().getName()))) {
				continue;
			}
			total++;
			if (after == null || session.id().compareTo(after) > 0) {
				first.add(session);
				if (first.size() > limit) {
					first.poll();
					more = true;
				}
			}
		}
		return write(total, more, first.stream().sorted(Comparator.comparing(LocalSession::id)).toList());
	}

	private Collection<LocalSession> sessions(@Nullable String user, @Nullable String channel) {
		if (channel != null) {
			return this.registry.inChannel(channel);
		}
		return (user != null) ? this.registry.ofUser(user) : this.registry.sessions();
	}

	private byte[] write(int total, boolean more, List<LocalSession> sessions) {
		List<byte[]> entries = new ArrayList<>();
		int size = 16;
		for (LocalSession session : sessions) {
			byte[] entry = write(session);
			size += 4 + entry.length;
			if (size > this.maxAnswer) {
				more = true;
				break;
			}
			entries.add(entry);
		}
		if (entries.isEmpty() && !sessions.isEmpty()) {
			throw new IllegalStateException("The description of a session does not fit into a message; raise"
					+ " 'atmosphere.relay.max-message-size'");
		}
		WireWriter out = new WireWriter();
		out.writeInt(total);
		out.writeByte(more ? 1 : 0);
		out.writeInt(entries.size());
		entries.forEach(out::writeBytes);
		return out.toByteArray();
	}

	private byte[] write(LocalSession session) {
		List<String> channels = session.channels().stream().sorted().toList();
		WireWriter out = new WireWriter();
		out.writeString(session.id());
		writeOptional(out, (session.principal() != null) ? session.principal().getName() : null);
		out.writeLong(session.openedAt().toEpochMilli());
		out.writeInt(session.queuedMessages());
		out.writeLong(session.queuedBytes());
		out.writeInt(channels.size());
		// Channel names can be long, and a small message must have room for more than
		// one session.
		int room = this.maxAnswer / 4;
		List<String> shown = new ArrayList<>();
		for (String channel : channels.subList(0, Math.min(MAX_CHANNELS, channels.size()))) {
			room -= 3 * channel.length() + 4;
			if (room < 0) {
				break;
			}
			shown.add(channel);
		}
		out.writeInt(shown.size());
		shown.forEach(out::writeString);
		return out.toByteArray();
	}

	static NodeSessions read(WireReader in) {
		int total = in.readInt();
		boolean more = in.readByte() != 0;
		int count = in.readCount();
		List<ClusterSession> sessions = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			sessions.add(readSession(new WireReader(in.readBytes(Integer.MAX_VALUE))));
		}
		return new NodeSessions(total, more, sessions);
	}

	private static ClusterSession readSession(WireReader in) {
		String id = in.readString(MAX_STRING);
		String user = readOptional(in);
		Instant openedAt = Instant.ofEpochMilli(in.readLong());
		int queuedMessages = in.readInt();
		long queuedBytes = in.readLong();
		int channelCount = in.readInt();
		int shown = in.readCount();
		List<String> channels = new ArrayList<>();
		for (int i = 0; i < shown; i++) {
			channels.add(in.readString(MAX_STRING));
		}
		// The answer does not contain the node's id; merge() sets it.
		return new ClusterSession(id, user, new UUID(0, 0), openedAt, channelCount, channels, queuedMessages,
				queuedBytes);
	}

	/**
	 * Merge the answers of the nodes into one page.
	 */
	static SessionPage merge(ClusterAnswers<NodeSessions> answers, int limit) {
		// If a node has more sessions than it has sent, these may sort right after its
		// last one, so the page must end there.
		String bound = answers.answers()
			.values()
			.stream()
			.filter((each) -> each.more() && !each.sessions().isEmpty())
			.map((each) -> each.sessions().get(each.sessions().size() - 1).id())
			.min(Comparator.naturalOrder())
			.orElse(null);
		List<ClusterSession> all = new ArrayList<>();
		Map<UUID, Integer> totals = new HashMap<>();
		answers.answers().forEach((node, answer) -> {
			totals.put(node, answer.total());
			answer.sessions().forEach((session) -> all.add(on(node, session)));
		});
		all.sort(Comparator.comparing(ClusterSession::id));
		List<ClusterSession> page = all.stream()
			.filter((session) -> bound == null || session.id().compareTo(bound) <= 0)
			.limit(limit)
			.toList();
		boolean last = bound == null && page.size() == all.size();
		return new SessionPage(page, (last || page.isEmpty()) ? null : page.get(page.size() - 1).id(), totals,
				answers.failed(), answers.unanswered());
	}

	private static ClusterSession on(UUID node, ClusterSession session) {
		return new ClusterSession(session.id(), session.user(), node, session.openedAt(), session.channelCount(),
				session.channels(), session.queuedMessages(), session.queuedBytes());
	}

	/**
	 * The sessions that one node has listed.
	 *
	 * @param total the number of sessions that match the query
	 * @param more whether more sessions follow
	 * @param sessions the first of the sessions by id
	 */
	record NodeSessions(int total, boolean more, List<ClusterSession> sessions) {
	}

}
