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
import java.util.UUID;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisRelay} on a cluster of which a node answers without belonging to
 * it, wholly or at all. What is published there reaches nobody elsewhere.
 */
class RedisClusterNodesTests {

	/**
	 * So many that one of them would come to the wrong node, all but certainly, if nodes
	 * were chosen by lot.
	 */
	private static final int RELAYS = 9;

	private static final int SLOT = 42;

	private final List<RelayNode> nodes = new ArrayList<>();

	private RedisShardedCluster cluster;

	private List<Integer> ports;

	@BeforeEach
	void start() {
		this.cluster = RedisServers.cluster();
		this.ports = this.cluster.serverPorts();
	}

	@AfterEach
	void stop() {
		this.nodes.forEach((node) -> node.relay().stop());
		RedisServers.stop(this.cluster);
	}

	@ParameterizedTest
	@EnumSource
	void aNodeThatDoesNotKnowAnotherDoesNotSeparateTheRelays(Driver driver) {
		try (Jedis jedis = jedis(0); Jedis other = jedis(1)) {
			// For a minute; the state in which clusters are born as well
			jedis.clusterForget(other.clusterMyId());
			await().until(() -> jedis.clusterInfo().contains("cluster_state:fail"));
		}
		startRelays(driver);
		assertThatAllHearEachOther();
		assertThat(relaysAt(0)).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void aNodeThatHasLeftTheClusterIsNotUsed(Driver driver) {
		removeNode();
		startRelays(driver);
		assertThatAllHearEachOther();
		assertThat(relaysAt(0)).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void aClusterWithoutAllItsSlotsIsUsedAllTheSame(Driver driver) {
		for (int i = 0; i < this.ports.size(); i++) {
			try (Jedis jedis = jedis(i)) {
				jedis.clusterDelSlots(SLOT);
			}
		}
		for (int i = 0; i < this.ports.size(); i++) {
			try (Jedis jedis = jedis(i)) {
				await().until(() -> jedis.clusterInfo().contains("cluster_state:fail"));
			}
		}
		startRelays(driver);
		assertThatAllHearEachOther();
	}

	@ParameterizedTest
	@EnumSource
	void aNodeThatIsRemovedWhileInUseIsReplaced(Driver driver) {
		startRelays(driver);
		assertThatAllHearEachOther();
		removeNode();
		this.nodes.forEach((node) -> node.awaitRoundTrip(Duration.ofSeconds(15)));
		assertThatAllHearEachOther();
		assertThat(relaysAt(0)).isZero();
	}

	private void removeNode() {
		try (Jedis removed = jedis(0)) {
			for (int i = 1; i < this.ports.size(); i++) {
				try (Jedis jedis = jedis(i)) {
					// As redis-cli does, or they would soon have it back
					jedis.clusterForget(removed.clusterMyId());
				}
			}
			removed.clusterReset();
			await().until(() -> removed.clusterInfo().contains("cluster_slots_assigned:0"));
		}
	}

	private void startRelays(Driver driver) {
		List<String> seeds = this.ports.stream().map((port) -> RedisServers.HOST + ":" + port).toList();
		RedisClusterConfiguration configuration = new RedisClusterConfiguration(seeds);
		for (int i = 0; i < RELAYS; i++) {
			this.nodes.add(new RelayNode(new RedisRelay(
					(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
							: new JedisConnectionFactory(configuration),
					RedisTestBroker.settings("topology", new EnvelopeCodec(1000)))));
		}
		this.nodes.forEach(RelayNode::start);
	}

	private void assertThatAllHearEachOther() {
		this.nodes.forEach((node) -> node.subscribe(new Address.Channel("room")));
		List<UUID> sent = this.nodes.stream().map((node) -> node.publish("room", "x").id()).toList();
		for (RelayNode node : this.nodes) {
			await().untilAsserted(() -> assertThat(node.receivedIds())
				.as(() -> node + "\n" + RedisServers.describeCluster(this.ports))
				.containsAll(sent)
				.doesNotHaveDuplicates());
		}
	}

	private long relaysAt(int index) {
		try (Jedis jedis = jedis(index)) {
			return jedis.clientList().lines().filter((line) -> line.contains("cmd=subscribe")).count();
		}
	}

	private Jedis jedis(int index) {
		return new Jedis(RedisServers.HOST, this.ports.get(index));
	}

}
