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

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.Ports;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TlsMaterial;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.Reconciles;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.SslOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.embedded.Redis;
import redis.embedded.RedisCluster;
import redis.embedded.RedisShardedCluster;

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.jedis.JedisClientConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link RedisRelay} against every kind of Redis set-up, with either client
 * library.
 */
class RedisTopologyTests {

	private static final Duration CONNECT_TIME = Duration.ofSeconds(15);

	private static final LogOptions LOG = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private final List<RelayNode> nodes = new ArrayList<>();

	private final List<Redis> servers = new ArrayList<>();

	private Process process;

	@AfterEach
	void stop() throws InterruptedException {
		this.nodes.forEach((node) -> node.relay().stop());
		this.servers.forEach(RedisServers::stop);
		if (this.process != null) {
			this.process.destroy();
			this.process.waitFor(5, TimeUnit.SECONDS);
		}
	}

	@ParameterizedTest
	@EnumSource
	void standaloneServerThatRestarts(Driver driver) {
		try (RedisServers.Standalone server = RedisServers.standalone()) {
			RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST,
					server.port());
			configuration.setDatabase(3);
			RelayNode one = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
					: new JedisConnectionFactory(configuration), "standalone");
			RelayNode two = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
					: new JedisConnectionFactory(configuration), "standalone");
			assertCrossing(one, two);
			try (Jedis jedis = new Jedis(RedisServers.HOST, server.port())) {
				assertThat(jedis.clientList()).contains("name=atmosphere-relay").contains("db=3");
			}
			server.stop();
			server.start();
			two.awaitRoundTrip(CONNECT_TIME);
			one.awaitRoundTrip(CONNECT_TIME);
			assertThat(two.gaps()).contains(new Address.Channel("room"));
			Awaitility.await().untilAsserted(() -> assertThat(two.disconnects()).isPositive());
			assertCrossing(one, two);
		}
	}

	@ParameterizedTest
	@EnumSource
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void sentinelThatFailsOver(Driver driver) throws IOException {
		RedisCluster sentinel = RedisServers.sentinel();
		this.servers.add(sentinel);
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master(RedisServers.MASTER_NAME)
			.sentinel(RedisServers.HOST, sentinel.sentinelPorts().get(0));
		RelayNode one = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
				: new JedisConnectionFactory(configuration), "sentinel");
		RelayNode two = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
				: new JedisConnectionFactory(configuration), "sentinel");
		assertCrossing(one, two);
		Position before = one.relay().publish(one.recorded("log", "before", LOG)).join().position();
		int masterPort;
		try (Jedis jedis = new Jedis(RedisServers.HOST, sentinel.sentinelPorts().get(0))) {
			masterPort = Integer.parseInt(jedis.sentinelGetMasterAddrByName(RedisServers.MASTER_NAME).get(1));
		}
		for (Redis server : sentinel.servers()) {
			if (server.ports().contains(masterPort)) {
				server.stop();
			}
		}
		one.awaitRoundTrip(Duration.ofSeconds(30));
		two.awaitRoundTrip(Duration.ofSeconds(30));
		assertCrossing(one, two);
		LogPage page = two.log().read("log", before, 10, ReadDirection.FORWARD).join();
		assertThat(page.complete()).isFalse();
		assertThat(one.relay().publish(one.recorded("log", "after", LOG)).join().position()).extracting(Position::epoch)
			.isEqualTo(page.end().epoch());
	}

	@ParameterizedTest
	@EnumSource
	void clusterThatLosesANode(Driver driver) throws IOException {
		RedisShardedCluster cluster = RedisServers.cluster();
		this.servers.add(cluster);
		List<String> seeds = cluster.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
		RedisClusterConfiguration configuration = new RedisClusterConfiguration(seeds);
		RelayNode one = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
				: new JedisConnectionFactory(configuration), "cluster");
		RelayNode two = node((driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
				: new JedisConnectionFactory(configuration), "cluster");
		assertCrossing(one, two);
		// Channels of all slots, in the order in which they are published
		List<String> channels = IntStream.range(0, 300).mapToObj((i) -> "slot/" + i).toList();
		two.subscribe(channels.stream().map(Address.Channel::new).toArray(Address[]::new));
		List<UUID> sent = channels.stream().map((channel) -> one.publish(channel, "x").id()).toList();
		Awaitility.await()
			.untilAsserted(() -> assertThat(two.received(one.id()).stream().skip(1).map(Envelope::id)).isEqualTo(sent));
		cluster.servers().get(0).stop();
		one.awaitRoundTrip(CONNECT_TIME);
		two.awaitRoundTrip(CONNECT_TIME);
		assertCrossing(one, two);
	}

	@Test
	@Reconciles
	@Covers(KnownFault.BROKER_FAILS_OVER)
	void logsOfAllSlotsUnderClusterSurviveTheLossOfANode() throws IOException {
		RedisShardedCluster cluster = RedisServers.cluster();
		this.servers.add(cluster);
		List<String> seeds = cluster.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
		RedisClusterConfiguration configuration = new RedisClusterConfiguration(seeds);
		configuration.setUsername("relay");
		configuration.setPassword("secret");
		createAccounts(cluster);
		RelayNode one = node(new LettuceConnectionFactory(configuration), "cluster");
		RelayNode two = node(new LettuceConnectionFactory(configuration), "cluster");
		assertThat(one.relay().log()).isNotNull();
		List<String> channels = IntStream.range(0, 60).mapToObj((i) -> "slot/" + i).toList();
		two.subscribe(channels.stream().map(Address.Channel::new).toArray(Address[]::new));
		List<CompletableFuture<Receipt>> open = new ArrayList<>();
		for (int round = 0; round < 20; round++) {
			for (String channel : channels) {
				open.add(one.relay().publish(one.recorded(channel, "round " + round, LOG)));
			}
		}
		List<Receipt> receipts = open.stream().map((each) -> each.orTimeout(10, TimeUnit.SECONDS).join()).toList();
		for (int i = 0; i < receipts.size(); i++) {
			assertThat(receipts.get(i).outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(receipts.get(i).position()).extracting(Position::offset)
				.isEqualTo((long) i / channels.size() + 1);
		}
		Awaitility.await()
			.untilAsserted(() -> assertThat(two.receivedIds())
				.containsExactlyInAnyOrderElementsOf(receipts.stream().map(Receipt::messageId).toList()));
		for (String channel : channels) {
			assertThat(two.log().position(channel).join().offset()).isEqualTo(20);
			assertThat(two.log().read(channel, null, 100, ReadDirection.FORWARD).join().publications())
				.extracting((each) -> each.payload().asText())
				.isEqualTo(IntStream.range(0, 20).mapToObj((i) -> "round " + i).toList());
		}
		for (int port : cluster.serverPorts()) {
			try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
				assertThat(jedis.clientList().lines().filter((line) -> !line.contains("cmd=client")))
					.hasSizeBetween(2, 6)
					.allMatch((line) -> line.contains("user=relay") && line.contains("name=atmosphere-relay"));
			}
		}
		Position before = one.log().position("slot/0").join();
		cluster.servers().get(0).stop();
		one.awaitRoundTrip(CONNECT_TIME);
		int failed = 0;
		for (String channel : channels) {
			failed += one.log()
				.position(channel)
				.orTimeout(5, TimeUnit.SECONDS)
				.handle((position, ex) -> (ex != null) ? 1 : 0)
				.join();
		}
		// The slots of the node that is gone, or all once the others say so
		assertThat(failed).isPositive();
		cluster.servers().get(0).start();
		createAccounts(cluster);
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(channels)
				.allSatisfy((channel) -> assertThat(one.relay().publish(one.recorded(channel, "after", LOG)).join())
					.extracting(Receipt::outcome)
					.isEqualTo(Outcome.RELAYED)));
		assertThat(before.offset()).isEqualTo(20);
	}

	@Test
	void aNodeOfAClusterThatDoesNotAnswerIsConnectedAnew() throws IOException {
		RedisShardedCluster cluster = RedisServers.cluster();
		this.servers.add(cluster);
		List<String> seeds = cluster.serverPorts().stream().map((port) -> RedisServers.HOST + ":" + port).toList();
		RelayNode one = node(new LettuceConnectionFactory(new RedisClusterConfiguration(seeds)), "cluster");
		one.relay().publish(one.recorded("log", "before", LOG)).join();
		int port = cluster.serverPorts().stream().filter(RedisTopologyTests::hasTheLog).findFirst().orElseThrow();
		try (Jedis admin = new Jedis(RedisServers.HOST, port)) {
			long connections = connectionsReceived(admin);
			admin.clientPause(3000);
			CompletableFuture<Receipt> frozen = one.relay().publish(one.recorded("log", "frozen", LOG));
			assertThat(frozen.orTimeout(3, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
			Awaitility.await()
				.ignoreExceptions()
				.until(() -> one.relay()
					.publish(one.recorded("log", "after", LOG))
					.join()
					.outcome() == Outcome.RELAYED);
			assertThat(connectionsReceived(admin)).isGreaterThan(connections);
		}
	}

	private static boolean hasTheLog(int port) {
		try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
			return !jedis.keys("*log:{log}:stream").isEmpty();
		}
	}

	private static long connectionsReceived(Jedis admin) {
		return admin.info("stats")
			.lines()
			.filter((line) -> line.startsWith("total_connections_received:"))
			.mapToLong((line) -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
			.sum();
	}

	private static void createAccounts(RedisShardedCluster cluster) {
		for (int port : cluster.serverPorts()) {
			try (Jedis jedis = new Jedis(RedisServers.HOST, port)) {
				jedis.aclSetUser("relay", "on", ">secret", "allkeys", "allchannels", "allcommands");
			}
		}
	}

	@Test
	void jedisUnderClusterTellsWhatToUseForLogs() {
		RedisRelay relay = new RedisRelay(
				new JedisConnectionFactory(new RedisClusterConfiguration(List.of(RedisServers.HOST + ":1"))),
				RedisTestBroker.settings("topology", new EnvelopeCodec(1000)));
		assertThat(relay.capabilities()).containsExactly(RelayCapability.CLUSTERED);
		RelayNode node = new RelayNode(relay);
		assertThat(relay.log()).isNull();
		CompletableFuture<Receipt> receipt = relay.publish(node.recorded("log", "x", LOG));
		assertThat(receipt).isCompletedExceptionally();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(receipt::join)
			.withCauseInstanceOf(RelayWithoutLogException.class)
			.withMessageContaining("Lettuce");
	}

	@ParameterizedTest
	@EnumSource
	void serverWithTlsAndPassword(Driver driver, @TempDir Path directory) throws Exception {
		TlsMaterial material = TlsMaterial.create(directory);
		int port = startTlsServer(material, directory);
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration("localhost", port);
		configuration.setUsername("relay");
		configuration.setPassword("secret");
		RelayNode one = node(tlsFactory(driver, configuration, material), "standalone");
		RelayNode two = node(tlsFactory(driver, configuration, material), "standalone");
		assertCrossing(one, two);
	}

	@Test
	void otherConnectionFactoriesAreRefused() {
		RedisRelaySettings settings = RedisTestBroker.settings("test", new EnvelopeCodec(1000));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RedisRelay(mock(RedisConnectionFactory.class), settings))
			.withMessageContaining("LettuceConnectionFactory or a JedisConnectionFactory");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RedisRelay(
					new LettuceConnectionFactory(new RedisStaticMasterReplicaConfiguration("localhost"),
							LettuceClientConfiguration.defaultConfiguration()),
					settings))
			.withMessageContaining("master/replica");
	}

	private RedisConnectionFactory tlsFactory(Driver driver, RedisStandaloneConfiguration configuration,
			TlsMaterial material) throws Exception {
		if (driver == Driver.JEDIS) {
			return new JedisConnectionFactory(configuration,
					JedisClientConfiguration.builder()
						.clientName("shop")
						.useSsl()
						.sslSocketFactory(material.socketFactory())
						.build());
		}
		SslOptions ssl = SslOptions.builder().trustManager(material.certificate().toFile()).build();
		return new LettuceConnectionFactory(configuration,
				LettuceClientConfiguration.builder()
					.clientName("shop")
					.useSsl()
					.and()
					.clientOptions(ClientOptions.builder().sslOptions(ssl).build())
					.build());
	}

	private int startTlsServer(TlsMaterial material, Path directory) throws Exception {
		int port = Ports.free();
		File log = directory.resolve("redis.log").toFile();
		Path configuration = directory.resolve("redis.conf");
		Files.writeString(configuration, """
				port 0
				tls-port %d
				tls-cert-file %s
				tls-key-file %s
				tls-ca-cert-file %s
				tls-auth-clients no
				bind 127.0.0.1
				dir %s
				save ""
				user default off
				user relay on >secret allchannels allkeys allcommands
				""".formatted(port, material.certificate(), material.key(), material.certificate(), directory));
		try {
			// The embedded server is built without TLS
			this.process = new ProcessBuilder("redis-server", configuration.toString()).redirectErrorStream(true)
				.redirectOutput(log)
				.start();
		}
		catch (IOException ex) {
			skip("no redis-server on the PATH (Debian package redis-server)");
		}
		Awaitility.await()
			.until(() -> !this.process.isAlive() || Files.readString(log.toPath()).contains("Ready to accept"));
		if (!this.process.isAlive()) {
			String output = Files.readString(log.toPath());
			assertThat(output).as("what redis-server said").contains("tls-port");
			skip("the redis-server on the PATH is built without TLS");
		}
		return port;
	}

	private static void skip(String reason) {
		System.out.println("SKIPPED Redis over TLS: " + reason);
		Assumptions.abort(reason);
	}

	private RelayNode node(RedisConnectionFactory factory, String topology) {
		RedisRelay relay = new RedisRelay(factory, RedisTestBroker.settings("topology", new EnvelopeCodec(1000)));
		assertThat(relay.details()).containsEntry("topology", topology);
		RelayNode node = new RelayNode(relay);
		this.nodes.add(node);
		return node.start().awaitRoundTrip(CONNECT_TIME);
	}

	private void assertCrossing(RelayNode one, RelayNode two) {
		List.of(one, two).forEach((node) -> node.subscribe(new Address.Channel("room"), Address.CONTROL));
		Envelope first = one.publish("room", "from one");
		Envelope second = two.publish("room", "from two");
		for (RelayNode node : List.of(one, two)) {
			Awaitility.await()
				.untilAsserted(() -> assertThat(node.receivedIds()).as(this::describe)
					.containsOnlyOnce(first.id())
					.containsOnlyOnce(second.id()));
		}
	}

	private String describe() {
		StringBuilder text = new StringBuilder();
		for (RelayNode node : this.nodes) {
			text.append(node).append('\n');
		}
		for (Redis server : this.servers) {
			if (server instanceof RedisShardedCluster cluster) {
				text.append(RedisServers.describeCluster(cluster.serverPorts()));
			}
		}
		return text.toString();
	}

}
