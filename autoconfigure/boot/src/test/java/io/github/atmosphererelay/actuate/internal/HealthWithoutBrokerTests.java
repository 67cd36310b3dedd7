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

package io.github.atmosphererelay.actuate.internal;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What monitoring and load balancers are told while the broker is away.
 */
class HealthWithoutBrokerTests {

	@Test
	void theNodeIsDegradedAndStaysUpAndReady() throws Exception {
		try (TestNode node = start()) {
			assertHealth(node, "", 200, "UP");
			assertHealth(node, "/atmosphereRelay", 200, "DEGRADED");
			assertHealth(node, "/readiness", 200, "UP");
			assertHealth(node, "/liveness", 200, "UP");
		}
	}

	@Test
	void aPropertyMakesItDownAndNotReadyButKeepsItAlive() throws Exception {
		try (TestNode node = start("atmosphere.health.degraded-is-down=true")) {
			assertHealth(node, "", 503, "DOWN");
			assertHealth(node, "/atmosphereRelay", 503, "DOWN");
			assertHealth(node, "/readiness", 503, "DOWN");
			assertHealth(node, "/liveness", 200, "UP");
		}
	}

	private static TestNode start(String... args) {
		List<String> all = new ArrayList<>(List.of(args));
		all.add("atmosphere.channels[0].pattern=chat/**");
		all.add("atmosphere.relay.start-timeout=0s");
		all.add("management.health.redis.enabled=false");
		return TestNode.start(List.of(WithoutBroker.class), all.toArray(String[]::new));
	}

	private static void assertHealth(TestNode node, String path, int code, String status)
			throws IOException, InterruptedException {
		HttpResponse<String> response = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(node.http("/actuator/health" + path)).build(),
					HttpResponse.BodyHandlers.ofString());
		assertThat(response.body()).contains("\"status\":\"" + status + "\"");
		assertThat(response.statusCode()).as(response.body()).isEqualTo(code);
	}

	/**
	 * A relay of the application's own, whose broker never answers.
	 */
	@Configuration(proxyBeanMethods = false)
	static class WithoutBroker {

		@Bean
		ClusterRelay unreachableRelay() {
			return new UnreachableRelay();
		}

	}

	private static final class UnreachableRelay implements ClusterRelay {

		@Override
		public String name() {
			return "unreachable";
		}

		@Override
		public void start(RelayListener listener) {
		}

		@Override
		public void stop() {
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		@Override
		public CompletableFuture<@Nullable Void> subscribe(Address address) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}

		@Override
		public void unsubscribe(Address address) {
		}

	}

}
