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

import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The origin check of a node behind a load balancer that ends TLS.
 */
class OriginBehindProxyTests {

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void theOriginIsComparedWithTheAddressThatTheBrowserSees(boolean jetty) {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**",
				"server.forward-headers-strategy=native",
				jetty ? TestNode.onJetty() : "server.servlet.context-path=")) {
			assertThat(statusFor(node, "Origin: https://localhost", "X-Forwarded-Proto: https")).isEqualTo(101);
			assertThat(statusFor(node, "Origin: https://evil.example", "X-Forwarded-Proto: https")).isEqualTo(403);
			assertThat(statusFor(node, "Origin: https://localhost")).isEqualTo(403);
		}
	}

	private static int statusFor(TestNode node, String... headers) {
		try (RawRequest request = RawRequest.handshake(node.port(), "/atmosphere/chat/lobby", headers)) {
			return request.status();
		}
	}

}
