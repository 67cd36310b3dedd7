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

package io.github.atmosphererelay.gateway;

import java.io.IOException;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what the page on the gateway shows.
 */
class GatewayPageTests {

	@Test
	void theExampleIsAGateway() throws Exception {
		List<String> properties = DocumentedBlocks.ofGateway("text").lines().toList();
		List<TestBackend> nodes = List.of(new TestBackend("n1"), new TestBackend("n2"), new TestBackend("n3"));
		try (TestGateway gateway = TestGateway.startAs(properties, nodes)) {
			HttpClient http = HttpClient.newHttpClient();
			for (int i = 0; i < 20; i++) {
				String user = "user-" + i;
				String owner = gateway.ring().ring().owner(user).name();
				HttpRequest request = HttpRequest.newBuilder(gateway.http("/atmosphere/chat/a"))
					.header("Cookie", "USER=" + user)
					.build();
				assertThat(http.send(request, BodyHandlers.ofString()).body()).isEqualTo(owner);
				TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"), "Cookie",
						"USER=" + user);
				assertThat(socket.next()).isEqualTo("text:" + owner);
				socket.socket().abort();
			}
		}
		finally {
			nodes.forEach(TestBackend::close);
		}
	}

	@Test
	void everyPropertyOfTheExampleIsKnown() throws Exception {
		Set<String> known = knownProperties();
		assertThat(DocumentedBlocks.ofGateway("text").lines()).hasSizeGreaterThan(3)
			.allSatisfy((line) -> assertThat(known).contains(line.replaceFirst("(\\[\\d+].*)?=.*", "")));
	}

	@Test
	void thePageHasEveryPropertyOfTheGatewayAndNoOther() throws Exception {
		Set<String> known = new TreeSet<>();
		knownProperties().stream().filter((name) -> name.startsWith("atmosphere.gateway.")).forEach(known::add);
		Set<String> listed = new TreeSet<>();
		for (String line : Files.readAllLines(Path.of("../../src/docs/gateway.md"))) {
			Matcher row = Pattern.compile("^\\| `(atmosphere\\.gateway\\.[a-z.-]+)` \\| (?!gauge|counter|timer)")
				.matcher(line);
			if (row.find()) {
				listed.add(row.group(1));
			}
		}
		assertThat(listed).isEqualTo(known);
	}

	private static Set<String> knownProperties() throws IOException {
		Set<String> names = new HashSet<>();
		Enumeration<URL> files = GatewayPageTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json");
		while (files.hasMoreElements()) {
			for (JsonNode property : JsonMapper.shared().readTree(files.nextElement().openStream()).get("properties")) {
				names.add(property.get("name").asString());
			}
		}
		return names;
	}

}
