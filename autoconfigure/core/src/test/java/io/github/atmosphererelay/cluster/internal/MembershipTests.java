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

package io.github.atmosphererelay.cluster.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeJoined;
import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.cluster.NodeLeft.Reason;
import io.github.atmosphererelay.cluster.NodeLoad;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Life;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Type;
import io.github.atmosphererelay.message.WireFormatException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Membership}, with a clock and a network of their own.
 */
class MembershipTests {

	private final Network network = new Network();

	@Test
	void nodesJoinAtOnceAndPublishEvents() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		Node c = this.network.start("c");
		this.network.run(Duration.ofMillis(600));
		assertThat(a.members()).containsExactlyInAnyOrder("b", "c");
		assertThat(b.members()).containsExactlyInAnyOrder("a", "c");
		assertThat(c.members()).containsExactlyInAnyOrder("a", "b");
		assertThat(a.heard).containsExactlyInAnyOrder("joined b", "joined c");
		assertThat(a.events).hasSize(2).allMatch(NodeJoined.class::isInstance);
		assertThat(a.statistics.joins()).isEqualTo(2);
		assertThat(this.network.everybody()).noneMatch((node) -> node.membership.isFrozen());
	}

	@Test
	void aNodeThatStopsIsRemovedAtOnce() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		this.network.run(Duration.ofSeconds(1));
		b.membership.stop();
		this.network.deliver();
		assertThat(a.members()).isEmpty();
		assertThat(a.heard).containsExactly("joined b", "left b");
		assertThat(a.leaves()).containsExactly(Reason.STOPPED);
		assertThat(b.heard).containsExactly("joined a", "left a");
		assertThat(b.leaves()).isEmpty();
	}

	@Test
	void onlyADeadNodeIsRemovedAfterTheTimeout() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		Node c = this.network.start("c");
		this.network.run(Duration.ofSeconds(5));
		b.dead = true;
		this.network.run(Duration.ofMillis(5_500));
		assertThat(a.members()).containsExactlyInAnyOrder("b", "c");
		this.network.run(Duration.ofMillis(3_000));
		assertThat(a.members()).containsExactly("c");
		assertThat(c.members()).containsExactly("a");
		assertThat(a.leaves()).containsExactly(Reason.SILENT);
		this.network.run(Duration.ofMinutes(1));
		assertThat(a.heard).containsExactlyInAnyOrder("joined b", "joined c", "left b");
	}

	@Test
	void membershipIsFrozenDuringAnOutageAndThenAllGetTheFullTimeout() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		this.network.run(Duration.ofSeconds(5));
		a.cut(true);
		a.membership.relayStateChanged(false);
		assertThat(a.membership.isFrozen()).isTrue();
		this.network.run(Duration.ofSeconds(60));
		assertThat(a.members()).containsExactly("b");
		assertThat(b.members()).isEmpty();
		b.dead = true;
		a.cut(false);
		a.membership.relayStateChanged(true);
		this.network.run(Duration.ofSeconds(7));
		assertThat(a.membership.isFrozen()).isFalse();
		assertThat(a.members()).containsExactly("b");
		this.network.run(Duration.ofSeconds(2));
		assertThat(a.members()).isEmpty();
	}

	@Test
	void aNodeWhoseClockIsWrongByAnHourStaysAMember() {
		Node a = this.network.start("a");
		Node early = this.network.start("early", Duration.ofHours(-1));
		Node late = this.network.start("late", Duration.ofHours(1));
		this.network.run(Duration.ofMinutes(1));
		for (Node node : List.of(a, early, late)) {
			assertThat(node.members()).hasSize(2);
			assertThat(node.leaves()).isEmpty();
			assertThat(node.heard).hasSize(2);
		}
		// Also when it starts again with its clock set right.
		late.membership.stop();
		this.network.run(Duration.ofSeconds(1));
		late.clock = Duration.ZERO;
		late.membership.start(true);
		this.network.run(Duration.ofSeconds(5));
		assertThat(a.members()).containsExactlyInAnyOrder("early", "late");
		early.dead = true;
		this.network.run(Duration.ofMillis(8_500));
		assertThat(a.members()).containsExactly("late");
		assertThat(late.members()).containsExactly("a");
	}

	@Test
	void nodesRejoinOnceAfterANetworkPartition() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		Node c = this.network.start("c");
		this.network.run(Duration.ofSeconds(5));
		c.cut(true);
		// The relay of c does not notice; that c does not hear itself is enough.
		this.network.run(Duration.ofSeconds(20));
		assertThat(c.membership.isFrozen()).isTrue();
		assertThat(c.members()).containsExactlyInAnyOrder("a", "b");
		assertThat(a.members()).containsExactly("b");
		c.cut(false);
		this.network.run(Duration.ofSeconds(4));
		assertThat(a.members()).containsExactlyInAnyOrder("b", "c");
		assertThat(b.members()).containsExactlyInAnyOrder("a", "c");
		assertThat(c.membership.isFrozen()).isFalse();
		this.network.run(Duration.ofMinutes(1));
		for (Node node : List.of(a, b)) {
			assertThat(node.heard).filteredOn((each) -> each.endsWith(" c"))
				.containsExactly("joined c", "left c", "joined c");
			assertThat(node.leaves()).containsExactly(Reason.SILENT);
		}
		assertThat(c.heard).containsExactlyInAnyOrder("joined a", "joined b");
	}

	@Test
	void aBrokerThatHangsRemovesNoNode() {
		for (String name : List.of("a", "b", "c", "d")) {
			this.network.start(name);
		}
		for (int round = 0; round < 20; round++) {
			this.network.run(Duration.ofMillis(3_000 + 137 * round));
			this.network.stalled = true;
			this.network.run(Duration.ofMillis(2_000 + 1_500 * round));
			this.network.stalled = false;
		}
		this.network.run(Duration.ofSeconds(20));
		for (Node node : this.network.everybody()) {
			assertThat(node.leaves()).isEmpty();
			assertThat(node.members()).hasSize(3);
			assertThat(node.membership.isFrozen()).isFalse();
		}
	}

	@Test
	void aNodeThatWasPausedRemovesNobodyWhenItContinues() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		this.network.run(Duration.ofSeconds(5));
		a.paused = true;
		this.network.run(Duration.ofSeconds(30));
		assertThat(b.members()).isEmpty();
		a.paused = false;
		a.membership.tick();
		assertThat(a.members()).containsExactly("b");
		this.network.run(Duration.ofSeconds(5));
		assertThat(a.heard).containsExactly("joined b");
		assertThat(b.heard).containsExactly("joined a", "left a", "joined a");
	}

	@Test
	void lateMessagesDoNotBringBackARemovedNode() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		this.network.run(Duration.ofSeconds(3));
		List<byte[]> late = new ArrayList<>();
		this.network.record = (origin, message) -> {
			if (origin == b) {
				late.add(message);
			}
		};
		this.network.run(Duration.ofSeconds(10));
		b.membership.stop();
		this.network.deliver();
		late.forEach((message) -> a.membership.received(b.id, ByteBuffer.wrap(message)));
		assertThat(a.heard).containsExactly("joined b", "left b");

		Node c = this.network.start("c");
		late.clear();
		this.network.record = (origin, message) -> {
			if (origin == c) {
				late.add(message);
			}
		};
		this.network.run(Duration.ofSeconds(10));
		c.dead = true;
		this.network.run(Duration.ofSeconds(20));
		late.forEach((message) -> a.membership.received(c.id, ByteBuffer.wrap(message)));
		this.network.run(Duration.ofSeconds(20));
		assertThat(a.heard).endsWith("joined c", "left c");
		assertThat(a.members()).isEmpty();
	}

	@Test
	void aNodeThatRestartsBeginsANewLife() {
		Node a = this.network.start("a");
		Node b = this.network.start("b");
		this.network.run(Duration.ofSeconds(3));
		b.membership.stop();
		b.membership.start(true);
		this.network.run(Duration.ofSeconds(3));
		assertThat(a.heard).containsExactly("joined b", "left b", "joined b");
		assertThat(a.leaves()).containsExactly(Reason.STOPPED);
		b.cut(true);
		b.membership.stop();
		b.membership.start(true);
		b.cut(false);
		this.network.run(Duration.ofSeconds(3));
		assertThat(a.leaves()).containsExactly(Reason.STOPPED, Reason.RESTARTED);
		assertThat(a.members()).containsExactly("b");
		assertThat(b.members()).containsExactly("a");
	}

	@Test
	void duplicateAndReorderedMessagesAreIgnored() {
		Node a = this.network.start("a");
		this.network.run(Duration.ofSeconds(1));
		UUID b = UUID.randomUUID();
		a.receive(b, new Life(1, 0), 5, 50);
		a.receive(b, new Life(1, 0), 5, 51);
		a.receive(b, new Life(1, 0), 4, 40);
		assertThat(a.membership.otherNodes()).extracting((node) -> node.load().sessions()).containsExactly(50);
		a.receive(b, new Life(1, 1), 6, 60);
		a.receive(b, new Life(1, 0), 7, 70);
		assertThat(a.membership.otherNodes()).extracting((node) -> node.load().sessions()).containsExactly(60);
		assertThat(a.events).hasSize(1);
	}

	@Test
	void aHundredNodesThatStartAtOnceSendFewMessages() {
		for (int i = 0; i < 100; i++) {
			this.network.start("n" + i);
		}
		this.network.run(Duration.ofSeconds(1));
		assertThat(this.network.everybody()).allMatch((node) -> node.membership.others().size() == 99);
		// Each says that it joins, answers all others at once, and perhaps those who came
		// late.
		assertThat(this.network.published).isLessThan(100 * 4);
		this.network.start("late");
		int before = this.network.published;
		this.network.run(Duration.ofMillis(300));
		assertThat(this.network.everybody()).allMatch((node) -> node.membership.others().size() == 100);
		assertThat(this.network.published - before).isLessThan(200);
		before = this.network.published;
		this.network.run(Duration.ofSeconds(20));
		assertThat(this.network.published - before).isBetween(101 * 8, 101 * 13);
	}

	@Test
	void heartbeatsOfAHundredNodesAreSpreadOverTime() {
		for (int i = 0; i < 100; i++) {
			this.network.start("n" + i);
		}
		this.network.run(Duration.ofMinutes(2));
		int most = 0;
		for (int i = 0; i < 40; i++) {
			int before = this.network.published;
			this.network.run(Duration.ofMillis(100));
			most = Math.max(most, this.network.published - before);
		}
		assertThat(most).isLessThan(30);
	}

	@Test
	void corruptMessagesAndLaterVersionsAreRefused() {
		Node a = this.network.start("a");
		this.network.run(Duration.ofSeconds(1));
		byte[] message = new MembershipMessage(Type.HEARTBEAT, new Life(1, 0), 1, describe(UUID.randomUUID(), "b", 0))
			.encode();
		byte[] later = message.clone();
		later[0] = 2;
		refuses(a, later);
		byte[] unknown = message.clone();
		unknown[1] = 77;
		refuses(a, unknown);
		for (int length = 0; length < message.length; length++) {
			refuses(a, ByteBuffer.allocate(length).put(message, 0, length).array());
		}
		byte[] oversized = message.clone();
		oversized[22] = 0x7F;
		refuses(a, oversized);
		assertThat(a.members()).isEmpty();
		// What a later release appends is left.
		UUID b = UUID.randomUUID();
		a.membership.received(b, ByteBuffer.allocate(message.length + 9).put(message).position(0));
		assertThat(a.membership.others()).containsExactly(b);
	}

	private static void refuses(Node node, byte[] message) {
		assertThatExceptionOfType(WireFormatException.class)
			.isThrownBy(() -> node.membership.received(UUID.randomUUID(), ByteBuffer.wrap(message)));
	}

	private static ClusterNode describe(UUID id, String name, int sessions) {
		return new ClusterNode(id, name, null, Instant.EPOCH, "1", new NodeLoad(sessions, 0, 0, 0));
	}

	/**
	 * What the nodes hear each other through.
	 */
	private static final class Network {

		private final Map<UUID, Node> nodes = new LinkedHashMap<>();

		private final Queue<Runnable> inFlight = new ArrayDeque<>();

		private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(10);

		private boolean stalled;

		private int published;

		private Record record = (origin, message) -> {
		};

		Node start(String name) {
			return start(name, Duration.ZERO);
		}

		Node start(String name, Duration clock) {
			Node node = new Node(this, name);
			node.clock = clock;
			this.nodes.put(node.id, node);
			node.membership.start(true);
			return node;
		}

		List<Node> everybody() {
			return List.copyOf(this.nodes.values());
		}

		void run(Duration time) {
			for (long i = 0; i < time.toMillis(); i += 20) {
				this.now += TimeUnit.MILLISECONDS.toNanos(20);
				for (Node node : everybody()) {
					if (!node.dead && !node.paused) {
						node.membership.tick();
					}
				}
				deliver();
			}
		}

		void deliver() {
			while (!this.stalled && !this.inFlight.isEmpty()) {
				this.inFlight.poll().run();
			}
		}

		void publish(Node origin, byte[] message, List<Node> receivers) {
			if (origin.cut) {
				return;
			}
			this.published++;
			this.record.sent(origin, message);
			for (Node receiver : receivers) {
				this.inFlight.add(() -> {
					if (receiver.cut || receiver.dead) {
						return;
					}
					if (receiver.paused) {
						return;
					}
					if (receiver == origin) {
						receiver.membership.echoed(ByteBuffer.wrap(message));
					}
					else {
						receiver.membership.received(origin.id, ByteBuffer.wrap(message));
					}
				});
			}
		}

	}

	/**
	 * Sees what is sent.
	 */
	private interface Record {

		void sent(Node origin, byte[] message);

	}

	/**
	 * A node.
	 */
	private static final class Node implements Membership.Outlet, MembershipListener {

		private final UUID id = UUID.randomUUID();

		private final Network network;

		private final List<String> heard = new ArrayList<>();

		private final List<Object> events = new ArrayList<>();

		private final ClusterStatistics statistics = new ClusterStatistics();

		private final Membership membership;

		private final String name;

		private Duration clock = Duration.ZERO;

		private boolean dead;

		private boolean paused;

		private boolean cut;

		Node(Network network, String name) {
			this.network = network;
			this.name = name;
			this.membership = new Membership(this.id, Duration.ofSeconds(2), Duration.ofSeconds(8), this,
					() -> network.now,
					() -> new ClusterNode(this.id, name, null,
							Instant.EPOCH.plus(Duration.ofDays(20_000)).plus(this.clock), "1",
							new NodeLoad(0, 0, 0, 0)),
					this.events::add, List.of(this), this.statistics);
		}

		void cut(boolean cut) {
			this.cut = cut;
		}

		List<String> members() {
			return this.membership.otherNodes().stream().map(ClusterNode::name).toList();
		}

		List<Reason> leaves() {
			return this.events.stream()
				.filter(NodeLeft.class::isInstance)
				.map((event) -> ((NodeLeft) event).reason())
				.toList();
		}

		void receive(UUID origin, Life life, long sequence, int sessions) {
			this.membership.received(origin, ByteBuffer
				.wrap(new MembershipMessage(Type.HEARTBEAT, life, sequence, describe(origin, "x", sessions)).encode()));
		}

		@Override
		public CompletableFuture<?> toAll(byte[] message) {
			this.network.publish(this, message, this.network.everybody());
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public void to(UUID node, byte[] message) {
			Node receiver = this.network.nodes.get(node);
			if (receiver != null) {
				this.network.publish(this, message, List.of(receiver));
			}
		}

		@Override
		public void joined(UUID node) {
			this.heard.add("joined " + nameOf(node));
		}

		@Override
		public void left(UUID node) {
			this.heard.add("left " + nameOf(node));
		}

		private String nameOf(UUID node) {
			Node known = this.network.nodes.get(node);
			return (known != null) ? known.name : "unknown";
		}

	}

}
