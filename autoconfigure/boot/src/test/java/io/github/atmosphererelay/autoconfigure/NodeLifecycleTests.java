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

package io.github.atmosphererelay.autoconfigure;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for a node's life: how it starts, sends its clients away, and stops.
 */
class NodeLifecycleTests {

	private static final String CHANNEL = "atmosphere.channels[0].pattern=chat/**";

	@ParameterizedTest
	@ValueSource(strings = { "tomcat", "jetty" })
	@Covers(KnownFault.DRAIN)
	void clientsAreSentAwayInSlicesWhileNobodyIsLetIn(String server) {
		TestNode node = TestNode.start(CHANNEL, "atmosphere.shutdown.slice-size=1",
				"atmosphere.shutdown.slice-interval=500ms",
				server.equals("jetty") ? TestNode.onJetty() : "spring.profiles.active=none");
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			clients.add(node.connect("chat/a?ack=true").awaitCount(1));
		}
		SessionStatistics statistics = node.messaging().writers().statistics();
		CompletableFuture<Void> stopped = CompletableFuture.runAsync(node::close);
		await().pollInterval(Duration.ofMillis(5)).until(() -> statistics.ended() > 0);
		// By hand: the client of newer Java versions takes its time with such an answer.
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> RawSocket.connect(node.uri("chat/a")))
			.withMessageContaining("HTTP/1.1 503");
		assertThat(statistics.ended()).isLessThan(4);
		assertThat(clients).anyMatch((client) -> !client.isClosed());
		for (TestClient client : clients) {
			TestClient.Close close = client.awaitClosed(Duration.ofSeconds(10));
			assertThat(close.code()).isEqualTo(1001);
			assertThat(close.reason()).isEqualTo(CloseReason.GOING_AWAY.text());
		}
		stopped.orTimeout(30, TimeUnit.SECONDS).join();
		assertThat(statistics.ended()).isEqualTo(4);
	}

	@Test
	void whatIsQueuedReachesTheClientBeforeItIsSentAway() {
		TestNode node = TestNode.start(CHANNEL);
		TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
		for (int i = 0; i < 1_000; i++) {
			node.broadcaster().broadcast("chat/a", "m" + i);
		}
		node.close();
		assertThat(client.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(1001);
		assertThat(client.count()).isEqualTo(1_001);
		assertThat(client.texts().get(1_000)).isEqualTo("m999");
	}

	@Test
	void aNodeThatIsClosedLeavesNoThreadAndAnotherCanStart() {
		Set<Thread> before = threads();
		for (int round = 0; round < 2; round++) {
			TestNode node = TestNode.start(CHANNEL);
			TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
			LocalSession session = node.messaging().registry().sessions().iterator().next();
			session.terminate(CloseReason.SLOW_CONSUMER);
			assertThat(client.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(1013);
			assertThat(threads()).hasSizeGreaterThan(before.size());
			node.close();
			MachineTime.await(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
		}
	}

	@Test
	void aContextCanBeStoppedAndStartedAgain() {
		try (TestNode node = TestNode.start(CHANNEL, "atmosphere.channels[0].client-publish=true")) {
			for (int round = 0; round < 3; round++) {
				TestClient client = node.connect("chat/a?ack=true").awaitCount(1);
				client.send("hello").awaitCount(2);
				node.context().stop();
				assertThat(client.awaitClosed(Duration.ofSeconds(10)).code()).isEqualTo(1001);
				assertThat(node.messaging().monitor().state()).isEqualTo(RelayState.STOPPED);
				assertThat(node.messaging().registry().sessionCount()).isZero();
				assertThat(node.broadcaster().broadcast("chat/a", "nobody").join().outcome())
					.isEqualTo(Outcome.LOCAL_ONLY);
				node.context().start();
				assertThat(node.messaging().monitor().state()).isEqualTo(RelayState.UP);
				assertThat(node.broadcaster().broadcast("chat/a", "nobody").join().outcome())
					.isEqualTo(Outcome.LOCAL_ONLY);
			}
			assertThat(node.messaging().interest().size()).isEqualTo(2);
			assertThat(node.messaging().writers().statistics().ended()).isEqualTo(3);
		}
	}

	private static Set<Thread> threads() {
		Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
		threads.removeIf((thread) -> !thread.getName().startsWith("atmosphere-"));
		return threads;
	}

}
