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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.session.internal.SessionTransport;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Presence over three whole applications and a real broker. The first node reaches the
 * broker through a proxy that can be cut, the others do not.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractPresenceClusterTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private final List<TestNode> nodes = new ArrayList<>();

	private final List<TestClient> clients = new ArrayList<>();

	private final Map<LocalSession, String> sessions = new HashMap<>();

	private Broker broker;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		for (int i = 0; i < 3; i++) {
			this.nodes.add(startNode(i));
		}
		awaitMembers(3);
	}

	private TestNode startNode(int index) {
		List<String> args = new ArrayList<>(List.of("atmosphere.cluster.node-name=node-" + index,
				"atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].presence=true",
				"atmosphere.channels[0].client-publish=true", "atmosphere.cluster.heartbeat-interval=500ms",
				"atmosphere.cluster.node-timeout=4s", "atmosphere.presence.push-interval=50ms",
				"atmosphere.relay.probe-interval=500ms", "atmosphere.relay.probe-timeout=2s"));
		args.addAll(List.of((index == 0) ? this.broker.proxiedProperties() : this.broker.directProperties()));
		return TestNode.start(List.of(PresenceApplication.class), args.toArray(String[]::new));
	}

	private void awaitMembers(int count) {
		for (TestNode node : this.nodes) {
			MachineTime.await(WITHIN).until(() -> node.bean(Cluster.class).nodes().size() == count);
		}
	}

	@AfterEach
	void leave() {
		this.clients.forEach(TestClient::close);
		this.clients.clear();
		List.copyOf(this.sessions.keySet()).forEach(this::close);
		for (TestNode node : this.nodes) {
			MachineTime.await(WITHIN).until(() -> node.messaging().registry().sessionCount() == 0);
		}
	}

	@AfterAll
	void stop() {
		this.nodes.forEach(TestNode::close);
		this.broker.close();
	}

	private TestClient connect(int node, String channelAndQuery) {
		TestClient client = this.nodes.get(node).connect(channelAndQuery);
		this.clients.add(client);
		return client;
	}

	private static Presence presence(TestNode node) {
		return node.bean(Presence.class);
	}

	@Test
	void whoComesAndGoesIsToldOnEveryNode() {
		List<TestClient> watchers = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			watchers.add(connect(i, "chat/told?user=watcher-" + i + "&presence=true"));
		}
		for (TestNode node : this.nodes) {
			MachineTime.await(WITHIN).until(() -> presence(node).count("chat/told") == 3);
		}
		TestClient alice = connect(0, "chat/told?user=alice");
		TestClient again = connect(1, "chat/told?user=alice");
		for (TestClient watcher : watchers) {
			MachineTime.await(WITHIN).until(() -> watcher.texts().stream().anyMatch(joined("alice")));
			assertThat(watcher.texts().get(0)).contains("\"members\":[");
		}
		for (TestNode node : this.nodes) {
			MachineTime.await(WITHIN).until(() -> presence(node).sessions("chat/told") == 5);
			assertThat(presence(node).members("chat/told", null, 1).members()).singleElement().satisfies((member) -> {
				assertThat(member.user()).isEqualTo("alice");
				assertThat(member.sessions()).isEqualTo(2);
				assertThat(member.attributes()).containsEntry("colour", "green");
			});
		}
		alice.close();
		for (TestNode node : this.nodes) {
			MachineTime.await(WITHIN).until(() -> presence(node).sessions("chat/told") == 4);
			assertThat(presence(node).isPresent("chat/told", "alice")).isTrue();
		}
		again.close();
		for (TestClient watcher : watchers) {
			MachineTime.await(WITHIN).until(() -> watcher.texts().stream().anyMatch(left("alice")));
			assertThat(watcher.texts()).filteredOn(joined("alice")).hasSize(1);
			assertThat(watcher.texts()).filteredOn(left("alice")).hasSize(1);
			assertThat(watcher.texts().get(watcher.texts().size() - 1)).contains("\"count\":3");
		}
	}

	private static Predicate<String> joined(String user) {
		return (text) -> text.contains("\"joined\":[") && text.indexOf("\"user\":\"" + user + "\"") >= 0
				&& text.indexOf("\"user\":\"" + user + "\"") < text.indexOf("\"left\":[");
	}

	private static Predicate<String> left(String user) {
		return (text) -> text.contains("\"left\":[")
				&& text.lastIndexOf("\"user\":\"" + user + "\"") > text.indexOf("\"left\":[");
	}

	@Test
	void twentyThousandSessionsThatComeAndGoAtRandomAreKnownEverywhere() {
		Random random = new Random(42);
		for (int i = 0; i < 20_000; i++) {
			open(random);
		}
		List<LocalSession> open = new ArrayList<>(this.sessions.keySet());
		for (int i = 0; i < 10_000; i++) {
			int at = random.nextInt(open.size());
			close(open.get(at));
			open.set(at, open(random));
		}
		assertThat(this.sessions).hasSize(20_000);
		awaitTruth();
	}

	private LocalSession open(Random random) {
		String user = (random.nextInt(10) == 0) ? null : "user-" + random.nextInt(5_000);
		return open(this.nodes.get(random.nextInt(this.nodes.size())), "chat/" + random.nextInt(20), user);
	}

	private LocalSession open(TestNode node, String channel, @Nullable String user) {
		LocalSession session = node.messaging()
			.writers()
			.open(node.messaging().identity().newSessionId(), (user != null) ? () -> user : null, null, new Nowhere(),
					node.messaging().subscriptions()::disconnected);
		node.messaging().subscriptions().connected(session);
		node.messaging().subscriptions().subscribe(session, channel);
		this.sessions.put(session, channel);
		return session;
	}

	private void close(LocalSession session) {
		session.ended(1000, null);
		this.sessions.remove(session);
	}

	private void awaitTruth() {
		Map<String, Map<String, Integer>> truth = new TreeMap<>();
		this.sessions.forEach((session, channel) -> truth.computeIfAbsent(channel, (key) -> new TreeMap<>())
			.merge((session.principal() != null) ? session.principal().getName() : session.id(), 1, Integer::sum));
		assertThat(truth).isNotEmpty();
		for (TestNode node : this.nodes) {
			truth.forEach((channel, members) -> MachineTime.await(WITHIN)
				.until(() -> presence(node).count(channel) == members.size()
						&& presence(node).sessions(channel) == members.values().stream().mapToInt((n) -> n).sum()
						&& picture(node, channel).equals(members)));
		}
	}

	private static Map<String, Integer> picture(TestNode node, String channel) {
		Map<String, Integer> picture = new TreeMap<>();
		String after = null;
		do {
			PresencePage page = presence(node).members(channel, after, 500);
			page.members()
				.forEach((member) -> picture.put(
						Objects.requireNonNull((member.user() != null) ? member.user() : member.session()),
						member.sessions()));
			after = page.next();
		}
		while (after != null);
		return picture;
	}

	@Test
	void aNodeThatDiesWithoutAWordTakesItsMembersAndNobodyElses() {
		TestNode dying = this.nodes.get(2);
		for (int i = 0; i < 300; i++) {
			open(this.nodes.get(i % 3), "chat/dying", "user-" + i % 200);
		}
		awaitTruth();
		dying.bean(ClusterRelay.class).stop();
		this.sessions.keySet().removeIf((session) -> dying.messaging().registry().find(session.id()) != null);
		this.nodes.remove(dying);
		assertThat(this.sessions).hasSize(200);
		MachineTime time = MachineTime.start();
		awaitTruth();
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(10));
		dying.close();
		this.nodes.add(startNode(2));
		awaitMembers(3);
		open(this.nodes.get(2), "chat/dying", "back");
		awaitTruth();
	}

	@Test
	void aNodeThatIsStoppedAndStartedAgainTellsWhomItHasNow() {
		TestNode restarted = this.nodes.get(1);
		for (int i = 0; i < 30; i++) {
			open(this.nodes.get(i % 3), "chat/restarted", "user-" + i % 20);
		}
		awaitTruth();
		this.sessions.keySet().removeIf((session) -> restarted.messaging().registry().find(session.id()) != null);
		restarted.context().stop();
		this.nodes.remove(restarted);
		awaitTruth();
		restarted.context().start();
		this.nodes.add(1, restarted);
		awaitMembers(3);
		open(restarted, "chat/restarted", "back");
		awaitTruth();
	}

	@Test
	void aPartitionHealsWithoutGhostsAndDuplicates() {
		for (int i = 0; i < 300; i++) {
			open(this.nodes.get(i % 3), "chat/parted", "user-" + i % 200);
		}
		awaitTruth();
		this.broker.proxy().cut();
		for (TestNode node : this.nodes.subList(1, 3)) {
			MachineTime.await(WITHIN).until(() -> node.bean(Cluster.class).nodes().size() == 2);
		}
		List<LocalSession> before = List.copyOf(this.sessions.keySet());
		for (int i = 0; i < 150; i++) {
			close(before.get(i));
			open(this.nodes.get(i % 3), "chat/parted", "user-" + (100 + i));
		}
		MachineTime.await(WITHIN).until(() -> presence(this.nodes.get(1)).sessions("chat/parted") < 300);
		this.broker.proxy().resume();
		awaitMembers(3);
		awaitTruth();
	}

	/**
	 * A socket that swallows everything.
	 */
	private static final class Nowhere implements SessionTransport {

		@Override
		public void write(OutboundMessage message) {
		}

		@Override
		public boolean flush(Runnable whenFlushed) {
			return true;
		}

		@Override
		public void ping() {
		}

		@Override
		public void close(CloseReason reason) {
		}

		@Override
		public void abort(CloseReason reason) {
		}

	}

}
