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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.test.MachineTime;
import org.awaitility.core.ConditionTimeoutException;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisClusterCRC16;
import redis.embedded.Redis;
import redis.embedded.RedisCluster;
import redis.embedded.RedisSentinel;
import redis.embedded.RedisServer;
import redis.embedded.RedisShardedCluster;
import redis.embedded.core.RedisServerBuilder;

/**
 * Real Redis servers, started as processes on free ports, without persistence.
 */
public final class RedisServers {

	/** The address at which all servers listen. */
	public static final String HOST = "127.0.0.1";

	/** The name of the master in Sentinel's configuration. */
	public static final String MASTER_NAME = "atmosphere";

	private static final int SLOTS = 16_384;

	private RedisServers() {
	}

	/**
	 * Start one server.
	 * @return the running server
	 */
	public static Standalone standalone() {
		return new Standalone(Ports.free(), "save \"\"");
	}

	/**
	 * Start one server that writes every command to disk.
	 * @param directory the directory for its data
	 * @return the running server
	 */
	public static Standalone durable(Path directory) {
		return new Standalone(Ports.free(), "save \"\"", "appendonly yes", "appendfsync always",
				"dir " + directory.toAbsolutePath());
	}

	/**
	 * Start a master with a replica, and a Sentinel that monitors them.
	 * @return the running servers
	 */
	public static RedisCluster sentinel() {
		RedisCluster servers = build(() -> RedisCluster.newRedisCluster()
			.withServerBuilder(RedisServer.newRedisServer().setting("save \"\"").setting("repl-diskless-sync-delay 0"))
			.withSentinelBuilder(RedisSentinel.newRedisSentinel().downAfterMilliseconds(1000).failOverTimeout(3000))
			.ephemeral()
			.sentinelCount(1)
			.quorumSize(1)
			.replicationGroup(MASTER_NAME, 1)
			.build());
		start(servers);
		int sentinelPort = servers.sentinelPorts().get(0);
		MachineTime.await(Duration.ofSeconds(20)).until(() -> {
			try (Jedis jedis = new Jedis(HOST, sentinelPort)) {
				return !jedis.sentinelReplicas(MASTER_NAME).isEmpty();
			}
		});
		return servers;
	}

	/**
	 * Start a cluster of three masters, and wait until each of them is connected to all
	 * others. This may be seconds after the first one serves all slots. A message that is
	 * published before is lost on its way between masters that do not know each other
	 * yet.
	 * @return the running servers
	 */
	public static RedisShardedCluster cluster() {
		RedisShardedCluster servers = build(() -> RedisShardedCluster.newRedisCluster()
			.withServerBuilder(RedisServer.newRedisServer().setting("save \"\""))
			.ephemeral()
			.shard("one", 0)
			.shard("two", 0)
			.shard("three", 0)
			.build());
		start(servers);
		try {
			awaitCluster(servers.serverPorts());
			return servers;
		}
		catch (ConditionTimeoutException ex) {
			String views = describeCluster(servers.serverPorts());
			stop(servers);
			throw new IllegalStateException(views, ex);
		}
	}

	static void awaitCluster(List<Integer> ports) {
		MachineTime.await(Duration.ofSeconds(20))
			.alias("a cluster whose nodes all know each other")
			.until(() -> ports.stream().allMatch((port) -> knows(port, ports.size())));
	}

	/**
	 * Start a cluster of three masters that write every command to disk, and wait until
	 * each of them is connected to all others.
	 * @param directory the directory for their data
	 * @return the running servers
	 */
	static List<Standalone> durableCluster(Path directory) {
		List<Standalone> servers = new ArrayList<>();
		try {
			for (int i = 0; i < 3; i++) {
				Path data = Files.createDirectory(directory.resolve("master-" + i));
				servers.add(new Standalone(Ports.free(), "cluster-enabled yes", "save \"\"", "appendonly yes",
						"appendfsync always", "dir " + data.toAbsolutePath()));
			}
			for (int i = 0; i < 3; i++) {
				try (Jedis jedis = new Jedis(HOST, servers.get(i).port())) {
					jedis.clusterAddSlots(IntStream.range(SLOTS * i / 3, SLOTS * (i + 1) / 3).toArray());
					if (i > 0) {
						jedis.clusterMeet(HOST, servers.get(0).port());
					}
				}
			}
			awaitCluster(servers.stream().map(Standalone::port).toList());
			return servers;
		}
		catch (IOException ex) {
			servers.forEach(Standalone::close);
			throw new UncheckedIOException(ex);
		}
		catch (RuntimeException ex) {
			servers.forEach(Standalone::close);
			throw ex;
		}
	}

	/**
	 * Move the slot of a key to another master, as redis-cli does. When it returns, all
	 * masters know the slot's new master, and keep to it.
	 * @param ports the ports of all masters
	 * @param key the key
	 */
	public static void moveSlot(List<Integer> ports, String key) {
		new RedisSlotMove(ports, key).run();
	}

	/**
	 * Find the master that has a key's slot.
	 * @param ports the ports of all masters
	 * @param key the key
	 * @return the port of the master
	 */
	public static int masterOf(List<Integer> ports, String key) {
		int slot = JedisClusterCRC16.getSlot(key);
		return ports.stream().filter((port) -> has(port, slot)).findFirst().orElseThrow();
	}

	private static boolean has(int port, int slot) {
		try (Jedis jedis = new Jedis(HOST, port)) {
			String id = jedis.clusterMyId();
			List<Object> ranges = new ArrayList<>(jedis.clusterSlots());
			return ranges.stream().map((range) -> (List<?>) range).anyMatch((range) -> {
				List<?> master = (List<?>) range.get(2);
				return (Long) range.get(0) <= slot && slot <= (Long) range.get(1)
						&& new String((byte[]) master.get(2), StandardCharsets.UTF_8).equals(id);
			});
		}
	}

	private static boolean knows(int port, int count) {
		try (Jedis jedis = new Jedis(HOST, port)) {
			List<String> nodes = jedis.clusterNodes().lines().toList();
			return jedis.clusterInfo().contains("cluster_state:ok") && nodes.size() == count
					&& nodes.stream().allMatch((node) -> node.contains(" connected") && !node.contains("handshake"));
		}
	}

	/**
	 * Describe the cluster as each node sees it, and the clients of each node.
	 * @param ports the nodes' ports
	 * @return several lines, for the message of a failure
	 */
	public static String describeCluster(List<Integer> ports) {
		StringBuilder text = new StringBuilder();
		for (int port : ports) {
			text.append("=== ").append(port).append('\n');
			try (Jedis jedis = new Jedis(HOST, port)) {
				text.append(jedis.clusterInfo().lines().limit(7).collect(Collectors.joining(" ")))
					.append('\n')
					.append(jedis.clusterNodes())
					.append(jedis.clientList());
			}
			catch (JedisException ex) {
				text.append(ex).append('\n');
			}
		}
		return text.toString();
	}

	/**
	 * Stop servers in any state.
	 * @param servers the servers
	 */
	public static void stop(Redis servers) {
		try {
			servers.stop();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void start(Redis servers) {
		try {
			servers.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static <T> T build(Building<T> building) {
		try {
			return building.build();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private interface Building<T> {

		T build() throws IOException;

	}

	/**
	 * One server that can be stopped, and started again on the same port.
	 */
	public static final class Standalone implements AutoCloseable {

		private static final String PROCESS_ID = "process_id:";

		private final RedisServer server;

		private final int port;

		private long pid;

		private Standalone(int port, String... settings) {
			this.port = port;
			this.server = RedisServers.build(() -> {
				RedisServerBuilder builder = RedisServer.newRedisServer().port(port).bind(HOST);
				for (String setting : settings) {
					builder.setting(setting);
				}
				return builder.build();
			});
			start();
		}

		public int port() {
			return this.port;
		}

		public void start() {
			RedisServers.start(this.server);
			try (Jedis jedis = new Jedis(HOST, this.port)) {
				this.pid = jedis.info("server")
					.lines()
					.filter((line) -> line.startsWith(PROCESS_ID))
					.mapToLong((line) -> Long.parseLong(line.substring(PROCESS_ID.length())))
					.findFirst()
					.orElseThrow();
			}
		}

		/**
		 * Kill the server, as with signal 9, and wait until it is dead. It writes nothing
		 * more, and answers nothing.
		 */
		public void kill() {
			ProcessHandle.of(this.pid).ifPresent((process) -> {
				process.destroyForcibly();
				process.onExit().join();
			});
			stop();
		}

		/**
		 * Stop the server in order: it writes to disk what is left to write.
		 */
		public void stop() {
			RedisServers.stop(this.server);
		}

		@Override
		public void close() {
			stop();
		}

	}

}
