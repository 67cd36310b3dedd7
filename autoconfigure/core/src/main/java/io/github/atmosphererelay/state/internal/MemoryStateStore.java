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
		return entries.stream().map((entry) -> put(new Key(space, entry.key()), entry, now)).toList();
	}

	private synchronized StateResult put(Key key, StateEntry entry, long now) {
		StateResult tooLarge = StateValues.check(entry, this.maxValueBytes);
		if (tooLarge != null) {
			return tooLarge;
		}
		Held before = live(this.entries.get(key), now);
		if (before != null) {
			int comparison = entry.version().compareTo(before.entry.version());
			if (comparison <= 0) {
				return (comparison == 0) ? StateResult.EQUAL : StateResult.OLDER;
			}
		}
		removeExpired(now);
		long size = this.bytes + entry.size() - ((before != null) ? before.entry.size() : 0);
		if (size > this.maxBytes) {
			return StateResult.failed(new StateStoreFullException("States in memory take more than " + this.maxBytes
					+ " bytes. Raise 'atmosphere.state.max-bytes', or set 'atmosphere.state.store' to redis or jdbc"));
		}
		this.bytes = size;
		this.entries.remove(key);
		this.entries.put(key, new Held(entry, now + this.ttlMillis));
		return StateResult.NEWER;
	}

	private static @Nullable Held live(@Nullable Held held, long now) {
		return (held != null && held.expiresAt > now) ? held : null;
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
	public synchronized Map<String, StateEntry> find(String space, Collection<String> keys) {
		long now = System.currentTimeMillis();
		Map<String, StateEntry> found = new HashMap<>();
		for (String key : keys) {
			Held held = live(this.entries.get(new Key(space, key)), now);
			if (held != null) {
				found.put(key, held.entry);
			}
		}
		return found;
	}

	@Override
	public synchronized int removeExpired(Instant now) {
		return removeExpired(now.toEpochMilli());
	}

	private record Key(String space, String key) {
	}

	private record Held(StateEntry entry, long expiresAt) {
	}

}
