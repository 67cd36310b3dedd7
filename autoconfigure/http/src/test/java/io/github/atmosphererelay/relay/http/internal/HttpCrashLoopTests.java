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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of a node that starts, says so, and crashes, again and again: it holds up nobody,
 * and what was kept for its former lives is not counted as missed.
 */
@Timeout(120)
class HttpCrashLoopTests extends AbstractHttpNodesTests {

	private static final Address ROOM = new Address.Channel("room");

	@Test
	void aNodeInACrashLoopHoldsUpNobody() {
		List<RelayNode> nodes = started("a", "b");
		RelayNode a = nodes.get(0);
		RelayNode b = nodes.get(1);
		b.subscribe(ROOM);
		PeerMesh mesh = PeerCluster.relay(a).mesh();
		assertThat(mesh).isNotNull();
		int slow = 0;
		int sent = 0;
		for (int life = 0; life < 15; life++) {
			introduce(a);
			for (int i = 0; i < 5; i++) {
				MachineTime time = MachineTime.start();
				a.publish("room", "message");
				sent++;
				slow += (time.elapsed().compareTo(Duration.ofMillis(700)) > 0) ? 1 : 0;
			}
		}
		MachineTime time = MachineTime.start();
		a.subscribe(new Address.Channel("another"));
		assertThat(time.elapsed()).isLessThan(Duration.ofSeconds(4));
		int expected = sent;
		assertThat(slow).isLessThan(4);
		MachineTime.await(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(b.received()).hasSize(expected));
		MachineTime.await(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(mesh.peers().all().size()).as("b and the last life").isLessThan(3));
		assertThat(PeerCluster.relay(a).statistics().missed()).isZero();
		assertThat(PeerCluster.relay(a).statistics().abandoned()).isPositive();
		assertThat(a.disconnects()).isZero();
	}

	/**
	 * Say to a node that another one is at a URL, where nobody is.
	 */
	private void introduce(RelayNode node) {
		PeerMesh mesh = PeerCluster.relay(node).mesh();
		assertThat(mesh).isNotNull();
		UUID id = UUID.randomUUID();
		UUID receiver = mesh.introduction().receiver();
		PeerClient client = new PeerClient(this.cluster.settings(), id);
		byte[] body = ExchangeCodec.encode(new Exchange("test", id, receiver, URI.create("http://127.0.0.1:1"),
				Exchange.Presence.PRESENT, 0, InterestUpdate.NONE, 1, 1, List.of()));
		PeerClient.Reply reply = client.send(this.cluster.url("a"), receiver, body)
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		assertThat(reply.status()).isEqualTo(PeerProtocol.OK);
		client.close();
	}

}
