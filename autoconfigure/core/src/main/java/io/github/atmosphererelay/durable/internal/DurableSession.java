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
 * A durable session while it has a connection on this node. Tracks the position in each
 * recorded channel up to which the client has received all messages. A position counts
 * only when the client has answered a ping that was written after the message, because
 * data that the socket has accepted may be lost with the connection. Thread-safe; no
 * method blocks.
 */
public final class DurableSession {

	/**
	 * The maximum number of unanswered pings. Only a connection that is about to end
	 * leaves more unanswered.
	 */
	private static final int MAX_PINGS = 8;

	private static final int MAX_ATTRIBUTES_SIZE = 16 * 1024;

	private final String token;

	private final StoredSession initial;

	private final Consumer<DurableSession> changed;

	private final Map<OutboundMessage, Mark> marks = new ConcurrentHashMap<>(2);

	/** Channels of the former connection whose subscriptions have not begun yet. */
	private final Set<String> returning;

	private final Map<String, Position> confirmed;

	/** Positions of messages that were written since the last ping. */
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
	 * @param initial the entry as it is stored
	 * @param changed called when the client has confirmed its first position in a
	 * channel, so that this is saved soon
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
	 * Return the token with which the client can come back to this session.
	 * @return the token
	 */
	public String token() {
		return this.token;
	}

	/**
	 * Return the session id that the connection must have.
	 * @return the id
	 */
	public String sessionId() {
		return this.initial.owner();
	}

	/**
	 * Return the channels of the client's former connection whose subscriptions have not
	 * begun yet.
	 * @return the names, a snapshot
	 */
	public Set<String> returning() {
		return Set.copyOf(this.returning);
	}

	/**
	 * Return the position in a channel up to which the client has confirmed all messages.
	 * @param channel the channel's name
	 * @return the position, or {@code null} if none is known
	 */
	public synchronized @Nullable Position position(String channel) {
		return this.confirmed.get(channel);
	}

	/**
	 * Wrap a transport so that this session observes what is written to the client.
	 * @param transport writes to the client's socket
	 * @return the transport for the client's connection
	 */
	public SessionTransport watch(SessionTransport transport) {
		return new DurableTransport(this, transport);
	}

	/**
	 * Register the frame that tells the client at which position its subscription to a
	 * recorded channel begins. A client that has received the frame has all messages up
	 * to the position.
	 * @param frame the frame, before it is queued
	 * @param channel the channel's name
	 * @param position the position
	 */
	public void mark(OutboundMessage frame, String channel, Position position) {
		this.marks.put(frame, new Mark(channel, position));
	}

	/**
	 * Note that the subscription to a channel of the former connection has begun, or that
	 * the client does not get it back.
	 * @param channel the channel's name
	 */
	public void arrived(String channel) {
		this.returning.remove(channel);
	}

	/**
	 * Note that a subscription begins at a position, of which the client is not told. It
	 * owes nothing before.
	 * @param channel the channel's name
	 * @param position the position
	 */
	public void began(String channel, Position position) {
		boolean first;
		synchronized (this) {
			first = this.confirmed.put(channel, position) == null;
		}
		if (first) {
			this.changed.accept(this);
		}
	}

	/**
	 * Note that the client has confirmed messages in another way than by a pong.
	 * @param positions the positions up to which it has received all messages, by channel
	 */
	public synchronized void confirm(Map<String, Position> positions) {
		this.confirmed.putAll(positions);
	}

	/**
	 * Receive a pong of the client.
	 * @param payload the payload of the pong; ignored unless it is the number of a ping
	 * of this session
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
			// Clients may answer only the newest of several pings, which confirms all
			// earlier ones, too.
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
	 * Return the payload of a ping whose pong confirms all messages that were written
	 * before the ping.
	 * @return the payload, or {@code null} if there is nothing to confirm or too many
	 * pings are unanswered
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
	 * Return whether there are messages to confirm, and no ping is unanswered.
	 */
	synchronized boolean needsPing() {
		return !this.written.isEmpty() && this.pings.isEmpty();
	}

	void attach(LocalSession session) {
		this.session = session;
	}

	@Nullable LocalSession session() {
		return this.session;
	}

	/**
	 * Keep the channels of the connection, which forgets them when it ends.
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
					// Store no attributes rather than an arbitrary part of them.
					return Map.of();
				}
				stored.put(attribute.getKey(), attribute.getValue());
			}
		}
		return stored;
	}

	/**
	 * Return whether an entry has to be saved: it has changed, or was last saved too long
	 * ago.
	 * @param next the entry
	 * @param before an unchanged entry is saved again if it was saved before this time,
	 * so that it does not expire
	 */
	synchronized boolean needsSaving(StoredSession next, Instant before) {
		StoredSession saved = this.saved;
		Instant savedAt = this.savedAt;
		return saved == null || savedAt == null || savedAt.isBefore(before) || !differOnlyInExpiry(next, saved);
	}

	/**
	 * Return whether two entries of the same connection differ only in the time of
	 * expiry.
	 */
	private static boolean differOnlyInExpiry(StoredSession one, StoredSession other) {
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
	 * A frame's position in a channel: a client that has the frame has all messages up to
	 * the position.
	 */
	private record Mark(String channel, Position position) {
	}

	/**
	 * A ping, and the positions of the messages that were written between the ping before
	 * and this one.
	 */
	private record Ping(long number, Map<String, Position> written) {
	}

}
