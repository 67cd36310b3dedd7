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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import io.github.atmosphererelay.gateway.internal.FirstRing;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a gateway that has started and does not know the ring yet.
 */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class FirstRingTests {

	private static final Duration WITHIN = Duration.ofSeconds(30);

	private static final String OTHER = "spring.cloud.discovery.client.simple.instances.other[0].uri=";

	private final HttpClient http = HttpClient.newHttpClient();

	private final List<TestBackend> nodes = List.of(new TestBackend("n1"), new TestBackend("n2"));

	private final TestBackend other = new TestBackend("o1");

	@AfterEach
	void stop() {
		this.nodes.forEach(TestBackend::close);
		this.other.close();
	}

	private TestGateway gateway(Class<?> source) {
		return TestGateway.startWith(source,
				this.nodes.stream().collect(Collectors.toMap(TestBackend::name, TestBackend::port)),
				OTHER + "http://127.0.0.1:" + this.other.port());
	}

	private CompletableFuture<HttpResponse<String>> send(TestGateway gateway, String path, String... headers) {
		HttpRequest.Builder request = HttpRequest.newBuilder(gateway.http(path)).timeout(WITHIN);
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.http.sendAsync(request.build(), BodyHandlers.ofString());
	}

	private String get(TestGateway gateway, String path, String... headers) throws Exception {
		return send(gateway, path, headers).get(30, TimeUnit.SECONDS).body();
	}

	/**
	 * The clients of a gateway that was restarted come back before it knows the ring.
	 */
	@Test
	void usersWaitForTheFirstRingAndNobodyElseDoes() throws Exception {
		try (TestGateway gateway = gateway(LateRing.class)) {
			LateRing ring = gateway.bean(LateRing.class);
			Map<String, CompletableFuture<HttpResponse<String>>> requests = new LinkedHashMap<>();
			Map<String, CompletableFuture<TestSocket>> sockets = new LinkedHashMap<>();
			for (int i = 0; i < 20; i++) {
				String user = "user-" + i;
				requests.put(user, send(gateway, "/atmosphere/chat/a", "X-User", user));
				sockets.put(user, CompletableFuture.supplyAsync(() -> connect(gateway, user)));
			}
			CompletableFuture<HttpResponse<String>> lookup = send(gateway, "/atmosphere/api/route", "X-User", "user-0");
			MachineTime.await(WITHIN).until(() -> ring.asked.get() >= 3);
			assertThat(get(gateway, "/other/a", "X-User", "user-0")).isEqualTo("o1 for user-0");
			assertThat(get(gateway, "/atmosphere/chat/a")).isIn("n1", "n2");
			assertThat(requests.values()).noneMatch(CompletableFuture::isDone);
			assertThat(sockets.values()).noneMatch(CompletableFuture::isDone);
			assertThat(lookup).isNotDone();
			Ring known = ring.come();
			for (Map.Entry<String, CompletableFuture<HttpResponse<String>>> each : requests.entrySet()) {
				assertThat(each.getValue().get(30, TimeUnit.SECONDS).body()).as(each.getKey())
					.isEqualTo(known.owner(each.getKey()).name());
			}
			for (Map.Entry<String, CompletableFuture<TestSocket>> each : sockets.entrySet()) {
				TestSocket socket = each.getValue().get(30, TimeUnit.SECONDS);
				assertThat(socket.next()).as(each.getKey()).isEqualTo("text:" + known.owner(each.getKey()).name());
				socket.socket().abort();
			}
			assertThat(lookup.get(30, TimeUnit.SECONDS).body())
				.contains("\"node\":\"" + known.owner("user-0").name() + "\"");
			assertThat(gateway.bean(ProxyStatistics.class).unplaced()).isZero();
		}
	}

	private static TestSocket connect(TestGateway gateway, String user) {
		try {
			return TestSocket.connect(gateway.webSocket("/atmosphere/chat/a"), "X-User", user);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void usersArePlacedByCountWhenNoRingComesInTimeAndThatIsLoggedAndCounted(CapturedOutput output) throws Exception {
		try (TestGateway gateway = gateway(NoRing.class)) {
			assertThat(get(gateway, "/atmosphere/chat/a", "X-User", "alice")).isIn("n1", "n2");
			assertThat(get(gateway, "/atmosphere/chat/a", "X-User", "bob")).isIn("n1", "n2");
			assertThat(get(gateway, "/atmosphere/chat/a")).isIn("n1", "n2");
			assertThat(gateway.bean(ProxyStatistics.class).unplaced()).isEqualTo(2);
			assertThat(output.toString().split("No ring has come within", -1)).as("the log").hasSize(2);
		}
	}

	@Test
	void aGatewayWithoutARingWaitsForNone() throws IOException, InterruptedException {
		try (TestGateway gateway = TestGateway.following(Map.of("n1", this.nodes.get(0).port()),
				"atmosphere.gateway.ring.source=none")) {
			HttpRequest request = HttpRequest.newBuilder(gateway.http("/atmosphere/chat/a"))
				.header("X-User", "alice")
				.build();
			assertThat(this.http.send(request, BodyHandlers.ofString()).body()).isEqualTo("n1");
			assertThat(gateway.bean(ProxyStatistics.class).unplaced()).isZero();
		}
	}

	/**
	 * Has no ring until the test says so.
	 */
	static class LateRing implements RingSource {

		private final AtomicInteger asked = new AtomicInteger();

		private volatile @Nullable PublishedRing ring;

		@Override
		public @Nullable PublishedRing ring() {
			this.asked.incrementAndGet();
			return this.ring;
		}

		private Ring come() {
			Ring known = Ring.of(List.of(new RingMember("n1", 1), new RingMember("n2", 1)));
			this.ring = new PublishedRing(new RingVersion(1, 1, known.digest()), known);
			return known;
		}

		/**
		 * The time is longer than the test takes.
		 */
		@Bean
		@Primary
		FirstRing firstRing(RingSource rings, ProxyStatistics statistics) {
			return new FirstRing(rings, Duration.ofMinutes(5), statistics);
		}

	}

	/**
	 * Never has a ring.
	 */
	@Configuration(proxyBeanMethods = false)
	static class NoRing {

		@Bean
		RingSource ringSource() {
			return () -> null;
		}

		@Bean
		@Primary
		FirstRing firstRing(RingSource rings, ProxyStatistics statistics) {
			return new FirstRing(rings, Duration.ofMillis(300), statistics);
		}

	}

}
