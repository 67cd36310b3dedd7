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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.event.MessagesMissed;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupOptions.Start;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.redis.internal.GroupTestNode.Handled;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for consumer groups on one Redis server: what its keys hold, and what happens if
 * they are lost.
 */
@Reconciles
class RedisGroupTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	/** What the page about Redis names, and what the client libraries need. */
	private static final String[] RIGHTS = { "on", ">secret", "resetchannels", "&atmosphere:*", "~atmosphere:*",
			"+publish", "+subscribe", "+unsubscribe", "+ping", "+role", "+eval", "+evalsha", "+info", "+time",
			"+pexpireat", "+unlink", "+xadd", "+xrange", "+xrevrange", "+xtrim", "+get", "+mget", "+set", "+zadd",
			"+zscore", "+zrangebyscore", "+zrem", "+zremrangebyrank", "+pexpire", "+zrange", "+hget", "+hmget", "+hset",
			"+hsetnx", "+hdel", "+hscan", "+hlen", "+hgetall", "+sadd", "+smembers", "+del", "+hello", "+client" };

	private static RedisServers.Standalone server;

	private static RedisTestBroker broker;

	private final String cluster = "groups-" + UUID.randomUUID();

	private final List<GroupTestNode> nodes = new ArrayList<>();

	private final Handled handled = new Handled();

	@BeforeAll
	static void startServer() {
		server = RedisServers.standalone();
		broker = new RedisTestBroker(Driver.LETTUCE, RedisServers.HOST, server.port());
	}

	@AfterAll
	static void stopServer() {
		broker.close();
		server.close();
	}

	@AfterEach
	void stopNodes() {
		this.nodes.forEach(GroupTestNode::close);
	}

	private static Jedis admin() {
		return new Jedis(RedisServers.HOST, server.port());
	}

	private ClusterRelay relay() {
		return broker.relay(this.cluster, new EnvelopeCodec(64 * 1024));
	}

	private GroupTestNode start(ClusterRelay relay, Start start) {
		GroupTestNode node = new GroupTestNode(relay, start, this.handled).start();
		this.nodes.add(node);
		return node;
	}

	private GroupTestNode start() {
		GroupTestNode node = start(relay(), Start.EARLIEST);
		MachineTime.await(LIMIT).until(() -> node.lanes() == RedisLanes.COUNT);
		return node;
	}

	private void publish(RelayNode node, String channel, int first, int count) {
		for (int i = first; i < first + count; i++) {
			GroupTestNode.publish(node, channel, Integer.toString(i));
		}
	}

	private static List<String> texts(int first, int count) {
		return IntStream.range(first, first + count).mapToObj(Integer::toString).toList();
	}

	private void awaitHandled(String channel, int count) {
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(this.handled.texts(channel)).isEqualTo(texts(0, count)));
	}

	private String ofLane(String channel, String part) {
		return "atmosphere:" + this.cluster + ":lane:{lane-" + RedisLanes.of(channel) + "}:" + part;
	}

	private String ofGroup(String channel, String part) {
		return "atmosphere:" + this.cluster + ":group:{billing:" + RedisLanes.of(channel) + "}:" + part;
	}

	@ParameterizedTest
	@EnumSource
	void anAccountWithTheDocumentedRightsShares(Driver driver) {
		try (Jedis admin = admin()) {
			admin.aclSetUser("groups", RIGHTS);
			RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(RedisServers.HOST,
					server.port());
			configuration.setUsername("groups");
			configuration.setPassword("secret");
			GroupTestNode node = start(new RedisRelay(
					(driver == Driver.LETTUCE) ? new LettuceConnectionFactory(configuration)
							: new JedisConnectionFactory(configuration),
					RedisTestBroker.settings(this.cluster, new EnvelopeCodec(1000))), Start.LATEST);
			MachineTime.await(LIMIT).until(() -> node.lanes() == RedisLanes.COUNT);
			publish(node.node(), "orders/1", 0, 10);
			awaitHandled("orders/1", 10);
			admin.aclLogReset();
			MachineTime.await(LIMIT).until(() -> admin.exists(ofGroup("orders/1", "progress")));
			assertThat(node.runner().countSetAside().join()).isZero();
			assertThat(node.runner().setAside(0, 10).join()).isEmpty();
			assertThat(admin.aclLog()).isEmpty();
		}
	}

	@Test
	void aFlushLosesNothingThatIsPublishedAfterIt() {
		GroupTestNode one = start();
		publish(one.node(), "orders/1", 0, 5);
		awaitHandled("orders/1", 5);
		try (Jedis admin = admin()) {
			admin.flushAll();
			// The publisher remembers that it has added the channel to the index
			publish(one.node(), "orders/1", 5, 5);
			assertThat(admin.zrange(ofLane("orders/1", "recent"), 0, -1)).containsExactly("orders/1");
		}
		// The group's progress is lost, too, so the new messages may be handled again
		MachineTime.await(LIMIT).until(() -> one.count(Event.LANE_LOST) > 0);
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(this.handled.texts("orders/1").stream().distinct().toList())
				.isEqualTo(texts(0, 10)));
		MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
		publish(one.node(), "orders/1", 10, 1);
		MachineTime.await(LIMIT)
			.untilAsserted(() -> assertThat(this.handled.texts("orders/1").stream().distinct().toList())
				.isEqualTo(texts(0, 11)));
	}

	@Test
	void aGroupFindsWhatWasPublishedWhileNoMemberWasThere() {
		GroupTestNode one = start();
		publish(one.node(), "orders/1", 0, 5);
		awaitHandled("orders/1", 5);
		one.close();
		RelayNode publisher = new RelayNode(relay()).start();
		try {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 5, 5);
			publish(publisher, "orders/2", 0, 3);
			start();
			awaitHandled("orders/1", 10);
			awaitHandled("orders/2", 3);
		}
		finally {
			publisher.relay().stop();
		}
	}

	/**
	 * A new owner looks at those channels alone in which something may be to do.
	 */
	@Test
	void aNewOwnerDoesNotLookAtLogsThatWereDoneBefore() {
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 0, 1);
			publish(publisher, "orders/2", 0, 1);
			String time = Long.toString(1000 * Long.parseLong(admin.time().get(0)));
			// As if a member had checked all of them, but for the last ones
			for (int i = 10; i < 3000; i++) {
				String channel = "orders/" + i;
				admin.zadd(ofLane(channel, "recent"), Long.parseLong(time) - 1_000_000, channel);
			}
			admin.zadd(ofLane("orders/2", "recent"), Long.parseLong(time) - 1_000_000, "orders/2");
			admin.sadd(ofGroup("orders/2", "unfinished"), "orders/2");
			for (int lane = 0; lane < RedisLanes.COUNT; lane++) {
				admin.hset("atmosphere:" + this.cluster + ":group:{billing:" + lane + "}:lease", "checked", time);
			}
			admin.set("atmosphere:" + this.cluster + ":group:{billing}:made", "made");
			long before = calls(admin, "mget");
			start();
			awaitHandled("orders/1", 1);
			awaitHandled("orders/2", 1);
			assertThat(calls(admin, "mget") - before).isLessThan(500);
		}
		finally {
			publisher.relay().stop();
		}
	}

	/**
	 * As after a publisher that stood still for minutes between the index and the log.
	 */
	@Test
	void aChannelThatIsNotAmongTheRecentOnesIsFoundSlowly() {
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 0, 3);
			long time = 1000 * Long.parseLong(admin.time().get(0));
			admin.zadd(ofLane("orders/1", "recent"), time - 1_000_000, "orders/1");
			admin.hset(ofGroup("orders/1", "lease"), "checked", Long.toString(time));
			admin.set("atmosphere:" + this.cluster + ":group:{billing}:made", "made");
			start(quickRelay(), Start.EARLIEST);
			awaitHandled("orders/1", 3);
		}
		finally {
			publisher.relay().stop();
		}
	}

	@Test
	void progressInAChannelIsForgottenWhenItsLogIsGone() {
		GroupTestNode one = start(quickRelay(), Start.EARLIEST);
		MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
		publish(one.node(), "orders/1", 0, 2);
		publish(one.node(), "orders/2", 0, 2);
		awaitHandled("orders/1", 2);
		awaitHandled("orders/2", 2);
		try (Jedis admin = admin()) {
			MachineTime.await(LIMIT).until(() -> admin.hexists(ofGroup("orders/1", "progress"), "orders/1"));
			MachineTime.await(LIMIT).until(() -> admin.hexists(ofGroup("orders/2", "progress"), "orders/2"));
			// As if two days had passed for one of them
			admin.zrem(ofLane("orders/1", "recent"), "orders/1");
			admin.zadd(ofLane("orders/1", "removed"), 1, "orders/1");
			// A look at the index that has begun before has ended
			awaitNextCheckpoint(admin);
			awaitNextCheckpoint(admin);
			admin.del("atmosphere:" + this.cluster + ":log:{orders/1}:stream",
					"atmosphere:" + this.cluster + ":log:{orders/1}:state");
			MachineTime.await(LIMIT).until(() -> !admin.hexists(ofGroup("orders/1", "progress"), "orders/1"));
			assertThat(admin.hexists(ofGroup("orders/2", "progress"), "orders/2")).isTrue();
		}
		publish(one.node(), "orders/1", 2, 2);
		awaitHandled("orders/1", 4);
		assertThat(one.events).noneMatch(MessagesMissed.class::isInstance);
	}

	private void awaitNextCheckpoint(Jedis admin) {
		String before = admin.hget(ofGroup("orders/1", "lease"), "checked");
		MachineTime.await(LIMIT)
			.until(() -> !Objects.equals(before, admin.hget(ofGroup("orders/1", "lease"), "checked")));
	}

	private ClusterRelay quickRelay() {
		return new RedisRelay(new LettuceConnectionFactory(RedisServers.HOST, server.port()),
				RedisTestBroker.settings(this.cluster, new EnvelopeCodec(1000)),
				new LanePace(Duration.ofSeconds(3), Duration.ofMillis(100), Duration.ofSeconds(1)));
	}

	private static long calls(Jedis admin, String command) {
		return admin.info("commandstats")
			.lines()
			.filter((line) -> line.startsWith("cmdstat_" + command + ":"))
			.mapToLong((line) -> Long.parseLong(line.replaceAll(".*calls=(\\d+),.*", "$1")))
			.sum();
	}

	@Test
	void aChannelWhoseMessagesHaveExpiredLeavesTheIndexAndIsFoundWhenItComesBack() {
		GroupTestNode one = start();
		publish(one.node(), "orders/1", 0, 2);
		awaitHandled("orders/1", 2);
		try (Jedis admin = admin()) {
			// As if two days had passed
			admin.zadd(ofLane("orders/1", "expiry"), 1, "orders/1");
			MachineTime.await(LIMIT).until(() -> admin.zscore(ofLane("orders/1", "recent"), "orders/1") == null);
			assertThat(admin.zrange(ofLane("orders/1", "removed"), 0, -1)).containsExactly("orders/1");
			one.close();
			RelayNode publisher = new RelayNode(relay()).start();
			try {
				publisher.awaitRoundTrip(LIMIT);
				publish(publisher, "orders/1", 2, 2);
				assertThat(admin.zrange(ofLane("orders/1", "recent"), 0, -1)).containsExactly("orders/1");
			}
			finally {
				publisher.relay().stop();
			}
			start();
			awaitHandled("orders/1", 4);
		}
	}

	@Test
	void messagesThatHaveExpiredWhileNoMemberWasThereAreReported() {
		GroupTestNode one = start();
		publish(one.node(), "orders/1", 0, 2);
		awaitHandled("orders/1", 2);
		one.close();
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 2, 2);
			publish(publisher, "orders/2", 0, 2);
			for (String channel : List.of("orders/1", "orders/2")) {
				admin.zadd(ofLane(channel, "expiry"), 1, channel);
				admin.del("atmosphere:" + this.cluster + ":log:{" + channel + "}:stream",
						"atmosphere:" + this.cluster + ":log:{" + channel + "}:state");
				MachineTime.await(Duration.ofSeconds(60))
					.until(() -> admin.zscore(ofLane(channel, "recent"), channel) == null);
			}
			GroupTestNode two = start();
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(two.events).filteredOn(MessagesMissed.class::isInstance)
					.extracting((event) -> ((MessagesMissed) event).discontinuity().channel())
					.containsExactlyInAnyOrder("orders/1", "orders/2"));
		}
		finally {
			publisher.relay().stop();
		}
	}

	@Test
	void aMessageThatAlwaysFailsIsSetAside() {
		GroupTestNode one = failing();
		GroupTestNode.publish(one.node(), "orders/7", "0");
		MachineTime.await(LIMIT).until(() -> one.runner().countSetAside().join() == 1);
		SetAsideMessage message = one.runner().setAside(0, 10).join().get(0);
		assertThat(message.publication().channel()).isEqualTo("orders/7");
		assertThat(message.attempts()).isEqualTo(3);
		assertThat(one.runner().replay(message.publication().id()).join().handled()).isFalse();
		assertThat(one.runner().discard(message.publication().id()).join()).isTrue();
		assertThat(one.runner().countSetAside().join()).isZero();
		MachineTime.await(LIMIT).until(() -> one.runner().statistics().lag() == 0);
	}

	private GroupTestNode failing() {
		GroupTestNode node = new GroupTestNode(relay(), Start.EARLIEST, (channel, text) -> {
			throw new IllegalStateException("expected");
		}).start();
		this.nodes.add(node);
		MachineTime.await(LIMIT).until(() -> node.lanes() == RedisLanes.COUNT);
		return node;
	}

	@Test
	void aLaneThatHasSetAsideAThousandMessagesWaitsForRoom() {
		try (Jedis admin = admin()) {
			String aside = ofGroup("orders/7", "aside");
			List<String> ids = IntStream.range(0, 1000).mapToObj((i) -> UUID.randomUUID().toString()).toList();
			ids.forEach((id) -> admin.hset(aside, id, "12345678of a newer version"));
			GroupTestNode one = failing();
			GroupTestNode.publish(one.node(), "orders/7", "0");
			MachineTime.await(LIMIT).until(() -> one.count(Event.STORE_FAILED) > 0);
			assertThat(one.count(Event.SET_ASIDE)).isZero();
			assertThat(one.runner().discard(UUID.fromString(ids.get(0))).join()).isTrue();
			MachineTime.await(LIMIT).until(() -> one.count(Event.SET_ASIDE) == 1);
			List<SetAsideMessage> list = one.runner().setAside(0, 2000).join();
			assertThat(list).hasSize(1000);
			// What cannot be read does not hide the others, and is not handled again
			assertThat(list).filteredOn((message) -> message.publication().channel().equals("orders/7")).hasSize(1);
			assertThat(list).filteredOn((message) -> message.reason().startsWith("Cannot be read by this node"))
				.hasSize(999);
			assertThat(one.runner().replay(UUID.fromString(ids.get(1)))).failsWithin(LIMIT)
				.withThrowableThat()
				.withMessageContaining("cannot be read by this node");
		}
	}

	@Test
	void aLaneThatHasSetAsideFourMegabytesWaitsForRoom() {
		try (Jedis admin = admin()) {
			admin.set(ofGroup("orders/7", "aside-size"), Integer.toString(4 * 1024 * 1024));
			GroupTestNode one = failing();
			GroupTestNode.publish(one.node(), "orders/7", "0");
			MachineTime.await(LIMIT).until(() -> one.count(Event.STORE_FAILED) > 0);
			assertThat(one.count(Event.SET_ASIDE)).isZero();
			admin.set(ofGroup("orders/7", "aside-size"), Integer.toString(4 * 1024 * 1024 - 1));
			MachineTime.await(LIMIT).until(() -> one.count(Event.SET_ASIDE) == 1);
		}
	}

	@Test
	void aMessageAmongTheFirstThatCannotBeReadIsReported() {
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 0, 5);
			String stream = "atmosphere:" + this.cluster + ":log:{orders/1}:stream";
			admin.eval("local all = redis.call('XRANGE', KEYS[1], '-', '+') redis.call('DEL', KEYS[1])"
					+ " for i = 1, #all do local f = all[i][2] redis.call('XADD', KEYS[1], all[i][1], f[1], f[2], f[3],"
					+ " i == 3 and 'of a newer version' or f[4]) end", List.of(stream), List.of());
			GroupTestNode one = start();
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(this.handled.texts("orders/1")).containsExactly("0", "1", "3", "4"));
			assertThat(one.events).filteredOn(MessagesMissed.class::isInstance)
				.singleElement()
				.extracting((event) -> ((MessagesMissed) event).discontinuity().missing())
				.isEqualTo(1L);
			MachineTime.await(LIMIT).until(() -> one.runner().statistics().lag() == 0);
		}
		finally {
			publisher.relay().stop();
		}
	}

	/**
	 * Announcements are lost while a node has no connection.
	 */
	@Test
	void whatIsPublishedWhileANodeIsDisconnectedIsFoundWhenItIsBack() {
		GroupTestNode one = start(broker.proxiedRelay(this.cluster, new EnvelopeCodec(64 * 1024)), Start.EARLIEST);
		MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
		RelayNode publisher = new RelayNode(relay()).start();
		try {
			publisher.awaitRoundTrip(LIMIT);
			broker.proxy().cut();
			publish(publisher, "orders/1", 0, 5);
			broker.proxy().resume();
			awaitHandled("orders/1", 5);
			assertThat(one.count(Event.LANE_LOST)).isZero();
		}
		finally {
			broker.proxy().resume();
			publisher.relay().stop();
		}
	}

	@Test
	void aMessageWhoseAnnouncementWasLostIsFoundWhileAnotherOfItsChannelIsHandled() {
		CountDownLatch held = new CountDownLatch(1);
		GroupTestNode one = new GroupTestNode(broker.proxiedRelay(this.cluster, new EnvelopeCodec(64 * 1024)),
				Start.EARLIEST, (channel, text) -> {
					held.await();
					this.handled.handle(channel, text);
				})
			.start();
		this.nodes.add(one);
		MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
		RelayNode publisher = new RelayNode(relay()).start();
		try {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 0, 1);
			MachineTime.await(LIMIT).until(() -> one.runner().statistics().lag() == 1);
			broker.proxy().cut();
			publish(publisher, "orders/1", 1, 1);
			broker.proxy().resume();
			MachineTime.await(LIMIT).until(() -> one.runner().statistics().lag() == 2);
			held.countDown();
			awaitHandled("orders/1", 2);
		}
		finally {
			held.countDown();
			broker.proxy().resume();
			publisher.relay().stop();
		}
	}

	@Test
	void progressOfAnyNumberOfChannelsIsForgotten() {
		try (Jedis admin = admin()) {
			for (int i = 10; i < 410; i++) {
				admin.hset(ofGroup("orders/1", "progress"), "orders/" + i, "3:birth-1");
			}
			GroupTestNode one = start(quickRelay(), Start.EARLIEST);
			MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
			publish(one.node(), "orders/1", 0, 2);
			awaitHandled("orders/1", 2);
			MachineTime.await(LIMIT)
				.until(() -> admin.hkeys(ofGroup("orders/1", "progress")).equals(Set.of("orders/1")));
		}
	}

	@Test
	void aChannelThatTheIndexHasLostIsFoundByTheProgressInIt() {
		GroupTestNode one = start();
		publish(one.node(), "orders/1", 0, 2);
		awaitHandled("orders/1", 2);
		one.close();
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 2, 3);
			admin.del(ofLane("orders/1", "recent"), ofLane("orders/1", "expiry"));
			start(quickRelay(), Start.EARLIEST);
			awaitHandled("orders/1", 5);
		}
		finally {
			publisher.relay().stop();
		}
	}

	/**
	 * A version without an index has written the log, and the group is made before a
	 * version with one appends.
	 */
	@ParameterizedTest
	@EnumSource
	void aGroupBeginsInALogThatWasInNoIndex(Start start) {
		RelayNode former = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			former.awaitRoundTrip(LIMIT);
			publish(former, "orders/1", 0, 3);
			admin.del(ofLane("orders/1", "recent"), ofLane("orders/1", "expiry"));
			GroupTestNode one = start(relay(), start);
			MachineTime.await(LIMIT).until(() -> one.lanes() == RedisLanes.COUNT);
			publish(one.node(), "orders/1", 3, 2);
			publish(one.node(), "orders/2", 0, 2);
			awaitHandled("orders/2", 2);
			int first = (start == Start.LATEST) ? 3 : 0;
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(this.handled.texts("orders/1")).isEqualTo(texts(first, 5 - first)));
			assertThat(one.events).noneMatch(MessagesMissed.class::isInstance);
		}
		finally {
			former.relay().stop();
		}
	}

	@Test
	void aLogThatDoesNotAnswerHoldsUpNoOther() {
		RelayNode publisher = new RelayNode(relay()).start();
		try (Jedis admin = admin()) {
			publisher.awaitRoundTrip(LIMIT);
			publish(publisher, "orders/1", 0, 2);
			int number = 2;
			while (RedisLanes.of("orders/" + number) != RedisLanes.of("orders/1")) {
				number++;
			}
			// A key of a wrong type, in the same page of the index
			admin.hset("atmosphere:" + this.cluster + ":log:{orders/" + number + "}:state", "a", "b");
			admin.zadd(ofLane("orders/1", "recent"), admin.zscore(ofLane("orders/1", "recent"), "orders/1"),
					"orders/" + number);
			admin.set("atmosphere:" + this.cluster + ":group:{billing}:made", "made");
			GroupTestNode one = start();
			awaitHandled("orders/1", 2);
			MachineTime.await(LIMIT).until(() -> one.runner().statistics().lag() == 0);
		}
		finally {
			publisher.relay().stop();
		}
	}

	@Test
	void aPageOfTheIndexEndsBetweenChannelsOfTheSameTime() {
		try (Jedis admin = admin()) {
			String key = ofLane("orders/1", "recent");
			Set<String> names = new HashSet<>();
			for (int i = 0; i < 40; i++) {
				names.addAll(List.of("room" + i, "room-" + i, "Room" + i, "r\u00f6om" + i));
			}
			names.forEach((name) -> admin.zadd(key, 1000, name));
			List<String> read = new ArrayList<>();
			String from = "0";
			for (int page = 0; page < 24; page++) {
				String after = read.isEmpty() ? "" : read.get(read.size() - 1);
				List<?> reply = (List<?>) eval(admin, "index-read.lua", List.of(key), List.of(from, after, "7"));
				for (int i = 1; i < reply.size(); i += 2) {
					read.add((String) reply.get(i));
					from = (String) reply.get(i + 1);
				}
			}
			assertThat(read).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(names);
		}
	}

	@Test
	void theMarkOfAnIndexNamesTheReplicationId() {
		try (Jedis admin = admin()) {
			List<String> keys = List.of(ofLane("orders/1", "recent"), ofLane("orders/1", "expiry"),
					ofLane("orders/1", "mark"));
			List<?> reply = (List<?>) eval(admin, "index-add.lua", keys, List.of("new"));
			String id = RedisServerInfo.value(admin.info("replication"), "master_replid");
			assertThat(reply.get(1)).isEqualTo("new-" + id.substring(0, 8));
		}
	}

	private static Object eval(Jedis admin, String script, List<String> keys, List<String> arguments) {
		return admin.eval(new String(RedisScript.group(script).text(), StandardCharsets.UTF_8), keys, arguments);
	}

}
