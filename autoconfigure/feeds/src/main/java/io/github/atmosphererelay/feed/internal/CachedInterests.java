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

package io.github.atmosphererelay.feed.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.relay.redis.internal.RedisCalls;
import io.github.atmosphererelay.relay.redis.internal.RedisScript;
import org.jspecify.annotations.Nullable;

/**
 * The interests of all nodes in Redis: a hash for each node and feed, and a set of their
 * names. All keys are in one slot of a Redis Cluster. A script changes an interest and
 * publishes a notice of that, so that notices of one interest come in the order of its
 * versions. All methods block, and throw {@code RelayUnavailableException} if Redis does
 * not answer.
 */
final class CachedInterests {

	/**
	 * For so long Redis keeps an interest that its node does not prolong, in case that
	 * nobody removes it.
	 */
	private static final Duration TTL = Duration.ofMinutes(10);

	/** How many channels one call brings to Redis, which others wait for meanwhile. */
	private static final int CHANNELS_OF_A_CALL = 5000;

	private static final RedisScript CHANGE = script("change");

	private static final RedisScript REPLACE = script("replace");

	private static final RedisScript TOUCH = script("touch");

	private static final RedisScript INDEX = script("index");

	private static final RedisScript VERSIONS = script("versions");

	private static final RedisScript READ = script("read");

	private static final RedisScript FORGET = script("forget");

	private static final byte[] TTL_MILLIS = bytes(TTL.toMillis());

	private final RedisCalls calls;

	private final String prefix;

	/**
	 * Create the interests of a cluster.
	 * @param calls runs the scripts
	 * @param keyPrefix the prefix of the cluster's keys
	 */
	CachedInterests(RedisCalls calls, String keyPrefix) {
		this.calls = calls;
		this.prefix = prefix(keyPrefix);
	}

	private static String prefix(String keyPrefix) {
		return keyPrefix + "{interest}";
	}

	/**
	 * Return the Redis channel of the notices.
	 */
	static String channel(String keyPrefix) {
		return prefix(keyPrefix) + ":notices";
	}

	private static RedisScript script(String name) {
		String file = "interest-" + name + ".lua";
		try (InputStream stream = CachedInterests.class.getResourceAsStream(file)) {
			if (stream == null) {
				throw new IllegalStateException("The script " + file + " is missing in the library's JAR file");
			}
			return RedisScript.of(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static byte[] bytes(long number) {
		return bytes(Long.toString(number));
	}

	private byte[] index() {
		return bytes(this.prefix);
	}

	private byte[] hash(InterestKey key) {
		return bytes(this.prefix + ":of:" + key.name());
	}

	private byte[] written(InterestKey key) {
		return bytes(this.prefix + ":next:" + key.name());
	}

	private byte[] notices() {
		return bytes(this.prefix + ":notices");
	}

	/**
	 * Change an interest.
	 * @return {@code false} if Redis has another version than the one before
	 */
	boolean change(InterestChange change) {
		InterestKey key = new InterestKey(change.node(), change.feed());
		List<byte[]> arguments = new ArrayList<>();
		arguments.add(bytes(change.version() - 1));
		arguments.add(bytes(change.version()));
		arguments.add(TTL_MILLIS);
		arguments.add(bytes(key.name()));
		arguments.add(notices());
		arguments.add(InterestNoticeCodec.encode(new InterestNotice.Changed(change)));
		arguments.add(bytes(change.added().size()));
		change.added().forEach((channel) -> arguments.add(bytes(channel)));
		change.removed().forEach((channel) -> arguments.add(bytes(channel)));
		return isDone(this.calls.call(CHANGE, List.of(hash(key), index()), arguments));
	}

	/**
	 * Replace an interest.
	 * @return {@code false} if Redis has this version or a later one
	 */
	boolean replace(InterestKey key, long version, Set<String> channels) {
		List<String> all = List.copyOf(channels);
		int from = 0;
		boolean done;
		do {
			int to = Math.min(all.size(), from + CHANNELS_OF_A_CALL);
			List<byte[]> arguments = new ArrayList<>();
			arguments.add(bytes(version));
			arguments.add(TTL_MILLIS);
			arguments.add(bytes(key.name()));
			arguments.add(notices());
			arguments.add(InterestNoticeCodec.encode(new InterestNotice.Replaced(key.feed(), key.node(), version)));
			arguments.add(bytes((from == 0) ? "first" : ""));
			arguments.add(bytes((to == all.size()) ? "last" : ""));
			all.subList(from, to).forEach((channel) -> arguments.add(bytes(channel)));
			done = isDone(this.calls.call(REPLACE, List.of(hash(key), index(), written(key)), arguments));
			from = to;
		}
		while (done && from < all.size());
		return done;
	}

	/**
	 * Keep an interest for longer.
	 * @return the version that Redis has, or -1 if Redis has lost it
	 */
	long touch(InterestKey key) {
		String version = text(
				this.calls.call(TOUCH, List.of(hash(key), index()), List.of(TTL_MILLIS, bytes(key.name()))).get(0));
		return version.isEmpty() ? -1 : Long.parseLong(version);
	}

	/**
	 * Return the versions of all interests.
	 */
	Map<InterestKey, Long> versions() {
		List<InterestKey> known = new ArrayList<>();
		for (Object name : this.calls.call(INDEX, List.of(index()), List.of())) {
			InterestKey key = InterestKey.parse(text(name));
			if (key != null) {
				known.add(key);
			}
		}
		Map<InterestKey, Long> versions = new HashMap<>();
		if (known.isEmpty()) {
			return versions;
		}
		List<?> reply = this.calls.call(VERSIONS, keys(known), names(known));
		for (int i = 0; i < known.size(); i++) {
			String version = text(reply.get(i));
			if (!version.isEmpty()) {
				versions.put(known.get(i), Long.parseLong(version));
			}
		}
		return versions;
	}

	private List<byte[]> keys(Collection<InterestKey> interests) {
		List<byte[]> keys = new ArrayList<>();
		keys.add(index());
		interests.forEach((key) -> keys.add(hash(key)));
		return keys;
	}

	private static List<byte[]> names(Collection<InterestKey> interests) {
		return interests.stream().map((key) -> bytes(key.name())).toList();
	}

	/**
	 * Read an interest as a whole.
	 * @return the interest, or {@code null} if there is none
	 */
	@Nullable Interest read(InterestKey key) {
		List<?> reply = this.calls.call(READ, List.of(hash(key)), List.of());
		if (reply.isEmpty()) {
			return null;
		}
		Set<String> channels = new HashSet<>();
		for (Object name : reply.subList(1, reply.size())) {
			String channel = text(name);
			if (!channel.isEmpty()) {
				channels.add(channel);
			}
		}
		return new Interest(Long.parseLong(text(reply.get(0))), channels);
	}

	/**
	 * Remove all interests of a node.
	 */
	void forget(UUID node) {
		List<InterestKey> known = versions().keySet().stream().filter((key) -> key.node().equals(node)).toList();
		List<byte[]> arguments = new ArrayList<>();
		arguments.add(notices());
		arguments.add(InterestNoticeCodec.encode(new InterestNotice.Forgotten(node)));
		arguments.addAll(names(known));
		this.calls.call(FORGET, keys(known), arguments);
	}

	private static boolean isDone(List<?> reply) {
		return text(reply.get(0)).equals("1");
	}

	private static String text(@Nullable Object value) {
		return (value instanceof byte[] bytes) ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(value);
	}

	/**
	 * What a node wants in a feed.
	 */
	record Interest(long version, Set<String> channels) {
	}

}
