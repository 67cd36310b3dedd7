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

package io.github.atmosphererelay.presence.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.internal.PresenceSimulation.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PresenceSync} with what it uses: nodes in a simulated time, on a bus
 * that does everything that a broker does on a bad day.
 */
class PresenceSyncTests {

	private static final List<String> CHANNELS = List.of("chat/a", "chat/b", "chat/c", "chat/d");

	@Test
	void allNodesKnowAChangeWithinASecond() {
		PresenceSimulation simulation = new PresenceSimulation(1);
		Node a = simulation.start();
		Node b = simulation.start();
		Node c = simulation.start();
		PresenceEntry alice = a.join("chat/a", "alice", Map.of("colour", "grün", "mood", "\uD83D\uDE00"));
		a.join("chat/a", null, Map.of());
		b.join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		for (Node node : simulation.nodes) {
			assertThat(node.view.count("chat/a")).isEqualTo(2);
			assertThat(node.view.sessions("chat/a")).isEqualTo(3);
			assertThat(node.view.contains("chat/a", "alice")).isTrue();
			assertThat(node.view.contains("chat/b", "alice")).isFalse();
			assertThat(node.view.list("chat/a", null, 1).members().get(0).attributes()).containsEntry("colour", "grün")
				.containsEntry("mood", "\uD83D\uDE00");
		}
		a.leave(alice.key());
		simulation.run(1_000);
		assertThat(c.picture("chat/a")).isEqualTo(simulation.truth("chat/a")).containsEntry("alice", 1);
		assertThat(c.view.list("chat/a", null, 1).members().get(0).attributes()).isEmpty();
		assertThat(simulation.nodes).allMatch((node) -> node.statistics.resyncs() == 0);
	}

	@Test
	void aNodeThatJoinsGetsAllEntries() {
		PresenceSimulation simulation = new PresenceSimulation(2);
		Node a = simulation.start();
		for (int i = 0; i < 500; i++) {
			a.join("chat/a", "user-" + i, Map.of());
		}
		simulation.run(5_000);
		Node b = simulation.start();
		simulation.run(3_000);
		assertThat(b.picture("chat/a")).hasSize(500).isEqualTo(simulation.truth("chat/a"));
		assertThat(simulation.maxMessageSeen).isLessThanOrEqualTo(PresenceSimulation.MAX_MESSAGE);
	}

	@Test
	void onlyTheMembersOfADeadNodeAreRemoved() {
		PresenceSimulation simulation = new PresenceSimulation(3);
		Node a = simulation.start();
		Node b = simulation.start();
		Node c = simulation.start();
		for (int i = 0; i < 100; i++) {
			simulation.nodes.get(i % 3).join("chat/a", "user-" + i % 50, Map.of());
		}
		simulation.run(2_000);
		assertThat(c.view.count("chat/a")).isEqualTo(50);
		simulation.kill(a);
		simulation.run(10_500);
		assertThat(b.picture("chat/a")).isEqualTo(simulation.truth("chat/a"));
		assertThat(c.picture("chat/a")).isEqualTo(simulation.truth("chat/a"));
		assertThat(c.view.sessions("chat/a")).isEqualTo(66);
	}

	/**
	 * Takes what a node announces, and returns the joins and leaves of members.
	 */
	private static List<String> news(Node node) {
		List<String> news = new ArrayList<>();
		node.view.announceNews(10, (each) -> {
			each.joined().forEach((member) -> news.add("+" + member.user()));
			each.left().forEach((member) -> news.add("-" + member.user()));
		});
		return news;
	}

	@Test
	void aUserWhoMovesBetweenNodesHasNotLeftOnAnyNode() {
		PresenceSimulation simulation = new PresenceSimulation(7);
		List<Node> nodes = List.of(simulation.start(), simulation.start(), simulation.start());
		PresenceEntry alice = nodes.get(0).join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		assertThat(nodes).allSatisfy((node) -> assertThat(news(node)).containsExactly("+alice"));
		for (int i = 1; i < 20; i++) {
			nodes.get((i - 1) % 3).move(alice.key());
			simulation.run(i * 200);
			alice = nodes.get(i % 3).join("chat/a", "alice", Map.of());
			simulation.run(500);
			for (Node node : nodes) {
				assertThat(news(node)).isEmpty();
				assertThat(node.view.count("chat/a")).isOne();
				assertThat(node.view.sessions("chat/a")).isOne();
			}
		}
		simulation.run(20_000);
		assertThat(nodes).allSatisfy((node) -> assertThat(news(node)).isEmpty());
	}

	@Test
	void aUserWhoMovesAndDoesNotComeBackLeavesOnceOnEachNodeAlsoIfItsNodeDies() {
		PresenceSimulation simulation = new PresenceSimulation(8);
		Node a = simulation.start();
		Node b = simulation.start();
		Node c = simulation.start();
		PresenceEntry alice = a.join("chat/a", "alice", Map.of());
		PresenceEntry bob = a.join("chat/a", "bob", Map.of());
		simulation.run(1_000);
		List.of(a, b, c).forEach(PresenceSyncTests::news);
		a.move(alice.key());
		a.move(bob.key());
		simulation.run(300);
		simulation.kill(a);
		b.join("chat/a", "bob", Map.of());
		simulation.run(4_000);
		assertThat(List.of(b, c)).allSatisfy((node) -> {
			assertThat(news(node)).isEmpty();
			assertThat(node.view.count("chat/a")).isEqualTo(2);
		});
		List<String> left = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			simulation.run(500);
			left.addAll(news(b));
			left.addAll(news(c));
		}
		assertThat(left).containsExactly("-alice", "-alice");
		assertThat(c.picture("chat/a")).isEqualTo(simulation.truth("chat/a")).containsOnlyKeys("bob");
	}

	/**
	 * All members of the new node disappear with it, also those who have moved there.
	 */
	@Test
	void aUserWhoseNewNodeDiesLeavesOnce() {
		PresenceSimulation simulation = new PresenceSimulation(9);
		Node a = simulation.start();
		Node b = simulation.start();
		Node c = simulation.start();
		PresenceEntry alice = a.join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		List.of(a, b, c).forEach(PresenceSyncTests::news);
		a.move(alice.key());
		b.join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		simulation.kill(b);
		List<String> left = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			simulation.run(500);
			left.addAll(news(a));
			left.addAll(news(c));
		}
		assertThat(left).containsExactly("-alice", "-alice");
	}

	@Test
	void aNodeThatMissedTheLastChangeRequestsItAfterTheDigest() {
		PresenceSimulation simulation = new PresenceSimulation(4);
		Node a = simulation.start();
		Node b = simulation.start();
		PresenceEntry entry = a.join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		simulation.loss = 1;
		a.leave(entry.key());
		simulation.run(500);
		simulation.loss = 0;
		assertThat(b.view.count("chat/a")).isOne();
		simulation.run(20_000);
		assertThat(b.view.count("chat/a")).isZero();
		assertThat(b.statistics.resyncs()).isPositive();
		assertThat(a.statistics.statesSent()).isZero();
		assertThat(b.statistics.divergences()).isZero();
	}

	@Test
	void aWrongCopyIsDetectedByTheDigestAndReplaced() {
		PresenceSimulation simulation = new PresenceSimulation(5);
		Node a = simulation.start();
		Node b = simulation.start();
		PresenceEntry entry = a.join("chat/a", "alice", Map.of());
		simulation.run(1_000);
		// Nobody is told of this, as if a fault of the program had swallowed it.
		b.sync.received(a.id, ByteBuffer.wrap(PresenceCodec.encode(a.id, new PresenceMessage.Delta(0, 1, List.of()))));
		b.sync.received(a.id, ByteBuffer.wrap(PresenceCodec.encode(a.id,
				new PresenceMessage.Delta(1, 2, List.of(new PresenceMessage.Change(entry.key(), null))))));
		a.join("chat/b", "bob", Map.of());
		assertThat(b.view.count("chat/a")).isZero();
		simulation.run(25_000);
		assertThat(b.picture("chat/a")).isEqualTo(simulation.truth("chat/a")).isNotEmpty();
		assertThat(b.picture("chat/b")).isEqualTo(simulation.truth("chat/b")).isNotEmpty();
		assertThat(b.statistics.divergences()).isOne();
	}

	@Test
	void afterAnOutageNoMemberIsMissingLeftOverOrDuplicated() {
		PresenceSimulation simulation = new PresenceSimulation(6);
		Node a = simulation.start();
		Node b = simulation.start();
		simulation.start();
		List<PresenceEntry> entries = new ArrayList<>();
		for (int i = 0; i < 90; i++) {
			entries.add(simulation.nodes.get(i % 3).join("chat/a", "user-" + i % 40, Map.of()));
		}
		simulation.run(2_000);
		for (long outage : new long[] { 1_000, 30_000 }) {
			simulation.cutOff(a);
			simulation.run(outage);
			assertThat(b.view.sessions("chat/a")).isEqualTo((outage > 10_000) ? 60 : 90);
			for (int i = 0; i < 30; i++) {
				Node node = simulation.nodes.get(i % 3);
				node.leave(entries.remove(0).key());
				entries.add(node.join("chat/a", "user-" + i % 50, Map.of()));
			}
			simulation.run(1_000);
			simulation.heal();
			simulation.run(4_000);
			for (Node node : simulation.nodes) {
				assertThat(node.picture("chat/a")).isEqualTo(simulation.truth("chat/a"));
				assertThat(node.view.sessions("chat/a")).isEqualTo(90);
			}
		}
	}

	@ParameterizedTest
	@ValueSource(longs = { 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 })
	void allCopiesConvergeDespiteLossDuplicatesAndOutages(long seed) {
		PresenceSimulation simulation = new PresenceSimulation(seed);
		for (int i = 0; i < 4; i++) {
			simulation.start();
		}
		simulation.loss = 0.1;
		simulation.duplicates = 0.1;
		for (int step = 0; step < 600; step++) {
			for (int i = 0; i < 10; i++) {
				comeOrGo(simulation);
			}
			if (step % 97 == 50) {
				simulation.kill(simulation.nodes.get(simulation.random.nextInt(simulation.nodes.size())));
			}
			else if (step % 97 == 70) {
				simulation.start();
			}
			else if (step % 61 == 20) {
				simulation.cutOff(simulation.nodes.get(simulation.random.nextInt(simulation.nodes.size())));
			}
			else if (step % 61 == 20 + seed % 40) {
				simulation.heal();
			}
			simulation.run(simulation.random.nextInt(500));
		}
		simulation.heal();
		simulation.loss = 0;
		simulation.run(60_000);
		for (Node node : simulation.nodes) {
			int known = 0;
			for (String channel : CHANNELS) {
				assertThat(node.picture(channel)).isEqualTo(simulation.truth(channel));
				assertThat(node.view.count(channel)).isEqualTo(simulation.truth(channel).size());
				known += node.view.sessions(channel);
			}
			assertThat(node.sync.isComplete()).isTrue();
			assertThat(node.sync.known()).isEqualTo(known - node.truth.size());
		}
		assertThat(simulation.maxMessageSeen).isLessThanOrEqualTo(PresenceSimulation.MAX_MESSAGE);
		assertThat(simulation.nodes.stream().mapToLong((node) -> node.statistics.divergences()).sum()).isZero();
	}

	private static void comeOrGo(PresenceSimulation simulation) {
		Node node = simulation.nodes.get(simulation.random.nextInt(simulation.nodes.size()));
		int what = simulation.random.nextInt(10);
		if (what < 5 || node.truth.isEmpty()) {
			String user = (what == 0) ? null : "user-" + simulation.random.nextInt(100);
			node.join(CHANNELS.get(simulation.random.nextInt(CHANNELS.size())), user,
					(what < 2) ? Map.of("n", String.valueOf(simulation.random.nextInt())) : Map.of());
			return;
		}
		PresenceEntry entry = List.copyOf(node.truth.values()).get(simulation.random.nextInt(node.truth.size()));
		if (what < 6) {
			node.put(new PresenceEntry(entry.channel(), entry.session(), entry.user(), Map.of("changed", "yes"), 0));
		}
		else {
			node.leave(entry.key());
		}
	}

	@Test
	void aNewNodeGets100000MembersInOneTransfer() {
		int members = 100_000;
		PresenceSimulation simulation = new PresenceSimulation(7, 48 * 1024);
		Node a = simulation.start();
		for (int i = 0; i < members; i++) {
			a.join("chat/a", "user-" + i, Map.of());
		}
		simulation.run(1_000);
		assertThat(a.statistics.changesSent()).isEqualTo(members);
		Node b = simulation.start();
		simulation.run(20_000);
		assertThat(b.view.count("chat/a")).isEqualTo(members);
		assertThat(b.view.list("chat/a", null, 3).members()).extracting(PresenceMember::user)
			.containsExactly("user-0", "user-1", "user-10");
		assertThat(a.statistics.statesSent()).isOne();
		assertThat(b.statistics.resyncs()).isZero();
		assertThat(simulation.maxMessageSeen).isLessThanOrEqualTo(48 * 1024);
		simulation.kill(a);
		simulation.run(11_000);
		assertThat(b.view.count("chat/a")).isZero();
	}

}
