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

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.redis.internal.RedisCalls;
import io.github.atmosphererelay.relay.redis.internal.RedisScript;
import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateVersion;
import io.github.atmosphererelay.state.internal.StateValues;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Keeps states in Redis: a hash for each key, which Redis expires. A script for one key
 * compares and writes, so that keys may be in any slots of a Redis Cluster. The scripts
 * of a call are sent together.
 */
public final class RedisStateStore implements StateStore {

	private static final RedisScript PUT = script("state-put.lua");

	private static final RedisScript READ = script("state-read.lua");

	/** So many scripts are on the way at once, or as many as have so many bytes. */
	static final int MAX_TOGETHER = 500;

	static final int MAX_BYTES_TOGETHER = 4 * 1024 * 1024;

	/** Several threads may use the store. */
	private static final int MAX_PENDING = 20 * MAX_TOGETHER;

	private final RedisCalls calls;

	private final String prefix;

	private final Duration timeout;

	private final int maxValueBytes;

	private final byte[] ttlMillis;

	/**
	 * Create a store. It connects when it is first used.
	 * @param connectionFactory the application's Lettuce or Jedis connection factory
	 * @param keyPrefix the prefix of the cluster's keys, such as {@code atmosphere:shop:}
	 * @param timeout the maximum time to connect, and to wait for an answer
	 * @param maxValueBytes the maximum size of a value in bytes
	 * @param ttl after how long Redis forgets an entry that is not written again
	 * @throws IllegalArgumentException if the factory's type is not supported, or the
	 * client cannot run scripts with this configuration
	 */
	public RedisStateStore(RedisConnectionFactory connectionFactory, String keyPrefix, Duration timeout,
			int maxValueBytes, Duration ttl) {
		this.calls = new RedisCalls(connectionFactory, keyPrefix, MAX_PENDING, timeout);
		this.prefix = keyPrefix + "state:";
		this.timeout = timeout;
		this.maxValueBytes = maxValueBytes;
		this.ttlMillis = bytes(Long.toString(ttl.toMillis()));
	}

	static RedisScript script(String file) {
		try (InputStream stream = RedisStateStore.class.getResourceAsStream(file)) {
			if (stream == null) {
				throw new IllegalStateException("The script " + file + " is missing in the library's JAR file");
			}
			return RedisScript.of(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	static String text(@Nullable Object bytes) {
		return (bytes instanceof byte[] array) ? new String(array, StandardCharsets.UTF_8) : String.valueOf(bytes);
	}

	/**
	 * The length of the space's name keeps apart what is space and what is key.
	 */
	private byte[] key(String space, String key) {
		return bytes(this.prefix + space.length() + ":" + space + ":" + key);
	}

	@Override
	public String name() {
		return "redis";
	}

	@Override
	public int maxValueBytes() {
		return this.maxValueBytes;
	}

	@Override
	public List<StateResult> putIfNewer(String space, List<StateEntry> entries) {
		return putTogether(entries, (entry) -> put(space, entry));
	}

	/**
	 * Write entries, as many at a time as may be on the way.
	 */
	List<StateResult> putTogether(List<StateEntry> entries, Function<StateEntry, CompletableFuture<StateResult>> put) {
		List<StateResult> results = new ArrayList<>(entries.size());
		int from = 0;
		while (from < entries.size()) {
			List<CompletableFuture<StateResult>> together = new ArrayList<>();
			for (int bytes = 0; from < entries.size() && together.size() < MAX_TOGETHER
					&& (together.isEmpty() || bytes < MAX_BYTES_TOGETHER); from++) {
				StateEntry entry = entries.get(from);
				bytes += entry.size();
				together.add(put.apply(entry));
			}
			together.forEach((result) -> results.add(result(result)));
		}
		return results;
	}

	private CompletableFuture<StateResult> put(String space, StateEntry entry) {
		StateResult tooLarge = StateValues.check(entry, this.maxValueBytes);
		if (tooLarge != null) {
			return CompletableFuture.completedFuture(tooLarge);
		}
		byte[] value = entry.value();
		return run(PUT, key(space, entry.key()),
				List.of(bytes(Long.toString(entry.version().generation())),
						bytes(Long.toString(entry.version().offset())), this.ttlMillis,
						bytes((value != null) ? "value" : "none"), (value != null) ? value : new byte[0]))
			.thenApply(RedisStateStore::compared);
	}

	static StateResult compared(List<?> reply) {
		return switch (text(reply.get(0))) {
			case "1" -> StateResult.NEWER;
			case "0" -> StateResult.EQUAL;
			default -> StateResult.OLDER;
		};
	}

	private CompletableFuture<List<?>> run(RedisScript script, byte[] key, List<byte[]> arguments) {
		return run(script, List.of(key), arguments);
	}

	CompletableFuture<List<?>> run(RedisScript script, List<byte[]> keys, List<byte[]> arguments) {
		if (!this.calls.isConnected()) {
			try {
				this.calls.connect();
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}
		return this.calls.run(script, keys, arguments);
	}

	StateResult result(CompletableFuture<StateResult> future) {
		try {
			return await(future);
		}
		catch (RuntimeException ex) {
			return StateResult.failed(ex);
		}
	}

	<T> T await(CompletableFuture<T> future) {
		try {
			return future.get(2 * this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RelayUnavailableException(name(), ex);
		}
		catch (TimeoutException ex) {
			throw new RelayUnavailableException(name(), ex);
		}
		catch (ExecutionException ex) {
			Throwable cause = ex.getCause();
			cause = (cause instanceof CompletionException && cause.getCause() != null) ? cause.getCause() : cause;
			throw (cause instanceof RuntimeException runtime) ? runtime : new RelayUnavailableException(name(), cause);
		}
	}

	@Override
	public Map<String, StateEntry> find(String space, Collection<String> keys) {
		Map<String, StateEntry> found = new HashMap<>();
		List<String> all = List.copyOf(keys);
		for (int from = 0; from < all.size(); from += MAX_TOGETHER) {
			List<String> together = all.subList(from, Math.min(all.size(), from + MAX_TOGETHER));
			List<CompletableFuture<List<?>>> replies = together.stream()
				.map((key) -> run(READ, key(space, key), List.of()))
				.toList();
			for (int i = 0; i < together.size(); i++) {
				List<?> reply = await(replies.get(i));
				if (reply.size() >= 2) {
					found.put(together.get(i), entry(together.get(i), reply));
				}
			}
		}
		return found;
	}

	private static StateEntry entry(String key, List<?> reply) {
		StateVersion version = new StateVersion(Long.parseLong(text(reply.get(0))), Long.parseLong(text(reply.get(1))));
		return (reply.size() > 2) ? new StateEntry(key, version, (byte[]) Objects.requireNonNull(reply.get(2)))
				: StateEntry.removed(key, version);
	}

	@Override
	public LastingStates lasting(String space) {
		return new RedisLastingStates(this, this.prefix, space, this.ttlMillis);
	}

	@Override
	public void close() {
		this.calls.close();
	}

}
