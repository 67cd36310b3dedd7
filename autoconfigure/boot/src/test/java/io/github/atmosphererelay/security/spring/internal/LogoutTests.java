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

package io.github.atmosphererelay.security.spring.internal;

import java.io.IOException;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for log-outs behind Spring Security's form log-in, on each kind of server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LogoutTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true" };

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final Close LOGGED_OUT = new Close(3503, "logged out");

	private final Map<Server, TestNode> nodes = new EnumMap<>(Server.class);

	@BeforeAll
	void start() {
		for (Server server : Server.values()) {
			this.nodes.put(server,
					TestNode.start(List.of(TestSecurity.class), CHANNELS[0], CHANNELS[1], server.argument));
		}
	}

	@AfterAll
	void stop() {
		this.nodes.values().forEach(TestNode::close);
	}

	@ParameterizedTest
	@EnumSource
	void whoLogsOutLosesAllSessionsAndNobodyElseDoes(Server server) throws Exception {
		TestNode node = this.nodes.get(server);
		Browser browser = new Browser(node);
		browser.logIn("alice");
		TestClient byCookie = TestClient.connect(node.uri("chat/a?ack=true"), "Cookie", browser.cookie()).awaitCount(1);
		TestClient centrifuge = TestClient.connect(node.uri("connection/websocket"), "Cookie", browser.cookie())
			.send("{\"id\":1,\"connect\":{}}")
			.awaitCount(1);
		TestClient byToken = connect(node, "alice");
		TestClient bob = connect(node, "bob");
		assertThat(node.messaging().registry().ofUser("alice")).hasSize(3);
		browser.post("/logout", "");
		assertThat(byToken.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(byCookie.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(centrifuge.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(bob.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
		bob.close();
	}

	@Test
	void aLogoutEndsTheUsersSessionsOnAllNodes() throws Exception {
		RedisServers.Standalone redis = RedisServers.standalone();
		String[] args = { CHANNELS[0], CHANNELS[1], "atmosphere.relay.type=redis",
				"spring.data.redis.host=" + RedisServers.HOST, "spring.data.redis.port=" + redis.port() };
		try (TestNode first = TestNode.start(List.of(TestSecurity.class), args);
				TestNode second = TestNode.start(List.of(TestSecurity.class), args)) {
			MachineTime.await(Duration.ofSeconds(20))
				.until(() -> first.bean(Cluster.class).nodes().size() == 2
						&& second.bean(Cluster.class).nodes().size() == 2);
			TestClient here = connect(first, "alice");
			TestClient there = connect(second, "alice");
			TestClient bob = connect(second, "bob");
			Browser browser = new Browser(first);
			browser.logIn("alice");
			browser.post("/logout", "");
			assertThat(here.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			assertThat(there.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			assertThat(bob.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			bob.close();
		}
		finally {
			redis.close();
		}
	}

	@Test
	void sessionsCanOutliveALogoutUnlessTheHttpSessionIsTheirs() throws Exception {
		try (TestNode node = TestNode.start(List.of(TestSecurity.class), CHANNELS[0], CHANNELS[1],
				"atmosphere.security.disconnect-on-logout=false")) {
			Browser browser = new Browser(node);
			browser.logIn("alice");
			TestClient byToken = connect(node, "alice");
			TestClient byCookie = TestClient.connect(node.uri("chat/b?ack=true"), "Cookie", browser.cookie())
				.awaitCount(1);
			browser.post("/logout", "");
			assertThat(byCookie.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			assertThat(byToken.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			byToken.close();
		}
	}

	private static TestClient connect(TestNode node, String user) {
		return TestClient
			.connect(node.uri("chat/a?ack=true"), "Authorization",
					"Bearer " + TestSecurity.token(user, Duration.ofHours(1)))
			.awaitCount(1);
	}

	/**
	 * A browser that keeps its cookies.
	 */
	static final class Browser {

		private final TestNode node;

		private final CookieManager cookies = new CookieManager();

		private final HttpClient http = HttpClient.newBuilder().cookieHandler(this.cookies).build();

		Browser(TestNode node) {
			this.node = node;
		}

		void logIn(String user) throws Exception {
			assertThat(post("/login", "username=" + user + "&password=secret").headers().firstValue("Location"))
				.hasValueSatisfying((location) -> assertThat(location).doesNotContain("error"));
		}

		String cookie() {
			return this.cookies.getCookieStore().getCookies().get(0).toString().replace("\"", "");
		}

		HttpResponse<String> post(String path, String form) throws IOException, InterruptedException {
			HttpResponse<String> response = this.http.send(HttpRequest.newBuilder(this.node.http(path))
				.header("Content-Type", "application/x-www-form-urlencoded")
				.POST(BodyPublishers.ofString(form))
				.build(), BodyHandlers.ofString());
			assertThat(response.statusCode()).isEqualTo(302);
			return response;
		}

	}

	/**
	 * Who serves the clients.
	 */
	enum Server {

		TOMCAT("atmosphere.websocket.direct-io=true"),

		TOMCAT_WEBSOCKET("atmosphere.websocket.direct-io=false"),

		JETTY(TestNode.onJetty());

		private final String argument;

		Server(String argument) {
			this.argument = argument;
		}

	}

}
