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

package io.github.atmosphererelay.contract.broker;

import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.embedded.RedisShardedCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisSlotMove}: in a cluster whose masters redirect clients to each
 * other forever, every test of clients fails.
 */
class RedisSlotMoveTests {

	private static final String EPOCH = "cluster_my_epoch:";

	private static RedisShardedCluster servers;

	@BeforeAll
	static void start() {
		servers = RedisServers.cluster();
	}

	@AfterAll
	static void stop() {
		RedisServers.stop(servers);
	}

	/**
	 * What a master said of its slots before a move may arrive after it. The slot's new
	 * master believes it unless its own epoch is higher, and then the two redirect
	 * clients to each other forever.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "a", "b", "c", "d" })
	void aSlotsNewMasterHasAHigherEpochThanTheFormerOneAlsoIfThatOneHasJustChanged(String key) {
		List<Integer> ports = servers.serverPorts();
		int former = RedisServers.masterOf(ports, key);
		try (Jedis jedis = new Jedis(RedisServers.HOST, former)) {
			// The other masters hear of it with one of the next pings
			jedis.clusterBumpEpoch();
		}
		RedisServers.moveSlot(ports, key);
		int master = RedisServers.masterOf(ports, key);
		assertThat(master).isNotEqualTo(former);
		assertThat(epoch(master)).isGreaterThan(epoch(former));
	}

	private static long epoch(int port) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
			return jedis.clusterInfo()
				.lines()
				.filter((line) -> line.startsWith(EPOCH))
				.mapToLong((line) -> Long.parseLong(line.substring(EPOCH.length())))
				.findFirst()
				.orElseThrow();
		}
	}

}
