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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what a node learns that meets another one after that has published something:
 * a gap if its subscriptions were confirmed without the other node, and none otherwise.
 */
@Timeout(120)
class HttpMeetingTests extends AbstractHttpNodesTests {

	private static final Address ROOM = new Address.Channel("room");

	@Test
	void aNodeThatStoodStillWhileAnotherOneStartedReportsAGap() {
		List<URI> old = List.of(this.cluster.url("a"), this.cluster.url("b"));
		RelayNode a = node("a", () -> old);
		RelayNode b = node("b", () -> old);
		PeerCluster.awaitPeers(1, a, b);
		List.of(a, b).forEach((node) -> node.subscribe(ROOM));
		CountDownLatch held = new CountDownLatch(1);
		this.cluster.server().hold("/a", held);
		RelayNode c = node("c", () -> List.of(this.cluster.url("a"), this.cluster.url("b"), this.cluster.url("c")));
		PeerCluster.awaitPeers(1, c);
		for (int i = 0; i < 20; i++) {
			c.publish("room", "message " + i);
		}
		await().untilAsserted(() -> assertThat(b.received(c.id())).hasSize(20));
		assertThat(a.gaps()).isEmpty();
		held.countDown();
		PeerCluster.awaitPeers(2, a, c);
		await().untilAsserted(() -> assertThat(a.gaps()).containsExactly(ROOM));
		await().untilAsserted(() -> assertThat(PeerCluster.relay(c).statistics().missed()).isEqualTo(20));
		Envelope last = c.publish("room", "last");
		await().untilAsserted(() -> assertThat(a.receivedIds()).containsExactly(last.id()));
		await().untilAsserted(() -> assertThat(b.receivedIds()).hasSize(21).endsWith(last.id()));
		assertThat(b.gaps()).isEmpty();
		assertThat(a.gaps()).hasSize(1);
	}

	@Test
	void aNodeThatIsDiscoveredReportsAGapForItsEarlierSubscriptionsOnly() {
		List<URI> known = new CopyOnWriteArrayList<>();
		RelayNode a = node("a", () -> known.isEmpty() ? List.of(this.cluster.url("a")) : known);
		RelayNode b = node("b", () -> List.of(this.cluster.url("b")));
		b.subscribe(ROOM, Address.CONTROL);
		alone(a);
		a.publish("room", "not for b");
		CountDownLatch held = new CountDownLatch(1);
		this.cluster.server().hold("/b", held);
		b.relay().subscribe(new Address.Channel("unconfirmed"));
		known.addAll(List.of(this.cluster.url("a"), this.cluster.url("b")));
		held.countDown();
		PeerCluster.awaitPeers(1, a, b);
		b.subscribe(new Address.Channel("later"));
		await().untilAsserted(() -> assertThat(b.gaps()).contains(ROOM, Address.CONTROL));
		assertThat(b.gaps()).doesNotContain(new Address.Channel("later"));
		await().untilAsserted(() -> assertThat(PeerCluster.relay(a).statistics().missed()).isEqualTo(1));
		assertThat(a.gaps()).as("b has published nothing").isEmpty();
	}

	@Test
	void aMessageToAllThatWasPublishedBeforeIsMissedAndWhatNodesSayToEachOtherIsNot() {
		List<URI> known = new CopyOnWriteArrayList<>(List.of(this.cluster.url("a")));
		RelayNode a = node("a", () -> known);
		RelayNode b = node("b", () -> List.of(this.cluster.url("b")));
		RelayNode c = node("c", () -> List.of(this.cluster.url("c")));
		List.of(b, c).forEach((node) -> node.subscribe(Address.CONTROL));
		alone(a);
		a.relay()
			.publish(new Envelope(UUID.randomUUID(), a.id(), Envelope.Kind.CONTROL, 0, new Audience.Everyone(null),
					Map.of(), Payload.text("control"), null, null))
			.join();
		known.add(this.cluster.url("b"));
		PeerCluster.awaitPeers(1, a, b);
		a.relay().publish(a.envelope(new Audience.Everyone(null), Payload.text("hello"))).join();
		await().untilAsserted(() -> assertThat(b.received()).hasSize(1));
		assertThat(b.gaps()).isEmpty();
		known.add(this.cluster.url("c"));
		PeerCluster.awaitPeers(2, a);
		await().untilAsserted(() -> assertThat(c.gaps()).containsExactly(Address.CONTROL));
	}

	@Test
	void aNodeThatStartsLaterReportsNoGap() {
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		nodes.get(1).subscribe(ROOM);
		for (int i = 0; i < 20; i++) {
			a.publish("room", "before");
		}
		RelayNode c = node("c").start();
		c.subscribe(ROOM);
		Envelope envelope = a.publish("room", "hello");
		await().untilAsserted(() -> assertThat(c.receivedIds()).containsExactly(envelope.id()));
		assertThat(c.gaps()).isEmpty();
		assertThat(PeerCluster.relay(a).statistics().missed()).isZero();
	}

	@Test
	void aNodeWithoutSubscriptionsHasMissedNothing() {
		List<URI> known = new CopyOnWriteArrayList<>(List.of(this.cluster.url("a")));
		RelayNode a = node("a", () -> known);
		RelayNode b = node("b", () -> List.of(this.cluster.url("b")));
		alone(a);
		a.publish("room", "for nobody");
		known.add(this.cluster.url("b"));
		PeerCluster.awaitPeers(1, a, b);
		b.subscribe(ROOM);
		Envelope envelope = a.publish("room", "hello");
		await().untilAsserted(() -> assertThat(b.receivedIds()).containsExactly(envelope.id()));
		assertThat(b.gaps()).isEmpty();
		assertThat(PeerCluster.relay(a).statistics().missed()).isZero();
	}

	/**
	 * Wait until a node knows that it is alone.
	 */
	private static void alone(RelayNode node) {
		node.subscribe(new Address.Channel("own"));
	}

}
