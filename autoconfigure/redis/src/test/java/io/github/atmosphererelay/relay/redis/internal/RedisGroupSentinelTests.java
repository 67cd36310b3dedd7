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

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions.Start;
import io.github.atmosphererelay.relay.redis.internal.GroupTestNode.Handled;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.embedded.Redis;
import redis.embedded.RedisCluster;

import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a group over a fail-over of Redis.
 */
@Reconciles
class RedisGroupSentinelTests {

	private static final Duration LIMIT = Duration.ofSeconds(60);

	private final List<String> channels = IntStream.range(0, 10).mapToObj((i) -> "orders/" + i).toList();

	private final Handled handled = new Handled();

	@ParameterizedTest
	@EnumSource
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void aGroupGoesOnAfterAFailOver(Driver driver) throws IOException {
		RedisCluster servers = RedisServers.sentinel();
		try (GroupTestNode one = node(driver, servers); GroupTestNode two = node(driver, servers)) {
			one.start();
			two.start();
			MachineTime.await(LIMIT).until(() -> one.lanes() == 32 && two.lanes() == 32);
			publish(one.node(), 0, 10);
			awaitHandled(10);
			awaitReplicated(servers);
			for (Redis server : servers.servers()) {
				if (server.ports().contains(masterPort(servers))) {
					server.stop();
				}
			}
			publish(one.node(), 10, 20);
			awaitHandled(20);
			MachineTime.await(LIMIT)
				.until(() -> one.runner().statistics().lag() + two.runner().statistics().lag() == 0);
		}
		finally {
			RedisServers.stop(servers);
		}
	}

	private GroupTestNode node(Driver driver, RedisCluster servers) {
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master(RedisServers.MASTER_NAME)
			.sentinel(RedisServers.HOST, servers.sentinelPorts().get(0));
		return new GroupTestNode(new RedisRelay(
				(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
						: new JedisConnectionFactory(configuration),
				RedisTestBroker.settings("failover", new EnvelopeCodec(1000))), Start.EARLIEST, this.handled);
	}

	private static int masterPort(RedisCluster servers) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, servers.sentinelPorts().get(0))) {
			return Integer.parseInt(jedis.sentinelGetMasterAddrByName(RedisServers.MASTER_NAME).get(1));
		}
	}

	private static void awaitReplicated(RedisCluster servers) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, masterPort(servers))) {
			MachineTime.await(LIMIT).until(() -> jedis.waitReplicas(1, 1000) == 1);
		}
	}

	private void publish(RelayNode node, int first, int end) {
		for (int i = first; i < end; i++) {
			for (String channel : this.channels) {
				GroupTestNode.publishInTheEnd(node, channel, Integer.toString(i));
			}
		}
	}

	/**
	 * Wait until each message was handled in order. After a fail-over some may be handled
	 * again, if their progress had not been replicated.
	 */
	private void awaitHandled(int count) {
		List<String> expected = IntStream.range(0, count).mapToObj(Integer::toString).toList();
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(this.channels)
				.allSatisfy((channel) -> assertThat(this.handled.texts(channel).stream().distinct().toList())
					.isEqualTo(expected)));
	}

}
