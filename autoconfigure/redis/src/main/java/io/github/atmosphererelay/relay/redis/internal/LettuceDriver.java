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
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.github.atmosphererelay.relay.redis.internal.RedisClusterChoice.Chosen;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.DirectFieldAccessor;
import org.springframework.beans.NotReadablePropertyException;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.StringUtils;

/**
 * Connects with a separate Lettuce client, which Spring Data creates from the
 * application's configuration. It uses the application's event loops if the application
 * has client resources to share. The client outlives its links: Lettuce shuts event loops
 * down with the last client that uses them, and the timers of a failed attempt would then
 * fail.
 */
final class LettuceDriver implements RedisDriver {

	private final RedisConfiguration configuration;

	private final LettuceConnectionFactory applicationFactory;

	private final RedisRelaySettings settings;

	private final CompletionThread completionThread = new CompletionThread();

	private @Nullable LettuceConnectionFactory factory;

	private @Nullable RedisClient nodeClient;

	private @Nullable ClientResources ownResources;

	private @Nullable BatchingResources batchingResources;

	LettuceDriver(LettuceConnectionFactory applicationFactory, RedisRelaySettings settings) {
		this.applicationFactory = applicationFactory;
		this.settings = settings;
		this.configuration = configuration(applicationFactory);
		if (RedisConfiguration.isStaticMasterReplicaConfiguration(this.configuration)) {
			throw new IllegalArgumentException("The redis relay needs pub/sub, which Lettuce does not support with a"
					+ " static master/replica configuration. Give the relay a connection factory for the master, for"
					+ " Sentinel or for Cluster, and mark it with @AtmosphereRelayConnection");
		}
	}

	@Override
	public String name() {
		return "lettuce";
	}

	@Override
	public String topology() {
		if (RedisConfiguration.isClusterConfiguration(this.configuration)) {
			return "cluster";
		}
		return RedisConfiguration.isSentinelConfiguration(this.configuration) ? "sentinel" : "standalone";
	}

	@Override
	public RedisLink connect(RedisLink.Listener listener) {
		AbstractRedisClient client = client();
		if (client instanceof RedisClusterClient clusterClient) {
			Chosen<ClusterNode> chosen = connectCluster(clusterClient);
			ClusterNode node = chosen.publisher();
			ClusterNode other = chosen.subscriber();
			return connect(client, node.connection(),
					() -> ((other != null) ? other : openNode(node.uri())).connection(), listener);
		}
		RedisClient redisClient = (RedisClient) client;
		Supplier<StatefulRedisPubSubConnection<byte[], byte[]>> connections = () -> usable(
				redisClient.connectPubSub(ByteArrayCodec.INSTANCE));
		return connect(client, connections.get(), connections, listener);
	}

	private StatefulRedisPubSubConnection<byte[], byte[]> usable(
			StatefulRedisPubSubConnection<byte[], byte[]> connection) {
		return LettuceActivation.await(connection, this.settings.commandTimeout());
	}

	private RedisLink connect(AbstractRedisClient client, StatefulRedisPubSubConnection<byte[], byte[]> publisher,
			Supplier<StatefulRedisPubSubConnection<byte[], byte[]>> subscribers, RedisLink.Listener listener) {
		StatefulRedisPubSubConnection<byte[], byte[]> subscriber = null;
		try {
			subscriber = subscribers.get();
			if (RedisConfiguration.isSentinelConfiguration(this.configuration)) {
				requireMaster(publisher);
			}
			LettuceRefusals refusals = new LettuceRefusals(this.settings.maxPending());
			PendingBytes pendingBytes = new PendingBytes();
			RedisServerInfo server = serverInfo(publisher, client instanceof RedisClusterClient);
			ScriptRunner scripts = scripts(client, publisher, refusals, pendingBytes);
			LettuceLink link = new LettuceLink(publisher, subscriber, scripts, server, refusals, pendingBytes,
					listener);
			link.watch();
			return link;
		}
		catch (RuntimeException | Error ex) {
			publisher.closeAsync();
			if (subscriber != null) {
				subscriber.closeAsync();
			}
			throw ex;
		}
	}

	private ScriptRunner scripts(AbstractRedisClient client, StatefulRedisPubSubConnection<byte[], byte[]> publisher,
			LettuceRefusals refusals, PendingBytes pendingBytes) {
		if (client instanceof RedisClusterClient clusterClient) {
			return new LettuceClusterScriptRunner(clusterClient, nodeClient(), this::nodeUri, refusals, pendingBytes,
					this.settings.commandTimeout(), this.completionThread);
		}
		LettuceScriptRunner scripts = new LettuceScriptRunner(refusals, pendingBytes, this.completionThread);
		scripts.open(publisher);
		return scripts;
	}

	@Override
	public synchronized void close() {
		RedisClient nodeClient = this.nodeClient;
		this.nodeClient = null;
		if (nodeClient != null) {
			nodeClient.shutdown(0, 500, TimeUnit.MILLISECONDS);
		}
		LettuceConnectionFactory factory = this.factory;
		this.factory = null;
		if (factory != null) {
			factory.destroy();
		}
		ClientResources resources = this.ownResources;
		this.ownResources = null;
		if (resources != null) {
			resources.shutdown(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1000);
		}
	}

	private synchronized AbstractRedisClient client() {
		LettuceConnectionFactory factory = this.factory;
		if (factory == null) {
			factory = new LettuceConnectionFactory(this.configuration, clientConfiguration());
			factory.afterPropertiesSet();
			this.factory = factory;
		}
		return factory.getRequiredNativeClient();
	}

	private synchronized RedisClient nodeClient() {
		RedisClient client = this.nodeClient;
		if (client == null) {
			// Connects to single nodes, at the addresses of the cluster's topology
			client = RedisClient.create(resources());
			clientConfiguration().getClientOptions().ifPresent(client::setOptions);
			this.nodeClient = client;
		}
		return client;
	}

	private RedisURI nodeUri(RedisURI address) {
		// Spring Data sets credentials and TLS for the configured nodes. The nodes that
		// Lettuce discovers have neither.
		LettuceRelayClientConfiguration client = clientConfiguration();
		RedisURI.Builder builder = RedisURI.builder()
			.withHost(address.getHost())
			.withPort(address.getPort())
			.withSsl(client.isUseSsl())
			.withVerifyPeer(client.getVerifyMode())
			.withStartTls(client.isStartTls())
			.withTimeout(client.getCommandTimeout());
		client.getClientName().ifPresent(builder::withClientName);
		client.getRedisCredentialsProviderFactory()
			.map((credentials) -> credentials.createCredentialsProvider(this.configuration))
			.ifPresentOrElse(builder::withAuthentication, () -> authenticate(builder));
		return builder.build();
	}

	private void authenticate(RedisURI.Builder builder) {
		String username = RedisConfiguration.getUsernameOrElse(this.configuration, () -> "");
		String password = RedisConfiguration.getPasswordOrElse(this.configuration, RedisPassword::none)
			.toOptional()
			.map(String::new)
			.orElse("");
		if (StringUtils.hasText(username)) {
			builder.withAuthentication(username, password);
		}
		else if (!password.isEmpty()) {
			builder.withPassword(password.toCharArray());
		}
	}

	private synchronized LettuceRelayClientConfiguration clientConfiguration() {
		return new LettuceRelayClientConfiguration(this.applicationFactory.getClientConfiguration(), resources(),
				this.settings);
	}

	private ClientResources resources() {
		ClientResources resources = this.applicationFactory.getClientResources();
		if (resources == null) {
			resources = this.ownResources;
			if (resources == null) {
				resources = DefaultClientResources.create();
				this.ownResources = resources;
			}
		}
		BatchingResources batching = this.batchingResources;
		if (batching == null || !batching.areOf(resources)) {
			// One for all of their clients, which share event loops
			batching = new BatchingResources(resources);
			this.batchingResources = batching;
		}
		return batching;
	}

	private Chosen<ClusterNode> connectCluster(RedisClusterClient client) {
		// The topology may have changed, also while there was no connection
		client.refreshPartitions();
		List<RedisURI> nodes = new ArrayList<>();
		for (RedisClusterNode node : client.getPartitions()) {
			if (!node.is(NodeFlag.NOADDR) && !node.is(NodeFlag.HANDSHAKE)) {
				nodes.add(node.getUri());
			}
		}
		Collections.shuffle(nodes);
		// Any node will do, because every node delivers what is published at any other.
		// Lettuce's cluster connection, which chooses a node for each key, does not keep
		// the order while it connects.
		return new RedisClusterChoice<>(this::openNode, LettuceDriver::clusterInfo, ClusterNode::close).connect(nodes);
	}

	private ClusterNode openNode(RedisURI uri) {
		return new ClusterNode(uri, usable(nodeClient().connectPubSub(ByteArrayCodec.INSTANCE, nodeUri(uri))));
	}

	private static RedisClusterInfo clusterInfo(ClusterNode node) {
		try {
			return RedisClusterInfo.parse(node.connection().sync().clusterInfo());
		}
		catch (RedisCommandExecutionException ex) {
			// The account may publish, but lacks the right to this command
			return RedisClusterInfo.UNKNOWN;
		}
	}

	private static RedisServerInfo serverInfo(StatefulRedisPubSubConnection<byte[], byte[]> connection,
			boolean cluster) {
		try {
			return RedisServerInfo.parse(connection.sync().info(), cluster);
		}
		catch (RedisCommandExecutionException ex) {
			// The account may publish, but lacks the right to this command
			return new RedisServerInfo(cluster, null);
		}
	}

	private static void requireMaster(StatefulRedisPubSubConnection<byte[], byte[]> connection) {
		// A former master would accept a message and deliver it to nobody
		List<Object> role;
		try {
			role = connection.sync().role();
		}
		catch (RedisCommandExecutionException ex) {
			// The account may publish, but lacks the right to this command
			return;
		}
		if (!role.isEmpty() && role.get(0) instanceof byte[] name
				&& !"master".equals(new String(name, StandardCharsets.US_ASCII))) {
			throw new IllegalStateException("The server that Sentinel has named is not the master (any more)");
		}
	}

	private static RedisConfiguration configuration(LettuceConnectionFactory factory) {
		if (factory.getClusterConfiguration() != null) {
			return factory.getClusterConfiguration();
		}
		if (factory.getSentinelConfiguration() != null) {
			return factory.getSentinelConfiguration();
		}
		if (factory.getSocketConfiguration() != null) {
			return factory.getSocketConfiguration();
		}
		try {
			// A factory that was created with a RedisConfiguration of another type keeps
			// it in this field, and returns a default from its getter. The same holds for
			// master/replica.
			Object configuration = new DirectFieldAccessor(factory).getPropertyValue("configuration");
			if (configuration instanceof RedisConfiguration redisConfiguration) {
				return redisConfiguration;
			}
		}
		catch (NotReadablePropertyException ex) {
			// Another version of Spring Data, or a native image
		}
		return factory.getStandaloneConfiguration();
	}

	/**
	 * A node of a cluster, and the connection to it that is used to publish.
	 */
	private record ClusterNode(RedisURI uri, StatefulRedisPubSubConnection<byte[], byte[]> connection) {

		private void close() {
			this.connection.closeAsync();
		}

	}

}
