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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Responses that end because of their age, and durable sessions that go on in the next
 * ones.
 */
class ResumedStreamTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static TestNode node;

	@BeforeAll
	static void start() {
		node = TestNode.start("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=100",
				"atmosphere.durable-sessions.enabled=true");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	/**
	 * Open a response, and end it in order once it has some messages.
	 * @param count the number of messages, with the first frame of the client's protocol
	 * @return the messages, and what comes before the end
	 */
	private static List<String> stream(String channel, String trackingId, @Nullable String runId, int count,
			String... published) {
		URI uri = node.http("/atmosphere/" + channel
				+ "?durable=true&X-Atmosphere-Transport=sse&X-atmo-protocol=true&X-Atmosphere-tracking-id=" + trackingId
				+ ((runId != null) ? "&X-Atmosphere-Run-Id=" + URLEncoder.encode(runId, StandardCharsets.UTF_8) : ""));
		try (EventSource source = EventSource.once(uri)) {
			MachineTime.await(Duration.ofSeconds(30))
				.until(() -> !node.messaging().registry().inChannel(channel).isEmpty());
			for (String text : published) {
				publish(channel, text);
			}
			source.awaitEvents("message", count);
			node.messaging().registry().inChannel(channel).forEach((session) -> session.close(CloseReason.STREAM_AGE));
			return source.awaitClosed().messages();
		}
	}

	private static void publish(String channel, String text) {
		node.broadcaster().broadcast(channel, text).orTimeout(20, TimeUnit.SECONDS).join();
	}

	private static String runId(List<String> received) {
		JsonNode last = JSON.readTree(received.get(received.size() - 1));
		assertThat(last.path("type").asString()).isEqualTo("metadata");
		assertThat(last.path("key").asString()).isEqualTo("X-Atmosphere-Run-Id");
		return last.path("value").asString();
	}

	@Test
	void whoShowsThatTheEndHasArrivedIsSentNothingTwice() {
		List<String> first = stream("log/a", "0", null, 3, "1", "2");
		String id = first.get(0).substring(0, first.get(0).indexOf('|'));
		assertThat(first.subList(1, first.size() - 1)).containsExactly("1", "2");
		publish("log/a", "3");
		List<String> second = stream("log/a", id, runId(first), 2);
		assertThat(second.subList(1, second.size() - 1)).containsExactly("3");
		assertThat(runId(second)).isNotEqualTo(runId(first));
		List<String> third = stream("log/a", id, runId(second), 2, "4");
		assertThat(third.subList(1, third.size() - 1)).containsExactly("4");
	}

	@Test
	void whoDoesNotShowItIsSentEverythingSinceTheBeginAgain() {
		List<String> first = stream("log/b", "0", null, 2, "1");
		String id = first.get(0).substring(0, first.get(0).indexOf('|'));
		publish("log/b", "2");
		List<String> second = stream("log/b", id, "of the application", 3);
		assertThat(second.subList(1, second.size() - 1)).containsExactly("1", "2");
	}

}
