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

package io.github.atmosphererelay.door.internal;

import java.io.IOException;
import java.util.List;

import io.github.atmosphererelay.test.RawHttp.Answer;
import io.github.atmosphererelay.test.RawHttp.Request;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The origin check of a node behind a load balancer that ends TLS.
 */
class OriginBehindProxyTests {

	private static final List<String> DOORS = List.of("/atmosphere/chat/lobby", "/atmosphere/connection/websocket");

	@ParameterizedTest
	@CsvSource({ "false, native, true", "false, native, false", "true, native, true", "false, framework, true",
			"false, framework, false", "true, framework, true" })
	void theOriginIsComparedWithTheAddressThatTheBrowserSees(boolean jetty, String strategy, String directIo)
			throws IOException {
		try (TestNode node = start(jetty, strategy, directIo)) {
			for (String door : DOORS) {
				for (String secure : List.of("https", "wss", "WSS")) {
					assertThat(statusFor(node, door, "https://localhost", secure)).as(secure).isEqualTo(101);
					assertThat(statusFor(node, door, "https://LOCALHOST:443", secure)).isEqualTo(101);
					assertThat(statusFor(node, door, null, secure)).isEqualTo(101);
					assertThat(statusFor(node, door, "http://localhost", secure)).isEqualTo(403);
					assertThat(statusFor(node, door, "https://evil.example", secure)).isEqualTo(403);
				}
				assertThat(statusFor(node, door, "http://localhost", "ws")).isEqualTo(101);
				assertThat(statusFor(node, door, "https://localhost", "ws")).isEqualTo(403);
				assertThat(statusFor(node, door, "https://localhost", null)).isEqualTo(403);
				assertThat(traefik(node, door).status()).isEqualTo(101);
			}
			Answer answer = Request.handshake("/atmosphere/chat/lobby?durable=true")
				.set("X-Forwarded-Proto", "wss")
				.send(node.port());
			assertThat(answer.header("Set-Cookie")).contains("; Secure");
			answer = Request.handshake("/atmosphere/chat/lobby?durable=true").send(node.port());
			assertThat(answer.header("Set-Cookie")).isNotNull().doesNotContain("; Secure");
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void headersOfUntrustedProxiesAreIgnored(boolean jetty) throws IOException {
		try (TestNode node = start(jetty, "none", "true")) {
			for (String door : DOORS) {
				assertThat(statusFor(node, door, "https://localhost", "wss")).isEqualTo(403);
				assertThat(statusFor(node, door, "http://localhost", "wss")).isEqualTo(101);
			}
		}
	}

	private static TestNode start(boolean jetty, String strategy, String directIo) {
		return TestNode.start("atmosphere.channels[0].pattern=chat/**", "atmosphere.durable-sessions.enabled=true",
				"atmosphere.websocket.direct-io=" + directIo, "server.forward-headers-strategy=" + strategy,
				jetty ? TestNode.onJetty() : "server.servlet.context-path=");
	}

	private static int statusFor(TestNode node, String door, @Nullable String origin, @Nullable String proto)
			throws IOException {
		Request request = Request.handshake(door);
		if (origin != null) {
			request.set("Origin", origin);
		}
		if (proto != null) {
			request.set("X-Forwarded-Proto", proto);
		}
		return request.send(node.port()).status();
	}

	/**
	 * All the headers that Traefik sends for a browser's WebSocket over TLS.
	 */
	private static Answer traefik(TestNode node, String door) throws IOException {
		return Request.handshake(door)
			.set("Host", "chat.example.com")
			.set("Origin", "https://chat.example.com")
			.set("X-Forwarded-For", "198.51.100.7")
			.set("X-Forwarded-Host", "chat.example.com")
			.set("X-Forwarded-Port", "443")
			.set("X-Forwarded-Proto", "wss")
			.set("X-Forwarded-Server", "traefik-0")
			.set("X-Real-Ip", "198.51.100.7")
			.send(node.port());
	}

}
