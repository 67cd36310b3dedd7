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

package io.github.atmosphererelay.endpoint;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Endpoints on two nodes that share a broker.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractEndpointClusterTests {

	private Broker broker;

	private RelayCluster cluster;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		this.cluster = BrokerCluster.of(this.broker.directProperties(), UsersByParameter.class, Chat.class)
			.timeout(Duration.ofSeconds(30))
			.start();
	}

	@AfterAll
	void stop() {
		this.cluster.close();
		this.broker.close();
	}

	private RelayClient connect(int node, String user) {
		return this.cluster.node(node).client().parameter("user", user).connect("chat/x");
	}

	private List<String> calls(int node) {
		return this.cluster.node(node).bean(Chat.class).calls;
	}

	@Test
	void aMethodRunsOnceOnTheNodeOfItsClientAndReachesAll() {
		RelayClient alice = connect(0, "alice").expect("ready CONFIRMED");
		RelayClient bob = connect(1, "bob").expect("ready CONFIRMED");
		alice.send("hello").send("!except").send("@bob hi").send("reply").expect("hello", "replied");
		// What is sent to a user may come before or after what is sent to a channel.
		assertThat(bob.expectCount(3)).extracting(Payload::asText)
			.containsExactlyInAnyOrder("hello", "!except", "hi")
			.containsSubsequence("hello", "!except");
		bob.send("back").expect("back").expectNothingMore();
		alice.expect("back").expectNothingMore();
		assertThat(calls(0)).containsExactly("ready", "hello", "!except", "@bob hi", "reply");
		assertThat(calls(1)).containsExactly("ready", "back");
		alice.close();
		await().until(() -> calls(0).contains("disconnect"));
		bob.disconnect();
		await().until(() -> calls(1).contains("disconnect"));
		assertThat(calls(0)).filteredOn("disconnect"::equals).hasSize(1);
		assertThat(calls(1)).filteredOn("disconnect"::equals).hasSize(1);
	}

	@ManagedService("chat/{room}")
	static class Chat {

		final List<String> calls = new CopyOnWriteArrayList<>();

		@Ready
		Outbound onReady(SubscriptionState state) {
			this.calls.add("ready");
			return Outbound.reply("ready " + state);
		}

		@Message
		Object onMessage(String text) {
			this.calls.add(text);
			if (text.startsWith("@bob ")) {
				return Outbound.toUser("bob", text.substring(5));
			}
			return text.startsWith("!") ? Outbound.broadcast(text).exceptSender()
					: text.equals("reply") ? Outbound.reply("replied") : text;
		}

		@Disconnect
		void onDisconnect(ClientSession session, DisconnectReason reason) {
			this.calls.add("disconnect");
		}

	}

}
