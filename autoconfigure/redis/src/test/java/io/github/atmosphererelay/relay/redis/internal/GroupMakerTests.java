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
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupOptions.Start;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.redis.internal.GroupTestNode.Handled;
import io.github.atmosphererelay.relay.redis.internal.RedisTestBroker.Driver;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import redis.clients.jedis.Jedis;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link GroupMaker} on a Redis server: what happens to a group of new messages
 * if a member stands still while it makes the group, and if Redis has lost a part of its
 * keys.
 */
@Reconciles
@ExtendWith(OutputCaptureExtension.class)
class GroupMakerTests {

	private static final Duration LIMIT = Duration.ofSeconds(45);

	private static RedisServers.Standalone server;

	private static RedisTestBroker broker;

	private final String cluster = "maker-" + UUID.randomUUID();

	private final RedisLanes lanes = new RedisLanes("atmosphere:" + this.cluster + ":");

	private final GroupOptions options = new GroupOptions("billing", (channel) -> channel.startsWith("orders/"),
			Start.LATEST);

	private RelayNode publisher;

	private Jedis admin;

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

	@BeforeEach
	void start() {
		this.admin = new Jedis(RedisServers.HOST, server.port());
		this.publisher = new RelayNode(broker.relay(this.cluster, new EnvelopeCodec(64 * 1024))).start();
		this.publisher.awaitRoundTrip(LIMIT);
	}

	@AfterEach
	void stop() {
		this.publisher.relay().stop();
		this.admin.close();
	}

	private GroupTestNode node(Handled handled) {
		ClusterRelay relay = broker.relay(this.cluster, new EnvelopeCodec(64 * 1024));
		return new GroupTestNode(relay, Start.LATEST, handled).start();
	}

	private void publish(String channel, int count) {
		for (int i = 0; i < count; i++) {
			GroupTestNode.publish(this.publisher, channel, Integer.toString(i));
		}
	}

	private String ofGroup(String channel, String part) {
		return "atmosphere:" + this.cluster + ":group:{billing:" + RedisLanes.of(channel) + "}:" + part;
	}

	private ChannelLog log() {
		return Objects.requireNonNull(this.publisher.relay().log());
	}

	private GroupMaker maker(String member, ChannelLog log) {
		RedisConnector connector = (RedisConnector) ReflectionTestUtils.getField(this.publisher.relay(), "connector");
		return new GroupMaker(() -> log, this.options, member,
				new GroupCalls(() -> connector, RedisTestBroker.settings(this.cluster, new EnvelopeCodec(64 * 1024))),
				this.lanes);
	}

	private static boolean make(GroupMaker maker) {
		return maker.make().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
	}

	private Map<String, String> noted() {
		return this.admin.hgetAll(ofGroup("orders/1", "progress"));
	}

	@Test
	void aNewGroupBeginsAtTheEndsOfTheLogs() {
		publish("orders/1", 3);
		assertThat(make(maker("one", log()))).isTrue();
		assertThat(noted().get("orders/1")).startsWith("3:");
	}

	/**
	 * The member that stood still learns from its other calls that the group is made,
	 * while it waits for the end of a log.
	 */
	@Test
	void aMemberThatStoodStillSkipsNothingThatWasPublishedSinceAnotherMadeTheGroup() {
		// In the index, and without messages yet
		this.admin.zadd("atmosphere:" + this.cluster + ":lane:{lane-" + RedisLanes.of("orders/1") + "}:recent", 1,
				"orders/1");
		GroupMaker[] still = new GroupMaker[1];
		still[0] = maker("still", new PausedLog(log(), () -> {
			// Its claim has ended
			this.admin.del("atmosphere:" + this.cluster + ":group:{billing}:made");
			assertThat(make(maker("other", log()))).isTrue();
			publish("orders/1", 3);
			still[0].made();
		}));
		assertThat(make(still[0])).isFalse();
		assertThat(noted()).isEmpty();
		assertThat(make(still[0])).isTrue();
	}

	/**
	 * A member that knows the group from before Redis lost its data acquires a lane
	 * meanwhile.
	 */
	@Test
	void aLaneThatGotAnOwnerMeanwhileHoldsUpTheGroupForOneAttemptOnly() {
		publish("orders/1", 3);
		GroupMaker maker = maker("one",
				new PausedLog(log(), () -> this.admin.hset(ofGroup("orders/1", "lease"), "token", "7")));
		assertThat(make(maker)).isFalse();
		assertThat(noted()).isEmpty();
		assertThat(make(maker)).isTrue();
		assertThat(noted()).isEmpty();
	}

	/**
	 * A claim is for seconds, and there are 64 lanes. If the claim ended while they are
	 * looked at, two members could overtake each other for ever.
	 */
	@Test
	void theClaimIsHeldAnewForEachLane() {
		publish("orders/1", 1);
		publish("orders/2", 1);
		String made = "atmosphere:" + this.cluster + ":group:{billing}:made";
		AtomicLong left = new AtomicLong();
		GroupMaker maker = maker("one",
				new PausedLog(log(), () -> this.admin.pexpire(made, 1_000_000), () -> left.set(this.admin.pttl(made))));
		assertThat(make(maker)).isTrue();
		assertThat(left).hasPositiveValue().hasValueLessThanOrEqualTo(10_000);
	}

	@Test
	void aMemberThatIsOvertakenAgainAndAgainReportsIt() {
		publish("orders/1", 1);
		Runnable owner = () -> this.admin.hset(ofGroup("orders/1", "lease"), "maker", "another");
		GroupMaker maker = maker("one", new PausedLog(log(), owner, owner));
		assertThat(make(maker)).isFalse();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> make(maker))
			.withMessageContaining("Another member makes the group");
		assertThat(make(maker)).isTrue();
	}

	/**
	 * As after a master of a Cluster has come back empty, or somebody has removed the
	 * key.
	 */
	@Test
	void aGroupWhoseLanesHadOwnersBeginsWithWhatTheLogsHaveIfOnlyItsMarkIsLost() {
		publish("orders/1", 3);
		publish("orders/2", 3);
		assertThat(RedisLanes.of("orders/1")).isNotEqualTo(RedisLanes.of("orders/2"));
		this.admin.hset(ofGroup("orders/1", "lease"), "token", "7");
		Handled handled = new Handled();
		try (GroupTestNode node = node(handled)) {
			MachineTime.await(LIMIT).until(() -> node.lanes() == RedisLanes.COUNT);
			MachineTime.await(LIMIT)
				.untilAsserted(() -> assertThat(List.of("orders/1", "orders/2"))
					.allSatisfy((channel) -> assertThat(handled.texts(channel)).containsExactly("0", "1", "2")));
		}
	}

	@Test
	void aGroupThatCannotBeMadeIsReported(CapturedOutput output) {
		publish("orders/1", 1);
		String state = "atmosphere:" + this.cluster + ":log:{orders/1}:state";
		this.admin.rename(state, "kept");
		// A key of a wrong type
		this.admin.hset(state, "a", "b");
		try (GroupTestNode node = node(new Handled())) {
			Guard guard = node.node().guards().of(Part.LISTENERS);
			MachineTime.await(LIMIT).until(() -> guard.isFailing() && guard.failures() >= 2);
			assertThat(output.getOut()).contains("Redis refuses what consumer groups need").contains("WRONGTYPE");
			assertThat(node.lanes()).isZero();
			this.admin.rename("kept", state);
			MachineTime.await(LIMIT).until(() -> node.lanes() == RedisLanes.COUNT);
		}
	}

	/**
	 * Does something before it looks up the ends of the first logs.
	 */
	private static final class PausedLog implements ChannelLog {

		private final ChannelLog log;

		private final Queue<Runnable> meanwhile;

		PausedLog(ChannelLog log, Runnable... meanwhile) {
			this.log = log;
			this.meanwhile = new ArrayDeque<>(List.of(meanwhile));
		}

		@Override
		public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
				ReadDirection direction) {
			return this.log.read(channel, since, limit, direction);
		}

		@Override
		public CompletableFuture<Position> position(String channel) {
			Runnable meanwhile = this.meanwhile.poll();
			return (meanwhile != null)
					? CompletableFuture.runAsync(meanwhile).thenCompose((nothing) -> this.log.position(channel))
					: this.log.position(channel);
		}

	}

}
