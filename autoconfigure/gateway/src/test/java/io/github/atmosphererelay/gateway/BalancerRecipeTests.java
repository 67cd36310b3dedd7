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

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.gateway.ForeignBalancer.Kind;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the recipes of the page on the gateway, with the programs that they are for.
 */
class BalancerRecipeTests {

	/** More than the checks of the recipes take, on a machine that others use. */
	private static final Duration SOON = Duration.ofSeconds(60);

	private static final Duration QUIET = Duration.ofSeconds(75);

	private static final List<String> USERS = IntStream.range(0, 30).mapToObj((i) -> "user-" + i).toList();

	private final HttpClient http = HttpClient.newHttpClient();

	private final List<TestBackend> nodes = new ArrayList<>();

	@TempDir
	Path directory;

	@BeforeEach
	void startNodes() {
		for (int i = 1; i <= 3; i++) {
			this.nodes.add(new TestBackend("n" + i));
		}
	}

	@AfterEach
	void stopNodes() {
		this.nodes.forEach(TestBackend::close);
	}

	private ForeignBalancer start(Kind kind, Duration quiet) throws Exception {
		return ForeignBalancer.start(kind, this.nodes.stream().map(TestBackend::port).toList(), quiet, this.directory);
	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void aUserComesToOneNodeAndThoseOfADeadNodeAloneMoveAndComeBack(Kind kind) throws Exception {
		try (ForeignBalancer balancer = start(kind, QUIET)) {
			Map<String, String> before = places(balancer);
			assertThat(new HashSet<>(before.values())).containsExactlyInAnyOrder("n1", "n2", "n3");
			assertThat(places(balancer)).isEqualTo(before);
			for (String user : USERS.subList(0, 10)) {
				TestSocket socket = connect(balancer, user);
				assertThat(socket.next()).isEqualTo("text:" + before.get(user));
				socket.socket().abort();
			}
			TestBackend dead = this.nodes.get(1);
			dead.close();
			for (String user : USERS) {
				String place = get(balancer.http("/atmosphere/chat/a"), "Cookie", "USER=" + user);
				if (before.get(user).equals("n2")) {
					assertThat(place).isIn("n1", "n3");
				}
				else {
					assertThat(place).isEqualTo(before.get(user));
				}
			}
			this.nodes.set(1, new TestBackend("n2", dead.port()));
			Awaitility.await().atMost(SOON).untilAsserted(() -> assertThat(places(balancer)).isEqualTo(before));
		}
	}

	private Map<String, String> places(ForeignBalancer balancer) throws Exception {
		Map<String, String> places = new TreeMap<>();
		for (String user : USERS) {
			places.put(user, get(balancer.http("/atmosphere/chat/a"), "Cookie", "USER=" + user));
		}
		return places;
	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void clientsWithoutTheCookieAreSpread(Kind kind) throws Exception {
		try (ForeignBalancer balancer = start(kind, QUIET)) {
			Set<String> places = new HashSet<>();
			for (int i = 0; i < 40; i++) {
				places.add(get(balancer.http("/atmosphere/chat/a")));
			}
			assertThat(places).containsExactlyInAnyOrder("n1", "n2", "n3");
		}
	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void framesPingsAndCloseCodesPassThrough(Kind kind) throws Exception {
		try (ForeignBalancer balancer = start(kind, QUIET)) {
			TestSocket socket = connect(balancer, "alice");
			assertThat(socket.next()).startsWith("text:n");
			assertThat(socket.send("x".repeat(200_000)).next()).isEqualTo("text of 200000");
			socket.socket().sendBinary(ByteBuffer.allocate(100_000), true).join();
			assertThat(socket.next()).isEqualTo("binary of 100000");
			assertThat(socket.send("ping me").next()).isEqualTo("ping:beat");
			Awaitility.await()
				.atMost(SOON)
				.until(() -> this.nodes.stream().anyMatch((node) -> node.received().contains("pong:beat")));
			assertThat(socket.send("close 4101").next()).isEqualTo("close:4101 as asked");
			assertThat(this.nodes).filteredOn((each) -> !each.handshake().isEmpty())
				.singleElement()
				.satisfies((each) -> {
					assertThat(each.handshake().get("X-Forwarded-For")).isEqualTo("127.0.0.1");
					assertThat(each.handshake().get("Host")).isEqualTo("127.0.0.1:" + balancer.http("/").getPort());
				});
		}
	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void aQuietConnectionIsClosedAndOneWithPingsIsNot(Kind kind) throws Exception {
		Duration quiet = Duration.ofSeconds(3);
		try (ForeignBalancer balancer = start(kind, quiet)) {
			TestSocket silent = connect(balancer, "alice");
			TestSocket pinged = connect(balancer, "alice");
			assertThat(silent.next()).startsWith("text:n");
			assertThat(pinged.next()).startsWith("text:n");
			CompletableFuture<String> closed = CompletableFuture.supplyAsync(() -> {
				try {
					return silent.next();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
			});
			Map<String, Integer> count = new HashMap<>();
			Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(300)).until(() -> {
				assertThat(pinged.send("ping me").next()).isEqualTo("ping:beat");
				count.merge("pings", 1, Integer::sum);
				return closed.isDone();
			});
			assertThat(closed.join()).matches("(close:1006|error:).*");
			assertThat(count.get("pings")).as("pings within the time").isGreaterThan(5);
			assertThat(pinged.send("still here").next()).isEqualTo("text:still here");
			pinged.socket().abort();
		}
	}

	private static TestSocket connect(ForeignBalancer balancer, String user) {
		return TestSocket.connect(balancer.webSocket("/atmosphere/chat/a"), "Cookie", "USER=" + user);
	}

	private String get(URI uri, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri);
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.http.send(request.build(), BodyHandlers.ofString()).body();
	}

}
