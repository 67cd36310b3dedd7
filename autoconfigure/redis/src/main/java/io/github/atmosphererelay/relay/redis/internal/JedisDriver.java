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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.relay.redis.internal.RedisClusterChoice.Chosen;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.util.Assert;

/**
 * Connects with Jedis, by single connections without a pool: a connection of a pool
 * cannot be closed by another thread while it is in use, so a frozen one would stay open.
 */
final class JedisDriver implements RedisDriver {

	private final @Nullable RedisSentinelConfiguration sentinel;

	private final @Nullable RedisClusterConfiguration cluster;

	private final RedisStandaloneConfiguration standalone;

	private final JedisClientConfig clientConfig;

	private final @Nullable JedisClientConfig sentinelClientConfig;

	private final RedisRelaySettings settings;

	JedisDriver(JedisConnectionFactory applicationFactory, RedisRelaySettings settings) {
		this.settings = settings;
		this.sentinel = applicationFactory.getSentinelConfiguration();
		this.cluster = applicationFactory.getClusterConfiguration();
		RedisStandaloneConfiguration standalone = applicationFactory.getStandaloneConfiguration();
		this.standalone = (standalone != null) ? standalone : new RedisStandaloneConfiguration();
		AtomicReference<JedisClientConfig> built = new AtomicReference<>();
		JedisRelayClientConfiguration configuration = new JedisRelayClientConfiguration(
				applicationFactory.getClientConfiguration(), settings, built::set);
		this.clientConfig = build(factory(configuration), built);
		this.sentinelClientConfig = (this.sentinel != null)
				? build(new JedisConnectionFactory(sentinelCredentials(this.sentinel), configuration), built) : null;
	}

	private JedisConnectionFactory factory(JedisRelayClientConfiguration configuration) {
		if (this.cluster != null) {
			return new JedisConnectionFactory(this.cluster, configuration);
		}
		if (this.sentinel != null) {
			return new JedisConnectionFactory(this.sentinel, configuration);
		}
		return new JedisConnectionFactory(this.standalone, configuration);
	}

	private static JedisClientConfig build(JedisConnectionFactory factory, AtomicReference<JedisClientConfig> built) {
		// Makes Spring Data convert its configuration for Jedis, without connecting
		factory.setEarlyStartup(false);
		factory.afterPropertiesSet();
		JedisClientConfig config = built.get();
		Assert.state(config != null,
				"Spring Data has built no configuration for Jedis from the JedisConnectionFactory");
		return config;
	}

	private static RedisStandaloneConfiguration sentinelCredentials(RedisSentinelConfiguration sentinel) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration();
		configuration.setUsername(sentinel.getSentinelUsername());
		configuration.setPassword(sentinel.getSentinelPassword());
		return configuration;
	}

	@Override
	public String name() {
		return "jedis";
	}

	@Override
	public String topology() {
		if (this.cluster != null) {
			return "cluster";
		}
		return (this.sentinel != null) ? "sentinel" : "standalone";
	}

	@Override
	public boolean runsScripts() {
		// A link has a connection to only one node
		return this.cluster == null;
	}

	@Override
	public RedisLink connect(RedisLink.Listener listener) {
		if (this.cluster != null) {
			Chosen<Node> chosen = new RedisClusterChoice<>(this::openNode, JedisDriver::clusterInfo, Node::close)
				.connect(shuffled(this.cluster.getClusterNodes()));
			return connect(chosen.publisher(), chosen.subscriber(), listener);
		}
		RuntimeException failure = new JedisConnectionException(
				"No Redis server is configured: set 'spring.data.redis.host'");
		for (HostAndPort server : servers()) {
			try {
				return connect(server, listener);
			}
			catch (JedisException ex) {
				failure = ex;
			}
		}
		throw failure;
	}

	private RedisLink connect(HostAndPort server, RedisLink.Listener listener) {
		return connect(openNode(server), null, listener);
	}

	private Node openNode(HostAndPort server) {
		Connection connection = new Connection(server, this.clientConfig);
		try {
			connection.connect();
			return new Node(server, connection);
		}
		catch (JedisException ex) {
			JedisLink.disconnect(connection);
			throw ex;
		}
	}

	private RedisLink connect(Node node, @Nullable Node other, RedisLink.Listener listener) {
		Connection publisher = node.connection();
		try {
			if (this.sentinel != null) {
				requireMaster(publisher);
			}
			Connection subscriber = (other != null) ? other.connection()
					: new Connection(node.server(), this.clientConfig);
			JedisLink link = new JedisLink(publisher, subscriber, serverInfo(publisher), this.settings, listener);
			link.open();
			return link;
		}
		catch (JedisException ex) {
			node.close();
			if (other != null) {
				other.close();
			}
			throw ex;
		}
	}

	private List<HostAndPort> servers() {
		if (this.sentinel != null) {
			return List.of(findMaster(this.sentinel));
		}
		return List.of(new HostAndPort(this.standalone.getHostName(), this.standalone.getPort()));
	}

	private HostAndPort findMaster(RedisSentinelConfiguration sentinel) {
		Assert.state(sentinel.getMaster() != null && this.sentinelClientConfig != null,
				"No master is configured: set 'spring.data.redis.sentinel.master'");
		JedisException failure = new JedisConnectionException("No sentinel knows the address of the master");
		for (HostAndPort node : shuffled(sentinel.getSentinels())) {
			try (Jedis jedis = new Jedis(node, this.sentinelClientConfig)) {
				List<String> master = jedis.sentinelGetMasterAddrByName(sentinel.getMaster().getName());
				if (master != null && master.size() == 2) {
					return new HostAndPort(master.get(0), Integer.parseInt(master.get(1)));
				}
			}
			catch (JedisException ex) {
				failure = ex;
			}
		}
		throw failure;
	}

	private RedisServerInfo serverInfo(Connection connection) {
		try {
			Object info = connection.executeCommand(new CommandArguments(Command.INFO));
			return (info instanceof byte[] bytes)
					? RedisServerInfo.parse(new String(bytes, StandardCharsets.UTF_8), this.cluster != null)
					: new RedisServerInfo(this.cluster != null, null);
		}
		catch (JedisDataException ex) {
			// The account may publish, but lacks the right to this command
			return new RedisServerInfo(this.cluster != null, null);
		}
	}

	private static RedisClusterInfo clusterInfo(Node node) {
		try {
			Object info = node.connection().executeCommand(new CommandArguments(Command.CLUSTER).add("INFO"));
			return (info instanceof byte[] bytes) ? RedisClusterInfo.parse(new String(bytes, StandardCharsets.UTF_8))
					: RedisClusterInfo.UNKNOWN;
		}
		catch (JedisDataException ex) {
			// The account may publish, but lacks the right to this command
			return RedisClusterInfo.UNKNOWN;
		}
	}

	private static void requireMaster(Connection connection) {
		// A former master would accept a message and deliver it to nobody
		Object role;
		try {
			role = connection.executeCommand(new CommandArguments(Command.ROLE));
		}
		catch (JedisDataException ex) {
			// The account may publish, but lacks the right to this command
			return;
		}
		if (role instanceof List<?> parts && !parts.isEmpty() && parts.get(0) instanceof byte[] name
				&& !"master".equals(new String(name, StandardCharsets.US_ASCII))) {
			throw new JedisConnectionException("The server that Sentinel has named is not the master (any more)");
		}
	}

	private static List<HostAndPort> shuffled(Iterable<RedisNode> nodes) {
		List<HostAndPort> servers = new ArrayList<>();
		for (RedisNode node : nodes) {
			servers.add(new HostAndPort(node.getRequiredHost(), node.getRequiredPort()));
		}
		Collections.shuffle(servers);
		return servers;
	}

	/**
	 * A server, and the connection to it that is used to publish.
	 */
	private record Node(HostAndPort server, Connection connection) {

		private void close() {
			JedisLink.disconnect(this.connection);
		}

	}

}
