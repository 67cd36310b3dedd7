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

package io.github.atmosphererelay.websocket;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.RedisServers;
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
				"atmosphere.channels[0].client-publish=true");
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

	private static List<String> texts(JsonNode array) {
		List<String> texts = new ArrayList<>();
		array.forEach((each) -> texts.add(each.asString()));
		return texts;
	}

}
