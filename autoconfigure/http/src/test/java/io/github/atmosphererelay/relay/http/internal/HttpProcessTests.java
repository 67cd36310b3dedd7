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

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of two nodes beside one in a process of its own, which is stopped and killed.
 */
@Reconciles
@Timeout(240)
class HttpProcessTests {

	private final PeerCluster cluster = new PeerCluster();

	private final List<HttpNodeProcess> processes = new ArrayList<>();

	private RelayNode a;

	private RelayNode b;

	@BeforeEach
	void start() {
		this.a = this.cluster.node("a").start();
		this.b = this.cluster.node("b").start();
		PeerCluster.awaitPeers(1, this.a, this.b);
		this.b.subscribe(new Address.Channel("room"));
	}

	@AfterEach
	void close() {
		this.processes.forEach(HttpNodeProcess::close);
		this.cluster.close();
	}

	@Test
	void aProcessThatStoodStillMissesNothingAndHoldsUpNobody() {
		HttpNodeProcess c = process();
		List<String> sent = new ArrayList<>();
		publish("before", 100, sent);
		await().untilAsserted(() -> assertThat(c.received()).isEqualTo(sent));
		c.signal("STOP");
		PeerCluster.awaitPeers(1, this.a, this.b);
		// It knows nothing of this one when it goes on
		MachineTime time = MachineTime.start();
		this.b.subscribe(new Address.Channel("meanwhile"));
		assertThat(time.elapsed()).isLessThan(Duration.ofMillis(2500));
		publish("meanwhile", 500, sent);
		for (int i = 0; i < 300; i++) {
			// It reads the first when it goes on, and the others while it connects again
			c.tell("publish meanwhile loop-" + i);
			if (i == 100) {
				c.signal("CONT");
			}
		}
		await().untilAsserted(() -> assertThat(c.received()).isEqualTo(sent));
		await().untilAsserted(
				() -> assertThat(c.lines()).filteredOn((line) -> line.startsWith("published loop-")).hasSize(300));
		// The others it knows to be in doubt
		List<String> relayed = c.lines()
			.stream()
			.filter((line) -> line.startsWith("published loop-") && line.endsWith(" RELAYED"))
			.map((line) -> line.split(" ")[1])
			.toList();
		await().untilAsserted(() -> assertThat(texts(this.b)).containsAll(relayed));
		PeerCluster.awaitPeers(2, this.a, this.b);
		c.tell("publish meanwhile second");
		await().untilAsserted(() -> assertThat(c.lines()).contains("published second RELAYED"));
		await().untilAsserted(() -> assertThat(texts(this.b)).contains("second"));
		publish("after", 100, sent);
		await().untilAsserted(() -> assertThat(c.received()).isEqualTo(sent));
		assertThat(c.lines()).noneMatch((line) -> line.startsWith("gap"));
		assertThat(texts(this.b)).containsSubsequence(sent);
	}

	@Test
	void aProcessThatIsKilledHoldsUpNobodyAndAnotherTakesItsPlace() {
		HttpNodeProcess c = process();
		List<String> sent = new ArrayList<>();
		publish("before", 50, sent);
		await().untilAsserted(() -> assertThat(c.received()).isEqualTo(sent));
		c.kill();
		publish("meanwhile", 50, sent);
		HttpNodeProcess d = process();
		List<String> after = new ArrayList<>();
		publish("after", 50, after);
		await().untilAsserted(() -> assertThat(d.received()).isEqualTo(after));
		sent.addAll(after);
		await().untilAsserted(() -> assertThat(texts(this.b)).isEqualTo(sent));
		assertThat(this.b.gaps()).isEmpty();
	}

	private HttpNodeProcess process() {
		HttpNodeProcess process = new HttpNodeProcess(this.cluster.url("a"), this.cluster.url("b"));
		this.processes.add(process);
		process.tell("subscribe room");
		// A process starts slowly on a machine that others use
		await().atMost(Duration.ofSeconds(120))
			.untilAsserted(() -> assertThat(process.lines()).contains("subscribed room"));
		await().untilAsserted(
				() -> assertThat(List.of(this.a, this.b)).allMatch((node) -> PeerCluster.relay(node).livePeers() == 2));
		return process;
	}

	/**
	 * Publish by node a, each as soon as the last one is confirmed. None takes longer
	 * than a suspect is waited for.
	 */
	private void publish(String text, int count, List<String> sent) {
		for (int i = 0; i < count; i++) {
			MachineTime time = MachineTime.start();
			sent.add(text + "-" + i);
			assertThat(this.a.relay().publish(this.a.envelope("room", text + "-" + i)).join()).isNotNull();
			assertThat(time.elapsed()).isLessThan(Duration.ofMillis(2500));
		}
	}

	private static List<String> texts(RelayNode node) {
		return node.received().stream().map((envelope) -> envelope.payload().asText()).toList();
	}

}
