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

package io.github.atmosphererelay.console.internal;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.test.UsersByParameter;
import jakarta.servlet.Filter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.DefaultCsrfToken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the console, over HTTP and WebSocket. The demo's tests have it in a browser.
 */
class ConsoleTests {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static final String ON = "atmosphere.console.enabled=true";

	private static final String OPEN = "atmosphere.console.subscribe=anyone";

	private static final String OFTEN = "atmosphere.console.interval=100ms";

	@Test
	void isOffUnlessItIsSwitchedOn() {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**")) {
			assertThat(get(node, "/atmosphere/console").statusCode()).isEqualTo(404);
			assertThat(get(node, "/atmosphere/console/console.js").statusCode()).isEqualTo(404);
			assertThat(node.context().getBeansOfType(ConsoleActuator.class)).isEmpty();
			assertThat(node.messaging().catalog().all()).extracting(ChannelOptions::pattern).containsExactly("chat/**");
			assertThat(TestClient.refusedStatus(node.uri("atmosphere/console"))).isEqualTo(404);
		}
	}

	@Test
	void thePageAllowsNothingThatIsNotItsOwn() {
		try (TestNode node = TestNode.start(ON)) {
			HttpResponse<String> page = get(node, "/atmosphere/console");
			assertThat(page.statusCode()).isEqualTo(200);
			assertThat(page.headers().firstValue("content-type")).hasValue("text/html;charset=UTF-8");
			assertThat(page.headers().allValues("content-security-policy")).containsExactly(
					"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
							+ " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
			assertThat(page.headers().firstValue("x-content-type-options")).hasValue("nosniff");
			assertThat(page.headers().firstValue("x-frame-options")).hasValue("DENY");
			assertThat(page.headers().firstValue("referrer-policy")).hasValue("no-referrer");
			assertThat(page.headers().firstValue("cache-control")).hasValue("no-store");
			assertThat(page.body()).doesNotContain("{{")
				.doesNotContainPattern("<style|style=|\\son[a-z]+=|javascript:|https?://(?!www\\.w3\\.org)")
				.doesNotContainPattern("<script(?![^>]* src=\"/)[^>]*>");
		}
	}

	@Test
	void thePagesFilesAreThereAndRevalidated() throws Exception {
		try (TestNode node = TestNode.start(ON)) {
			List<String> files = new ArrayList<>(references(get(node, "/atmosphere/console").body()));
			assertThat(files).contains("/atmosphere/console/console.js", "/atmosphere/console/console.css",
					"/atmosphere/console/icon.svg");
			String main = get(node, "/atmosphere/console/console.js").body();
			find(main, "from \"\\./([a-z]+\\.js)\"").forEach((file) -> files.add("/atmosphere/console/" + file));
			assertThat(files).hasSizeGreaterThan(5);
			for (String file : files) {
				HttpResponse<String> response = get(node, file);
				assertThat(response.statusCode()).as(file).isEqualTo(200);
				assertThat(response.headers().firstValue("cache-control")).hasValue("no-cache");
				assertThat(response.headers().firstValue("content-security-policy")).isPresent();
				String etag = response.headers().firstValue("etag").orElseThrow();
				HttpResponse<String> again = HTTP.send(
						HttpRequest.newBuilder(node.http(file)).header("If-None-Match", etag).build(),
						HttpResponse.BodyHandlers.ofString());
				assertThat(again.statusCode()).as(file).isEqualTo(304);
				assertThat(again.body()).isEmpty();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/atmosphere/console/", "/atmosphere/console/nothing.js",
			"/atmosphere/console/ConsolePage.class", "/atmosphere/console/console.html",
			"/atmosphere/console/%2e%2e/console/console.js%00" })
	void nothingElseIsServed(String path) {
		try (TestNode node = TestNode.start(ON)) {
			assertThat(get(node, path).statusCode()).isIn(400, 404);
		}
	}

	@ParameterizedTest
	@CsvSource({ "POST, 405", "PUT, 405", "DELETE, 405", "HEAD, 200" })
	void thePageIsOnlyRead(String method, int status) throws Exception {
		try (TestNode node = TestNode.start(ON)) {
			HttpResponse<String> response = HTTP.send(HttpRequest.newBuilder(node.http("/atmosphere/console"))
				.method(method, HttpRequest.BodyPublishers.noBody())
				.build(), HttpResponse.BodyHandlers.ofString());
			assertThat(response.statusCode()).isEqualTo(status);
			if (status == 405) {
				assertThat(response.headers().firstValue("allow").orElseThrow()).contains("GET");
			}
			else {
				assertThat(response.body()).isEmpty();
			}
			assertThat(TestClient.refusedStatus(node.uri("console"))).as("of a handshake").isEqualTo(400);
		}
	}

	@Test
	void thePageContainsThePathsThatItUses() {
		try (TestNode node = TestNode.start(ON)) {
			String page = get(node, "/atmosphere/console").body();
			assertThat(setting(page, "actuator")).isEqualTo("/actuator/atmosphere");
			assertThat(setting(page, "socket")).isEqualTo("/atmosphere/atmosphere/console");
			assertThat(setting(page, "writable")).isEqualTo("false");
			assertThat(setting(page, "csrf-header")).isEmpty();
			assertThat(get(node, setting(page, "actuator")).statusCode()).isEqualTo(200);
		}
		try (TestNode node = TestNode.start(ON, "server.servlet.context-path=/app", "spring.mvc.servlet.path=/mvc",
				"atmosphere.websocket.path=/live", "atmosphere.console.channel=ops/figures",
				"management.endpoints.web.base-path=/manage",
				"management.endpoints.web.path-mapping.atmosphere=messages",
				"management.endpoint.atmosphere.access=unrestricted")) {
			HttpResponse<String> response = get(node, "/app/mvc/live/console");
			String page = response.body();
			assertThat(setting(page, "actuator")).isEqualTo("/app/mvc/manage/messages");
			assertThat(setting(page, "socket")).isEqualTo("/app/mvc/live/ops/figures");
			assertThat(setting(page, "writable")).isEqualTo("true");
			assertThat(get(node, setting(page, "actuator")).statusCode()).isEqualTo(200);
			assertThat(references(page)).hasSizeGreaterThan(2)
				.filteredOn((path) -> !path.equals("/app/"))
				.allSatisfy((file) -> assertThat(get(node, file).statusCode()).isEqualTo(200));
		}
		try (TestNode node = TestNode.start(ON, "management.server.port=-1")) {
			assertThat(setting(get(node, "/atmosphere/console").body(), "actuator")).isEmpty();
		}
	}

	@Test
	void thePageContainsTheCsrfToken() {
		try (TestNode node = TestNode.start(List.of(WithToken.class), ON)) {
			String page = get(node, "/atmosphere/console").body();
			assertThat(setting(page, "csrf-header")).isEqualTo("X-TOKEN");
			assertThat(setting(page, "csrf-token")).isEqualTo("a&quot;b{{user}}");
		}
	}

	@Test
	void thePageHasTheLinksToTheApplication() {
		try (TestNode node = TestNode.start(List.of(WithToken.class), ON, "server.servlet.context-path=/app",
				"atmosphere.console.logout=/logout")) {
			HttpResponse<String> response = get(node, "/app/atmosphere/console");
			assertThat(find(response.body(), "<a id=\"home\"[^>]* href=\"([^\"]*)\"")).containsExactly("/app/");
			assertThat(find(response.body(), "<form id=\"logout\" method=\"post\" action=\"([^\"]*)\""))
				.containsExactly("/app/logout");
			assertThat(response.body()).contains("<input type=\"hidden\" name=\"_token\" value=\"a&quot;b{{user}}\">");
			assertThat(response.headers().firstValue("content-security-policy").orElseThrow())
				.contains("form-action 'self';");
		}
		try (TestNode node = TestNode.start(ON, "atmosphere.console.home=")) {
			String page = get(node, "/atmosphere/console").body();
			assertThat(find(page, "<a id=\"home\"[^>]* href=\"([^\"]*)\"")).containsExactly("");
			assertThat(find(page, "<form id=\"logout\" method=\"post\" action=\"([^\"]*)\"")).containsExactly("");
		}
	}

	@Test
	void figuresAreForAdministratorsUnlessToldOtherwiseAtEveryDoor() {
		try (TestNode node = TestNode.start(List.of(UsersByParameter.class), ON)) {
			assertThat(TestClient.refusedStatus(node.uri("atmosphere/console"))).isEqualTo(401);
			assertThat(TestClient.refusedStatus(node.uri("atmosphere/console?user=alice"))).isEqualTo(403);
			try (TestClient alice = node.connect("connection/websocket?user=alice")) {
				alice.send("{\"id\":1,\"connect\":{}}")
					.send("{\"id\":2,\"subscribe\":{\"channel\":\"atmosphere/console\"}}");
				// One frame may have both replies
				await().until(() -> String.join("\n", alice.texts()).contains("\"id\":2"));
				assertThat(String.join("\n", alice.texts())).contains("\"code\":103");
			}
		}
	}

	@Test
	void everyNodeTellsWhatItDoes() throws Exception {
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode a = onRedis(redis, "node-a");
				TestNode b = onRedis(redis, "node-b");
				TestClient watcher = a.connect("atmosphere/console?ack=true");
				TestClient speaker = b.connect("chat/lobby?ack=true");
				TestClient listener = a.connect("chat/lobby?ack=true")) {
			speaker.awaitCount(1);
			listener.awaitCount(1);
			// Each node's first figures are for a time that is not known here
			await().until(() -> rates(watcher).map((rates) -> rates.path("name").asString()).distinct().count() == 2);
			for (int i = 0; i < 50; i++) {
				speaker.send("message " + i);
			}
			listener.awaitCount(51);
			await().until(() -> total(watcher, "node-b", "received") > 45);
			await().until(() -> total(watcher, "node-a", "delivered") > 45);
			assertThat(total(watcher, "node-b", "received")).isBetween(45.0, 55.0);
			assertThat(total(watcher, "node-b", "published")).isBetween(45.0, 55.0);
			assertThat(total(watcher, "node-a", "published")).as("its own messages are left out").isZero();
			assertThat(total(watcher, "node-a", "delivered")).as("what the watcher gets is left out")
				.isBetween(45.0, 55.0);
			JsonNode last = rates(watcher).filter((rates) -> rates.path("name").asString().equals("node-a"))
				.reduce((first, second) -> second)
				.orElseThrow();
			assertThat(last.path("type").asString()).isEqualTo("rates");
			assertThat(last.path("id").asString()).isEqualTo(a.messaging().identity().id().toString());
			assertThat(last.path("relay").asString()).isEqualTo("UP");
			assertThat(last.path("sessions").asInt()).isEqualTo(2);
			assertThat(last.path("at").isNumber()).isTrue();
		}
	}

	@Test
	void roomsAreCountedOverAllNodes() {
		try (RedisServers.Standalone redis = RedisServers.standalone();
				TestNode a = onRedis(redis, "node-a");
				TestNode b = onRedis(redis, "node-b");
				TestClient one = a.connect("chat/lobby?ack=true");
				TestClient two = b.connect("chat/lobby?ack=true");
				TestClient three = b.connect("chat/kitchen?ack=true")) {
			List.of(one, two, three).forEach((client) -> client.awaitCount(1));
			await().until(() -> json(a, "/actuator/atmosphere/cluster").path("size").asInt() == 2);
			JsonNode rooms = json(a, "/actuator/atmosphere/cluster/channels");
			assertThat(rooms.path("total").asInt()).isEqualTo(2);
			assertThat(rooms.path("truncated").asBoolean()).isFalse();
			assertThat(rooms.path("failed").size()).isZero();
			assertThat(rooms.path("unanswered").size()).isZero();
			assertThat(rooms.path("channels").toString())
				.isEqualTo("[{\"name\":\"chat/lobby\",\"sessions\":2},{\"name\":\"chat/kitchen\",\"sessions\":1}]");
			assertThat(json(b, "/actuator/atmosphere/cluster/channels?size=1").path("channels").size()).isOne();
		}
	}

	private static JsonNode json(TestNode node, String path) {
		return JSON.readTree(get(node, path).body());
	}

	private static TestNode onRedis(RedisServers.Standalone redis, String name) {
		return TestNode.start(ON, OPEN, OFTEN, "atmosphere.relay.type=redis", "spring.data.redis.port=" + redis.port(),
				"atmosphere.cluster.node-name=" + name, "atmosphere.channels[0].pattern=**",
				"atmosphere.channels[0].client-publish=true");
	}

	/** Sums up what was told, each figure for the time since the one before. */
	private static double total(TestClient watcher, String node, String figure) {
		double total = 0;
		long before = 0;
		for (JsonNode rates : rates(watcher).filter((each) -> each.path("name").asString().equals(node)).toList()) {
			long at = rates.path("at").asLong();
			total += (before > 0) ? rates.path(figure).asDouble() * (at - before) / 1000 : 0;
			before = at;
		}
		return total;
	}

	/** Not what a node says of itself between, when it could not keep up. */
	private static Stream<JsonNode> rates(TestClient watcher) {
		return watcher.texts()
			.stream()
			.map(JSON::readTree)
			.filter((frame) -> frame.path("type").asString().equals("rates"));
	}

	@Test
	void clientsCannotPublishInTheConsolesChannelWhateverPatternCoversIt() {
		try (TestNode node = TestNode.start(ON, OPEN, "atmosphere.console.interval=1h",
				"atmosphere.channels[0].pattern=**", "atmosphere.channels[0].client-publish=true");
				TestClient client = node.connect("atmosphere/console?ack=true")) {
			client.awaitCount(1);
			client.send("{\"type\":\"rates\"}").awaitCount(2);
			assertThat(client.texts().get(1)).contains("\"code\":103");
		}
	}

	@ParameterizedTest
	@CsvSource({ "atmosphere.console.channel, chat/**", "atmosphere.console.channel, /console",
			"atmosphere.console.channel, {room}", "atmosphere.console.interval, 0s",
			"atmosphere.console.home, //elsewhere.example", "atmosphere.console.home, https://elsewhere.example",
			"atmosphere.console.logout, logout", "'atmosphere.console.logout', '/logout?now'" })
	void aPropertyThatCannotWorkIsNamed(String property, String value) {
		assertThatException().isThrownBy(() -> TestNode.start(ON, property + "=" + value).close())
			.satisfies((ex) -> assertThat(causes(ex)).anySatisfy((cause) -> {
				assertThat(cause).isInstanceOf(InvalidConfigurationPropertyValueException.class);
				assertThat(((InvalidConfigurationPropertyValueException) cause).getName()).isEqualTo(property);
			}));
	}

	private static List<Throwable> causes(Throwable failure) {
		return Stream.iterate(failure, (cause) -> cause != null, Throwable::getCause).toList();
	}

	private static HttpResponse<String> get(TestNode node, String path) {
		try {
			return HTTP.send(HttpRequest.newBuilder(node.http(path)).build(), HttpResponse.BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private static List<String> references(String page) {
		return find(page, "(?:href|src)=\"(/[^\"]+)\"");
	}

	private static String setting(String page, String name) {
		return find(page, "<meta name=\"atmosphere-" + name + "\" content=\"([^\"]*)\">").get(0);
	}

	private static List<String> find(String text, String pattern) {
		Matcher matcher = Pattern.compile(pattern).matcher(text);
		return Arrays.asList(matcher.results().map((result) -> result.group(1)).toArray(String[]::new));
	}

	/**
	 * An application whose requests have a token, as Spring Security gives them one.
	 */
	@Configuration(proxyBeanMethods = false)
	static class WithToken {

		@Bean
		Filter tokenFilter() {
			return (request, response, chain) -> {
				request.setAttribute(CsrfToken.class.getName(),
						new DefaultCsrfToken("X-TOKEN", "_token", "a\"b{{user}}"));
				chain.doFilter(request, response);
			};
		}

	}

}
