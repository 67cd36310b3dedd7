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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what the page on the gateway shows.
 */
class GatewayPageTests {

	@Test
	void theExampleIsAGateway() throws Exception {
		List<String> properties = DocumentedBlocks.allOfGateway("text").get(0).lines().toList();
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
	void theExampleWithoutRedisAndDiscoveryIsAGateway() throws Exception {
		Ring ring = Ring.of(List.of(new RingMember("chat-0", 1), new RingMember("chat-1", 1)), List.of());
		DisposableServer first = node("chat-0", ring);
		DisposableServer second = node("chat-1", ring);
		List<String> properties = DocumentedBlocks.allOfGateway("text")
			.get(1)
			.replace("http://chat-0:8080", "http://127.0.0.1:" + first.port())
			.replace("http://chat-1:8080", "http://127.0.0.1:" + second.port())
			.lines()
			.toList();
		HttpClient http = HttpClient.newHttpClient();
		try (TestGateway gateway = TestGateway.startAlone(properties)) {
			for (int i = 0; i < 20; i++) {
				String user = "user-" + i;
				HttpRequest request = HttpRequest.newBuilder(gateway.http("/atmosphere/chat/a"))
					.header("Cookie", "USER=" + user)
					.build();
				assertThat(http.send(request, BodyHandlers.ofString()).body()).isEqualTo(ring.owner(user).name());
			}
		}
		finally {
			first.disposeNow();
			second.disposeNow();
		}
	}

	/**
	 * A server in place of a node, which serves the ring to the user of the example.
	 */
	private static DisposableServer node(String name, Ring ring) {
		String json = "{\"term\":1,\"counter\":1,\"digest\":\"" + ring.digest()
				+ "\",\"members\":[{\"name\":\"chat-0\",\"weight\":1},{\"name\":\"chat-1\",\"weight\":1}],\"spread\":[]}";
		String user = "Basic " + Base64.getEncoder().encodeToString("gateway:secret".getBytes(StandardCharsets.UTF_8));
		return HttpServer.create().host("127.0.0.1").port(0).handle((request, response) -> {
			if (!request.uri().equals("/atmosphere/api/ring")) {
				return response.sendString(Mono.just(name));
			}
			return user.equals(request.requestHeaders().get("Authorization"))
					? response.header("Content-Type", "application/json").sendString(Mono.just(json))
					: response.status(401).send();
		}).bindNow();
	}

	@Test
	void everyPropertyOfTheExamplesIsKnown() throws Exception {
		Set<String> known = knownProperties();
		assertThat(DocumentedBlocks.allOfGateway("text")).hasSize(2)
			.allSatisfy((block) -> assertThat(block.lines()).hasSizeGreaterThan(3)
				.filteredOn((line) -> !line.startsWith("spring.cloud.discovery."))
				.allSatisfy((line) -> assertThat(known).contains(line.replaceFirst("(\\[\\d+].*)?=.*", ""))));
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
