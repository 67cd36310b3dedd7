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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
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

	private TestNode a;

	private TestNode b;

	private Broker broker;

	abstract Broker startBroker();

	@BeforeAll
	void start() {
		this.broker = startBroker();
		String[] args = this.broker.directProperties();
		this.a = TestNode.start(List.of(UsersByParameter.class, Chat.class), args);
		this.b = TestNode.start(List.of(UsersByParameter.class, Chat.class), args);
	}

	@AfterAll
	void stop() {
		this.a.close();
		this.b.close();
		this.broker.close();
	}

	@Test
	void aMethodRunsOnceOnTheNodeOfItsClientAndReachesAll() {
		TestClient alice = this.a.connect("chat/x?user=alice").awaitCount(1);
		TestClient bob = this.b.connect("chat/x?user=bob").awaitCount(1);
		assertThat(alice.texts()).containsExactly("ready CONFIRMED");
		assertThat(bob.texts()).containsExactly("ready CONFIRMED");
		alice.send("hello").send("!except").send("@bob hi").send("reply").awaitCount(3);
		bob.awaitCount(4).send("back").awaitCount(5);
		alice.awaitCount(4);
		assertThat(alice.texts().subList(1, 4)).containsExactly("hello", "replied", "back");
		// What is sent to a user may come before or after what is sent to a channel.
		assertThat(bob.texts().subList(1, 5)).containsExactlyInAnyOrder("hello", "!except", "hi", "back")
			.containsSubsequence("hello", "!except", "back");
		assertThat(this.a.bean(Chat.class).calls).containsExactly("ready", "hello", "!except", "@bob hi", "reply");
		assertThat(this.b.bean(Chat.class).calls).containsExactly("ready", "back");
		alice.close();
		await().until(() -> this.a.bean(Chat.class).calls.contains("disconnect"));
		bob.abort();
		await().until(() -> this.b.bean(Chat.class).calls.contains("disconnect"));
		assertThat(this.a.bean(Chat.class).calls).filteredOn("disconnect"::equals).hasSize(1);
		assertThat(this.b.bean(Chat.class).calls).filteredOn("disconnect"::equals).hasSize(1);
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
