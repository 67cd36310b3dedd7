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

package io.github.atmosphererelay.demo;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DemoChatApplication} as it starts plainly: one node, no broker.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "atmosphere.cluster.node-name=node-x")
class DemoChatApplicationTests {

	private final RestClient client;

	private final int port;

	DemoChatApplicationTests(@LocalServerPort int port) {
		this.port = port;
		this.client = RestClient.builder()
			.baseUrl("http://localhost:" + port)
			.defaultStatusHandler((status) -> true, (request, response) -> {
			})
			.build();
	}

	@Test
	void needsNoBroker(@Autowired Environment environment) {
		assertThat(environment.getProperty("atmosphere.relay.type")).isEqualTo("local");
	}

	@Test
	void tellsWhichNodeItIs() {
		String node = this.client.get().uri("/api/node").retrieve().body(String.class);
		assertThat(node).contains("\"node\":\"node-x\"")
			.contains("\"port\":" + this.port)
			.contains("\"relay\":\"local\"")
			.contains("\"nodes\":[{\"name\":\"node-x\",\"url\":\"\"}]");
	}

	@Test
	void letsPagesOfOtherLocalNodesAsk() {
		assertThat(ask("http://localhost:8081").getHeaders().getAccessControlAllowOrigin())
			.isEqualTo("http://localhost:8081");
		assertThat(ask("http://127.0.0.1:8082").getHeaders().getAccessControlAllowOrigin())
			.isEqualTo("http://127.0.0.1:8082");
	}

	@Test
	void refusesPagesFromElsewhere() {
		assertThat(ask("https://example.com").getStatusCode()).isEqualTo(HttpStatusCode.valueOf(403));
	}

	@Test
	void servesThePage() {
		String cookie = Login.cookie("http://localhost:" + this.port, "alice");
		assertThat(this.client.get().uri("/").header(HttpHeaders.COOKIE, cookie).retrieve().body(String.class))
			.contains("Atmosphere Relay chat");
		assertThat(this.client.get().uri("/app/main.js").retrieve().toBodilessEntity().getHeaders().getContentType())
			.hasToString("text/javascript");
	}

	private ResponseEntity<String> ask(String origin) {
		return this.client.get().uri("/api/node").header(HttpHeaders.ORIGIN, origin).retrieve().toEntity(String.class);
	}

}
