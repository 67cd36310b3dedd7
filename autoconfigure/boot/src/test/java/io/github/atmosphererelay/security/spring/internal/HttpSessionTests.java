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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import io.github.atmosphererelay.security.spring.internal.LogoutTests.Browser;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import org.apache.catalina.Context;
import org.apache.catalina.session.ManagerBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for sockets whose users are known by an HTTP session.
 */
class HttpSessionTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final Close LOGGED_OUT = new Close(3503, "logged out");

	private static TestNode start(String... args) {
		List<String> all = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.websocket.ping-interval=100ms"));
		all.addAll(List.of(args));
		return TestNode.start(List.of(TestSecurity.class, Created.class), all.toArray(String[]::new));
	}

	/**
	 * Log in with an HTTP session that times out after a few seconds.
	 */
	private static Browser logIn(TestNode node, int timeoutSeconds) throws Exception {
		Browser browser = new Browser(node);
		browser.logIn("alice");
		HttpSession session = node.bean(Created.class).sessions.take();
		session.setMaxInactiveInterval(timeoutSeconds);
		return browser;
	}

	/** As Tomcat does itself once in a minute. */
	private static void endExpiredSessions(TestNode node) {
		TomcatWebServer server = (TomcatWebServer) ((ServletWebServerApplicationContext) node.context()).getWebServer();
		Context context = (Context) server.getTomcat().getHost().findChildren()[0];
		((ManagerBase) context.getManager()).processExpires();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aSocketEndsAsLoggedOutWhenItsHttpSessionTimesOut(boolean direct) throws Exception {
		try (TestNode node = start("atmosphere.websocket.direct-io=" + direct)) {
			Browser browser = logIn(node, 1);
			TestClient client = TestClient.connect(node.uri("chat/a?ack=true"), "Cookie", browser.cookie())
				.awaitCount(1);
			TestClient anonymous = node.connect("chat/a?ack=true").awaitCount(1);
			MachineTime.await(SOON).until(() -> {
				endExpiredSessions(node);
				return client.isClosed();
			});
			// Pings and pongs do not count.
			assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			anonymous.send("still here").awaitCount(2);
			anonymous.close();
			assertThat(TestClient.connect(node.uri("chat/a"), "Cookie", browser.cookie())).isNotNull();
			assertThat(node.messaging().registry().ofUser("alice")).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "chat/a?ack=true", "connection/websocket" })
	void whatAClientSendsKeepsItsHttpSessionAlive(String door) throws Exception {
		try (TestNode node = start()) {
			Browser browser = logIn(node, 2);
			TestClient client = open(node, door, browser);
			long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
			MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(100)).until(() -> {
				send(client, door);
				endExpiredSessions(node);
				return client.isClosed() || System.nanoTime() - end >= 0;
			});
			assertThat(client.isClosed()).isFalse();
			MachineTime.await(SOON).until(() -> {
				endExpiredSessions(node);
				return client.isClosed();
			});
			assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "chat/a?ack=true", "connection/websocket" })
	void keepingTheHttpSessionAliveCanBeSwitchedOff(String door) throws Exception {
		try (TestNode node = start("atmosphere.security.keep-http-session-alive=false")) {
			Browser browser = logIn(node, 2);
			TestClient client = open(node, door, browser);
			MachineTime.await(SOON).pollInterval(Duration.ofMillis(100)).until(() -> {
				if (!client.isClosed()) {
					send(client, door);
				}
				endExpiredSessions(node);
				return client.isClosed();
			});
			assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		}
	}

	private static TestClient open(TestNode node, String door, Browser browser) {
		TestClient client = TestClient.connect(node.uri(door), "Cookie", browser.cookie());
		if (!door.startsWith("chat")) {
			client.send("{\"id\":1,\"connect\":{}}");
		}
		return client.awaitCount(1);
	}

	private static void send(TestClient client, String door) {
		client.send(door.startsWith("chat") ? "hello"
				: "{\"id\":2,\"publish\":{\"channel\":\"chat/a\",\"data\":\"hello\"}}");
	}

	@Test
	void aClientThatConnectsWhileItsHttpSessionEndsIsClosedToo() throws Exception {
		try (TestNode node = start()) {
			Browser browser = new Browser(node);
			browser.logIn("alice");
			HttpSession session = node.bean(Created.class).sessions.take();
			TestClient client = TestClient.connect(node.uri("connection/websocket"), "Cookie", browser.cookie());
			session.invalidate();
			client.send("{\"id\":1,\"connect\":{}}");
			assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		}
	}

	@Test
	void aNewIdOfTheHttpSessionChangesNothing() throws Exception {
		try (TestNode node = start()) {
			Browser browser = new Browser(node);
			browser.logIn("alice");
			TestClient client = TestClient.connect(node.uri("chat/a?ack=true"), "Cookie", browser.cookie())
				.awaitCount(1);
			String before = browser.cookie();
			browser.logIn("alice");
			assertThat(browser.cookie()).isNotEqualTo(before);
			assertThat(client.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			browser.post("/logout", "");
			assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		}
	}

	@Test
	void aTokenOfItsOwnIsNotBoundToTheHttpSession() throws Exception {
		try (TestNode node = start("atmosphere.security.disconnect-on-logout=false")) {
			Browser browser = new Browser(node);
			browser.logIn("alice");
			TestClient client = TestClient.connect(node.uri("connection/websocket"), "Cookie", browser.cookie())
				.send("{\"id\":1,\"connect\":{\"token\":\"" + TestSecurity.token("alice", Duration.ofHours(1)) + "\"}}")
				.awaitCount(1);
			browser.post("/logout", "");
			client.send("{\"id\":2,\"subscribe\":{\"channel\":\"chat/a\"}}").awaitCount(2);
			assertThat(client.isClosed()).isFalse();
			client.close();
		}
	}

	/**
	 * The HTTP sessions that were created.
	 */
	static class Created implements HttpSessionListener {

		private final BlockingQueue<HttpSession> sessions = new LinkedBlockingQueue<>();

		@Override
		public void sessionCreated(HttpSessionEvent event) {
			this.sessions.add(event.getSession());
		}

	}

}
