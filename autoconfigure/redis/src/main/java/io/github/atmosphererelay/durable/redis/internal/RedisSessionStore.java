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

package io.github.atmosphererelay.durable.redis.internal;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.durable.internal.StoredSessionCodec;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.connection.zset.DefaultTuple;
import org.springframework.data.redis.connection.zset.Tuple;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Keeps durable sessions in Redis: one hash for each session, which Redis expires, and a
 * sorted set of all sessions, which is used to count them. A batch is sent as one
 * pipeline, except in a Redis Cluster. Blocks like the application's Redis connections.
 */
public final class RedisSessionStore implements SessionStore {

	private static final byte[] GENERATION = bytes("generation");

	private static final byte[] OWNER = bytes("owner");

	private static final byte[] EXPIRES = bytes("expires");

	private static final byte[] DATA = bytes("data");

	/**
	 * Replaces an entry, unless a later connection of the client has saved it, or another
	 * node with a connection of the same generation.
	 */
	private static final byte[] SAVE = bytes("""
			local present = redis.call('HGET', KEYS[1], 'generation')
			if present then
			  local mine = tonumber(ARGV[1])
			  local other = tonumber(present)
			  if other > mine or (other == mine and redis.call('HGET', KEYS[1], 'owner') ~= ARGV[2]) then
			    return 0
			  end
			end
			redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'owner', ARGV[2], 'expires', ARGV[3], 'data', ARGV[4])
			redis.call('PEXPIRE', KEYS[1], ARGV[5])
			return 1
			""");

	/** A session's key never contains this character. */
	private static final String INDEX = "*index";

	private final RedisTemplate<byte[], byte[]> redis;

	private final String keyPrefix;

	/**
	 * Create a store.
	 * @param connectionFactory the application's connection factory
	 * @param keyPrefix the prefix of all keys
	 */
	public RedisSessionStore(RedisConnectionFactory connectionFactory, String keyPrefix) {
		this.redis = new RedisTemplate<>();
		this.redis.setConnectionFactory(connectionFactory);
		this.redis.setDefaultSerializer(RedisSerializer.byteArray());
		this.redis.afterPropertiesSet();
		this.keyPrefix = keyPrefix;
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private byte[] key(String key) {
		return bytes(this.keyPrefix + key);
	}

	@Override
	public @Nullable StoredSession find(String key) {
		RedisCallback<@Nullable List<byte[]>> read = (connection) -> connection.hashCommands()
			.hMGet(key(key), GENERATION, OWNER, EXPIRES, DATA);
		List<byte[]> fields = this.redis.execute(read);
		if (fields == null || fields.size() < 4 || fields.stream().anyMatch(Objects::isNull)) {
			return null;
		}
		return StoredSessionCodec.decode(key, text(fields.get(1)), Long.parseLong(text(fields.get(0))),
				Instant.ofEpochMilli(Long.parseLong(text(fields.get(2)))), fields.get(3));
	}

	private static String text(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

	@Override
	public Set<String> save(Collection<StoredSession> sessions) {
		List<StoredSession> entries = List.copyOf(sessions);
		List<@Nullable Object> results;
		if (entries.size() == 1) {
			RedisCallback<Long> one = (connection) -> save(connection, entries.get(0));
			results = new ArrayList<>();
			results.add(this.redis.execute(one));
		}
		else {
			results = saveMany(entries);
		}
		index(entries);
		Set<String> refused = new HashSet<>();
		for (int i = 0; i < entries.size(); i++) {
			Object result = results.get(i);
			if (result == null || ((Number) result).longValue() == 0) {
				refused.add(entries.get(i).key());
			}
		}
		return refused;
	}

	private List<@Nullable Object> saveMany(List<StoredSession> entries) {
		RedisCallback<List<@Nullable Object>> each = (connection) -> {
			if (connection instanceof RedisClusterConnection) {
				List<@Nullable Object> results = new ArrayList<>();
				entries.forEach((entry) -> results.add(save(connection, entry)));
				return results;
			}
			connection.openPipeline();
			entries.forEach((entry) -> save(connection, entry));
			return new ArrayList<>(connection.closePipeline());
		};
		List<@Nullable Object> results = this.redis.execute(each);
		if (results == null || results.size() != entries.size()) {
			throw new InvalidDataAccessApiUsageException(
					"Redis has not answered all commands of a pipeline, so it is not"
							+ " known which durable sessions were saved");
		}
		return results;
	}

	/**
	 * Save one session.
	 * @return 1 if it was saved, otherwise 0; without meaning in a pipeline
	 */
	private Long save(RedisConnection connection, StoredSession session) {
		long ttl = Math.max(1, session.expiresAt().toEpochMilli() - System.currentTimeMillis());
		Long saved = connection.scriptingCommands()
			.eval(SAVE, ReturnType.INTEGER, 1, key(session.key()), bytes(Long.toString(session.generation())),
					bytes(session.owner()), bytes(Long.toString(session.expiresAt().toEpochMilli())),
					StoredSessionCodec.encode(session), bytes(Long.toString(ttl)));
		return (saved != null) ? saved : 0L;
	}

	/**
	 * Add the sessions' expiry times to the sorted set, so that sessions can be counted
	 * without reading each of them.
	 */
	private void index(List<StoredSession> entries) {
		byte[] index = key(INDEX);
		Set<Tuple> expiries = new HashSet<>();
		long last = 0;
		for (StoredSession each : entries) {
			expiries.add(new DefaultTuple(bytes(each.key()), (double) each.expiresAt().toEpochMilli()));
			last = Math.max(last, each.expiresAt().toEpochMilli());
		}
		long ttl = Math.max(1, last - System.currentTimeMillis());
		RedisCallback<Boolean> add = (connection) -> {
			connection.zSetCommands().zAdd(index, expiries);
			return connection.keyCommands().pExpire(index, ttl);
		};
		this.redis.execute(add);
	}

	@Override
	public long count(Instant now) {
		byte[] index = key(INDEX);
		RedisCallback<Long> count = (connection) -> {
			connection.zSetCommands().zRemRangeByScore(index, Double.NEGATIVE_INFINITY, now.toEpochMilli());
			return connection.zSetCommands().zCard(index);
		};
		Long counted = this.redis.execute(count);
		return (counted != null) ? counted : 0;
	}

	/**
	 * {@inheritDoc} Does nothing, because Redis expires the entries.
	 */
	@Override
	public int removeExpired(Instant now) {
		return 0;
	}

}
