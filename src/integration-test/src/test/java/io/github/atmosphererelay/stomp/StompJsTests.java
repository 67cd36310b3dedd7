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

package io.github.atmosphererelay.stomp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The npm clients {@code @stomp/stompjs} and {@code sockjs-client}, unmodified, on two
 * nodes.
 */
class StompJsTests {

	@BeforeAll
	static void install() throws Exception {
		NodeScripts.install();
	}

	@Test
	void theClientsOfNpmReceiveWhatTheOtherNodeSends() throws Exception {
		try (Broker broker = new Broker.Redis(); TestNode a = start(broker); TestNode b = start(broker)) {
			Stream.of(a, b).forEach(TestNode::awaitUp);
			NodeScripts.Run run = NodeScripts.run(60, "stomp-nodes.mjs", "localhost:" + a.port(),
					"localhost:" + b.port());
			assertThat(run.exitCode()).as(run.output()).isZero();
			JsonNode received = run.result();
			assertThat(texts(received.get("first"))).containsExactly("one", "all two");
			assertThat(texts(received.get("second"))).containsExactly("one", "all two");
			assertThat(texts(received.get("third"))).containsExactly("one", "all two", "one three");
		}
	}

	private static List<String> texts(JsonNode array) {
		List<String> texts = new ArrayList<>();
		array.forEach((each) -> texts.add(each.asString()));
		return texts;
	}

	private static TestNode start(Broker broker) {
		List<String> arguments = new ArrayList<>(Arrays.asList(broker.directProperties()));
		arguments.add("atmosphere.stomp.enabled=true");
		return TestNode.start(List.of(StompApplication.class), arguments.toArray(String[]::new));
	}

}
