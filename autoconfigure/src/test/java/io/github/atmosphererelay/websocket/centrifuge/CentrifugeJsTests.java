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

package io.github.atmosphererelay.websocket.centrifuge;

import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm client {@code centrifuge}, as published, against one node.
 */
class CentrifugeJsTests {

	private static TestNode node;

	@BeforeAll
	static void start() throws Exception {
		NodeScripts.install();
		node = TestNode.start("atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true",
				"atmosphere.channels[0].presence=true", "atmosphere.channels[1].pattern=log/**",
				"atmosphere.channels[1].client-publish=true", "atmosphere.channels[1].history.size=100");
	}

	@AfterAll
	static void stop() {
		if (node != null) {
			node.close();
		}
	}

	private static JsonNode run(String scenario) throws Exception {
		NodeScripts.Run run = NodeScripts.run(60, "centrifuge-door.mjs", scenario,
				node.uri("connection/websocket").toString());
		JsonNode result = run.result();
		assertThat(result.path("error").isNull()).as(run.output()).isTrue();
		return result;
	}

	@Test
	void whatIsPublishedComesBackAsItWas() throws Exception {
		JsonNode result = run("publish");
		assertThat(result.path("messages")).isEqualTo(JsonMapper.builder()
			.build()
			.readTree("[{\"text\":\"grüße 😀\\nzweite Zeile\"},\"text\",42,null,[1,{\"a\":\"b\"}],true]"));
		assertThat(result.path("state").asString()).isEqualTo("connected");
	}

}
