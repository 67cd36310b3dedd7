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

import java.time.Instant;
import java.util.List;

import io.github.atmosphererelay.contract.AbstractSessionStoreTests;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.durable.SessionStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisSessionStore} with a real Redis.
 */
class RedisSessionStoreTests extends AbstractSessionStoreTests {

	private static RedisServers.Standalone redis;

	private static LettuceConnectionFactory connections;

	private static RedisSessionStore store;

	@BeforeAll
	static void start() {
		redis = RedisServers.standalone();
		connections = new LettuceConnectionFactory(new RedisStandaloneConfiguration(RedisServers.HOST, redis.port()));
		connections.afterPropertiesSet();
		connections.start();
		store = new RedisSessionStore(connections, "test:durable:");
	}

	@AfterAll
	static void stop() {
		connections.destroy();
		redis.close();
	}

	@Override
	protected SessionStore store() {
		return store;
	}

	@Test
	void aSessionIsOneKeyThatRedisRemovesByItself() {
		store.save(List.of(session("single", "one", 1, now().plusSeconds(60))));
		try (Jedis jedis = new Jedis(RedisServers.HOST, redis.port())) {
			assertThat(jedis.keys("*single*")).containsExactly("test:durable:single");
			assertThat(jedis.pttl("test:durable:single")).isBetween(50_000L, 60_000L);
		}
		assertThat(store.removeExpired(Instant.now())).isZero();
	}

	@Test
	void anEntryOfANewerReleaseIsIgnored() {
		store.save(List.of(session("newer", "one", 1, now().plusSeconds(60))));
		try (Jedis jedis = new Jedis(RedisServers.HOST, redis.port())) {
			jedis.hset("test:durable:newer".getBytes(), "data".getBytes(), new byte[] { 99, 1, 2, 3 });
		}
		assertThat(store.find("newer")).isNull();
	}

}
