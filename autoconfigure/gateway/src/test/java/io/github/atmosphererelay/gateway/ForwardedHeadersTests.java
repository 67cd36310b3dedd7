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

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import io.netty.handler.codec.http.HttpHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what reaches a node of the {@code Forwarded} and {@code X-Forwarded-*}
 * headers that a client sends itself.
 */
class ForwardedHeadersTests {

	private static final String[] FORGED = { "X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https",
			"X-Forwarded-Host", "evil.example.com", "X-Forwarded-Port", "444", "X-Forwarded-Prefix", "/evil",
			"Forwarded", "for=203.0.113.7;proto=https;host=evil.example.com" };

	private final TestBackend node = new TestBackend("n1");

	@AfterEach
	void stop() {
		this.node.close();
	}

	private Map<String, List<String>> forwarded() {
		Map<String, List<String>> forwarded = new TreeMap<>();
		HttpHeaders headers = this.node.headers();
		headers.names()
			.stream()
			.filter((name) -> name.toLowerCase(Locale.ROOT).contains("forwarded"))
			.forEach((name) -> forwarded.put(name.toLowerCase(Locale.ROOT), headers.getAll(name)));
		return forwarded;
	}

	private Map<String, List<String>> overHttp(TestGateway gateway) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(gateway.http("/atmosphere/chat/a")).headers(FORGED).build();
		assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body()).isEqualTo("n1");
		return forwarded();
	}

	private Map<String, List<String>> overWebSocket(TestGateway gateway) throws Exception {
		TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"), FORGED);
		assertThat(socket.next()).isEqualTo("text:n1");
		socket.socket().abort();
		return forwarded();
	}

	@Test
	void withoutTrustedProxiesNoneReachesANode() throws Exception {
		try (TestGateway gateway = TestGateway.start(List.of(this.node), List.of())) {
			assertThat(overHttp(gateway)).isEmpty();
			assertThat(overWebSocket(gateway)).isEmpty();
		}
	}

	@Test
	void aClientThatIsNotTrustedForgesNothing() throws Exception {
		try (TestGateway gateway = TestGateway.start(List.of(this.node), List.of(),
				"spring.cloud.gateway.server.webflux.trusted-proxies=10\\.0\\.0\\..*")) {
			String host = "127.0.0.1:" + gateway.port();
			for (Map<String, List<String>> forwarded : List.of(overHttp(gateway), overWebSocket(gateway))) {
				assertThat(forwarded.remove("forwarded").toString()).contains("proto=http;", host)
					.doesNotContain("203.0.113.7", "evil");
				assertThat(forwarded).isEqualTo(Map.of("x-forwarded-for", List.of("127.0.0.1"), "x-forwarded-proto",
						List.of("http"), "x-forwarded-host", List.of(host), "x-forwarded-port",
						List.of(String.valueOf(gateway.port()))));
			}
		}
	}

	@Test
	void whatTheGatewayKnowsComesLastForATrustedOne() throws Exception {
		try (TestGateway gateway = TestGateway.start(List.of(this.node), List.of(),
				"spring.cloud.gateway.server.webflux.trusted-proxies=127\\.0\\.0\\.1")) {
			for (Map<String, List<String>> forwarded : List.of(overHttp(gateway), overWebSocket(gateway))) {
				assertThat(String.join(",", forwarded.get("x-forwarded-for"))).endsWith("127.0.0.1");
				assertThat(String.join(",", forwarded.get("x-forwarded-proto"))).isEqualTo("https,http");
				assertThat(String.join(",", forwarded.get("x-forwarded-host"))).endsWith(":" + gateway.port());
			}
		}
	}

}
