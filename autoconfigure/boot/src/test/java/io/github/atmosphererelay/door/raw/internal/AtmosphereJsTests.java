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

package io.github.atmosphererelay.door.raw.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code atmosphere.js}, as published, against two nodes.
 */
class AtmosphereJsTests {

	private static RedisServers.Standalone redis;

	private static TestNode a;

	private static TestNode b;

	@BeforeAll
	static void start() throws Exception {
		NodeScripts.install();
		redis = RedisServers.standalone();
		a = startNode();
		b = startNode();
	}

	private static TestNode startNode() {
		return TestNode.start("atmosphere.relay.type=redis", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port(), "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=log/**",
				"atmosphere.channels[1].client-publish=true", "atmosphere.channels[1].history.size=100",
				"atmosphere.durable-sessions.enabled=true", "atmosphere.durable-sessions.store=redis");
	}

	@AfterAll
	static void stop() {
		if (a != null) {
			a.close();
		}
		if (b != null) {
			b.close();
		}
		if (redis != null) {
			redis.close();
		}
	}

	@Test
	void thePlainModeWorksUnmodifiedAcrossNodes() throws Exception {
		int count = 100;
		String channel = "/atmosphere/chat/js";
		NodeScripts.Run run = NodeScripts.run(60, "atmosphere-plain.mjs", a.http(channel).toString(),
				b.http(channel).toString(), String.valueOf(count));
		JsonNode result = run.result();
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			expected.add("message " + i + " grüße");
		}
		expected.add("ff0058");
		assertThat(result.path("error").isNull()).as(run.output()).isTrue();
		assertThat(texts(result.path("a"))).isEqualTo(expected);
		assertThat(texts(result.path("b"))).isEqualTo(expected);
	}

	@Test
	void theProtocolModeWorksUnmodifiedAndAfterAReconnectToo() throws Exception {
		TestClient witness = TestClient.connect(b.uri("chat/protocol"));
		// The node hears of what is said after it has subscribed
		MachineTime.await(Duration.ofSeconds(20)).until(() -> {
			a.broadcaster().broadcast("chat/protocol", "is it there").join();
			return !witness.texts().isEmpty();
		});
		CompletableFuture<JsonNode> script = CompletableFuture.supplyAsync(() -> {
			try {
				return NodeScripts.run(60, "atmosphere-protocol.mjs", a.http("/atmosphere/chat/protocol").toString())
					.result();
			}
			catch (IOException | InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}, (task) -> new Thread(task).start());
		// It sends as soon as it is open, which it is after our first frame
		MachineTime.await(Duration.ofSeconds(30)).until(() -> said(witness).size() == 1);
		LocalSession first = a.messaging().registry().inChannel("chat/protocol").iterator().next();
		a.broadcaster().broadcast("chat/protocol", "{\"t\":\"before|first\"}").join();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> said(witness).size() == 2);
		first.close(CloseReason.GOING_AWAY);
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> a.messaging()
				.registry()
				.inChannel("chat/protocol")
				.stream()
				.anyMatch((session) -> session != first && session.isOpen()));
		a.broadcaster().broadcast("chat/protocol", "{\"t\":\"after|second\"}").join();
		a.broadcaster().broadcast("chat/protocol", "end").join();
		JsonNode result = script.orTimeout(60, TimeUnit.SECONDS).join();
		assertThat(result.path("error").isNull()).as(result.toString()).isTrue();
		assertThat(texts(result.path("events"))).containsExactly("open", "reopen");
		assertThat(texts(result.path("messages"))).containsExactly("hello|world", "{\"t\":\"before|first\"}",
				"{\"t\":\"after|second\"}", "end");
		// Nor did the client send anything of its own accord
		MachineTime.await(Duration.ofSeconds(10)).until(() -> said(witness).size() >= 4);
		assertThat(said(witness)).containsExactly("hello|world", "{\"t\":\"before|first\"}", "{\"t\":\"after|second\"}",
				"end");
		witness.close();
	}

	private static List<String> said(TestClient witness) {
		return witness.texts().stream().filter((text) -> !text.equals("is it there")).toList();
	}

	@Test
	void aTokenInTheFirstFrameIsRefusedInTheProtocolMode() {
		assertThat(TestClient.refusedStatus(a.uri("chat/protocol?auth=message&X-atmo-protocol=true"))).isEqualTo(400);
	}

	@Test
	void aDurableSessionOfThePlainModeIsRestoredOnAnotherNode() throws Exception {
		String channel = "/atmosphere/log/js";
		JsonNode first = NodeScripts
			.run(60, "atmosphere-durable.mjs", a.http(channel) + "?durable=true", "10", "message 9")
			.result();
		assertThat(first.path("error").isNull()).as(first.toString()).isTrue();
		List<String> expected = new ArrayList<>(IntStream.range(0, 10).mapToObj((i) -> "message " + i).toList());
		assertThat(texts(first.path("messages"))).isEqualTo(expected);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> a.messaging().registry().countInChannel("log/js") == 0);
		for (int i = 0; i < 10; i++) {
			expected.add("missed " + i);
			a.broadcaster().broadcast("log/js", "missed " + i).orTimeout(10, TimeUnit.SECONDS).join();
		}
		String token = first.path("frames").path(0).path("token").asString();
		JsonNode second = NodeScripts
			.run(60, "atmosphere-durable.mjs", b.http(channel) + "?session=" + token, "0", "missed 9")
			.result();
		assertThat(second.path("frames").path(0).path("restored").asBoolean()).as(second.toString()).isTrue();
		assertThat(second.path("frames").path(1).path("recovered").asBoolean()).as(second.toString()).isTrue();
		// What came shortly before the end may come again.
		List<String> all = new ArrayList<>(texts(first.path("messages")));
		all.addAll(texts(second.path("messages")));
		assertThat(new LinkedHashSet<>(all)).containsExactlyElementsOf(expected);
		assertThat(second.path("frames").path(1).path("replayed").asInt()).isBetween(10, 20);
	}

	private static List<String> texts(JsonNode array) {
		List<String> texts = new ArrayList<>();
		array.forEach((each) -> texts.add(each.asString()));
		return texts;
	}

}
