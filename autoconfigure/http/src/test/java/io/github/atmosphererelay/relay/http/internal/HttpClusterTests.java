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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of several nodes in one JVM with the HTTP relay: what each gets, what goes over
 * the wire, and what becomes of nodes that leave, move and come back.
 */
@Reconciles
@Timeout(240)
class HttpClusterTests extends AbstractHttpNodesTests {

	@Test
	@Timeout(400)
	void hundredThousandMessagesArriveOnceAndInTheOrderOfTheirPublisher() {
		List<RelayNode> nodes = started("a", "b", "c");
		nodes.forEach((node) -> node.subscribe(new Address.Channel("busy")));
		int count = 1 + 100_000 / nodes.size();
		List<CompletableFuture<List<UUID>>> sent = nodes.stream()
			.map((node) -> CompletableFuture.supplyAsync(() -> publish(node, "busy", count)))
			.toList();
		for (RelayNode receiver : nodes) {
			MachineTime.await(Duration.ofSeconds(120)).until(() -> receiver.received().size() >= nodes.size() * count);
			for (int i = 0; i < nodes.size(); i++) {
				List<Envelope> received = receiver.received(nodes.get(i).id());
				assertThat(received).extracting(Envelope::id).isEqualTo(sent.get(i).join());
				assertThat(received).allSatisfy(HttpClusterTests::assertUnchanged);
			}
			assertThat(receiver.gaps()).isEmpty();
		}
	}

	@Test
	void aNodeWithoutInterestGetsControlMessagesOnly() {
		RelayNode a = started("a", "b", "c").get(0);
		RelayNode[] nodes = this.nodes.toArray(RelayNode[]::new);
		nodes[1].subscribe(new Address.Channel("busy"));
		nodes[2].subscribe(Address.CONTROL);
		HttpRelayStatistics statistics = PeerCluster.relay(a).statistics();
		long before = statistics.sentEnvelopes();
		long bytesBefore = statistics.sentBytes();
		for (int i = 0; i < 500; i++) {
			a.publish("busy", "x".repeat(1000));
		}
		assertThat(statistics.sentEnvelopes() - before).as("one copy, for b").isEqualTo(500);
		assertThat(statistics.sentBytes() - bytesBefore).as("one copy and less than a second")
			.isBetween(500_000L, 1_000_000L);
		assertThat(PeerCluster.relay(nodes[2]).statistics().uninteresting()).isZero();
		a.relay().publish(a.envelope(new Audience.Everyone(null), Payload.text("all"))).join();
		assertThat(statistics.sentEnvelopes() - before).isEqualTo(502);
		await().untilAsserted(() -> assertThat(nodes[2].received()).hasSize(1));
	}

	@Test
	void aNodeThatFollowsMoreThanIsRememberedIsSentEverything() {
		this.cluster.maxInterest(100);
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(rooms(0, 99));
		HttpRelayStatistics sent = PeerCluster.relay(a).statistics();
		await().until(() -> {
			long before = sent.sentEnvelopes();
			a.publish("elsewhere", "not for b");
			return sent.sentEnvelopes() == before;
		});
		b.subscribe(rooms(99, 200));
		HttpRelayStatistics received = PeerCluster.relay(b).statistics();
		long before = received.uninteresting();
		for (int i = 0; i < 50; i++) {
			a.publish("elsewhere", "not for b");
		}
		await().untilAsserted(() -> assertThat(received.uninteresting() - before).isEqualTo(50));
		List<UUID> ids = Stream.of(rooms(0, 200)).map((room) -> a.publish(room.channel(), "for b").id()).toList();
		await().untilAsserted(() -> assertThat(b.receivedIds()).isEqualTo(ids));
		assertThat(b.gaps()).isEmpty();
	}

	private static Address.Channel[] rooms(int from, int to) {
		return IntStream.range(from, to)
			.mapToObj((number) -> new Address.Channel("room-" + number))
			.toArray(Address.Channel[]::new);
	}

	@Test
	void aProxysRefusalWithTheStatusOfAnotherNodeIsNotCountedAsForged() {
		RelayNode a = started("a", "b").get(0);
		this.cluster.server().tap((endpoint, request) -> new PeerResponse(421, Map.of(), new byte[0]));
		MachineTime.await(Duration.ofSeconds(20))
			.untilAsserted(
					() -> assertThat(a.relay().details().get("peers")).asString().contains("refused with status 421"));
		assertThat(PeerCluster.relay(a).statistics().forgedAnswers()).isZero();
	}

	@Test
	void aNodeThatIsListedTwiceGetsEachMessageOnce() {
		RelayNode a = node("a");
		RelayNode b = node("b");
		this.cluster.server().expose("/again", PeerCluster.relay(b).endpoint());
		this.cluster.urls().add(this.cluster.url("again"));
		a.start();
		b.start();
		PeerCluster.awaitPeers(1, a, b);
		b.subscribe(new Address.Channel("room"));
		List<UUID> sent = publish(a, "room", 300);
		await().untilAsserted(() -> assertThat(b.receivedIds()).isEqualTo(sent));
		assertThat(PeerCluster.relay(b).statistics().duplicates()).isZero();
	}

	@Test
	void aNodeWhoseUrlIsTakenByAnotherIsFoundThere() {
		List<RelayNode> nodes = started("a", "b");
		this.cluster.server().expose("/moved", PeerCluster.relay(nodes.get(1)).endpoint());
		this.cluster.urls().add(this.cluster.url("moved"));
		RelayNode c = node("b", this.cluster::urls);
		PeerCluster.awaitPeers(2, nodes.get(0), nodes.get(1), c);
		c.relay().stop();
		PeerCluster.awaitPeers(1, nodes.get(0), nodes.get(1));
	}

	@Test
	void aNodeThatOnlyOneKnowsIsIntroducedToIt() {
		RelayNode a = node("a");
		a.start();
		RelayNode b = node("b", () -> List.of(this.cluster.url("a"), this.cluster.url("b")));
		PeerCluster.awaitPeers(1, a, b);
		b.subscribe(new Address.Channel("room"));
		Envelope envelope = a.publish("room", "hello");
		await().untilAsserted(() -> assertThat(b.receivedIds()).containsExactly(envelope.id()));
	}

	@Test
	void aNodeThatCannotBeReachedHoldsUpNobodyAndLearnsThatItHasMissedMessages() {
		this.cluster.maxPending(100);
		List<RelayNode> nodes = started("a", "b", "c");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		RelayNode c = nodes.get(2);
		List.of(b, c).forEach((node) -> node.subscribe(new Address.Channel("room")));
		this.cluster.server().hide("/c", PeerCluster.relay(c).endpoint());
		PeerCluster.awaitPeers(1, a, b);
		List<UUID> sent = new ArrayList<>();
		for (int i = 0; i < 300; i++) {
			MachineTime time = MachineTime.start();
			sent.add(a.publish("room", "message " + i).id());
			assertThat(time.elapsed()).isLessThan(Duration.ofMillis(800));
		}
		await().untilAsserted(() -> assertThat(b.receivedIds()).isEqualTo(sent));
		assertThat(c.gaps()).isEmpty();
		this.cluster.server().expose("/c", PeerCluster.relay(c).endpoint());
		PeerCluster.awaitPeers(2, a, b, c);
		await().untilAsserted(() -> assertThat(c.gaps()).contains(new Address.Channel("room")));
		assertThat(PeerCluster.relay(a).statistics().missed()).isGreaterThan(100);
		Envelope last = a.publish("room", "last");
		await().untilAsserted(() -> assertThat(c.receivedIds()).endsWith(last.id()));
		assertThat(c.receivedIds()).doesNotHaveDuplicates();
		assertThat(b.gaps()).isEmpty();
	}

	@Test
	void aNodeThatWasForgottenIsNotTakenForTheOldOneWhenItComesBack() {
		this.cluster.forgetAfter(Duration.ofMillis(1500));
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		a.subscribe(new Address.Channel("room"));
		b.subscribe(new Address.Channel("room"));
		for (int i = 0; i < 50; i++) {
			a.publish("room", "before");
			b.publish("room", "before");
		}
		this.cluster.server().hide("/a", PeerCluster.relay(a).endpoint());
		this.cluster.server().hide("/b", PeerCluster.relay(b).endpoint());
		await().untilAsserted(() -> assertThat(nodes).allSatisfy(
				(node) -> assertThat(PeerCluster.relay(node).details().get("peers").toString()).contains("not found")));
		this.cluster.server().expose("/a", PeerCluster.relay(a).endpoint());
		this.cluster.server().expose("/b", PeerCluster.relay(b).endpoint());
		PeerCluster.awaitPeers(1, a, b);
		List<UUID> sent = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			sent.add(a.publish("room", "after").id());
		}
		await().untilAsserted(() -> assertThat(b.receivedIds()).endsWith(sent.toArray(UUID[]::new)));
		assertThat(b.received(a.id())).hasSize(70);
		assertThat(b.gaps()).contains(new Address.Channel("room"));
	}

	@Test
	void whatAListenerThrowsHarmsNothingElse() {
		RelayNode a = started("a", "b").get(0);
		HttpRelay broken = new HttpRelay(this.cluster.settings(), this.cluster::urls);
		this.cluster.server().expose("/broken", broken.endpoint());
		this.cluster.urls().add(this.cluster.url("broken"));
		BrokenListener listener = new BrokenListener();
		broken.start(listener);
		PeerCluster.awaitPeers(2, a);
		broken.subscribe(new Address.Channel("room")).orTimeout(10, TimeUnit.SECONDS).join();
		for (int i = 0; i < 10; i++) {
			a.publish("room", "message " + i);
		}
		await().untilAsserted(() -> assertThat(listener.calls()).isEqualTo(10));
		broken.stop();
	}

	@Test
	void aStoppedNodeIsNotWaitedForAndReceiptsOfTheOthersSayRelayed() {
		List<RelayNode> nodes = started("a", "b", "c");
		nodes.forEach((node) -> node.subscribe(new Address.Channel("room")));
		nodes.get(2).relay().stop();
		PeerCluster.awaitPeers(1, nodes.get(0), nodes.get(1));
		MachineTime time = MachineTime.start();
		nodes.get(0).publish("room", "hello");
		assertThat(time.elapsed()).isLessThan(Duration.ofMillis(500));
		nodes.get(1).relay().stop();
		PeerCluster.awaitPeers(0, nodes.get(0));
		assertThat(nodes.get(0).relay().publish(nodes.get(0).envelope("room", "alone")).join().outcome())
			.isEqualTo(Outcome.RELAYED);
		assertThat(nodes.get(0).relay().details()).containsKey("alone");
	}

	/**
	 * Publish messages, every other one binary, a few hundred at once.
	 */
	private static List<UUID> publish(RelayNode node, String channel, int count) {
		List<UUID> ids = new ArrayList<>();
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			String text = "message " + i;
			Payload payload = (i % 2 == 0) ? Payload.text(text) : Payload.binary(bytes(i));
			Envelope envelope = node.envelope(new Audience.Channel(channel, null), payload);
			ids.add(envelope.id());
			receipts.add(node.relay().publish(envelope));
			if (receipts.size() == 500) {
				receipts.forEach((receipt) -> receipt.orTimeout(20, TimeUnit.SECONDS).join());
				receipts.clear();
			}
		}
		receipts.forEach((receipt) -> receipt.orTimeout(20, TimeUnit.SECONDS).join());
		return ids;
	}

	private static byte[] bytes(int number) {
		return new byte[] { 0, (byte) number, (byte) (number >> 8), (byte) 0xFF };
	}

	private static void assertUnchanged(Envelope envelope) {
		if (envelope.payload().isBinary()) {
			assertThat(envelope.payload().bytes()).hasSize(4).startsWith(0).endsWith(0xFF);
		}
		else {
			assertThat(envelope.payload().asText()).startsWith("message ");
		}
	}

}
