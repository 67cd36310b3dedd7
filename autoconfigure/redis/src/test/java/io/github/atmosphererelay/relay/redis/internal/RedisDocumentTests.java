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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.redis.internal.RedisDocument.Saved;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RedisDocument}.
 */
class RedisDocumentTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private static final Duration WITHIN = Duration.ofSeconds(20);

	private static RedisConnectionFactory factory(Driver driver, int port) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST, port);
		return (driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
				: new JedisConnectionFactory(configuration);
	}

	private static String document(long term, long counter, String digest) {
		return "{\"term\":" + term + ",\"counter\":" + counter + ",\"digest\":\"" + digest + "\"}";
	}

	private static Saved save(RedisDocument redis, long term, long counter, String digest) {
		return redis.save(document(term, counter, digest), term, counter, digest);
	}

	@ParameterizedTest
	@EnumSource
	void onlyANewerVersionIsWritten(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone();
				Jedis jedis = new Jedis(RedisServers.HOST, server.port())) {
			RedisDocument redis = new RedisDocument(factory(driver, server.port()), "doc", TIMEOUT, null);
			assertThat(redis.read()).isNull();
			assertThat(save(redis, 1_764_468_000_000L, 2, "bb")).isEqualTo(Saved.WRITTEN);
			assertThat(save(redis, 1_764_468_000_000L, 2, "bb")).isEqualTo(Saved.PRESENT);
			assertThat(save(redis, 1_764_467_999_999L, 9, "ff")).isEqualTo(Saved.NEWER_PRESENT);
			assertThat(save(redis, 1_764_468_000_000L, 1, "ff")).isEqualTo(Saved.NEWER_PRESENT);
			assertThat(save(redis, 1_764_468_000_000L, 2, "aa")).isEqualTo(Saved.NEWER_PRESENT);
			assertThat(jedis.get("doc")).isEqualTo(redis.read()).isEqualTo(document(1_764_468_000_000L, 2, "bb"));
			assertThat(save(redis, 1_764_468_000_000L, 10, "aa")).isEqualTo(Saved.WRITTEN);
			assertThat(save(redis, 1_764_468_000_001L, 1, "aa")).isEqualTo(Saved.WRITTEN);
			assertThat(jedis.get("doc")).isEqualTo(document(1_764_468_000_001L, 1, "aa"));
			jedis.set("doc", "no JSON");
			assertThat(save(redis, 1, 1, "a")).isEqualTo(Saved.WRITTEN);
			assertThat(redis.save("{\"term\":1,\"counter\":1,\"digest\":\"a\",\"other\":true}", 1, 1, "a"))
				.as("the same version with other contents")
				.isEqualTo(Saved.WRITTEN);
			jedis.del("doc");
			jedis.lpush("doc", "a list");
			assertThatExceptionOfType(RelayUnavailableException.class).isThrownBy(() -> save(redis, 2, 1, "a"));
			redis.close();
		}
	}

	@ParameterizedTest
	@EnumSource
	void aReaderHearsOfEachChangeAndOfTheReturnOfTheServer(Driver driver) throws Exception {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			BlockingQueue<String> changes = new LinkedBlockingQueue<>();
			RedisDocument writer = new RedisDocument(factory(driver, server.port()), "doc", TIMEOUT, null);
			RedisDocument reader = new RedisDocument(factory(driver, server.port()), "doc", TIMEOUT,
					() -> changes.add("changed"));
			assertThat(reader.read()).isNull();
			assertThat(changes.poll(20, TimeUnit.SECONDS)).as("subscribed").isNotNull();
			save(writer, 1, 1, "a");
			assertThat(changes.poll(20, TimeUnit.SECONDS)).as("written").isNotNull();
			assertThat(reader.read()).isEqualTo(document(1, 1, "a"));
			server.stop();
			assertThat(changes.poll(20, TimeUnit.SECONDS)).as("lost").isNotNull();
			assertThatExceptionOfType(RelayUnavailableException.class).isThrownBy(reader::read);
			assertThatExceptionOfType(RelayUnavailableException.class).isThrownBy(() -> save(writer, 1, 2, "a"));
			server.start();
			MachineTime.await(WITHIN).ignoreExceptions().until(() -> reader.read() == null);
			MachineTime.await(WITHIN).ignoreExceptions().until(() -> save(writer, 1, 2, "a") == Saved.WRITTEN);
			MachineTime.await(WITHIN).until(() -> !changes.isEmpty());
			assertThat(reader.read()).isEqualTo(document(1, 2, "a"));
			writer.close();
			reader.close();
		}
	}

	@Test
	void aRedisClusterKeepsADocumentAndReportsItsChanges() throws Exception {
		RedisShardedCluster servers = RedisServers.cluster();
		try {
			RedisClusterConfiguration configuration = new RedisClusterConfiguration(
					servers.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList());
			BlockingQueue<String> changes = new LinkedBlockingQueue<>();
			RedisDocument reader = new RedisDocument(new LettuceConnectionFactory(configuration), "doc", TIMEOUT,
					() -> changes.add("changed"));
			RedisDocument writer = new RedisDocument(new LettuceConnectionFactory(configuration), "doc", TIMEOUT, null);
			assertThat(reader.read()).isNull();
			assertThat(changes.poll(20, TimeUnit.SECONDS)).as("subscribed").isNotNull();
			assertThat(save(writer, 2, 1, "a")).isEqualTo(Saved.WRITTEN);
			assertThat(save(writer, 1, 1, "a")).isEqualTo(Saved.NEWER_PRESENT);
			assertThat(changes.poll(20, TimeUnit.SECONDS)).as("written").isNotNull();
			assertThat(reader.read()).isEqualTo(document(2, 1, "a"));
			writer.close();
			reader.close();
			assertThatIllegalArgumentException()
				.isThrownBy(() -> new RedisDocument(new JedisConnectionFactory(configuration), "doc", TIMEOUT, null))
				.withMessageContaining("Lettuce");
		}
		finally {
			RedisServers.stop(servers);
		}
	}

}
