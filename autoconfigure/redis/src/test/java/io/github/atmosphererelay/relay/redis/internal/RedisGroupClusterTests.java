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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.GroupContractTests;
import io.github.atmosphererelay.contract.RelayBroker;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
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

	/**
	 * Longer than the 15 s after which a message is found whose announcement was lost.
	 */
	private static final Duration LIMIT = Duration.ofSeconds(45);

	/** Longer than the minute in which one message has to be published in the end. */
	private static final Duration PUBLISH_LIMIT = Duration.ofSeconds(90);

	/** The time for a command of Redis, which checks no bound. */
	private static final Duration PATIENCE = Duration.ofSeconds(10);

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
			AtomicBoolean moved = new AtomicBoolean();
			CompletableFuture<Integer> publishing = CompletableFuture
				.supplyAsync(() -> publishUntil(moved, publisher, channels));
			for (int i = 0; i < 3; i++) {
				// A log, the lane of its channel, and the lane in the group
				for (String key : List.of("log:{orders/" + i + "}:state",
						"lane:{lane-" + RedisLanes.of("orders/" + i) + "}:recent",
						"group:{billing:" + RedisLanes.of("orders/" + i) + "}:lease")) {
					RedisServers.moveSlot(servers.serverPorts(), "atmosphere:" + cluster() + ":" + key);
				}
			}
			moved.set(true);
			// It ends by itself: a message that is not published in the end fails there
			MachineTime.await(PUBLISH_LIMIT).until(publishing::isDone);
			List<String> expected = IntStream.range(0, publishing.join()).mapToObj(Integer::toString).toList();
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(channels)
					.allSatisfy((channel) -> assertThat(handled.texts(channel).stream().distinct().toList())
						.isEqualTo(expected)));
			MachineTime.await(LIMIT)
				.until(() -> one.runner().statistics().lag() + two.runner().statistics().lag() == 0);
			// A node that stood still for the time of a lease has lost lanes. Their next
			// owner begins where the progress ends, and goes on in order
			long lost = one.count(Event.LANE_LOST) + two.count(Event.LANE_LOST);
			assertThat(channels)
				.allSatisfy((channel) -> assertThat(beginnings(handled.texts(channel))).isBetween(1L, 1 + lost));
		}
	}

	/**
	 * Return how many times a message does not follow the one before it.
	 */
	private static long beginnings(List<String> texts) {
		List<Integer> numbers = texts.stream().map(Integer::valueOf).toList();
		return IntStream.range(0, numbers.size())
			.filter((i) -> i == 0 || numbers.get(i) != numbers.get(i - 1) + 1)
			.count();
	}

	/**
	 * Publish messages in all channels until slots were moved, and some more.
	 * @return how many there are in each channel
	 */
	private static int publishUntil(AtomicBoolean moved, RelayNode publisher, List<String> channels) {
		int count = 0;
		for (int rest = 5; rest > 0; count++) {
			for (String channel : channels) {
				GroupTestNode.publishInTheEnd(publisher, channel, Integer.toString(count));
			}
			if (moved.get()) {
				rest--;
			}
		}
		return count;
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
		int port = RedisServers.masterOf(servers.serverPorts(), lane);
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

	private static final class ClusterBroker implements RelayBroker {

		@Override
		public ClusterRelay relay(String cluster, EnvelopeCodec codec) {
			List<String> seeds = servers.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
			return new RedisRelay(new LettuceConnectionFactory(new RedisClusterConfiguration(seeds)),
					new RedisRelaySettings("atmosphere:" + cluster + ":", codec, 10_000, PATIENCE));
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
