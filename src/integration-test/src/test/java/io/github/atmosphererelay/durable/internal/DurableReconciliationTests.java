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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Reconciles what clients with durable sessions have received with what was published,
 * while their connections are cut again and again.
 */
@Reconciles
class DurableReconciliationTests {

	private static final int CLIENTS = 20;

	private static final int CHANNELS = 4;

	private static final int ROUNDS = 30;

	@Test
	@Covers(KnownFault.EVERY_RELAY_WITH_EVERY_PROTOCOL)
	void plainClientsThatAreCutOffAgainAndAgainMissNothingOnThreeNodes() {
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode a = start(redis);
				TestNode b = start(redis);
				TestNode c = start(redis)) {
			List<TestNode> nodes = List.of(a, b, c);
			Random random = new Random(7);
			Map<String, List<String>> published = new HashMap<>();
			List<Person> people = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				people.add(new Person("log/" + i % CHANNELS, nodes.get(i % 3)));
			}
			for (int round = 0; round < ROUNDS; round++) {
				for (int i = 0; i < CHANNELS; i++) {
					String channel = "log/" + i;
					String text = "message " + round;
					nodes.get(random.nextInt(3))
						.broadcaster()
						.broadcast(channel, text)
						.orTimeout(10, TimeUnit.SECONDS)
						.join();
					published.computeIfAbsent(channel, (any) -> new ArrayList<>()).add(text);
				}
				// Some come back at once, before their end is noticed, some later.
				for (Person person : people) {
					int dice = random.nextInt(12);
					if (dice == 0) {
						person.comeBack(nodes.get(random.nextInt(3)));
					}
					else if (dice == 1) {
						person.cut();
					}
					else if (dice < 6) {
						person.comeBackIfCut(nodes.get(random.nextInt(3)));
					}
				}
			}
			for (Person person : people) {
				person.comeBackIfCut(a);
				List<String> expected = published.get(person.channel);
				MachineTime.await(Duration.ofSeconds(30)).until(() -> person.received().containsAll(expected));
				assertThat(new ArrayList<>(person.received())).isEqualTo(expected);
				person.cut();
			}
			assertThat(nodes.stream()
				.mapToLong((node) -> node.bean(DurableSessions.class).statistics().starts(DurableOutcome.RESTORED))
				.sum()).isGreaterThan(CLIENTS);
		}
	}

	private static TestNode start(RedisServers.Standalone redis) {
		return TestNode.start("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=200", "atmosphere.durable-sessions.enabled=true",
				"atmosphere.durable-sessions.store=redis", "atmosphere.durable-sessions.save-interval=200ms");
	}

	/**
	 * A client over all its connections.
	 */
	private static final class Person {

		private final String channel;

		private final String token;

		private final List<DurableClient> connections = new ArrayList<>();

		private boolean cut;

		Person(String channel, TestNode node) {
			this.channel = channel;
			DurableClient client = DurableClient.connect(node, channel + "?durable=true");
			this.token = client.token();
			client.subscribed(channel);
			this.connections.add(client);
			awaitStored(node);
		}

		/** From then on nothing may be missing. */
		private void awaitStored(TestNode node) {
			MachineTime.await(Duration.ofSeconds(10)).until(() -> {
				StoredSession stored = node.bean(SessionStore.class).find(SessionTokens.key(this.token, this.channel));
				return stored != null && !stored.positions().isEmpty();
			});
		}

		void cut() {
			this.connections.get(this.connections.size() - 1).cut();
			this.cut = true;
		}

		void comeBackIfCut(TestNode node) {
			if (this.cut) {
				comeBack(node);
			}
		}

		void comeBack(TestNode node) {
			DurableClient next = DurableClient.connect(node, this.channel + "?session=" + this.token);
			assertThat(next.isRestored()).isTrue();
			assertThat(next.subscribed(this.channel).get("recovered").asBoolean()).isTrue();
			this.connections.add(next);
			this.cut = false;
		}

		LinkedHashSet<String> received() {
			LinkedHashSet<String> received = new LinkedHashSet<>();
			this.connections.forEach((connection) -> received.addAll(connection.messages()));
			return received;
		}

	}

}
