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

package io.github.atmosphererelay.routing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.RoutingStatistics;
import io.github.atmosphererelay.routing.internal.TicketRefusal;
import io.github.atmosphererelay.test.BrokerCluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The lookup over HTTP, and its tickets at another node, in a cluster of two nodes.
 */
@Timeout(120)
class RouteApiTests {

	/**
	 * Users who come at once. More of them need more than two processors to log in in
	 * time.
	 */
	private static final int RUSH = Boolean.getBoolean("atmosphere.test.long") ? 1_000 : 200;

	private static final Duration WITHIN = Duration.ofSeconds(30);

	private static RelayCluster cluster;

	private final HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	@BeforeAll
	static void start() {
		cluster = BrokerCluster.inMemory(Users.class)
			.nodes(2)
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.channels[1].pattern=staff/**")
			.property("atmosphere.channels[1].subscribe=authenticated")
			.property("atmosphere.cluster.address=https://node.example.com")
			.property("atmosphere.security.token-timeout=1m")
			.property("atmosphere.limits.sessions-per-address=0")
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.lookup=true")
			.property("atmosphere.routing.settle-time=500ms")
			.property("atmosphere.cluster.heartbeat-interval=500ms")
			.property("atmosphere.cluster.node-timeout=4s")
			.start();
		for (ApplicationNode node : cluster.nodes()) {
			MachineTime.await(WITHIN).until(() -> {
				PublishedRing ring = node.bean(Routes.class).ring();
				return ring != null && ring.ring().members().size() == 2 && node.bean(Routes.class).isAgreed();
			});
		}
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@Test
	void aTicketLetsItsHolderInAtTheOtherNodeOnce() throws Exception {
		String user = userOf(cluster.node(1));
		JsonNode answer = found(get("user=" + user + "&as=" + user));
		assertThat(answer.path("node").asString()).isEqualTo(cluster.node(1).name());
		assertThat(answer.path("here").asBoolean()).isFalse();
		assertThat(answer.path("address").asString()).isEqualTo("https://node.example.com");
		String ticket = answer.path("ticket").asString();
		try (TestClient client = connect(ticket); TestClient again = connect(ticket)) {
			client.awaitCount(1);
			assertThat(again.awaitClosed(WITHIN).code()).isEqualTo(3500);
			assertThat(client.texts().get(0)).contains("\"client\"");
			MachineTime.await(WITHIN).until(() -> cluster.node(1).bean(Cluster.class).self().load().sessions() == 1);
		}
	}

	@Test
	void theUnmodifiedCentrifugeClientTakesATicketForItsToken() throws Exception {
		NodeScripts.install();
		String user = userOf(cluster.node(1));
		String ticket = found(get("as=" + user)).path("ticket").asString();
		Process client = NodeScripts.start("centrifuge-ticket.mjs", door(cluster.node(1)).toString(), ticket,
				"staff/ticket");
		try {
			BufferedReader lines = client.inputReader(StandardCharsets.UTF_8);
			assertThat(line(lines)).matches("subscribed as .+");
			cluster.node(0).broadcaster().broadcast("staff/ticket", "{\"for\":\"staff\"}");
			assertThat(line(lines)).isEqualTo("{\"for\":\"staff\"}");
			assertThat(line(lines)).isEqualTo("refused with 3500 invalid token");
		}
		finally {
			client.destroyForcibly();
		}
	}

	private static String line(BufferedReader lines) throws Exception {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return lines.readLine();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}).get(60, TimeUnit.SECONDS);
	}

	/**
	 * Any node serves any user. A ticket that is presented at another node than the one
	 * that the answer named is used then, too.
	 */
	@Test
	void aTicketThatIsPresentedAtTheWrongNodeIsUsedThere() throws Exception {
		String user = userOf(cluster.node(1));
		String ticket = found(get("as=" + user)).path("ticket").asString();
		try (TestClient wrong = connect(cluster.node(0), ticket)) {
			wrong.awaitCount(1);
			assertThat(wrong.texts().get(0)).contains("\"client\"");
			try (TestClient right = connect(ticket)) {
				assertThat(right.awaitClosed(WITHIN).code()).isEqualTo(3500);
			}
			assertThat(wrong.isClosed()).isFalse();
		}
	}

	@Test
	void theNodeOfAChannelIsToldToThoseWhoMaySubscribe() throws Exception {
		String channel = channelOf(cluster.node(1));
		JsonNode answer = found(get("as=ada&channel=" + channel));
		assertThat(answer.path("node").asString()).isEqualTo(cluster.node(1).name());
		assertThat(answer.has("ticket")).isTrue();
		JsonNode anonymous = found(get("channel=" + channel));
		assertThat(anonymous.path("node").asString()).isEqualTo(cluster.node(1).name());
		assertThat(anonymous.has("ticket")).isFalse();
		assertThat(found(get("as=ada&channel=staff/office")).has("node")).isTrue();
		assertThat(get("channel=staff/office").statusCode()).isEqualTo(401);
	}

	@Test
	void aForgedTicketIsRefusedAndCounted() throws Exception {
		String user = userOf(cluster.node(1));
		String ticket = found(get("as=" + user)).path("ticket").asString();
		RoutingStatistics statistics = cluster.node(0).bean(RoutingService.class).statistics();
		long before = statistics.refusedTickets(TicketRefusal.NOT_VALID);
		try (TestClient forged = connect(ticket.substring(0, ticket.length() - 4) + "AAAA");
				TestClient shapeless = connect(ticket + "x")) {
			assertThat(forged.awaitClosed(WITHIN).code()).isEqualTo(3500);
			assertThat(shapeless.awaitClosed(WITHIN).code()).isEqualTo(3500);
		}
		assertThat(statistics.refusedTickets(TicketRefusal.NOT_VALID) - before).isOne();
	}

	@Test
	void theEndOfTheHttpSessionClosesTheSocketAtTheOtherNode() throws Exception {
		String user = userOf(cluster.node(1));
		String ticket = found(get("as=" + user)).path("ticket").asString();
		String unused = found(get("as=" + user)).path("ticket").asString();
		try (TestClient client = connect(ticket)) {
			client.awaitCount(1);
			assertThat(client.isClosed()).isFalse();
			get("logout=true");
			assertThat(client.awaitClosed(WITHIN).reason()).contains("logged out");
		}
		try (TestClient late = connect(unused)) {
			assertThat(late.awaitClosed(WITHIN).code()).isEqualTo(3500);
		}
	}

	@Test
	void onlyOperatorsMayAskForOtherUsersAndGetNoTicketForThem() throws Exception {
		String user = userOf(cluster.node(1));
		assertThat(get("as=mallory&user=" + user).statusCode()).isEqualTo(403);
		assertThat(get("user=" + user).statusCode()).isEqualTo(403);
		JsonNode answer = found(get("as=root&role=ROLE_ADMIN&user=" + user));
		assertThat(answer.path("node").asString()).isEqualTo(cluster.node(1).name());
		assertThat(answer.has("ticket")).isFalse();
	}

	@Test
	void whoIsServedHereOrAnonymousGetsNoTicket() throws Exception {
		JsonNode here = found(get("as=" + userOf(cluster.node(0))));
		assertThat(here.path("here").asBoolean()).isTrue();
		assertThat(here.has("ticket")).isFalse();
		assertThat(get("").body()).isEqualTo("{}");
	}

	@Test
	void pagesOfOtherOriginsMayNotAsk() throws Exception {
		String user = userOf(cluster.node(1));
		assertThat(get("as=" + user, "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
		assertThat(get("as=" + user, "Sec-Fetch-Site", "cross-site", "Authorization", "Basic dTpw").statusCode())
			.as("credentials that browsers add by themselves")
			.isEqualTo(403);
		assertThat(get("as=" + user, "Origin", "https://evil.example.com").statusCode()).isEqualTo(403);
		assertThat(get("as=" + user, "Sec-Fetch-Site", "same-origin").statusCode()).isEqualTo(200);
	}

	@Test
	void pagesThatCameFromTheAddressOfANodeMayConnectToEachNode() {
		for (ApplicationNode node : cluster.nodes()) {
			URI channel = URI.create("ws://localhost:" + node.port() + "/atmosphere/chat/a?ack=true");
			try (TestClient page = TestClient.connect(channel, "Origin", "https://node.example.com")) {
				page.awaitCount(1);
			}
			for (String other : List.of("http://node.example.com", "https://example.com",
					"https://node.example.com.evil.example", "https://node.example.com:8443")) {
				assertThat(TestClient.refusedStatus(channel, "Origin", other)).as(other).isEqualTo(403);
			}
		}
	}

	/**
	 * As after the death of a node. Who is asked to try again looks up again.
	 */
	@Test
	void usersWhoComeAtOnceAreLetInAndUsedOrForgedTicketsAreNot() throws Exception {
		List<String> waiting = usersOf(cluster.node(1), RUSH);
		List<TestClient> clients = new ArrayList<>();
		List<TestClient> in = new ArrayList<>();
		String used = "";
		try {
			for (int attempt = 0; attempt < 4 && !waiting.isEmpty(); attempt++) {
				Map<String, TestClient> opened = new LinkedHashMap<>();
				waiting.forEach((user) -> opened.put(user, TestClient.connect(door(cluster.node(1)))));
				clients.addAll(opened.values());
				Map<String, String> tickets = tickets(waiting);
				tickets.forEach((user, ticket) -> opened.get(user).send(connectCommand(ticket)));
				opened.values()
					.forEach(
							(client) -> MachineTime.await(WITHIN).until(() -> client.count() > 0 || client.isClosed()));
				waiting = new ArrayList<>();
				for (Map.Entry<String, TestClient> client : opened.entrySet()) {
					if (client.getValue().isClosed()) {
						assertThat(client.getValue().awaitClosed(WITHIN).code()).isEqualTo(3013);
						waiting.add(client.getKey());
					}
					else {
						in.add(client.getValue());
						used = tickets.get(client.getKey());
					}
				}
			}
			assertThat(waiting).isEmpty();
			assertThat(in).hasSize(RUSH).noneMatch(TestClient::isClosed);
			try (TestClient again = connect(used); TestClient forged = connect(used.replaceAll(".{4}$", "AAAA"))) {
				assertThat(again.awaitClosed(WITHIN).code()).isEqualTo(3500);
				assertThat(forged.awaitClosed(WITHIN).code()).isEqualTo(3500);
			}
		}
		finally {
			clients.forEach(TestClient::close);
			MachineTime.await(WITHIN).until(() -> cluster.node(1).bean(Cluster.class).self().load().sessions() == 0);
		}
	}

	private static Map<String, String> tickets(List<String> users) {
		HttpClient http = HttpClient.newHttpClient();
		Map<String, CompletableFuture<String>> lookups = new LinkedHashMap<>();
		for (String user : users) {
			URI uri = URI.create("http://localhost:" + cluster.node(0).port() + "/atmosphere/api/route?as=" + user);
			lookups.put(user, http.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
				.thenApply((response) -> found(response).path("ticket").asString()));
		}
		Map<String, String> tickets = new LinkedHashMap<>();
		lookups.forEach((user, ticket) -> tickets.put(user, ticket.orTimeout(60, TimeUnit.SECONDS).join()));
		return tickets;
	}

	@Test
	void aSocketWithALogInOfItsOwnIsNotOpenedWithATicketOfAnotherUser() throws Exception {
		String user = userOf(cluster.node(1));
		RoutingStatistics statistics = cluster.node(1).bean(RoutingService.class).statistics();
		long before = statistics.refusedTickets(TicketRefusal.OTHER_USER);
		URI other = URI.create(door(cluster.node(1)) + "?as=zzz");
		URI same = URI.create(door(cluster.node(1)) + "?as=" + user);
		String ticket = found(get("as=" + user)).path("ticket").asString();
		try (TestClient client = TestClient.connect(other).send(connectCommand(ticket))) {
			assertThat(client.awaitClosed(WITHIN).code()).isEqualTo(3500);
		}
		ticket = found(get("as=" + user)).path("ticket").asString();
		URI raw = URI.create("ws://localhost:" + cluster.node(1).port() + "/atmosphere/chat/a?auth=message&as=zzz");
		try (TestClient client = TestClient.connect(raw).send("{\"type\":\"auth\",\"token\":\"" + ticket + "\"}")) {
			assertThat(client.awaitClosed(WITHIN).code()).isEqualTo(3500);
		}
		ticket = found(get("as=" + user)).path("ticket").asString();
		assertThat(TestClient.refusedStatus(
				URI.create("ws://localhost:" + cluster.node(1).port() + "/atmosphere/chat/a?as=zzz"),
				List.of("bearer." + ticket)))
			.isEqualTo(401);
		assertThat(statistics.refusedTickets(TicketRefusal.OTHER_USER) - before).isEqualTo(3);
		ticket = found(get("as=" + user)).path("ticket").asString();
		try (TestClient client = TestClient.connect(same).send(connectCommand(ticket))) {
			client.awaitCount(1);
			assertThat(client.texts().get(0)).contains("\"client\"");
		}
	}

	private static List<String> usersOf(ApplicationNode node, int count) {
		Routes routes = node.bean(Routes.class);
		return IntStream.range(0, 100_000).mapToObj((i) -> "rush-" + i).filter((user) -> {
			Route route = routes.find(user);
			return route != null && route.node().equals(node.name());
		}).limit(count).toList();
	}

	private static String userOf(ApplicationNode node) {
		Routes routes = node.bean(Routes.class);
		return IntStream.range(0, 1_000).mapToObj((i) -> "user-" + i).filter((user) -> {
			Route route = routes.find(user);
			return route != null && route.node().equals(node.name());
		}).findFirst().orElseThrow();
	}

	private HttpResponse<String> get(String query, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create("http://localhost:" + cluster.node(0).port() + "/atmosphere/api/route?" + query));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.browser.send(request.build(), BodyHandlers.ofString());
	}

	private static JsonNode found(HttpResponse<String> response) {
		assertThat(response.statusCode()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body());
	}

	private static String channelOf(ApplicationNode node) {
		Routes routes = node.bean(Routes.class);
		return IntStream.range(0, 1_000).mapToObj((i) -> "chat/" + i).filter((channel) -> {
			Route route = routes.findByChannel(channel);
			return route != null && route.node().equals(node.name());
		}).findFirst().orElseThrow();
	}

	private static TestClient connect(String ticket) {
		return connect(cluster.node(1), ticket);
	}

	private static TestClient connect(ApplicationNode node, String ticket) {
		return TestClient.connect(door(node)).send(connectCommand(ticket));
	}

	private static URI door(ApplicationNode node) {
		return URI.create("ws://localhost:" + node.port() + "/atmosphere/connection/websocket");
	}

	private static String connectCommand(String ticket) {
		return "{\"id\":1,\"connect\":{\"token\":\"" + ticket + "\"}}";
	}

	/**
	 * Takes the user and the role from the query, within an HTTP session.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Users {

		/** Channels are placed as if they were users. */
		@Bean
		Placement placement() {
			return new Placement() {

				@Override
				public @Nullable RingMember ofUser(String user, Ring ring) {
					return ring.owner(user);
				}

				@Override
				public @Nullable RingMember ofChannel(String channel, Ring ring) {
					return ring.owner(channel);
				}

			};
		}

		@Bean
		Filter users() {
			return (request, response, chain) -> {
				HttpServletRequest http = (HttpServletRequest) request;
				String user = request.getParameter("as");
				if (request.getParameter("logout") != null) {
					http.getSession().invalidate();
				}
				else if (user != null) {
					http.getSession();
				}
				chain.doFilter((user != null) ? new WithUser(http, user) : request, response);
			};
		}

	}

	/**
	 * A request with a principal.
	 */
	private static final class WithUser extends HttpServletRequestWrapper {

		private final String user;

		WithUser(HttpServletRequest request, String user) {
			super(request);
			this.user = user;
		}

		@Override
		public Principal getUserPrincipal() {
			return () -> this.user;
		}

		@Override
		public boolean isUserInRole(String role) {
			return role.equals(getParameter("role"));
		}

	}

}
