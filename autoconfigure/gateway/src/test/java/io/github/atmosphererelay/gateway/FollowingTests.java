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
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.contract.broker.Broker;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.gateway.internal.ProxyStatistics;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.Routes;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.UsersByParameter;
import io.github.atmosphererelay.testkit.ApplicationNode;
import io.github.atmosphererelay.testkit.RelayCluster;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.ReactorResourceFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a gateway that follows the ring of nodes on Redis: as a member, from Redis'
 * copy, and over HTTP.
 */
@Timeout(180)
class FollowingTests {

	private static final Duration WITHIN = Duration.ofSeconds(60);

	private static final String CREDENTIALS = "Basic Z2F0ZXdheTpzZWNyZXQ=";

	private static final String KEY = "atmosphere:chat:ring";

	private final HttpClient http = HttpClient.newHttpClient();

	private Broker.Redis broker;

	private RelayCluster cluster;

	@BeforeEach
	void startRedis() {
		this.broker = new Broker.Redis();
	}

	@AfterEach
	void stop() {
		if (this.cluster != null) {
			this.cluster.close();
		}
		this.broker.close();
	}

	private void startNodes() {
		RelayCluster.Builder builder = RelayCluster.of(NodeApplication.class, UsersByParameter.class)
			.realBroker()
			.nodes(2)
			.timeout(WITHIN)
			.property("spring.main.web-application-type=servlet")
			.property("spring.cloud.gateway.enabled=false")
			.property("spring.cloud.gateway.server.webflux.enabled=false")
			.property("spring.autoconfigure.exclude="
					+ "org.springframework.cloud.gateway.config.GatewayRedisAutoConfiguration")
			.property("spring.application.name=chat")
			.property("logging.level.root=WARN")
			.property("atmosphere.channels[0].pattern=chat/**")
			.property("atmosphere.channels[1].pattern=node/**")
			.property("atmosphere.channels[1].scope=node")
			.property("atmosphere.routing.enabled=true")
			.property("atmosphere.routing.serve-ring=true")
			.property("atmosphere.routing.ring-role=ROLE_GATEWAY")
			.property("atmosphere.routing.lookup=true")
			.property("atmosphere.cluster.address=https://node.example.com")
			.property("atmosphere.routing.settle-time=300ms")
			.property("atmosphere.cluster.heartbeat-interval=300ms")
			.property("atmosphere.cluster.node-timeout=5s");
		for (String property : this.broker.directProperties()) {
			builder.property(property);
		}
		this.cluster = builder.start();
		MachineTime.await(WITHIN).until(() -> serving(ringOf(this.cluster.node(0))).size() == 2);
		MachineTime.await(WITHIN)
			.until(() -> ringOf(this.cluster.node(0)).version().equals(ringOf(this.cluster.node(1)).version()));
	}

	private static PublishedRing ringOf(ApplicationNode node) {
		return node.bean(Routes.class).ring();
	}

	private static List<String> serving(PublishedRing ring) {
		if (ring == null) {
			return List.of();
		}
		return ring.ring().members().stream().filter((member) -> member.weight() > 0).map(RingMember::name).toList();
	}

	private Map<String, Integer> ports() {
		Map<String, Integer> ports = new LinkedHashMap<>();
		this.cluster.nodes().forEach((node) -> ports.put(node.name(), node.port()));
		return ports;
	}

	private TestGateway gateway(Map<String, Integer> ports, String... args) {
		List<String> all = new ArrayList<>(List.of("spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + this.broker.server().port(), "management.health.redis.enabled=false"));
		all.addAll(List.of(args));
		return TestGateway.following(ports, all.toArray(String[]::new));
	}

	private static String userOf(PublishedRing ring, String node) {
		return IntStream.range(0, 1_000)
			.mapToObj((i) -> "user-" + i)
			.filter((user) -> ring.ring().owner(user).name().equals(node))
			.findFirst()
			.orElseThrow();
	}

	private static void awaitSameRing(TestGateway gateway, ApplicationNode node) {
		MachineTime.await(WITHIN).until(() -> ringOf(node).equals(gateway.ring()));
	}

	/**
	 * Wait for the last of the two rings that a node makes which stops: first with its
	 * weight 0, then without it.
	 */
	private void awaitMembers(TestGateway gateway, ApplicationNode node, String... names) {
		MachineTime.await(WITHIN)
			.until(() -> ringOf(node).ring()
				.members()
				.stream()
				.map(RingMember::name)
				.collect(Collectors.toSet())
				.equals(Set.of(names)));
		awaitSameRing(gateway, node);
	}

	private void assertPlaces(TestGateway gateway) throws Exception {
		assertPlaces(gateway, gateway.ring());
	}

	/**
	 * Expect that a user of each node comes to it.
	 */
	private void assertPlaces(TestGateway gateway, PublishedRing ring) throws Exception {
		for (ApplicationNode node : this.cluster.nodes()) {
			String user = userOf(ring, node.name());
			TestSocket socket = TestSocket.connect(gateway.webSocket("/atmosphere/node/a?ack=true&user=" + user),
					"X-User", user);
			assertThat(socket.next()).startsWith("text:{\"type\":\"ready\"");
			MachineTime.await(WITHIN).until(() -> node.bean(Cluster.class).self().load().sessions() == 1);
			socket.socket().abort();
			MachineTime.await(WITHIN).until(() -> node.bean(Cluster.class).self().load().sessions() == 0);
		}
	}

	@Test
	void fromRedisAGatewayFollowsChangesAndWorksOnWhileRedisIsAwayOrEmpty() throws Exception {
		startNodes();
		try (TestGateway gateway = gateway(ports(), "atmosphere.enabled=false", "atmosphere.gateway.ring.source=redis",
				"atmosphere.cluster.name=chat")) {
			// At once: users wait for the ring
			assertPlaces(gateway, ringOf(this.cluster.node(0)));
			ApplicationNode joined = this.cluster.startNode();
			MachineTime.await(WITHIN).until(() -> serving(gateway.ring()).contains(joined.name()));
			joined.close();
			awaitMembers(gateway, this.cluster.node(0), "node-0", "node-1");
			PublishedRing last = gateway.ring();
			try (Jedis jedis = new Jedis(RedisServers.HOST, this.broker.server().port())) {
				String text = "{\"term\":1,\"counter\":1,\"digest\":\"0\",\"members\":[],\"spread\":[]}";
				jedis.set(KEY, text);
				jedis.publish(KEY + ":changed", text);
				jedis.flushAll();
			}
			this.broker.kill();
			MachineTime.await(WITHIN).until(() -> gateway.bean(ProxyStatistics.class).ringFailures() > 0);
			assertThat(gateway.ring()).isEqualTo(last);
			assertPlaces(gateway);
			this.broker.start();
			ApplicationNode late = this.cluster.startNode();
			MachineTime.await(WITHIN).until(() -> serving(gateway.ring()).contains(late.name()));
		}
	}

	@Test
	void overHttpAGatewayFollowsChangesAndWorksOnWhileNodesAreAway() throws Exception {
		startNodes();
		Map<String, Integer> ports = ports();
		try (TestGateway gateway = gateway(ports, "atmosphere.enabled=false", "atmosphere.gateway.ring.source=http",
				"atmosphere.gateway.ring.poll-interval=200ms",
				"atmosphere.gateway.ring.authorization=" + CREDENTIALS)) {
			// At once: users wait for the ring
			assertPlaces(gateway, ringOf(this.cluster.node(0)));
			this.cluster.node(0).close();
			awaitMembers(gateway, this.cluster.node(1), "node-1");
			assertPlaces(gateway);
			PublishedRing last = gateway.ring();
			long failures = gateway.bean(ProxyStatistics.class).ringFailures();
			this.cluster.node(1).close();
			MachineTime.await(WITHIN).until(() -> gateway.bean(ProxyStatistics.class).ringFailures() > failures + 2);
			assertThat(gateway.ring()).isEqualTo(last);
		}
	}

	@Test
	void aNodeServesTheRingOnlyToThoseWithTheRoleAndOnlyWhenItHasChanged() throws Exception {
		startNodes();
		assertThat(ring().statusCode()).isEqualTo(401);
		assertThat(ring("Authorization", "Basic d3Jvbmc6d3Jvbmc=").statusCode()).isEqualTo(403);
		HttpResponse<String> first = ring("Authorization", CREDENTIALS);
		assertThat(first.statusCode()).isEqualTo(200);
		assertThat(first.body()).contains("\"name\":\"node-0\"", "\"name\":\"node-1\"");
		String tag = first.headers().firstValue("ETag").orElseThrow();
		HttpResponse<String> same = ring("Authorization", CREDENTIALS, "If-None-Match", tag);
		assertThat(same.statusCode()).isEqualTo(304);
		assertThat(same.body()).isEmpty();
		assertThat(ring("Authorization", CREDENTIALS, "If-None-Match", "\"other\", W/" + tag).statusCode())
			.as("compressed by a proxy")
			.isEqualTo(304);
		this.cluster.startNode();
		MachineTime.await(WITHIN).until(() -> serving(ringOf(this.cluster.node(0))).size() == 3);
		HttpResponse<String> changed = ring("Authorization", CREDENTIALS, "If-None-Match", tag);
		assertThat(changed.statusCode()).isEqualTo(200);
		assertThat(changed.body()).contains("\"name\":\"node-2\"");
	}

	private HttpResponse<String> ring(String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.cluster.node(0).port() + "/atmosphere/api/ring"));
		if (headers.length > 0) {
			request.headers(headers);
		}
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

	/**
	 * The gateway is the oldest member, so that only its weight keeps it from publishing.
	 */
	@Test
	void aMemberWithWeightZeroOwnsNobodyPublishesNothingAndServesNobody() throws Exception {
		String[] membership = { "atmosphere.relay.type=redis", "atmosphere.cluster.name=chat",
				"atmosphere.cluster.node-name=gateway", "atmosphere.cluster.heartbeat-interval=300ms",
				"atmosphere.cluster.node-timeout=5s", "atmosphere.routing.enabled=true", "atmosphere.routing.weight=0",
				"atmosphere.routing.settle-time=300ms" };
		// Its instances are not known before the nodes have ports: the ring is what
		// counts
		try (TestGateway gateway = gateway(Map.of("node-0", 1), membership)) {
			RoutingService routing = gateway.bean(RoutingService.class);
			Cluster member = gateway.bean(Cluster.class);
			startNodes();
			awaitSameRing(gateway, this.cluster.node(0));
			assertThat(member.nodes()).hasSize(3);
			assertThat(member.self().startedAt()).isBefore(this.cluster.node(0).bean(Cluster.class).self().startedAt());
			PublishedRing ring = gateway.ring();
			assertThat(ring.ring().member("gateway")).isEqualTo(new RingMember("gateway", 0));
			assertThat(IntStream.range(0, 1_000).mapToObj((i) -> ring.ring().owner("user-" + i).name()))
				.containsOnly("node-0", "node-1");
			MachineTime.await(WITHIN).until(routing::isAgreed);
			assertThat(routing.state().publisher()).isNotNull().isNotEqualTo(member.self().id());
			this.cluster.node(0).close();
			awaitMembers(gateway, this.cluster.node(1), "gateway", "node-1");
			MachineTime.await(WITHIN)
				.until(() -> this.cluster.node(1).bean(Cluster.class).self().id().equals(routing.state().publisher()));
			PublishedRing last = gateway.ring();
			this.broker.kill();
			MachineTime.await(WITHIN).until(member::isFrozen);
			assertThat(gateway.ring()).isEqualTo(last);
			assertThat(get(gateway, "user-1")).contains("\"node\":\"node-1\"");
			this.broker.start();
			MachineTime.await(WITHIN).until(() -> !member.isFrozen() && routing.isAgreed());
			this.cluster.node(1).close();
			MachineTime.await(WITHIN).until(() -> member.nodes().size() == 1);
			assertThat(routing.state().publisher()).isNotEqualTo(member.self().id());
			assertThat(member.self().load().sessions()).isZero();
			assertThat(gateway.beans("io.github.atmosphererelay.door.internal.Door")).isEmpty();
		}
	}

	private String get(TestGateway gateway, String user) throws Exception {
		return this.http
			.send(HttpRequest.newBuilder(gateway.http("/atmosphere/api/route")).header("X-User", user).build(),
					BodyHandlers.ofString())
			.body();
	}

	@Test
	void aMemberPlacesUsersAtTheirNodes() throws Exception {
		startNodes();
		try (TestGateway gateway = gateway(ports(), "atmosphere.relay.type=redis", "atmosphere.cluster.name=chat",
				"atmosphere.cluster.node-name=gateway", "atmosphere.routing.enabled=true",
				"atmosphere.routing.weight=0", "atmosphere.gateway.ring.source=member")) {
			// At once: users wait for the ring
			assertPlaces(gateway, ringOf(this.cluster.node(0)));
		}
	}

	/**
	 * Nodes accept tickets of a gateway as they do tickets of each other.
	 */
	@Test
	void clientsThatGoToTheNodesDirectlyGetATicketOfTheGateway() throws Exception {
		startNodes();
		try (TestGateway gateway = gateway(ports(), "atmosphere.relay.type=redis", "atmosphere.cluster.name=chat",
				"atmosphere.cluster.node-name=gateway", "atmosphere.routing.enabled=true",
				"atmosphere.routing.weight=0", "atmosphere.gateway.lookup.direct=true")) {
			awaitSameRing(gateway, this.cluster.node(0));
			ApplicationNode node = this.cluster.node(1);
			String user = userOf(gateway.ring(), node.name());
			JsonNode answer = lookup(gateway, "X-Principal", user);
			assertThat(answer.path("node").stringValue()).isEqualTo(node.name());
			assertThat(answer.path("address").stringValue()).isEqualTo("https://node.example.com");
			assertThat(answer.path("here").booleanValue()).isFalse();
			String ticket = answer.path("ticket").stringValue();
			TestSocket socket = connect(node, ticket);
			assertThat(socket.next()).contains("\"connect\":{\"client\"");
			assertThat(connect(node, ticket).next()).as("used").startsWith("close:3500");
			assertThat(node.bean(Cluster.class).sessions(new SessionQuery(user, null, null, 10)).join().total())
				.isOne();
			socket.socket().abort();
			assertThat(lookup(gateway, "X-User", user).has("ticket")).as("a header identifies nobody").isFalse();
			assertThat(status(gateway, "X-Principal", user, "Sec-Fetch-Site", "cross-site")).isEqualTo(403);
			assertThat(
					status(gateway, "X-Principal", user, "Sec-Fetch-Site", "cross-site", "Authorization", "Basic dTpw"))
				.as("credentials that browsers add by themselves")
				.isEqualTo(403);
			assertThat(status(gateway, "X-Principal", user, "Sec-Fetch-Site", "cross-site", "Authorization",
					"Bearer token"))
				.isEqualTo(200);
			assertThat(status(gateway, "X-Principal", user, "Sec-Fetch-Site", "same-origin")).isEqualTo(200);
		}
	}

	private static TestSocket connect(ApplicationNode node, String ticket) throws Exception {
		TestSocket socket = TestSocket
			.connect(URI.create("ws://127.0.0.1:" + node.port() + "/atmosphere/connection/websocket"));
		socket.send("{\"id\":1,\"connect\":{\"token\":\"" + ticket + "\"}}");
		return socket;
	}

	private JsonNode lookup(TestGateway gateway, String... headers) throws Exception {
		return JsonMapper.shared()
			.readTree(this.http
				.send(HttpRequest.newBuilder(gateway.http("/atmosphere/api/route")).headers(headers).build(),
						BodyHandlers.ofString())
				.body());
	}

	private int status(TestGateway gateway, String... headers) throws Exception {
		return this.http
			.send(HttpRequest.newBuilder(gateway.http("/atmosphere/api/route")).headers(headers).build(),
					BodyHandlers.discarding())
			.statusCode();
	}

	/**
	 * The application that the nodes run. One user may read the ring.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class NodeApplication {

		/**
		 * A node that stops would end the JVM's, on which the gateway runs.
		 */
		@Bean
		ReactorResourceFactory reactorResourceFactory() {
			ReactorResourceFactory resources = new ReactorResourceFactory();
			resources.setUseGlobalResources(false);
			return resources;
		}

		@Bean
		Filter operators() {
			return (request, response, chain) -> {
				HttpServletRequest http = (HttpServletRequest) request;
				chain.doFilter((http.getHeader("Authorization") != null) ? new Known(http) : http, response);
			};
		}

	}

	/**
	 * A request with credentials, which name a user with or without the role.
	 */
	private static final class Known extends HttpServletRequestWrapper {

		Known(HttpServletRequest request) {
			super(request);
		}

		@Override
		public Principal getUserPrincipal() {
			return () -> "known";
		}

		@Override
		public boolean isUserInRole(String role) {
			return CREDENTIALS.equals(getHeader("Authorization")) && role.equals("ROLE_GATEWAY");
		}

	}

}
