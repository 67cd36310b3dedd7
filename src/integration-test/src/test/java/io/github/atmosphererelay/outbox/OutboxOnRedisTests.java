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

package io.github.atmosphererelay.outbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.DatabaseServer;
import io.github.atmosphererelay.contract.broker.DatabaseServers;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.contract.broker.TcpProxy;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.outbox.internal.Outbox;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two nodes with their outbox in PostgreSQL and Redis as the relay.
 */
@Reconciles
class OutboxOnRedisTests {

	private static final Duration SOON = Duration.ofSeconds(60);

	/** How long Redis is away. */
	private static final Duration AWAY = Duration.ofSeconds(Boolean.getBoolean("atmosphere.test.long") ? 60 : 15);

	private static DatabaseServer server;

	private static OutboxDatabase database;

	private static Broker.Redis redis;

	/** Between Redis and the second node. The broker's own proxy is the first node's. */
	private static TcpProxy secondProxy;

	/** The first one, which takes the leases of all shards. */
	private static TestNode one;

	private static TestNode two;

	@BeforeAll
	static void start() {
		server = DatabaseServers.newPostgres();
		database = new OutboxDatabase(server);
		redis = new Broker.Redis();
		secondProxy = TcpProxy.start(RedisServers.HOST, redis.server().port());
		one = node();
		MachineTime.await(SOON).until(() -> held(one) == ShardedLog.SHARDS);
		two = node("spring.data.redis.port=" + secondProxy.port());
	}

	private static TestNode node(String... more) {
		List<String> names = Stream.of(more).map((each) -> each.substring(0, each.indexOf('=') + 1)).toList();
		String[] proxied = Stream
			.concat(Stream.of(redis.proxiedProperties()).filter((each) -> names.stream().noneMatch(each::startsWith)),
					Stream.of(more))
			.toArray(String[]::new);
		String[] arguments = Stream
			.concat(database.arguments(4, proxied).stream(),
					Stream.of("test.wait=true", "management.health.db.enabled=false"))
			.toArray(String[]::new);
		return TestNode.start(List.of(OutboxApplication.class), arguments);
	}

	private static int held(TestNode node) {
		Integer held = database.jdbc()
			.queryForObject("SELECT COUNT(*) FROM ATMOSPHERE_LEASE WHERE LEASE_NAME LIKE 'shard-%' AND OWNER_ID = ?",
					Integer.class, node.messaging().identity().id().toString());
		return (held != null) ? held : 0;
	}

	/**
	 * Return the node that forwards the messages of a channel: one that has not reached
	 * Redis for some time leaves that to the other.
	 */
	private static TestNode forwarderOf(String channel) {
		String owner = database.jdbc()
			.queryForObject("SELECT OWNER_ID FROM ATMOSPHERE_LEASE WHERE LEASE_NAME = ?", String.class,
					"shard-" + ShardedLog.shardOf(new Address.Channel(channel)));
		return one.messaging().identity().id().toString().equals(owner) ? one : two;
	}

	private static TcpProxy proxyOf(TestNode node) {
		return (node == one) ? redis.proxy() : secondProxy;
	}

	private static List<TcpProxy> proxies() {
		return List.of(redis.proxy(), secondProxy);
	}

	@AfterAll
	static void stop() throws Exception {
		for (AutoCloseable each : Arrays.asList(two, one, secondProxy, redis, server)) {
			if (each != null) {
				each.close();
			}
		}
	}

	@BeforeEach
	void nothingWaits() {
		for (TestNode node : List.of(one, two)) {
			MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
		}
		MachineTime.await(SOON).until(() -> database.waiting() == 0);
		MachineTime.await(SOON).until(() -> held(one) + held(two) == ShardedLog.SHARDS);
	}

	private static void transaction(TestNode node, Runnable work) {
		new TransactionTemplate(node.bean(PlatformTransactionManager.class))
			.executeWithoutResult((status) -> work.run());
	}

	private static TestClient connect(TestNode node, String channel) {
		return node.connect(channel + "?ack=true").awaitCount(1);
	}

	/** Without the frame that has told that the client is subscribed. */
	private static List<String> texts(TestClient client) {
		List<String> texts = client.texts();
		return texts.subList(1, texts.size());
	}

	private static void assertReceived(TestClient client, List<String> texts) {
		MachineTime.await(SOON).untilAsserted(() -> assertThat(texts(client)).isEqualTo(texts));
	}

	/**
	 * Redis is killed, and has neither logs nor keys when it comes back. So a client of a
	 * recorded channel is told that it has to connect again; the log has what was
	 * committed since. Ephemeral messages are delivered on the node that forwards them,
	 * which may be another one afterwards.
	 */
	@Test
	void whileTheBrokerIsDeadTransactionsGoOnAndThenEverythingArrivesInOrder() {
		Map<String, TestClient> atOne = connect((channel) -> one);
		Map<String, TestClient> atTwo = connect((channel) -> two);
		Map<String, List<String>> committed = writeWhileAway(redis::kill, redis::start, AWAY);
		compare(atOne, committed, (channel, client) -> {
			if (channel.startsWith("chat/")) {
				return inOrder(committed.get(channel), texts(client), texts(atTwo.get(channel)));
			}
			List<String> received = new ArrayList<>(texts(client));
			if (client.isClosed()) {
				List<String> log = history(channel);
				// What was on its way when Redis was killed may be in the new log, too
				assertThat(log).as("the log of " + channel).doesNotHaveDuplicates();
				received.addAll(log);
			}
			return List.copyOf(new LinkedHashSet<>(received));
		});
		atTwo.values().forEach(TestClient::close);
	}

	/**
	 * Merge what two clients have received, each of them in the given order.
	 */
	private static List<String> inOrder(List<String> order, List<String> first, List<String> second) {
		for (List<String> received : List.of(first, second)) {
			List<String> distinct = List.copyOf(new LinkedHashSet<>(received));
			assertThat(distinct).isEqualTo(order.stream().filter(received::contains).toList());
		}
		return order.stream().filter((text) -> first.contains(text) || second.contains(text)).toList();
	}

	/**
	 * Redis keeps what it has, and no client notices.
	 */
	@Test
	void whileTheBrokerCannotBeReachedTransactionsGoOnAndThenEverythingArrivesOnceInOrder() {
		Map<String, TestClient> clients = connect(OutboxOnRedisTests::forwarderOf);
		Map<String, List<String>> committed = writeWhileAway(() -> proxies().forEach(TcpProxy::cut),
				() -> proxies().forEach(TcpProxy::resume), Duration.ofSeconds(5));
		compare(clients, committed, (channel, client) -> texts(client));
	}

	/**
	 * A client in each channel.
	 */
	private static Map<String, TestClient> connect(Function<String, TestNode> nodes) {
		Map<String, TestClient> clients = new LinkedHashMap<>();
		for (int i = 0; i < OutboxApplication.CHANNELS; i++) {
			String channel = OutboxApplication.channel(i);
			clients.put(channel, connect(nodes.apply(channel), channel));
		}
		return clients;
	}

	/**
	 * Let both nodes write before, while and after the broker is away.
	 * @return what they have committed, by channel, in the order of the commits
	 */
	private static Map<String, List<String>> writeWhileAway(Runnable leave, Runnable comeBack, Duration duration) {
		database.jdbc().update("DELETE FROM BUSINESS");
		List<OutboxApplication.Writers> writers = Stream.of(one, two)
			.map((node) -> node.bean(OutboxApplication.Writers.class))
			.toList();
		writers.forEach(OutboxApplication.Writers::start);
		MachineTime.await(SOON).until(() -> database.rows() > 100);
		leave.run();
		MachineTime away = MachineTime.start();
		int before = database.rows();
		for (TestNode node : List.of(one, two)) {
			MachineTime.await(SOON).until(() -> !node.messaging().monitor().isUp());
		}
		MachineTime.await(duration.multipliedBy(2)).until(() -> away.elapsed().compareTo(duration) >= 0);
		assertThat(database.rows() - before).as("rows while the broker was away")
			.isGreaterThan(20 * (int) duration.toSeconds());
		MachineTime.await(SOON)
			.until(() -> one.bean(Outbox.class).statistics().status().waiting() > 10 * duration.toSeconds());
		comeBack.run();
		for (TestNode node : List.of(one, two)) {
			MachineTime.await(SOON).until(() -> node.messaging().monitor().isUp());
		}
		int back = database.rows();
		MachineTime.await(SOON).until(() -> database.rows() > back + 100);
		writers.forEach(OutboxApplication.Writers::stop);
		writers.forEach((each) -> assertThat(each.failures()).isZero());
		MachineTime.await(SOON.multipliedBy(3)).until(() -> database.waiting() == 0);
		assertThat(database.setAside()).isZero();
		Map<String, List<String>> committed = database.committed();
		assertThat(committed).hasSize(OutboxApplication.CHANNELS);
		return committed;
	}

	private static List<String> history(String channel) {
		List<String> texts = new ArrayList<>();
		Position since = null;
		LogPage page;
		do {
			page = one.broadcaster().history(channel, since, Broadcaster.MAX_PAGE).join();
			page.publications().forEach((publication) -> texts.add(publication.payload().asText()));
			since = page.more() ? page.publications().get(page.publications().size() - 1).position() : null;
		}
		while (since != null);
		return texts;
	}

	private static void compare(Map<String, TestClient> clients, Map<String, List<String>> committed,
			BiFunction<String, TestClient, List<String>> received) {
		clients.forEach((channel, client) -> {
			// Awaited by the clock, for the failure to tell what is wrong
			Awaitility.await()
				.atMost(SOON)
				.untilAsserted(() -> assertThat(received.apply(channel, client)).as(channel)
					.isEqualTo(committed.get(channel)));
			client.close();
		});
	}

	/**
	 * One after another, so that each would wait for the holder's next look at the
	 * tables, a second or more.
	 */
	@Test
	void aCommitOnAnotherNodeWakesTheHolderOfTheShard() {
		String channel = "log/" + UUID.randomUUID();
		TestNode holder = forwarderOf(channel);
		TestNode other = (holder == one) ? two : one;
		try (TestClient atHolder = connect(holder, channel); TestClient atOther = connect(other, channel)) {
			MachineTime time = MachineTime.start();
			List<String> texts = new ArrayList<>();
			for (int i = 0; i < 30; i++) {
				String text = "message " + i;
				texts.add(text);
				transaction(other, () -> other.broadcaster().broadcast(channel, text));
				// With the frame that has told that the client is subscribed
				atOther.awaitCount(texts.size() + 1, SOON);
				atHolder.awaitCount(texts.size() + 1, SOON);
			}
			assertThat(texts(atOther)).isEqualTo(texts);
			assertThat(texts(atHolder)).isEqualTo(texts);
			assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(10));
		}
	}

	@Test
	void aTransactionThatStaysOpenDelaysNoOther() throws Exception {
		for (String name : List.of("log/", "chat/")) {
			String channel = name + UUID.randomUUID();
			CountDownLatch published = new CountDownLatch(1);
			CountDownLatch end = new CountDownLatch(1);
			Thread open = new Thread(() -> transaction(two, () -> {
				two.broadcaster().broadcast(channel, "long");
				published.countDown();
				await(end);
			}));
			try (TestClient atOne = connect(one, channel); TestClient atTwo = connect(two, channel)) {
				open.start();
				await(published);
				List<String> texts = new ArrayList<>();
				for (int i = 0; i < 40; i++) {
					TestNode node = (i % 2 == 0) ? one : two;
					String text = "short " + i;
					texts.add(text);
					transaction(node, () -> node.broadcaster().broadcast(channel, text));
				}
				assertReceived(atOne, texts);
				assertReceived(atTwo, texts);
				end.countDown();
				texts.add("long");
				assertReceived(atOne, texts);
				assertReceived(atTwo, texts);
			}
			finally {
				end.countDown();
				open.join();
			}
		}
	}

	/**
	 * Redis gets the message and its answer does not arrive, so that nobody knows whether
	 * it was published.
	 */
	@Test
	void aClientSeesWhichMessageMayHaveBeenSentBefore() {
		String channel = "chat/" + UUID.randomUUID();
		TestNode holder = forwarderOf(channel);
		TestNode other = (holder == one) ? two : one;
		// Only this node is cut off: the other one would miss what is sent again before
		// it is
		// subscribed again
		TcpProxy proxy = proxyOf(holder);
		try (TestClient atHolder = centrifuge(holder, channel); TestClient atOther = centrifuge(other, channel)) {
			proxy.stall();
			transaction(holder, () -> holder.broadcaster().broadcast(channel, "\"text\""));
			// It was sent: the node's own clients get a message with the first attempt
			MachineTime.await(SOON).until(() -> String.join("", atHolder.texts()).contains("push"));
			MachineTime.await(SOON).until(() -> !holder.messaging().monitor().isUp());
			// Without the cut, Redis could get what was stalled, and the other node the
			// first
			// copy, after which it drops the second one
			proxy.cut();
			proxy.resume();
			MachineTime.await(SOON)
				.untilAsserted(() -> assertThat(atOther.texts()).contains("{\"push\":{\"channel\":\"" + channel
						+ "\",\"pub\":{\"data\":\"text\",\"tags\":{\"atmosphere-repeated\":\"true\"}}}}"));
			MachineTime.await(SOON).until(() -> database.waiting() == 0);
			assertThat(atHolder.texts()).filteredOn((text) -> text.contains("push"))
				.containsExactly("{\"push\":{\"channel\":\"" + channel + "\",\"pub\":{\"data\":\"text\"}}}");
		}
		finally {
			proxy.resume();
		}
	}

	private static TestClient centrifuge(TestNode node, String channel) {
		TestClient client = TestClient.connect(node.uri("connection/websocket"));
		client.send("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"" + channel + "\"}}");
		MachineTime.await(SOON).until(() -> String.join("", client.texts()).contains("\"id\":2"));
		return client;
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
