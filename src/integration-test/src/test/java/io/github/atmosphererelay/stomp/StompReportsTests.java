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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.messaging.simp.SimpMessagingTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an operator sees of STOMP: meters, the health and the endpoint of a node.
 */
class StompReportsTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final HttpClient http = HttpClient.newHttpClient();

	@Test
	void metersHealthAndTheEndpointCountSessionsDestinationsAndMessages() throws Exception {
		try (RelayCluster cluster = BrokerCluster.inMemory(StompApplication.class)
			.property("atmosphere.stomp.enabled=true")
			.property("management.endpoints.web.exposure.include=atmosphere,health,metrics")
			.property("management.endpoint.health.show-details=always")
			.nodes(2)
			.start();
				StompClient here = StompClient.connect(cluster.node(0).port(), "ada")
					.subscribe("1", "/topic/x")
					.subscribe("2", "/topic/y/*");
				StompClient there = StompClient.connect(cluster.node(1).port(), "ada").subscribe("1", "/topic/x")) {
			SimpMessagingTemplate template = cluster.node(0).context().getBean(SimpMessagingTemplate.class);
			template.convertAndSend("/topic/x", "wanted");
			template.convertAndSend("/topic/z", "unwanted");
			template.convertAndSend("/topic/x", "end");
			here.expect("wanted", "end");
			there.expect("wanted", "end");
			ApplicationNode node = cluster.node(0);
			MachineTime.await(Duration.ofSeconds(5))
				.until(() -> meter(node, "sent?tag=outcome:relayed") == 3
						&& meter(cluster.node(1), "received?tag=outcome:unwanted") == 1);
			assertThat(meter(node, "sessions")).isOne();
			assertThat(meter(node, "destinations")).isEqualTo(2);
			assertThat(meter(node, "receipts?tag=outcome:sent")).isEqualTo(2);
			assertThat(meter(cluster.node(1), "received?tag=outcome:delivered")).isEqualTo(2);
			JsonNode endpoint = get(node, "atmosphere/stomp");
			assertThat(endpoint.get("active").asBoolean()).isTrue();
			assertThat(endpoint.get("sessions").asInt()).isOne();
			assertThat(endpoint.get("destinations").asInt()).isEqualTo(2);
			assertThat(endpoint.get("sent").get("relayed").asInt()).isEqualTo(3);
			JsonNode health = get(node, "health/atmosphereRelay").at("/details/stomp");
			assertThat(health.get("sessions").asInt()).isOne();
			assertThat(health.get("sent").get("missed").asInt()).isZero();
			assertThat(node.bean(StompRelay.class).sessions()).isOne();
		}
	}

	private double meter(ApplicationNode node, String name) throws Exception {
		return get(node, "metrics/atmosphere.stomp." + name).at("/measurements/0/value").asDouble();
	}

	private JsonNode get(ApplicationNode node, String path) throws Exception {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://localhost:" + node.port() + "/actuator/" + path))
			.build();
		HttpResponse<String> response = this.http.send(request, HttpResponse.BodyHandlers.ofString());
		assertThat(response.statusCode()).as(path + ": " + response.body()).isEqualTo(200);
		return JSON.readTree(response.body());
	}

}
