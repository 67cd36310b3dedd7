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

import java.net.URI;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A plain client with a durable session.
 */
final class DurableClient {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final TestClient client;

	private DurableClient(TestClient client) {
		this.client = client;
	}

	static DurableClient connect(TestNode node, String channelAndQuery) {
		return new DurableClient(node.connect(channelAndQuery));
	}

	static DurableClient connect(URI uri) {
		return new DurableClient(TestClient.connect(uri));
	}

	TestClient client() {
		return this.client;
	}

	/**
	 * Return the frame that tells what became of the session.
	 */
	JsonNode start() {
		this.client.awaitCount(1);
		JsonNode frame = JSON.readTree(this.client.texts().get(0));
		assertThat(frame.get("type").asString()).isEqualTo("durable");
		return frame;
	}

	String token() {
		return start().get("token").asString();
	}

	boolean isRestored() {
		return start().get("restored").asBoolean();
	}

	/**
	 * Return the frame that tells how the subscription to a channel has begun.
	 */
	JsonNode subscribed(String channel) {
		MachineTime.await(Duration.ofSeconds(10)).until(() -> frames(channel).size() == 1);
		return frames(channel).get(0);
	}

	private List<JsonNode> frames(String channel) {
		return this.client.texts()
			.stream()
			.filter((text) -> text.startsWith("{\"type\":\"subscribed\""))
			.map(JSON::readTree)
			.filter((frame) -> frame.get("channel").asString().equals(channel))
			.toList();
	}

	/**
	 * Return the messages, without the door's own frames.
	 */
	List<String> messages() {
		return this.client.texts().stream().filter((text) -> !text.startsWith("{\"type\":")).toList();
	}

	DurableClient awaitMessages(int count) {
		MachineTime.await(Duration.ofSeconds(15)).until(() -> messages().size() >= count);
		return this;
	}

	void cut() {
		this.client.abort();
	}

}
