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

package io.github.atmosphererelay.door.stream.internal;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Streams of clients that connect while the broker is away.
 */
class StreamsWithoutBrokerTests {

	@Test
	void aStreamOfARecordedChannelIsRefusedForNowUntilTheBrokerIsBack() {
		try (Broker broker = new Broker.Redis();
				TestNode node = TestNode.start(Stream
					.concat(Stream.of(broker.proxiedProperties()), Stream.of("atmosphere.channels[0].pattern=log/**",
							"atmosphere.channels[0].history.size=100", "atmosphere.channels[1].pattern=chat/**"))
					.toArray(String[]::new))) {
			node.awaitUp();
			EventSource before = EventSource.once(node.http("/atmosphere/log/a")).awaitSubscribed(1);
			node.broadcaster().broadcast("log/a", "before").join();
			String id = before.awaitEvents("message", 1).lastId();
			before.close();
			broker.proxy().cut();
			MachineTime.await(Duration.ofSeconds(20))
				.until(() -> node.messaging().monitor().state() == RelayState.DOWN);
			try (EventSource once = EventSource.once(node.http("/atmosphere/log/a"), "Last-Event-ID", id);
					EventSource patient = EventSource.open(node.http("/atmosphere/log/a?since=" + id));
					EventSource live = EventSource.once(node.http("/atmosphere/chat/a"))) {
				once.awaitClosed();
				assertThat(once.statuses()).containsExactly(200);
				assertThat(once.events()).extracting(EventSource.Event::name).containsExactly("refused", "closed");
				assertThat(once.events().get(0).data()).contains("the channel's log cannot be reached");
				assertThat(once.retries()).hasSize(2);
				assertThat(once.lastId()).isEmpty();
				assertThat(lines(node)).hasSize(3)
					.satisfies((lines) -> assertThat(lines.get(1)).contains("\"refused\""))
					.satisfies((lines) -> assertThat(lines.get(2)).contains("\"closed\"", "\"retry\""));
				// An ephemeral channel has the messages of this node
				live.awaitSubscribed(1);
				assertThat(live.events("subscribed").get(0).data()).contains("\"degraded\":true");
				node.broadcaster().broadcast("chat/a", "here");
				live.awaitEvents("message", 1);
				broker.proxy().resume();
				patient.awaitSubscribed(1);
				assertThat(patient.events("subscribed").get(0).data()).contains("\"recovered\":true");
				node.awaitUp();
				node.broadcaster().broadcast("log/a", "after").join();
				patient.awaitEvents("message", 1);
				assertThat(patient.messages()).containsExactly("after");
				assertThat(patient.statuses()).containsOnly(200).hasSizeGreaterThan(1);
			}
		}
	}

	private static List<String> lines(TestNode node) {
		return HttpClient.newHttpClient()
			.sendAsync(HttpRequest.newBuilder(node.http("/atmosphere/log/a"))
				.header("Accept", "application/x-ndjson")
				.build(), HttpResponse.BodyHandlers.ofString())
			.join()
			.body()
			.lines()
			.toList();
	}

}
