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

import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Endpoints whose rooms have a history. What they return was once dropped without a word
 * while the broker was away, and its sender took it for said.
 */
class RecordedEndpointTests {

	@Test
	void whatCouldNotBeRecordedIsToldToItsSenderAndTheConnectionStays() {
		try (TestNode node = TestNode.start(List.of(RelayConfiguration.class, Rooms.class),
				"atmosphere.relay.probe-interval=200ms", "atmosphere.relay.probe-timeout=500ms")) {
			LossyRelay relay = node.bean(LossyRelay.class);
			TestClient alice = node.connect("rooms/a?ack=true").awaitCount(1);
			TestClient bob = node.connect("rooms/a?ack=true").awaitCount(1);
			alice.send("first").awaitCount(2);
			relay.away(true);
			await().atMost(Duration.ofSeconds(20)).until(() -> !node.messaging().monitor().isUp());
			alice.send("lost").awaitCount(3);
			assertThat(alice.texts().get(2)).startsWith("{\"type\":\"error\",\"code\":100");
			relay.away(false);
			await().atMost(Duration.ofSeconds(20)).until(() -> node.messaging().monitor().isUp());
			alice.send("second").awaitCount(4);
			bob.awaitCount(3);
			assertThat(bob.texts().subList(1, 3)).containsExactly("first", "second");
			assertThat(node.broadcaster().history("rooms/a", null, 10).join().publications())
				.extracting((publication) -> publication.payload().asText())
				.containsExactly("first", "second");
		}
	}

	@Test
	void manyMessagesAtOnceAreRecordedInOrder() {
		try (TestNode node = TestNode.start(List.of(RelayConfiguration.class, Rooms.class),
				"atmosphere.endpoint.max-queued-per-session=1000")) {
			TestClient client = node.connect("rooms/a?ack=true").awaitCount(1);
			for (int i = 0; i < 500; i++) {
				client.send("message " + i);
			}
			client.awaitCount(501);
			for (int i = 0; i < 500; i++) {
				assertThat(client.texts().get(i + 1)).isEqualTo("message " + i);
			}
		}
	}

	@RoomService(value = "rooms/{room}", history = 1000)
	static class Rooms {

		@Message
		String onMessage(String text) {
			return text;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class RelayConfiguration {

		@Bean
		LossyRelay relay() {
			return new LossyRelay();
		}

	}

}
