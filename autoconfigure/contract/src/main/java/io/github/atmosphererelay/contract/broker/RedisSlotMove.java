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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import io.github.atmosphererelay.test.MachineTime;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.MigrateParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Moves a slot of a Redis Cluster to another master.
 * <p>
 * The master that takes the slot gives itself a configuration epoch higher than all that
 * it has heard of. It loses the slot again if the former master has a higher one: what
 * the former master said about its slots before the move may arrive after it. Then each
 * of the two redirects clients to the other, forever. So the slot moves only after its
 * new master has heard of the highest epoch. That is a matter of milliseconds, unless the
 * machine is busy.
 */
final class RedisSlotMove {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	/** How long a master may wait for its disk while it takes a key over. */
	private static final int MIGRATE_MILLIS = 30_000;

	private final List<Integer> ports;

	private final String key;

	/**
	 * Create a move.
	 * @param ports the ports of all masters
	 * @param key a key in the slot
	 */
	RedisSlotMove(List<Integer> ports, String key) {
		this.ports = ports;
		this.key = key;
	}

	/**
	 * Move the slot.
	 */
	void run() {
		int slot = JedisClusterCRC16.getSlot(this.key);
		int from = RedisServers.masterOf(this.ports, this.key);
		int to = target(from);
		try (Jedis source = new Jedis(RedisServers.HOST, from, 2 * MIGRATE_MILLIS);
				Jedis target = new Jedis(RedisServers.HOST, to)) {
			String targetId = target.clusterMyId();
			target.clusterSetSlotImporting(slot, source.clusterMyId());
			source.clusterSetSlotMigrating(slot, targetId);
			for (List<String> keys = source.clusterGetKeysInSlot(slot, 1); !keys.isEmpty(); keys = source
				.clusterGetKeysInSlot(slot, 1)) {
				source.migrate(RedisServers.HOST, to, MIGRATE_MILLIS, MigrateParams.migrateParams(),
						keys.toArray(String[]::new));
			}
			// The target first: otherwise both masters redirect clients to each other
			target.clusterSetSlotNode(slot, targetId);
			for (int port : this.ports) {
				try (Jedis each = new Jedis(RedisServers.HOST, port)) {
					each.clusterSetSlotNode(slot, targetId);
				}
			}
		}
	}

	/**
	 * Wait until another master has heard of all epochs.
	 * @return the port of that master
	 */
	private int target(int from) {
		List<Integer> found = new ArrayList<>();
		MachineTime.await(LIMIT)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(20))
			.alias("a master that knows the highest epoch")
			.until(() -> {
				List<Epochs> all = this.ports.stream().map(Epochs::of).toList();
				// Two masters with the same one are about to choose others
				boolean distinct = all.stream().map(Epochs::own).distinct().count() == all.size();
				long highest = all.stream().mapToLong(Epochs::known).max().orElseThrow();
				all.stream()
					.filter((each) -> distinct && each.port != from && each.known == highest)
					.max(Comparator.comparingLong(Epochs::own))
					.ifPresent((each) -> found.add(each.port));
				return !found.isEmpty();
			});
		return found.get(0);
	}

	/**
	 * The configuration epochs of a master.
	 *
	 * @param port the master's port
	 * @param own the epoch of its claims to slots
	 * @param known the highest one that it has heard of
	 */
	private record Epochs(int port, long own, long known) {

		static Epochs of(int port) {
			try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
				String info = jedis.clusterInfo();
				return new Epochs(port, number(info, "cluster_my_epoch:"), number(info, "cluster_current_epoch:"));
			}
		}

		private static long number(String info, String name) {
			return info.lines()
				.filter((line) -> line.startsWith(name))
				.mapToLong((line) -> Long.parseLong(line.substring(name.length())))
				.findFirst()
				.orElseThrow();
		}

	}

}
