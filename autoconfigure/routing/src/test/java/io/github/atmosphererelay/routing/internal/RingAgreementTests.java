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

package io.github.atmosphererelay.routing.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.SimulatedCluster.Node;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RingAgreement} in a {@link SimulatedCluster}.
 */
class RingAgreementTests {

	private static final Duration QUIET = Duration.ofSeconds(30);

	private final SimulatedCluster cluster = new SimulatedCluster(1);

	@Test
	void theFirstNodePublishesARingAndLaterOnesAreTakenIn() {
		Node first = this.cluster.start("a");
		this.cluster.run(Duration.ofSeconds(4));
		assertThat(names(first)).containsExactly("a");
		Node second = this.cluster.start("b");
		this.cluster.run(Duration.ofSeconds(1));
		assertThat(second.agreement.ring()).isEqualTo(first.agreement.ring());
		assertThat(names(second)).as("a newcomer uses the published ring").containsExactly("a");
		this.cluster.run(Duration.ofSeconds(4));
		assertThat(names(first)).containsExactly("a", "b");
		assertThat(names(second)).containsExactly("a", "b");
		assertThat(second.agreement.isAgreed()).isTrue();
		assertThat(first.acted).hasSize(1);
	}

	@Test
	void theOldestNodeThatServesClientsPublishes() {
		Node gateway = this.cluster.start("gateway");
		gateway.weight = 0;
		this.cluster.run(Duration.ofSeconds(5));
		assertThat(gateway.agreement.ring()).isNull();
		Node first = this.cluster.start("a");
		this.cluster.start("b");
		this.cluster.run(Duration.ofSeconds(10));
		assertThat(gateway.agreement.state().publisher()).isEqualTo(first.id);
		assertThat(gateway.agreement.isAgreed()).isTrue();
		assertThat(names(gateway)).containsExactly("a", "b", "gateway");
	}

	@Test
	void anotherNodePublishesInALaterTermWhenThePublisherDies() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		this.cluster.start("c");
		this.cluster.run(QUIET);
		RingVersion before = version(second);
		first.kill();
		this.cluster.run(Duration.ofSeconds(12));
		assertThat(version(second).term()).isGreaterThan(before.term());
		assertThat(names(second)).containsExactly("b", "c");
		assertThat(second.agreement.state().publisher()).isEqualTo(second.id);
		assertThat(second.acted).last().isEqualTo(second.agreement.ring());
	}

	@Test
	void aNodeThatIsKilledAndRestartedWithinTwoSecondsMovesNobody() {
		this.cluster.start("a");
		Node second = this.cluster.start("b");
		Node third = this.cluster.start("c");
		this.cluster.run(QUIET);
		String digest = version(third).digest();
		int acted = third.acted.size();
		second.kill();
		this.cluster.run(Duration.ofMillis(1_500));
		Node restarted = this.cluster.start("b");
		this.cluster.run(Duration.ofSeconds(1));
		assertThat(third.agreement.state().outside()).containsExactly(restarted.id);
		this.cluster.run(QUIET);
		assertThat(third.agreement.state().outside()).isEmpty();
		assertThat(version(third).digest()).isEqualTo(digest);
		assertThat(third.acted).hasSize(acted);
		assertThat(restarted.agreement.isAgreed()).isTrue();
		assertThat(restarted.agreement.state().selfOutside()).isFalse();
	}

	@Test
	void whileTwoNodesOfANameBeatTheNewerOneStaysOutside() {
		Node first = this.cluster.start("a");
		this.cluster.run(Duration.ofSeconds(5));
		Node twin = this.cluster.start("a");
		this.cluster.run(QUIET);
		assertThat(twin.agreement.state().selfOutside()).isTrue();
		assertThat(twin.agreement.isAgreed()).isFalse();
		assertThat(first.agreement.isAgreed()).isTrue();
		assertThat(first.agreement.state().outside()).containsExactly(twin.id);
		first.kill();
		this.cluster.run(QUIET);
		assertThat(twin.agreement.isAgreed()).isTrue();
	}

	@Test
	void aNodeThatDrainsLosesItsUsersAtOnce() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		this.cluster.run(QUIET);
		first.drain();
		this.cluster.run(Duration.ofSeconds(3));
		assertThat(names(second)).containsExactly("b");
		assertThat(version(first)).isEqualTo(version(second));
		assertThat(second.agreement.state().publisher()).isEqualTo(second.id);
	}

	@Test
	void aNodeThatReturnsFromAPartitionDoesNotActBeforeItIsUpToDate() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		Node third = this.cluster.start("c");
		this.cluster.run(QUIET);
		third.cut();
		this.cluster.run(Duration.ofSeconds(20));
		assertThat(third.agreement.isAgreed()).isFalse();
		int acted = third.acted.size();
		second.kill();
		this.cluster.run(Duration.ofSeconds(20));
		assertThat(third.acted).hasSize(acted);
		third.reconnect();
		this.cluster.run(QUIET);
		assertThat(third.agreement.ring()).isEqualTo(first.agreement.ring());
		assertThat(third.agreement.isAgreed()).isTrue();
	}

	@Test
	void anOldPublisherThatStoodStillDoesNotBringBackItsRing() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		this.cluster.start("c");
		this.cluster.run(QUIET);
		first.freeze();
		this.cluster.run(Duration.ofSeconds(20));
		assertThat(names(second)).containsExactly("b", "c");
		RingVersion without = version(second);
		first.thaw();
		this.cluster.run(Duration.ofSeconds(1));
		assertThat(version(second).compareTo(without)).isGreaterThanOrEqualTo(0);
		assertThat(first.agreement.isAgreed() && !version(first).equals(version(second))).isFalse();
		this.cluster.run(QUIET);
		assertThat(names(first)).containsExactly("a", "b", "c");
		assertThat(version(first)).isEqualTo(version(second));
	}

	@Test
	void aNodeThatComesAndGoesIsHeldOutsideForLongerEachTime() {
		Node first = this.cluster.start("a");
		this.cluster.start("b");
		this.cluster.run(QUIET);
		int before = first.changes.size();
		for (int i = 0; i < 10; i++) {
			Node flapping = this.cluster.start("flapping");
			this.cluster.run(Duration.ofSeconds(10));
			flapping.kill();
			this.cluster.run(Duration.ofSeconds(10));
		}
		assertThat(first.changes.size() - before).as("changes of the ring").isBetween(2, 8);
		assertThat(first.agreement.isAgreed()).isTrue();
	}

	@Test
	void nodesThatWereStartedInTheSameMillisecondAgree() {
		Instant start = Instant.ofEpochMilli(1);
		Node first = this.cluster.start("a", start, 0);
		Node second = this.cluster.start("b", start, 0);
		this.cluster.run(QUIET);
		assertThat(first.agreement.isAgreed()).isTrue();
		assertThat(second.agreement.isAgreed()).isTrue();
		assertThat(names(second)).containsExactly("a", "b");
	}

	@Test
	void aPublisherThatBeatsButDoesNotPublishLosesItsTurnUntilItPublishesAgain() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		Node third = this.cluster.start("c");
		this.cluster.run(QUIET);
		first.mute = true;
		third.kill();
		this.cluster.run(Duration.ofSeconds(45));
		assertThat(names(second)).containsExactly("a", "b");
		assertThat(second.agreement.isAgreed()).isTrue();
		assertThat(second.agreement.state().publisher()).isEqualTo(second.id);
		first.mute = false;
		this.cluster.run(QUIET);
		assertThat(first.agreement.state().publisher()).as("nobody takes over from a publisher that lives")
			.isEqualTo(second.id);
		assertThat(first.agreement.isAgreed()).isTrue();
		assertThat(second.agreement.isAgreed()).isTrue();
		second.kill();
		this.cluster.run(QUIET);
		assertThat(first.agreement.state().publisher()).isEqualTo(first.id);
		assertThat(first.agreement.isAgreed()).isTrue();
	}

	/**
	 * A node that knows a later ring than one that publishes passes it on.
	 */
	@Test
	void aRingThatAnotherNodePassesOnIsNoSignOfLifeOfItsPublisher() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		Node third = this.cluster.start("c");
		this.cluster.run(QUIET);
		RingMessage.Publication passedOn = new RingMessage.Publication(version(second), first.id, 0,
				second.agreement.ring().ring().members(), List.of(), Map.of(), 0);
		first.mute = true;
		for (int i = 0; i < 9; i++) {
			this.cluster.run(Duration.ofSeconds(5));
			second.agreement.received(third.id, passedOn);
		}
		assertThat(second.agreement.state().publisher()).isEqualTo(second.id);
		assertThat(second.agreement.isAgreed()).isTrue();
	}

	@Test
	void aNodeWhoseClockIsAnHourBehindTakesOverFromNobody() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		this.cluster.run(QUIET);
		RingVersion before = version(first);
		Node behind = this.cluster.start("c", Duration.ofHours(-1));
		for (int i = 0; i < 60; i++) {
			this.cluster.run(Duration.ofMillis(500));
			assertThat(version(first).term()).isEqualTo(before.term());
			assertThat(first.agreement.state().publisher()).isEqualTo(first.id);
			assertThat(first.agreement.isAgreed() || i < 20).isTrue();
		}
		assertThat(this.cluster.running()).allSatisfy((node) -> assertThat(node.agreement.isAgreed()).isTrue());
		assertThat(names(behind)).containsExactly("a", "b", "c");
		first.kill();
		this.cluster.run(QUIET);
		assertThat(behind.agreement.state().publisher()).as("the oldest one, by what it says").isEqualTo(behind.id);
		assertThat(version(second).term()).as("a later term").isGreaterThan(before.term());
		RingVersion afterwards = version(second);
		Node again = this.cluster.start("a", Duration.ofHours(-2));
		this.cluster.run(QUIET);
		assertThat(version(again).term()).isEqualTo(afterwards.term());
		assertThat(this.cluster.running()).allSatisfy((node) -> assertThat(node.agreement.isAgreed()).isTrue());
	}

	@Test
	void aPublisherWhoseClockIsAnHourAheadIsFollowedByALaterTerm() {
		Node ahead = this.cluster.start("a", Duration.ofHours(1));
		this.cluster.run(QUIET);
		Node second = this.cluster.start("b");
		this.cluster.run(QUIET);
		RingVersion before = version(ahead);
		assertThat(ahead.agreement.state().publisher()).isEqualTo(ahead.id);
		ahead.kill();
		this.cluster.run(QUIET);
		assertThat(names(second)).containsExactly("b");
		assertThat(version(second).term()).isEqualTo(before.term() + 1);
	}

	@Test
	void aNodeThatLearnsOfALaterTermPublishesTheSameRingInALaterOneYet() {
		Node first = this.cluster.start("a");
		Node second = this.cluster.start("b");
		this.cluster.run(QUIET);
		RingVersion before = version(first);
		second.agreement.seen(before.term() + 1_000_000_000);
		this.cluster.run(QUIET);
		assertThat(version(second)).as("another node publishes").isEqualTo(before);
		first.agreement.seen(before.term() + 2_000_000_000);
		this.cluster.run(QUIET);
		assertThat(version(first).term()).isEqualTo(before.term() + 2_000_000_001);
		assertThat(version(first).digest()).isEqualTo(before.digest());
		assertThat(version(second)).isEqualTo(version(first));
		assertThat(this.cluster.running()).allSatisfy((node) -> assertThat(node.agreement.isAgreed()).isTrue());
	}

	/**
	 * The gateway knows a later term than the clock of the node that begins.
	 */
	@Test
	void aGatewayThatOutlivesAllNodesFollowsOneWhoseClockIsAnHourBehind() {
		Node gateway = this.cluster.start("gateway");
		gateway.weight = 0;
		Node first = this.cluster.start("a");
		this.cluster.run(QUIET);
		RingVersion before = version(gateway);
		first.kill();
		this.cluster.run(QUIET);
		Node behind = this.cluster.start("b", Duration.ofHours(-1));
		this.cluster.run(QUIET);
		assertThat(names(gateway)).containsExactly("b", "gateway");
		assertThat(version(gateway)).isEqualTo(version(behind));
		assertThat(version(behind).term()).isGreaterThan(before.term());
		assertThat(gateway.agreement.isAgreed()).isTrue();
	}

	@Test
	void aRestartedNodeWhoseClockWasSetBackReplacesTheOneThatWasKilled() {
		this.cluster.start("a");
		Node second = this.cluster.start("b");
		Node third = this.cluster.start("c");
		this.cluster.run(QUIET);
		String digest = version(third).digest();
		int acted = third.acted.size();
		second.kill();
		this.cluster.run(Duration.ofMillis(1_500));
		Node restarted = this.cluster.start("b", Duration.ofHours(-1));
		this.cluster.run(QUIET);
		assertThat(version(third).digest()).isEqualTo(digest);
		assertThat(third.acted).hasSize(acted);
		assertThat(third.agreement.state().outside()).isEmpty();
		assertThat(restarted.agreement.state().selfOutside()).isFalse();
		assertThat(restarted.agreement.isAgreed()).isTrue();
	}

	@Test
	void nodesForWhichTheRingHasNoRoomStayOutsideAndHoldNothingUp() {
		Node first = this.cluster.start("a");
		first.weight = 100;
		for (int i = 0; i < 11; i++) {
			this.cluster.start("b" + i).weight = 100;
		}
		this.cluster.run(QUIET);
		assertThat(names(first)).hasSize(10).contains("a");
		assertThat(first.agreement.isAgreed()).isTrue();
		assertThat(first.problems).anySatisfy((problem) -> assertThat(problem).contains("b8").contains("b9"));
		Node leaving = this.cluster.running().get(1);
		assertThat(names(first)).contains(leaving.name);
		leaving.kill();
		this.cluster.run(QUIET);
		assertThat(names(first)).hasSize(10).doesNotContain(leaving.name);
		assertThat(this.cluster.running()).allSatisfy((node) -> assertThat(node.agreement.isAgreed()).isTrue());
	}

	@Test
	void aSpreadUserStaysSpreadUntilAllNodesHaveReportedAfterAnOutage() {
		Node first = this.cluster.start("a", Instant.ofEpochMilli(1), 10);
		Node second = this.cluster.start("b", Instant.ofEpochMilli(2), 10);
		this.cluster.run(QUIET);
		report(10, first, second);
		this.cluster.run(Duration.ofSeconds(10));
		assertThat(second.agreement.ring().ring().isSpread("bot")).isTrue();
		List.of(first, second).forEach(Node::cut);
		this.cluster.run(Duration.ofMinutes(2));
		List.of(first, second).forEach(Node::reconnect);
		this.cluster.run(QUIET);
		assertThat(first.agreement.ring().ring().isSpread("bot")).isTrue();
		report(0, first);
		this.cluster.run(QUIET);
		assertThat(first.agreement.ring().ring().isSpread("bot")).as("the other node has not reported").isTrue();
		report(0, first, second);
		this.cluster.run(Duration.ofSeconds(10));
		assertThat(first.agreement.ring().ring().isSpread("bot")).isFalse();
	}

	private static void report(int sessions, Node... nodes) {
		for (Node node : nodes) {
			node.agreement.report((sessions > 0) ? Map.of("bot", sessions) : Map.of());
		}
	}

	@Test
	void noFaultMakesANodeActOnARingThatIsNotAgreedAndAllAgreeInTheEnd() {
		int seeds = Boolean.getBoolean("atmosphere.test.long") ? 200 : 12;
		for (int seed = 0; seed < seeds; seed++) {
			faults(seed);
		}
	}

	private static void faults(int seed) {
		SimulatedCluster cluster = new SimulatedCluster(seed);
		Random random = new Random(seed);
		for (String name : List.of("a", "b", "c", "d", "e")) {
			check(cluster.start(name), seed);
			cluster.run(Duration.ofMillis(random.nextInt(3_000)));
		}
		for (int step = 0; step < 40; step++) {
			List<Node> running = cluster.running();
			Node victim = running.get(random.nextInt(running.size()));
			switch (random.nextInt(6)) {
				case 0 -> {
					victim.kill();
					cluster.run(Duration.ofMillis(random.nextInt(2_000)));
					check(cluster.start(victim.name), seed);
				}
				case 1 -> {
					victim.kill();
					cluster.run(Duration.ofSeconds(random.nextInt(20)));
					check(cluster.start(victim.name), seed);
				}
				case 2 -> {
					victim.freeze();
					cluster.run(Duration.ofMillis(random.nextInt(20_000)));
					victim.thaw();
				}
				case 3 -> {
					victim.cut();
					cluster.run(Duration.ofMillis(random.nextInt(20_000)));
					victim.reconnect();
				}
				case 4 -> {
					running.forEach(Node::cut);
					cluster.run(Duration.ofMillis(random.nextInt(15_000)));
					running.forEach(Node::reconnect);
				}
				default -> victim.drain();
			}
			cluster.run(Duration.ofMillis(random.nextInt(12_000)));
		}
		cluster.running().forEach(Node::kill);
		cluster.forgetPublications();
		for (String name : List.of("a", "b", "c")) {
			cluster.start(name);
		}
		cluster.run(Duration.ofMinutes(6));
		PublishedRing newest = cluster.newest();
		for (Node node : cluster.running()) {
			assertThat(node.agreement.ring()).as("seed " + seed).isEqualTo(newest);
			assertThat(node.agreement.isAgreed()).as("seed " + seed).isTrue();
		}
		assertThat(newest.ring().members()).extracting(RingMember::name)
			.as("seed " + seed)
			.containsExactly("a", "b", "c");
	}

	/**
	 * Check each action: no ring with other owners was newer at the broker when the node
	 * asked, and no node acts twice on one version.
	 */
	private static void check(Node node, int seed) {
		node.onAct = (acting) -> {
			PublishedRing on = acting.acted.get(acting.acted.size() - 1);
			assertThat(acting.acted.stream().map(PublishedRing::version)).as("seed " + seed).doesNotHaveDuplicates();
			assertThat(acting.wasNewestAtTheFence(on)).as("seed " + seed + ", node " + acting.name).isTrue();
		};
	}

	private static List<String> names(Node node) {
		return node.agreement.ring()
			.ring()
			.members()
			.stream()
			.filter((member) -> member.weight() > 0 || member.name().equals("gateway"))
			.map(RingMember::name)
			.toList();
	}

	private static RingVersion version(Node node) {
		return node.agreement.ring().version();
	}

}
