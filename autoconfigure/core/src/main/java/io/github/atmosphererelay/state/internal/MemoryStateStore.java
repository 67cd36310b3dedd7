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

package io.github.atmosphererelay.state.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateStoreFullException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps states in the node's memory, up to a number of bytes. Other nodes do not see
 * them, and a restart forgets them.
 */
public final class MemoryStateStore implements StateStore {

	private final long maxBytes;

	private final int maxValueBytes;

	private final long ttlMillis;

	/** The one that was written first comes first. */
	private final Map<Key, Held> entries = new LinkedHashMap<>();

	/** What is not forgotten, by space. */
	private final Map<String, Map<String, StateEntry>> lasting = new HashMap<>();

	private long bytes;

	/**
	 * Create an empty store.
	 * @param maxBytes the maximum size of all entries in bytes
	 * @param maxValueBytes the maximum size of a value in bytes
	 * @param ttl after how long an entry that is not written again is forgotten
	 */
	public MemoryStateStore(long maxBytes, int maxValueBytes, Duration ttl) {
		this.maxBytes = maxBytes;
		this.maxValueBytes = maxValueBytes;
		this.ttlMillis = ttl.toMillis();
	}

	@Override
	public String name() {
		return "memory";
	}

	@Override
	public int maxValueBytes() {
		return this.maxValueBytes;
	}

	@Override
	public List<StateResult> putIfNewer(String space, List<StateEntry> entries) {
		long now = System.currentTimeMillis();
		return entries.stream().map((entry) -> put(new Key(space, false, entry.key()), entry, now)).toList();
	}

	private synchronized StateResult put(Key key, StateEntry entry, long now) {
		StateResult tooLarge = StateValues.check(entry, this.maxValueBytes);
		if (tooLarge != null) {
			return tooLarge;
		}
		StateEntry before = find(key, now);
		if (before != null) {
			int comparison = entry.version().compareTo(before.version());
			if (comparison <= 0) {
				return (comparison == 0) ? StateResult.EQUAL : StateResult.OLDER;
			}
		}
		removeExpired(now);
		long size = this.bytes + entry.size() - ((before != null) ? before.size() : 0);
		if (size > this.maxBytes) {
			return StateResult.failed(new StateStoreFullException("States in memory take more than " + this.maxBytes
					+ " bytes. Raise 'atmosphere.state.max-bytes', or set 'atmosphere.state.store' to redis or jdbc"));
		}
		this.bytes = size;
		this.entries.remove(key);
		if (!key.lasting) {
			this.entries.put(key, new Held(entry, now + this.ttlMillis));
			return StateResult.NEWER;
		}
		Map<String, StateEntry> space = this.lasting.computeIfAbsent(key.space, (name) -> new HashMap<>());
		if (entry.value() != null) {
			space.put(key.key, entry);
		}
		else {
			space.remove(key.key);
			this.entries.put(key, new Held(entry, now + this.ttlMillis));
		}
		return StateResult.NEWER;
	}

	private @Nullable StateEntry find(Key key, long now) {
		Map<String, StateEntry> space = key.lasting ? this.lasting.get(key.space) : null;
		StateEntry lasting = (space != null) ? space.get(key.key) : null;
		if (lasting != null) {
			return lasting;
		}
		Held held = this.entries.get(key);
		return (held != null && held.expiresAt > now) ? held.entry : null;
	}

	private int removeExpired(long now) {
		int removed = 0;
		Iterator<Held> oldest = this.entries.values().iterator();
		while (oldest.hasNext()) {
			Held held = oldest.next();
			if (held.expiresAt > now) {
				break;
			}
			oldest.remove();
			this.bytes -= held.entry.size();
			removed++;
		}
		return removed;
	}

	@Override
	public Map<String, StateEntry> find(String space, Collection<String> keys) {
		return find(space, false, keys);
	}

	private synchronized Map<String, StateEntry> find(String space, boolean lasting, Collection<String> keys) {
		long now = System.currentTimeMillis();
		Map<String, StateEntry> found = new HashMap<>();
		for (String key : keys) {
			StateEntry entry = find(new Key(space, lasting, key), now);
			if (entry != null) {
				found.put(key, entry);
			}
		}
		return found;
	}

	@Override
	public LastingStates lasting(String space) {
		return new Space(space);
	}

	private synchronized List<StateEntry> all(String space) {
		Map<String, StateEntry> entries = this.lasting.get(space);
		return (entries != null) ? List.copyOf(entries.values()) : List.of();
	}

	@Override
	public synchronized int removeExpired(Instant now) {
		return removeExpired(now.toEpochMilli());
	}

	private record Key(String space, boolean lasting, String key) {
	}

	/**
	 * The states of a space that are kept until they are removed.
	 */
	private final class Space implements LastingStates {

		private final String name;

		Space(String name) {
			this.name = name;
		}

		@Override
		public List<StateResult> putIfNewer(List<StateEntry> entries) {
			long now = System.currentTimeMillis();
			return entries.stream().map((entry) -> put(new Key(this.name, true, entry.key()), entry, now)).toList();
		}

		@Override
		public Map<String, StateEntry> find(Collection<String> keys) {
			return MemoryStateStore.this.find(this.name, true, keys);
		}

		@Override
		public void scan(Consumer<StateEntry> visitor) {
			all(this.name).forEach(visitor);
		}

	}

	private record Held(StateEntry entry, long expiresAt) {
	}

}
