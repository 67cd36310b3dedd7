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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.door.internal.SharedHttpSessions;
import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.RedisStringCommands.SetOption;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.types.Expiration;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;

/**
 * HTTP sessions that Spring Session keeps in Redis, with a key for each that Redis
 * deletes when the HTTP session ends. Safe for use by many threads; waits for Redis.
 */
public final class RedisHttpSessions implements SharedHttpSessions {

	/** How the repository names its channel of new sessions, after its namespace. */
	private static final Pattern CREATED_CHANNEL = Pattern.compile("(.*:)event:\\d+:created:");

	/** The number of changes of an id that one look follows. The next look continues. */
	private static final int MAX_RENAMES = 5;

	/** Longer than a node is without Redis and keeps sockets of changed HTTP sessions. */
	private static final Duration RENAMED_FOR = Duration.ofHours(1);

	private final RedisIndexedSessionRepository repository;

	private final Executor executor;

	private final HttpSessionKeys keys;

	private final RedisKeepAlive keepAlive;

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
		this.keys = new HttpSessionKeys(matcher.group(1));
		this.keepAlive = new RedisKeepAlive(repository.getSessionRedisOperations(), this.keys);
	}

	@Override
	public boolean touch(String id, Duration interval) {
		StoredHttpSession session = stored(List.of(id)).get(0);
		long now = System.currentTimeMillis();
		if (!session.isValid(now)) {
			return false;
		}
		return session.lastAccess() + interval.toMillis() > now || this.keepAlive.touch(id, session, now);
	}

	@Override
	public Changes changes(Collection<String> ids) {
		// The ids of each HTTP session, oldest first, by the id that was asked for
		Map<String, List<String>> paths = paths(ids);
		Map<String, String> renamed = new HashMap<>();
		Set<String> alive = existing(paths.values().stream().map(RedisHttpSessions::last).toList());
		Set<String> missing = new LinkedHashSet<>();
		paths.forEach((asked, path) -> {
			// Longer ways end at an id that has been changed again: the next look goes on
			if (!alive.contains(last(path)) && path.size() <= MAX_RENAMES) {
				missing.add(asked);
			}
			else if (path.size() > 1) {
				renamed.put(asked, last(path));
			}
		});
		Set<String> ended = new HashSet<>();
		Set<String> valid = valid(missing.stream().flatMap((asked) -> path(paths, asked).stream()).distinct().toList());
		for (String asked : missing) {
			// The new id may be stored already although the change is still under way
			List<String> path = path(paths, asked).stream().filter(valid::contains).toList();
			if (path.isEmpty()) {
				ended.add(asked);
			}
			else if (!last(path).equals(asked)) {
				renamed.put(asked, last(path));
			}
		}
		return new Changes(ended, renamed);
	}

	private Map<String, List<String>> paths(Collection<String> ids) {
		Map<String, List<String>> paths = new LinkedHashMap<>();
		ids.forEach((id) -> paths.put(id, new ArrayList<>(List.of(id))));
		Collection<List<String>> open = new ArrayList<>(paths.values());
		for (int i = 0; i < MAX_RENAMES && !open.isEmpty(); i++) {
			Map<String, String> newIds = newIds(open.stream().map(RedisHttpSessions::last).distinct().toList());
			open.removeIf((path) -> !newIds.containsKey(last(path)));
			open.forEach((path) -> path.add(newIds.getOrDefault(last(path), "")));
		}
		return paths;
	}

	private static List<String> path(Map<String, List<String>> paths, String asked) {
		return paths.getOrDefault(asked, List.of());
	}

	private static String last(List<String> path) {
		return path.get(path.size() - 1);
	}

	/**
	 * Return the HTTP sessions that Spring Session would return for a request. Redis may
	 * have evicted the key for the event of their end, and a request that ends late can
	 * bring that key back without the HTTP session.
	 */
	private Set<String> valid(List<String> ids) {
		List<StoredHttpSession> stored = stored(ids);
		long now = System.currentTimeMillis();
		Set<String> valid = new HashSet<>();
		for (int i = 0; i < ids.size(); i++) {
			if (stored.get(i).isValid(now)) {
				valid.add(ids.get(i));
			}
		}
		return valid;
	}

	private List<StoredHttpSession> stored(List<String> ids) {
		if (ids.isEmpty()) {
			return List.of();
		}
		RedisOperations<String, Object> redis = this.repository.getSessionRedisOperations();
		RedisCallback<List<@Nullable Object>> read = (connection) -> {
			boolean pipelined = !(connection instanceof RedisClusterConnection);
			if (pipelined) {
				connection.openPipeline();
			}
			List<@Nullable Object> answers = new ArrayList<>();
			for (String id : ids) {
				answers.add(connection.hashCommands().hMGet(this.keys.session(id), StoredHttpSession.fields()));
			}
			return pipelined ? connection.closePipeline() : answers;
		};
		List<@Nullable Object> stored = redis.execute(read);
		if (stored == null || stored.size() != ids.size()) {
			throw otherAnswer();
		}
		return stored.stream()
			.map((values) -> StoredHttpSession.of((values instanceof List<?> list) ? list : List.of(),
					redis.getHashValueSerializer()))
			.toList();
	}

	private Set<String> existing(List<String> ids) {
		List<byte @Nullable []> values = get(ids, this.keys::expires);
		Set<String> existing = new HashSet<>();
		for (int i = 0; i < ids.size(); i++) {
			if (values.get(i) != null) {
				existing.add(ids.get(i));
			}
		}
		return existing;
	}

	private Map<String, String> newIds(List<String> ids) {
		List<byte @Nullable []> values = get(ids, this.keys::renamed);
		Map<String, String> newIds = new HashMap<>();
		for (int i = 0; i < ids.size(); i++) {
			byte[] value = values.get(i);
			if (value != null) {
				newIds.put(ids.get(i), new String(value, StandardCharsets.UTF_8));
			}
		}
		return newIds;
	}

	private List<byte @Nullable []> get(List<String> ids, Function<String, byte[]> key) {
		if (ids.isEmpty()) {
			return List.of();
		}
		byte[][] keys = ids.stream().map(key).toArray(byte[][]::new);
		List<byte @Nullable []> values = this.repository.getSessionRedisOperations()
			.execute((RedisCallback<List<byte @Nullable []>>) (connection) -> connection.stringCommands().mGet(keys));
		if (values == null || values.size() != ids.size()) {
			throw otherAnswer();
		}
		return new ArrayList<>(values);
	}

	private static IllegalStateException otherAnswer() {
		return new IllegalStateException("Redis has not answered for each key");
	}

	/**
	 * Store that an HTTP session gets another id, for the nodes that have clients of it.
	 * Called before the repository does it; waits for Redis.
	 * @param oldId its id until now
	 * @param newId its new id
	 */
	void rename(String oldId, String newId) {
		this.repository.getSessionRedisOperations()
			.execute((RedisCallback<Boolean>) (connection) -> connection.stringCommands()
				.set(this.keys.renamed(oldId), newId.getBytes(StandardCharsets.UTF_8), Expiration.from(RENAMED_FOR),
						SetOption.upsert()));
	}

	@Override
	public Executor executor() {
		return this.executor;
	}

}
