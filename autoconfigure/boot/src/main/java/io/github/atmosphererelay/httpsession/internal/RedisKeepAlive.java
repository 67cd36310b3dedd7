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
import java.util.concurrent.TimeUnit;

import org.springframework.data.redis.connection.RedisClusterConnection;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Writes the time of the last access, as Spring Session does after a request, with two
 * differences. It writes no attribute, because a request may change one at the same time.
 * And each write has a condition that Redis itself checks, so that an HTTP session that
 * ends or gets another id at the same time is not brought back. Each command has one key,
 * because the keys of an HTTP session are on different nodes of a Redis Cluster.
 */
final class RedisKeepAlive {

	/** The hash has to exist with the same time-out: a log-out sets it to 0. */
	private static final byte[] SCRIPT = utf8("""
			if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
			redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
			redis.call('EXPIRE', KEYS[1], ARGV[5])
			return 1
			""");

	/** For how long the hash and the sets outlive the HTTP session. */
	private static final long AFTERLIFE_SECONDS = TimeUnit.MINUTES.toSeconds(5);

	private static final long MINUTE_MILLIS = TimeUnit.MINUTES.toMillis(1);

	private final RedisOperations<String, Object> redis;

	private final HttpSessionKeys keys;

	RedisKeepAlive(RedisOperations<String, Object> redis, HttpSessionKeys keys) {
		this.redis = redis;
		this.keys = keys;
	}

	/**
	 * Write the time of an access. Waits for Redis.
	 * @param id the id of the HTTP session
	 * @param session what was stored for it
	 * @param now the time, in milliseconds since 1970
	 * @return {@code false} if it has ended or got another id
	 */
	boolean touch(String id, StoredHttpSession session, long now) {
		int timeout = session.timeoutSeconds();
		if (timeout <= 0) {
			return timeout < 0;
		}
		// EXPIRE does not create a key
		Boolean alive = this.redis.execute((RedisCallback<Boolean>) (connection) -> connection.keyCommands()
			.expire(this.keys.expires(id), timeout));
		if (!Boolean.TRUE.equals(alive)) {
			return false;
		}
		Long written = this.redis.execute((RedisCallback<Long>) (connection) -> connection.scriptingCommands()
			.eval(SCRIPT, ReturnType.INTEGER, 1, this.keys.session(id), StoredHttpSession.TIMEOUT, session.timeout(),
					StoredHttpSession.LAST_ACCESS, serialized(this.redis.getHashValueSerializer(), now),
					utf8(String.valueOf(timeout + AFTERLIFE_SECONDS))));
		if (written == null || written == 0) {
			return false;
		}
		move(id, endOfMinute(session.endsAt(session.lastAccess())), endOfMinute(session.endsAt(now)), timeout);
		return true;
	}

	/**
	 * Move an HTTP session to the set of the minute in which it ends now.
	 */
	private void move(String id, long from, long to, int timeout) {
		if (from == to) {
			return;
		}
		byte[] member = serialized(this.redis.getValueSerializer(), "expires:" + id);
		this.redis.execute((RedisCallback<Boolean>) (connection) -> {
			boolean pipelined = !(connection instanceof RedisClusterConnection);
			if (pipelined) {
				connection.openPipeline();
			}
			connection.setCommands().sRem(this.keys.expirations(from), member);
			connection.setCommands().sAdd(this.keys.expirations(to), member);
			connection.keyCommands().expire(this.keys.expirations(to), timeout + AFTERLIFE_SECONDS);
			if (pipelined) {
				connection.closePipeline();
			}
			return true;
		});
	}

	private static long endOfMinute(long time) {
		return (time / MINUTE_MILLIS + 1) * MINUTE_MILLIS;
	}

	@SuppressWarnings("unchecked")
	private static byte[] serialized(RedisSerializer<?> serializer, Object value) {
		return ((RedisSerializer<Object>) serializer).serialize(value);
	}

	private static byte[] utf8(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
