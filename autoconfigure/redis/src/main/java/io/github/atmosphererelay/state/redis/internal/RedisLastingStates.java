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

package io.github.atmosphererelay.state.redis.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.atmosphererelay.relay.redis.internal.RedisScript;
import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateVersion;
import io.github.atmosphererelay.state.internal.StateValues;

/**
 * The states of a space in one hash, which does not expire. That a key has no value any
 * more is a key of its own, which does. All are in one slot of a Redis Cluster, so that a
 * server which has lost its data has lost all of them.
 */
final class RedisLastingStates implements LastingStates {

	private static final RedisScript PUT = RedisStateStore.script("lasting-put.lua");

	private static final RedisScript READ = RedisStateStore.script("lasting-read.lua");

	private static final RedisScript SCAN = RedisStateStore.script("lasting-scan.lua");

	/** Each value may be large. */
	private static final byte[] PAGE = RedisStateStore.bytes("50");

	private final RedisStateStore store;

	private final byte[] states;

	private final String removed;

	private final byte[] ttlMillis;

	RedisLastingStates(RedisStateStore store, String prefix, String space, byte[] ttlMillis) {
		this.store = store;
		String tag = space.replace("%", "%25").replace("{", "%7B").replace("}", "%7D");
		String name = prefix + "lasting:{" + tag + "}";
		this.states = RedisStateStore.bytes(name);
		this.removed = name + ":";
		this.ttlMillis = ttlMillis;
	}

	@Override
	public List<StateResult> putIfNewer(List<StateEntry> entries) {
		return this.store.putTogether(entries, this::put);
	}

	private CompletableFuture<StateResult> put(StateEntry entry) {
		StateResult tooLarge = StateValues.check(entry, this.store.maxValueBytes());
		if (tooLarge != null) {
			return CompletableFuture.completedFuture(tooLarge);
		}
		byte[] value = entry.value();
		StateVersion version = entry.version();
		return this.store
			.run(PUT, keys(entry.key()), List.of(RedisStateStore.bytes(entry.key()),
					RedisStateStore.bytes(Long.toString(version.generation())),
					RedisStateStore.bytes(Long.toString(version.offset())), this.ttlMillis,
					RedisStateStore.bytes((value != null) ? "value" : "none"), (value != null) ? value : new byte[0]))
			.thenApply(RedisStateStore::compared);
	}

	private List<byte[]> keys(String key) {
		return List.of(this.states, RedisStateStore.bytes(this.removed + key));
	}

	@Override
	public Map<String, StateEntry> find(Collection<String> keys) {
		Map<String, StateEntry> found = new HashMap<>();
		List<String> all = List.copyOf(keys);
		for (int from = 0; from < all.size(); from += RedisStateStore.MAX_TOGETHER) {
			List<String> together = all.subList(from, Math.min(all.size(), from + RedisStateStore.MAX_TOGETHER));
			List<CompletableFuture<List<?>>> replies = together.stream()
				.map((key) -> this.store.run(READ, keys(key), List.of(RedisStateStore.bytes(key))))
				.toList();
			for (int i = 0; i < together.size(); i++) {
				List<?> reply = this.store.await(replies.get(i));
				if (reply.size() == 2) {
					String key = together.get(i);
					found.put(key, entry(key, reply.get(1), "value".equals(RedisStateStore.text(reply.get(0)))));
				}
			}
		}
		return found;
	}

	/**
	 * Read an entry.
	 * @param stored {@code generation:offset:value}
	 */
	private static StateEntry entry(String key, Object stored, boolean hasValue) {
		byte[] bytes = (byte[]) stored;
		int first = indexOf(bytes, 0);
		int second = indexOf(bytes, first + 1);
		StateVersion version = new StateVersion(number(bytes, 0, first), number(bytes, first + 1, second));
		return hasValue ? new StateEntry(key, version, Arrays.copyOfRange(bytes, second + 1, bytes.length))
				: StateEntry.removed(key, version);
	}

	private static int indexOf(byte[] bytes, int from) {
		for (int i = from; i < bytes.length; i++) {
			if (bytes[i] == ':') {
				return i;
			}
		}
		throw new IllegalStateException("An entry of lasting states in Redis has no version");
	}

	private static long number(byte[] bytes, int from, int to) {
		return Long.parseLong(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
	}

	@Override
	public void scan(Consumer<StateEntry> visitor) {
		String cursor = "0";
		do {
			List<?> page = this.store
				.await(this.store.run(SCAN, List.of(this.states), List.of(RedisStateStore.bytes(cursor), PAGE)));
			for (int i = 1; i + 1 < page.size(); i += 2) {
				visitor.accept(entry(RedisStateStore.text(page.get(i)), Objects.requireNonNull(page.get(i + 1)), true));
			}
			cursor = RedisStateStore.text(page.get(0));
		}
		while (!cursor.equals("0"));
	}

}
