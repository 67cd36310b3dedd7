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

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what the HTTP relay promises when something goes wrong: no message is lost
 * without a gap, and no receipt says what is not true.
 */
@Reconciles
@Timeout(240)
class HttpPromiseTests extends AbstractHttpNodesTests {

	private static final Address ROOM = new Address.Channel("room");

	@Test
	void publishersAtTheLimitAreRefusedAndNothingIsDropped() {
		this.cluster.maxPending(8);
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(ROOM);
		List<CompletableFuture<List<UUID>>> publishers = IntStream.range(0, 6)
			.mapToObj((i) -> CompletableFuture.supplyAsync(() -> publishWithRetries(a, 200),
					(task) -> new Thread(task).start()))
			.toList();
		List<UUID> sent = publishers.stream().flatMap((publisher) -> publisher.join().stream()).toList();
		MachineTime.await(Duration.ofSeconds(20))
			.untilAsserted(() -> assertThat(b.receivedIds()).containsExactlyInAnyOrderElementsOf(sent));
		assertThat(PeerCluster.relay(a).statistics().missed()).isZero();
		assertThat(b.gaps()).isEmpty();
	}

	private static List<UUID> publishWithRetries(RelayNode node, int count) {
		List<UUID> sent = new ArrayList<>();
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		while (sent.size() < count) {
			Envelope envelope = node.envelope("room", "message");
			CompletableFuture<Receipt> receipt = node.relay().publish(envelope);
			if (receipt.isCompletedExceptionally()) {
				assertThat(receipt).failsWithin(Duration.ofSeconds(1))
					.withThrowableThat()
					.withCauseInstanceOf(RelayOverloadedException.class);
				LockSupport.parkNanos(100_000);
			}
			else {
				sent.add(envelope.id());
				receipts.add(receipt);
			}
		}
		receipts.forEach((receipt) -> receipt.orTimeout(20, TimeUnit.SECONDS).join());
		return sent;
	}

	@Test
	void aPublisherThatStoodStillSendsToAPeerThatHasSubscribedMeanwhile() throws InterruptedException {
		List<RelayNode> nodes = started("a", "b", "c");
		RelayNode a = nodes.get(0);
		RelayNode c = nodes.get(2);
		nodes.get(1).subscribe(ROOM);
		await().until(() -> !peer(a, "c").mayFollow(ROOM.value(), System.nanoTime()));
		Envelope envelope = a.envelope("room", "hello");
		Thread publisher = new Thread(() -> a.relay().publish(envelope));
		synchronized (peer(a, "b").stream()) {
			publisher.start();
			await().until(() -> publisher.getState() == Thread.State.BLOCKED);
			long chosen = System.nanoTime();
			c.subscribe(ROOM);
			await().until(() -> System.nanoTime() - chosen > Duration.ofMillis(200).toNanos());
		}
		publisher.join();
		await().untilAsserted(() -> assertThat(c.receivedIds()).containsExactly(envelope.id()));
	}

	private static Peer peer(RelayNode node, String name) {
		PeerMesh mesh = PeerCluster.relay(node).mesh();
		assertThat(mesh).isNotNull();
		return mesh.peers()
			.all()
			.stream()
			.filter((peer) -> String.valueOf(peer.url).endsWith("/" + name))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void aReceiptIsInDoubtIfAListedNodeTurnsOutToBeOneThatWasNotKnown() {
		List<URI> known = new CopyOnWriteArrayList<>(List.of(this.cluster.url("a"), this.cluster.url("b")));
		RelayNode a = node("a", () -> known);
		RelayNode b = node("b", () -> List.of(this.cluster.url("a"), this.cluster.url("b")));
		RelayNode c = node("c", () -> List.of(this.cluster.url("c")));
		PeerCluster.awaitPeers(1, a, b);
		List.of(b, c).forEach((node) -> node.subscribe(ROOM));
		a.publish("room", "before");
		CountDownLatch held = new CountDownLatch(1);
		this.cluster.server().hold("/c", held);
		known.add(this.cluster.url("c"));
		PeerMesh mesh = PeerCluster.relay(a).mesh();
		assertThat(mesh).isNotNull();
		await().until(() -> !mesh.loop().unsettled().contacts().isEmpty());
		CompletableFuture<Receipt> receipt = a.relay().publish(a.envelope("room", "not for c"));
		held.countDown();
		assertThat(receipt.orTimeout(10, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
		PeerCluster.awaitPeers(2, a);
		c.subscribe(new Address.Channel("another"));
		Envelope last = a.publish("room", "for all");
		await().untilAsserted(() -> assertThat(c.receivedIds()).containsExactly(last.id()));
	}

	@Test
	void whatANodeHasPublishedBeforeItsStopArrivesAtASlowNode() {
		RelayNode a = node("a");
		HeldListener slow = new HeldListener();
		HttpRelay b = slow("b", slow);
		a.start();
		PeerCluster.awaitPeers(1, a);
		b.subscribe(ROOM).orTimeout(10, TimeUnit.SECONDS).join();
		a.relay().publish(a.envelope("room", "one"));
		await().until(slow::isCalled);
		a.relay().publish(a.envelope("room", "two"));
		a.relay().publish(a.envelope("room", "three"));
		a.relay().stop();
		slow.release();
		await().untilAsserted(() -> assertThat(slow.received()).containsExactly("one", "two", "three"));
		assertThat(slow.gaps()).isEmpty();
		b.stop();
	}

	@Test
	void aReceiptThatComesAfterTheStopIsCompleted() {
		RelayNode a = node("a");
		a.start();
		PeerMesh mesh = PeerCluster.relay(a).mesh();
		assertThat(mesh).isNotNull();
		a.relay().stop();
		PendingReceipt receipt = new PendingReceipt(UUID.randomUUID(), System.nanoTime());
		mesh.loop().receipts().watch(receipt);
		assertThat(receipt.isDone()).isTrue();
	}

	@Test
	void aProxyThatRefusesALargeRequestMakesNoMessageBeDropped() {
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(ROOM);
		this.cluster.server().limit("/b", 1000);
		Envelope envelope = a.envelope("room", "x".repeat(5000));
		a.relay().publish(envelope);
		await().until(() -> PeerCluster.relay(a).statistics().failedExchanges() > 3);
		assertThat(PeerCluster.relay(a).statistics().missed()).isZero();
		this.cluster.server().limit("/b", 1_000_000);
		await().untilAsserted(() -> assertThat(b.receivedIds()).containsExactly(envelope.id()));
		assertThat(b.gaps()).isEmpty();
	}

	@Test
	void anEnvelopeThatIsTooLargeForAPeerIsDroppedAndThePeerSeesAGap() {
		RelayNode a = node("a", this.cluster.settings(4 * 1024 * 1024));
		RelayNode b = node("b");
		List.of(a, b).forEach(RelayNode::start);
		PeerCluster.awaitPeers(1, a, b);
		b.subscribe(ROOM);
		CompletableFuture<Receipt> receipt = a.relay()
			.publish(a.envelope(new Audience.Channel("room", null), Payload.text("x".repeat(2_000_000))));
		a.relay().subscribe(new Address.Channel("update"));
		assertThat(receipt.orTimeout(10, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
		await().untilAsserted(() -> assertThat(b.gaps()).contains(ROOM));
		Envelope last = a.envelope("room", "last");
		a.relay().publish(last);
		await().untilAsserted(() -> assertThat(b.receivedIds()).containsExactly(last.id()));
		assertThat(PeerCluster.relay(a).statistics().missed()).isEqualTo(1);
	}

	@Test
	void aNodeWhoseInterestChangesAllTheTimeIsNotSentEverything() {
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		int sent = 0;
		long begin = System.nanoTime();
		for (int i = 0; System.nanoTime() - begin < Duration.ofSeconds(3).toNanos(); i++) {
			Address address = new Address.Channel("busy-" + i);
			b.relay().subscribe(address);
			b.relay().unsubscribe(address);
			LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
			if (i % 10 == 0) {
				a.relay().publish(a.envelope("elsewhere", "message"));
				sent++;
			}
		}
		assertThat(PeerCluster.relay(b).statistics().uninteresting()).isLessThan(sent / 4);
	}

	@Test
	void aLostAnswerRepeatsMessagesAndNoneArrivesTwice() {
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(ROOM, Address.CONTROL);
		this.cluster.server().loseAnswers("/b", true);
		List<UUID> sent = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			Envelope envelope = (i % 2 == 0) ? a.envelope("room", "message " + i)
					: a.envelope(new Audience.Everyone(null), Payload.text("control " + i));
			sent.add(envelope.id());
			a.relay().publish(envelope);
		}
		await().untilAsserted(() -> assertThat(b.receivedIds()).isEqualTo(sent));
		await().until(() -> PeerCluster.relay(b).statistics().duplicates() > 0);
		this.cluster.server().loseAnswers("/b", false);
		PeerCluster.awaitPeers(1, a, b);
		sent.add(a.publish("room", "last").id());
		await().untilAsserted(() -> assertThat(b.receivedIds()).isEqualTo(sent));
		assertThat(b.gaps()).isEmpty();
	}

	@Test
	void aNodeThatReceivesNoMoreLeavesTheOtherOneAloneAndHealthy() {
		List<RelayNode> nodes = started("a", "b");
		PeerCluster.relay(nodes.get(1)).closeIncoming();
		RelayNode a = nodes.get(0);
		await().untilAsserted(() -> assertThat(a.relay().details()).containsKey("alone"));
		a.publish("room", "alone");
		assertThat(a.disconnects()).isZero();
	}

	@Test
	void aNodeThatHearsNothingOfAPeerThatAcknowledgesDoesNotForgetIt() {
		this.cluster.forgetAfter(Duration.ofMillis(500));
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(ROOM);
		a.publish("room", "before");
		this.cluster.server().hide("/a", PeerCluster.relay(a).endpoint());
		PeerCluster.awaitPeers(0, a);
		long exchanges = PeerCluster.relay(a).statistics().exchanges();
		// Each takes a quarter of a second
		await().until(() -> PeerCluster.relay(a).statistics().exchanges() > exchanges + 8);
		this.cluster.server().expose("/a", PeerCluster.relay(a).endpoint());
		PeerCluster.awaitPeers(1, a, b);
		Envelope last = a.publish("room", "after");
		await().untilAsserted(() -> assertThat(b.receivedIds()).endsWith(last.id()));
		assertThat(b.gaps()).isEmpty();
	}

	@Test
	void aUrlThatCannotBeUsedIsLeftOutAndShown() {
		List<URI> urls = List.of(URI.create("http://chat_1:8080"), this.cluster.url("a"), this.cluster.url("b"));
		RelayNode a = node("a", () -> urls);
		RelayNode b = node("b", () -> urls);
		PeerCluster.awaitPeers(1, a, b);
		assertThat(a.relay().details().get("discovery")).asString().contains("http://chat_1:8080");
		assertThat(a.relay().details()).containsKey("discoveryAge");
	}

	private HttpRelay slow(String name, HeldListener listener) {
		HttpRelay relay = new HttpRelay(this.cluster.settings(), this.cluster::urls);
		this.cluster.server().expose("/" + name, relay.endpoint());
		this.cluster.urls().add(this.cluster.url(name));
		relay.start(listener);
		return relay;
	}

}
