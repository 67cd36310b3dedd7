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

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link CacheBackChannel} with Redis Cluster, and with Jedis.
 */
@Timeout(120)
class CacheBackChannelTopologyTests {

	private static final String PREFIX = "atmosphere:shop:";

	private static BackChannel channel(RedisConnectionFactory factory) {
		return new CacheBackChannel(factory, PREFIX, Duration.ofSeconds(3), new Guards().of(Part.FEEDS));
	}

	@Test
	void aRedisClusterKeepsInterestsWhileTheirSlotMoves() throws Exception {
		RedisShardedCluster servers = RedisServers.cluster();
		try {
			List<Integer> ports = servers.serverPorts();
			RedisClusterConfiguration configuration = new RedisClusterConfiguration(
					ports.stream().map((port) -> RedisServers.HOST + ":" + port).toList());
			BackChannel listening = channel(new LettuceConnectionFactory(configuration));
			BackChannel publishing = channel(new LettuceConnectionFactory(configuration));
			try {
				InterestRecorder recorder = new InterestRecorder();
				listening.listen(recorder).get(30, TimeUnit.SECONDS);
				InterestedNode first = new InterestedNode("prices", publishing);
				InterestedNode second = new InterestedNode("orders", publishing);
				for (int i = 0; i < 30; i++) {
					if (i == 15) {
						RedisServers.moveSlot(ports, PREFIX + "{interest}");
					}
					first.change(Set.of("prices/" + i), (i > 0) ? Set.of("prices/" + (i - 1)) : Set.of());
					second.want("orders/" + i);
				}
				MachineTime.await(Duration.ofSeconds(20))
					.until(() -> first.isKnownTo(recorder) && second.isKnownTo(recorder));
				assertThat(recorder.violations()).isEmpty();
			}
			finally {
				publishing.stop();
				listening.stop();
			}
			assertThatIllegalArgumentException().isThrownBy(() -> channel(new JedisConnectionFactory(configuration)))
				.withMessageContaining("Lettuce");
		}
		finally {
			RedisServers.stop(servers);
		}
	}

	@Test
	void jedisServesAsWell() throws Exception {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST,
					server.port());
			BackChannel listening = channel(new JedisConnectionFactory(configuration));
			BackChannel publishing = channel(new JedisConnectionFactory(configuration));
			try {
				InterestedNode before = new InterestedNode("prices", publishing).want("prices/a");
				InterestRecorder recorder = new InterestRecorder();
				listening.listen(recorder).get(30, TimeUnit.SECONDS);
				assertThat(before.isKnownTo(recorder)).isTrue();
				InterestedNode after = new InterestedNode("prices", publishing).want("prices/b").replaceBy(Set.of());
				before.want("prices/c");
				server.kill();
				server.start();
				before.want("prices/d");
				MachineTime.await(Duration.ofSeconds(20))
					.until(() -> before.isKnownTo(recorder) && after.isKnownTo(recorder));
				assertThat(recorder.violations()).isEmpty();
			}
			finally {
				publishing.stop();
				listening.stop();
			}
		}
	}

}
