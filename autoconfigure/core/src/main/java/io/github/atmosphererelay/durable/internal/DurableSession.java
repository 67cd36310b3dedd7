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

package io.github.atmosphererelay.durable.internal;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import org.jspecify.annotations.Nullable;

/**
 * A durable session while it has a connection on this node. A position counts only once
 * the client has answered a ping that was written behind the message: what a socket has
 * taken may be lost with its connection. For any thread; does not block.
 */
public final class DurableSession {

	/** More than these go unanswered only where the connection is about to end. */
	private static final int MAX_PINGS = 8;

	private static final int MAX_ATTRIBUTES_SIZE = 16 * 1024;

	private final String token;

	private final StoredSession initial;

	private final Consumer<DurableSession> changed;

	private final Map<OutboundMessage, Mark> marks = new ConcurrentHashMap<>(2);

	/** Channels of the session before whose subscriptions are on their way. */
	private final Set<String> returning;

	private final Map<String, Position> confirmed;

	/** What was written since the last ping. */
	private Map<String, Position> written = new HashMap<>(2);

	private final Deque<Ping> pings = new ArrayDeque<>(2);

	private long lastPing;

	private volatile @Nullable LocalSession session;

	private @Nullable Set<String> lastChannels;

	private @Nullable StoredSession saved;

	private @Nullable Instant savedAt;

	/**
	 * Create a session.
	 * @param token the client's token
	 * @param initial the entry that is in the store
	 * @param changed hears when the client has a position in a channel that it had none
	 * in, so that this is saved soon
	 */
	DurableSession(String token, StoredSession initial, Consumer<DurableSession> changed) {
		this.token = token;
		this.initial = initial;
		this.changed = changed;
		this.returning = ConcurrentHashMap.newKeySet();
		this.returning.addAll(initial.channels());
		this.confirmed = new HashMap<>(initial.positions());
		this.saved = initial;
		this.savedAt = Instant.now();
	}

	/**
	 * Return what the client comes back with.
	 * @return the token
	 */
	public String token() {
		return this.token;
	}

	/**
	 * Return the id that the connection has to have.
	 * @return the id of a session
	 */
	public String sessionId() {
		return this.initial.owner();
	}

	/**
	 * Return the channels that the client was in when it was here last, and whose
	 * subscriptions have not begun yet.
	 * @return the names, a snapshot
	 */
	public Set<String> returning() {
		return Set.copyOf(this.returning);
	}

	/**
	 * Return up to where the client has everything in a channel.
	 * @param channel the channel's name
	 * @return the position, or {@code null} if none is known
	 */
	public synchronized @Nullable Position position(String channel) {
		return this.confirmed.get(channel);
	}

	/**
	 * Return a transport that sees what the client gets.
	 * @param transport writes to the client's socket
	 * @return the transport for the session
	 */
	public SessionTransport watch(SessionTransport transport) {
		return new DurableTransport(this, transport);
	}

	/**
	 * Say which frame tells the client how its subscription to a recorded channel begins.
	 * Once it has that, it has everything up to the position.
	 * @param frame the frame, before it is queued
	 * @param channel the channel's name
	 * @param position the position
	 */
	public void mark(OutboundMessage frame, String channel, Position position) {
		this.marks.put(frame, new Mark(channel, position));
	}

	/**
	 * Say that the subscription to a channel has begun, or that the client does not get
	 * it back.
	 * @param channel the channel's name
	 */
	public void arrived(String channel) {
		this.returning.remove(channel);
	}

	/**
	 * Take the answer to a ping.
	 * @param payload what came with it
	 */
	public void ponged(ByteBuffer payload) {
		if (payload.remaining() != Long.BYTES) {
			return;
		}
		long number = payload.getLong(payload.position());
		boolean first;
		synchronized (this) {
			if (number > this.lastPing) {
				return;
			}
			// An answer to the newest of several pings is one to all of them.
			int channels = this.confirmed.size();
			while (!this.pings.isEmpty() && this.pings.getFirst().number <= number) {
				this.confirmed.putAll(this.pings.removeFirst().written);
			}
			first = this.confirmed.size() > channels;
		}
		if (first) {
			this.changed.accept(this);
		}
	}

	void written(OutboundMessage message) {
		Publication publication = message.publication();
		if (publication != null && publication.position() != null) {
			synchronized (this) {
				this.written.put(publication.channel(), publication.position());
			}
		}
		else if (message.isFrame()) {
			Mark mark = this.marks.remove(message);
			if (mark != null) {
				synchronized (this) {
					this.written.put(mark.channel, mark.position);
				}
			}
		}
	}

	/**
	 * Return what to write into a ping whose answer is to tell that the client has what
	 * was written before.
	 * @return the payload, or {@code null} if the answer would tell nothing
	 */
	synchronized byte @Nullable [] nextPing() {
		if (this.written.isEmpty() || this.pings.size() >= MAX_PINGS) {
			return null;
		}
		this.pings.add(new Ping(++this.lastPing, this.written));
		this.written = new HashMap<>(2);
		return ByteBuffer.allocate(Long.BYTES).putLong(this.lastPing).array();
	}

	/**
	 * Return whether a ping would tell something, and is not on its way.
	 */
	synchronized boolean wantsPing() {
		return !this.written.isEmpty() && this.pings.isEmpty();
	}

	void attach(LocalSession session) {
		this.session = session;
	}

	@Nullable LocalSession session() {
		return this.session;
	}

	/**
	 * Keep what is gone once the session is seen out.
	 */
	synchronized void end() {
		LocalSession session = this.session;
		this.lastChannels = (session != null) ? session.channels() : Set.of();
		this.marks.clear();
	}

	String key() {
		return this.initial.key();
	}

	long generation() {
		return this.initial.generation();
	}

	/**
	 * Return the entry to be saved.
	 * @param expiresAt when the entry is to expire
	 */
	synchronized StoredSession snapshot(Instant expiresAt) {
		LocalSession session = this.session;
		Set<String> ended = this.lastChannels;
		boolean connected = ended == null;
		Set<String> channels = new HashSet<>(this.returning);
		if (ended != null) {
			channels.addAll(ended);
		}
		else if (session != null) {
			channels.addAll(session.channels());
		}
		Map<String, Position> positions = new HashMap<>();
		for (String channel : channels) {
			Position position = this.confirmed.get(channel);
			if (position != null) {
				positions.put(channel, position);
			}
		}
		return new StoredSession(this.initial.key(), this.initial.user(), this.initial.owner(),
				this.initial.generation(), connected, channels, positions,
				(session != null) ? stored(session.attributes()) : this.initial.attributes(), this.initial.createdAt(),
				expiresAt);
	}

	private static Map<String, Object> stored(Map<String, Object> attributes) {
		if (attributes.isEmpty()) {
			return Map.of();
		}
		Map<String, Object> stored = new HashMap<>();
		int size = 0;
		for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
			if (AttributeType.of(attribute.getValue()) != null) {
				size += attribute.getKey().length() + attribute.getValue().toString().length();
				if (size > MAX_ATTRIBUTES_SIZE) {
					// Some of them would be worse than none.
					return Map.of();
				}
				stored.put(attribute.getKey(), attribute.getValue());
			}
		}
		return stored;
	}

	/**
	 * Return whether the entry has to be saved.
	 * @param next the entry
	 * @param before when it would be soon enough, if nothing has changed since
	 */
	synchronized boolean needsSaving(StoredSession next, Instant before) {
		StoredSession saved = this.saved;
		Instant savedAt = this.savedAt;
		return saved == null || savedAt == null || savedAt.isBefore(before) || !tellsTheSame(next, saved);
	}

	/**
	 * Return whether two entries of the same connection differ in nothing but the time.
	 */
	private static boolean tellsTheSame(StoredSession one, StoredSession other) {
		return one.connected() == other.connected() && one.channels().equals(other.channels())
				&& one.positions().equals(other.positions()) && one.attributes().equals(other.attributes());
	}

	synchronized void saved(StoredSession entry, Instant time) {
		this.saved = entry;
		this.savedAt = time;
	}

	Map<String, Object> initialAttributes() {
		return this.initial.attributes();
	}

	/**
	 * The position that a frame stands for.
	 */
	private record Mark(String channel, Position position) {
	}

	/**
	 * A ping, and what was written between it and the one before.
	 */
	private record Ping(long number, Map<String, Position> written) {
	}

}
