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

package io.github.atmosphererelay.httpsession.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.door.internal.SharedHttpSessions;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisStringCommands.SetOption;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.types.Expiration;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository.RedisSession;

/**
 * HTTP sessions that Spring Session keeps in Redis, with a key for each that Redis
 * deletes when the HTTP session ends. Safe for use by many threads; waits for Redis.
 */
public final class RedisHttpSessions implements SharedHttpSessions {

	/** How the repository names its channel of new sessions, after its namespace. */
	private static final Pattern CREATED_CHANNEL = Pattern.compile("(.*:)event:\\d+:created:");

	/** More often an HTTP session does not change its id between two checks. */
	private static final int MAX_RENAMES = 5;

	/** Longer than a node is without Redis and keeps sockets of changed HTTP sessions. */
	private static final Duration RENAMED_FOR = Duration.ofHours(1);

	private final RedisIndexedSessionRepository repository;

	private final Executor executor;

	private final String namespace;

	/**
	 * Create HTTP sessions.
	 * @param repository the repository of the application
	 * @param executor runs what waits for Redis; rejects tasks if too many are waiting
	 */
	public RedisHttpSessions(RedisIndexedSessionRepository repository, Executor executor) {
		this.repository = repository;
		this.executor = executor;
		String channel = repository.getSessionCreatedChannelPrefix();
		Matcher matcher = CREATED_CHANNEL.matcher(channel);
		if (!matcher.matches()) {
			throw new IllegalStateException("This version of Spring Session names its channels in another way: '"
					+ channel + "'. Set 'atmosphere.security.shared-http-sessions.enabled' to false");
		}
		this.namespace = matcher.group(1);
	}

	@Override
	public void touch(String id, Duration interval) {
		RedisSession session = this.repository.findById(id);
		Instant now = Instant.now();
		if (session == null || session.getLastAccessedTime().plus(interval).isAfter(now)) {
			return;
		}
		session.setLastAccessedTime(now);
		this.repository.save(session);
	}

	@Override
	public Changes changes(Collection<String> ids) {
		Map<String, String> renamed = new HashMap<>();
		Set<String> ended = new HashSet<>();
		// The id at present, by the id that was asked for
		Map<String, String> open = new LinkedHashMap<>();
		ids.forEach((id) -> open.put(id, id));
		for (int i = 0; i <= MAX_RENAMES && !open.isEmpty(); i++) {
			Set<String> alive = existing(open.values());
			open.forEach((asked, id) -> {
				if (alive.contains(id) && !id.equals(asked)) {
					renamed.put(asked, id);
				}
			});
			open.values().removeAll(alive);
			Map<String, String> newIds = newIds(List.copyOf(open.values()));
			open.forEach((asked, id) -> {
				if (!newIds.containsKey(id)) {
					ended.add(asked);
				}
			});
			open.keySet().removeAll(ended);
			open.replaceAll((asked, id) -> newIds.getOrDefault(id, id));
		}
		return new Changes(ended, renamed);
	}

	private Set<String> existing(Collection<String> ids) {
		List<String> asked = List.copyOf(ids);
		List<byte @Nullable []> values = get("sessions:expires:", asked);
		Set<String> existing = new HashSet<>();
		for (int i = 0; i < asked.size(); i++) {
			if (values.get(i) != null) {
				existing.add(asked.get(i));
			}
		}
		return existing;
	}

	private Map<String, String> newIds(List<String> ids) {
		List<byte @Nullable []> values = get("atmosphere:renamed:", ids);
		Map<String, String> newIds = new HashMap<>();
		for (int i = 0; i < ids.size(); i++) {
			byte[] value = values.get(i);
			if (value != null) {
				newIds.put(ids.get(i), new String(value, StandardCharsets.UTF_8));
			}
		}
		return newIds;
	}

	private List<byte @Nullable []> get(String prefix, List<String> ids) {
		if (ids.isEmpty()) {
			return List.of();
		}
		byte[][] keys = ids.stream().map((id) -> key(prefix, id)).toArray(byte[][]::new);
		List<byte @Nullable []> values = execute((connection) -> connection.stringCommands().mGet(keys));
		if (values == null || values.size() != ids.size()) {
			throw new IllegalStateException("Redis has answered for other keys than those that were asked for");
		}
		return new ArrayList<>(values);
	}

	/**
	 * Store that an HTTP session gets another id, for the nodes that have clients of it.
	 * Called before the repository does it; waits for Redis.
	 * @param oldId its id until now
	 * @param newId its new id
	 */
	void rename(String oldId, String newId) {
		execute((connection) -> connection.stringCommands()
			.set(key("atmosphere:renamed:", oldId), newId.getBytes(StandardCharsets.UTF_8),
					Expiration.from(RENAMED_FOR), SetOption.upsert()));
	}

	private byte[] key(String prefix, String id) {
		return (this.namespace + prefix + id).getBytes(StandardCharsets.UTF_8);
	}

	private <T> @Nullable T execute(RedisCallback<T> callback) {
		return this.repository.getSessionRedisOperations().execute(callback);
	}

	@Override
	public Executor executor() {
		return this.executor;
	}

}
