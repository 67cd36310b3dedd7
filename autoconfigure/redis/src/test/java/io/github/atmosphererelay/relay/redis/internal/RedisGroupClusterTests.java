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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupOptions.Start;
import io.github.atmosphererelay.relay.redis.internal.GroupTestNode.Handled;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.MigrateParams;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of consumer groups, kept on a Redis Cluster of three masters, also while a
 * slot moves.
 */
@Reconciles
class RedisGroupClusterTests extends GroupContractTests {

	private static final Duration LIMIT = Duration.ofSeconds(12);

	private static RedisShardedCluster servers;

	@BeforeAll
	static void startServers() {
		servers = RedisServers.cluster();
	}

	@AfterAll
	static void stopServers() {
		RedisServers.stop(servers);
	}

	@Override
	protected RelayBroker broker() {
		return new ClusterBroker();
	}

	@Test
	void nothingIsLostOrDoneTwiceWhileSlotsMove() {
		Handled handled = new Handled();
		List<String> channels = IntStream.range(0, 20).mapToObj((i) -> "orders/" + i).toList();
		RelayNode publisher = startedNode();
		try (GroupTestNode one = groupNode(handled).start(); GroupTestNode two = groupNode(handled).start()) {
			MachineTime.await(LIMIT).until(() -> one.lanes() == 32 && two.lanes() == 32);
			for (int i = 0; i < 30; i++) {
				if (i == 10) {
					// A log, the lane of its channel, and the lane in the group
					move("atmosphere:" + cluster() + ":log:{orders/3}:state");
					move("atmosphere:" + cluster() + ":lane:{lane-" + RedisLanes.of("orders/3") + "}:recent");
					move("atmosphere:" + cluster() + ":group:{billing:" + RedisLanes.of("orders/3") + "}:lease");
				}
				for (String channel : channels) {
					GroupTestNode.publishInTheEnd(publisher, channel, Integer.toString(i));
				}
			}
			List<String> expected = IntStream.range(0, 30).mapToObj(Integer::toString).toList();
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(channels)
					.allSatisfy((channel) -> assertThat(handled.texts(channel)).isEqualTo(expected)));
			MachineTime.await(LIMIT)
				.until(() -> one.runner().statistics().lag() + two.runner().statistics().lag() == 0);
		}
	}

	/**
	 * The index of a lane may be lost while the logs are there, and publishers remember
	 * that they have added their channels.
	 */
	@Test
	void aPublisherAddsItsChannelsAgainIfTheIndexIsLost() {
		RelayNode publisher = startedNode();
		GroupTestNode.publish(publisher, "orders/5", "0");
		String lane = "atmosphere:" + cluster() + ":lane:{lane-" + RedisLanes.of("orders/5") + "}:";
		int slot = RedisSlots.slot(lane);
		int port = servers.serverPorts().stream().filter((each) -> has(each, slot)).findFirst().orElseThrow();
		try (Jedis admin = new Jedis(RedisServers.HOST, port)) {
			assertThat(admin.zrange(lane + "recent", 0, -1)).containsExactly("orders/5");
			admin.del(lane + "recent", lane + "expiry", lane + "mark");
			MachineTime.await(LIMIT).until(() -> admin.zscore(lane + "recent", "orders/5") != null);
			assertThat(admin.zscore(lane + "expiry", "orders/5")).isNotNull();
		}
	}

	private GroupTestNode groupNode(Handled handled) {
		return new GroupTestNode(broker().relay(cluster(), new EnvelopeCodec(MAX_PAYLOAD)), Start.EARLIEST, handled);
	}

	/**
	 * Move the slot of a key to another master, as redis-cli does.
	 */
	private static void move(String key) {
		int slot = RedisSlots.slot(key);
		List<Integer> ports = servers.serverPorts();
		int from = ports.stream().filter((port) -> has(port, slot)).findFirst().orElseThrow();
		int to = ports.stream().filter((port) -> port != from).findFirst().orElseThrow();
		try (Jedis source = new Jedis(RedisServers.HOST, from); Jedis target = new Jedis(RedisServers.HOST, to)) {
			String sourceId = source.clusterMyId();
			String targetId = target.clusterMyId();
			target.clusterSetSlotImporting(slot, sourceId);
			source.clusterSetSlotMigrating(slot, targetId);
			for (List<String> keys = source.clusterGetKeysInSlot(slot, 100); !keys.isEmpty(); keys = source
				.clusterGetKeysInSlot(slot, 100)) {
				source.migrate(RedisServers.HOST, to, 1000, MigrateParams.migrateParams(), keys.toArray(String[]::new));
			}
			for (int port : ports) {
				try (Jedis each = new Jedis(RedisServers.HOST, port)) {
					each.clusterSetSlotNode(slot, targetId);
				}
			}
		}
	}

	private static boolean has(int port, int slot) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
			String id = jedis.clusterMyId();
			List<Object> ranges = new ArrayList<>(jedis.clusterSlots());
			return ranges.stream().map((range) -> (List<?>) range).anyMatch((range) -> {
				List<?> master = (List<?>) range.get(2);
				return (Long) range.get(0) <= slot && slot <= (Long) range.get(1)
						&& new String((byte[]) master.get(2)).equals(id);
			});
		}
	}

	private static final class ClusterBroker implements RelayBroker {

		@Override
		public ClusterRelay relay(String cluster, EnvelopeCodec codec) {
			List<String> seeds = servers.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
			return new RedisRelay(new LettuceConnectionFactory(new RedisClusterConfiguration(seeds)),
					new RedisRelaySettings("atmosphere:" + cluster + ":", codec, 10_000, Duration.ofSeconds(3)));
		}

		@Override
		public ClusterRelay proxiedRelay(String cluster, EnvelopeCodec codec) {
			return Assumptions.abort("Nodes of a cluster name each other, and not a proxy");
		}

		@Override
		public TcpProxy proxy() {
			throw new UnsupportedOperationException();
		}

		@Override
		public void publishRaw(String cluster, Address address, byte[] bytes) {
			throw new UnsupportedOperationException();
		}

		@Override
		public long connections() {
			throw new UnsupportedOperationException();
		}

	}

}
