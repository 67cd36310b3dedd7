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

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.AbstractStateStoreTests;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateResult.Outcome;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.embedded.RedisCluster;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisStateStore} with a real Redis.
 */
class RedisStateStoreTests extends AbstractStateStoreTests {

	private static RedisServers.Standalone redis;

	private static StateStore store;

	private static StateStore forgetfulStore;

	@BeforeAll
	static void start() {
		redis = RedisServers.standalone();
		RedisConnectionFactory connections = new LettuceConnectionFactory(configuration());
		store = store(connections, Duration.ofHours(1));
		forgetfulStore = store(connections, SHORT);
	}

	private static RedisStandaloneConfiguration configuration() {
		return new RedisStandaloneConfiguration(RedisServers.HOST, redis.port());
	}

	private static StateStore store(RedisConnectionFactory connections, Duration ttl) {
		return new RedisStateStore(connections, "atmosphere:test:", Duration.ofSeconds(3), MAX_VALUE_BYTES, ttl);
	}

	@AfterAll
	static void stop() {
		store.close();
		forgetfulStore.close();
		redis.close();
	}

	@Override
	protected StateStore store() {
		return store;
	}

	@Override
	protected StateStore forgetfulStore() {
		return forgetfulStore;
	}

	@Test
	void scriptsThatRedisHasLostAreSentAgain() {
		store.putIfNewer("flushed", List.of(entry("a", 1, 1, "one")));
		try (Jedis jedis = new Jedis(RedisServers.HOST, redis.port())) {
			jedis.scriptFlush();
		}
		assertThat(store.putIfNewer("flushed", List.of(entry("a", 1, 2, "two"), entry("b", 1, 2, "two"))))
			.containsOnly(StateResult.NEWER);
	}

	@Test
	void eachEntryFailsWhileRedisIsAwayAndWorksWhenItIsBack() {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			StateStore store = store(
					new LettuceConnectionFactory(new RedisStandaloneConfiguration(RedisServers.HOST, server.port())),
					Duration.ofHours(1));
			store.putIfNewer("away", List.of(entry("a", 1, 1, "one")));
			server.kill();
			assertThat(store.putIfNewer("away", List.of(entry("a", 1, 2, "two"), entry("b", 1, 2, "two"))))
				.extracting(StateResult::outcome)
				.containsOnly(Outcome.FAILED);
			server.start();
			MachineTime.await(Duration.ofSeconds(20))
				.until(() -> store.putIfNewer("away", List.of(entry("a", 1, 3, "three"))).get(0) == StateResult.NEWER);
			store.close();
		}
	}

	@Test
	void jedisServesAsWell() {
		StateStore jedis = store(new JedisConnectionFactory(configuration()), Duration.ofHours(1));
		assertThat(jedis.putIfNewer("jedis", List.of(entry("a", 1, 1, "one"), entry("a", 1, 1, "one"))))
			.containsExactly(StateResult.NEWER, StateResult.EQUAL);
		assertThat(jedis.find("jedis", List.of("a", "b"))).containsOnlyKeys("a");
		jedis.close();
	}

	@Test
	void theKeysOfARedisClusterAreInAnySlots() {
		RedisShardedCluster servers = RedisServers.cluster();
		try {
			StateStore cluster = store(
					new LettuceConnectionFactory(new RedisClusterConfiguration(
							servers.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList())),
					Duration.ofHours(1));
			assertThatManyAreWritten(cluster);
		}
		finally {
			RedisServers.stop(servers);
		}
	}

	@Test
	void aMasterIsFoundBySentinel() {
		RedisCluster servers = RedisServers.sentinel();
		try {
			RedisSentinelConfiguration configuration = new RedisSentinelConfiguration()
				.master(RedisServers.MASTER_NAME);
			servers.sentinelPorts().forEach((port) -> configuration.sentinel(RedisServers.HOST, port));
			assertThatManyAreWritten(store(new LettuceConnectionFactory(configuration), Duration.ofHours(1)));
		}
		finally {
			RedisServers.stop(servers);
		}
	}

	private static void assertThatManyAreWritten(StateStore store) {
		List<String> keys = IntStream.range(0, 500).mapToObj((i) -> "key" + i).toList();
		assertThat(store.putIfNewer("many", keys.stream().map((key) -> entry(key, 1, 1, key)).toList()))
			.containsOnly(StateResult.NEWER);
		assertThat(store.find("many", keys)).hasSize(500);
		store.close();
	}

}
