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

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.presence.internal.PresenceMessage.Change;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The presence entries of this node's own sessions, and the changes that other nodes
 * need. Any thread may call {@link #put} and {@link #remove}, but not two threads for the
 * same key at once. All other methods are called by the presence thread only.
 */
final class PresenceOwner {

	private static final int MAX_RECENT_BYTES = 1 << 20;

	private final UUID node;

	private final int maxMessageBytes;

	/** The present entries. */
	private final Map<PresenceEntry.Key, PresenceEntry> live = new ConcurrentHashMap<>();

	/** Keys of entries that have changed since the last {@link #flush}. */
	private final Set<PresenceEntry.Key> changed = ConcurrentHashMap.newKeySet();

	/**
	 * Keys of entries that were removed since the last {@link #flush} because their
	 * session was asked to move.
	 */
	private final Set<PresenceEntry.Key> moved = ConcurrentHashMap.newKeySet();

	/**
	 * The entries as they were announced to other nodes; they make up {@link #version}.
	 */
	private final Map<PresenceEntry.Key, PresenceEntry> told = new HashMap<>();

	/** The latest changes, for nodes that have missed only these. Bounded in bytes. */
	private final Deque<Recent> recent = new ArrayDeque<>();

	private int recentBytes;

	private long version;

	private long hash;

	PresenceOwner(UUID node, int maxMessageBytes) {
		this.node = node;
		this.maxMessageBytes = maxMessageBytes;
	}

	/**
	 * Add or replace an entry.
	 */
	void put(PresenceEntry entry) {
		PresenceEntry.Key key = entry.key();
		this.moved.remove(key);
		this.live.put(key, entry);
		this.changed.add(key);
	}

	/**
	 * Remove an entry.
	 * @param moved whether its session was asked to move to another node
	 * @return the entry, or {@code null} if there was none
	 */
	@Nullable PresenceEntry remove(PresenceEntry.Key key, boolean moved) {
		if (moved) {
			// Before the removal, which a flush may see at once if the entry has changed
			this.moved.add(key);
		}
		PresenceEntry removed = this.live.remove(key);
		if (removed != null) {
			this.changed.add(key);
		}
		else if (moved) {
			this.moved.remove(key);
		}
		return removed;
	}

	int size() {
		return this.live.size();
	}

	boolean hasChanges() {
		return !this.changed.isEmpty();
	}

	/**
	 * Give the changes since the last call their version numbers.
	 * @return the messages that announce the changes to other nodes
	 */
	List<byte[]> flush() {
		List<Change> changes = new ArrayList<>();
		// A key that changes again after its removal from the set is in the set again.
		for (PresenceEntry.Key key : this.changed) {
			this.changed.remove(key);
			PresenceEntry now = this.live.get(key);
			boolean moved = now == null && this.moved.remove(key);
			PresenceEntry before = (now != null) ? this.told.put(key, now) : this.told.remove(key);
			if (!Objects.equals(before, now)) {
				this.hash += ((now != null) ? now.digest() : 0) - ((before != null) ? before.digest() : 0);
				changes.add(new Change(key, now, moved));
			}
		}
		List<byte[]> messages = new ArrayList<>();
		for (List<Change> part : PresenceCodec.splitChanges(changes, this.maxMessageBytes)) {
			Delta delta = new Delta(this.version, this.version + part.size(), part);
			this.version = delta.to();
			byte[] message = PresenceCodec.encode(this.node, delta);
			messages.add(message);
			remember(delta, message);
		}
		return messages;
	}

	private void remember(Delta delta, byte[] message) {
		this.recent.add(new Recent(delta.from(), delta.to(), message));
		this.recentBytes += message.length;
		while (this.recentBytes > MAX_RECENT_BYTES) {
			this.recentBytes -= this.recent.remove().message().length;
		}
	}

	/**
	 * Return the messages that bring a node's copy from a version to the present one.
	 * @param have the version of the copy
	 * @return the messages, or {@code null} if they are no longer stored, so that the
	 * node needs all entries
	 */
	@Nullable List<byte[]> since(long have) {
		if (have == this.version) {
			return List.of();
		}
		Recent first = this.recent.peek();
		if (first == null || have < first.from() || have > this.version) {
			return null;
		}
		return this.recent.stream().filter((each) -> each.to() > have).map(Recent::message).toList();
	}

	Digest digest() {
		return new Digest(this.version, this.told.size(), this.hash);
	}

	/**
	 * Return all announced entries, in parts that each fit into one message.
	 */
	List<List<PresenceEntry>> state() {
		return PresenceCodec.splitEntries(List.copyOf(this.told.values()), this.maxMessageBytes);
	}

	/**
	 * A message that was sent, and the versions before and after its changes.
	 */
	private record Recent(long from, long to, byte[] message) {
	}

}
