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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Properties;

import io.github.atmosphererelay.contract.broker.RedisServers;
import io.github.atmosphererelay.security.spring.internal.LogoutTests.Browser;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository.RedisSession;
import org.springframework.session.data.redis.config.annotation.web.http.EnableRedisIndexedHttpSession;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for sockets whose users are known by HTTP sessions in Redis, which two nodes
 * share. Nothing else connects the nodes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class SharedHttpSessionTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final Close LOGGED_OUT = new Close(3503, "logged out");

	private static final String LISTENER = "springSessionRedisMessageListenerContainer";

	private final RedisServers.Standalone redis = RedisServers.standalone();

	private TestNode first;

	private TestNode second;

	@BeforeAll
	void start() {
		// What closes clients of the first node is an event
		this.first = start(this.redis, "1h");
		this.second = start(this.redis, "1s");
	}

	@AfterAll
	void stop() {
		this.first.close();
		this.second.close();
		this.redis.close();
	}

	private static TestNode start(RedisServers.Standalone redis, String checkInterval) {
		String[] all = { "atmosphere.channels[0].pattern=chat/**", "atmosphere.channels[0].client-publish=true",
				"atmosphere.security.disconnect-on-logout=false",
				"atmosphere.security.shared-http-sessions.check-interval=" + checkInterval,
				"spring.data.redis.timeout=1s", "spring.data.redis.host=" + RedisServers.HOST,
				"spring.data.redis.port=" + redis.port() };
		return TestNode.start(List.of(TestSecurity.class, IndexedSessions.class), all);
	}

	@Test
	void aLogOutOnOneNodeClosesTheSocketsOfTheHttpSessionOnAll() throws Exception {
		Browser browser = new Browser(this.second);
		browser.logIn("alice");
		TestClient here = connect(this.second, browser);
		TestClient there = connect(this.first, browser);
		TestClient centrifuge = TestClient.connect(this.first.uri("connection/websocket"), "Cookie", browser.cookie())
			.send("{\"id\":1,\"connect\":{}}")
			.awaitCount(1);
		TestClient elsewhere = connect(this.first, logIn());
		TestClient anonymous = this.first.connect("chat/a?ack=true").awaitCount(1);
		assertThat(this.second.messaging().registry().ofUser("alice")).hasSize(1);
		assertThat(this.first.messaging().registry().ofUser("alice")).hasSize(3);
		browser.post("/logout", "");
		assertThat(here.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(there.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(centrifuge.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		anonymous.send("still here").awaitCount(2);
		assertThat(elsewhere.awaitCount(2).texts().get(1)).isEqualTo("still here");
		elsewhere.close();
		anonymous.close();
	}

	@Test
	void anHttpSessionThatTimesOutClosesItsSocketsOnAllNodes() throws Exception {
		Browser browser = logIn();
		TestClient here = connect(this.first, browser);
		TestClient there = connect(this.second, browser);
		timeOutAfter(browser, Duration.ofSeconds(1));
		assertThat(here.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(there.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@Test
	void anEndOfWhichANodeGetsNoEventIsFoundByTheCheck() throws Exception {
		RedisMessageListenerContainer events = this.second.context()
			.getBean(LISTENER, RedisMessageListenerContainer.class);
		events.stop();
		try {
			Browser browser = logIn();
			TestClient here = connect(this.first, browser);
			TestClient there = connect(this.second, browser);
			TestClient elsewhere = connect(this.second, logIn());
			double missed = missed();
			browser.post("/logout", "");
			assertThat(here.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			assertThat(there.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
			assertThat(missed() - missed).isEqualTo(1);
			assertThat(elsewhere.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			elsewhere.close();
		}
		finally {
			events.start();
		}
	}

	@Test
	void aNewIdOfTheHttpSessionChangesNothingOnAnyNode() throws Exception {
		Browser browser = logIn();
		TestClient here = connect(this.first, browser);
		TestClient there = connect(this.second, browser);
		String before = browser.cookie();
		browser.logIn("alice");
		assertThat(browser.cookie()).isNotEqualTo(before);
		awaitChecks(this.second);
		assertThat(here.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
		assertThat(there.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
		browser.post("/logout", "");
		assertThat(here.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(there.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void whatClientsSendKeepsTheHttpSessionAliveWithOneWriteInAnInterval(boolean centrifuge) throws Exception {
		Browser browser = logIn();
		timeOutAfter(browser, Duration.ofSeconds(2));
		TestClient client = centrifuge
				? TestClient.connect(this.second.uri("connection/websocket"), "Cookie", browser.cookie())
					.send("{\"id\":1,\"connect\":{}}")
					.awaitCount(1)
				: connect(this.second, browser);
		TestClient other = connect(this.second, browser);
		long writes = calls(this.second, "eval");
		long start = System.nanoTime();
		MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(50)).until(() -> {
			client.send(centrifuge ? "{\"id\":2,\"publish\":{\"channel\":\"chat/a\",\"data\":\"hello\"}}" : "hello");
			other.send("hello");
			return System.nanoTime() - start >= Duration.ofSeconds(5).toNanos() || client.isClosed();
		});
		assertThat(client.isClosed()).isFalse();
		// The interval is a quarter of the time-out
		double intervals = (System.nanoTime() - start) / 500_000_000d;
		assertThat(calls(this.second, "eval") - writes).isBetween(4L, (long) intervals + 1);
		assertThat(client.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
		assertThat(other.awaitClosed(SOON)).isEqualTo(LOGGED_OUT);
	}

	@Test
	void clientsStayWhileRedisIsAway(CapturedOutput output) throws Exception {
		RedisServers.Standalone redis = RedisServers.standalone();
		try (TestNode node = start(redis, "1s")) {
			Browser browser = new Browser(node);
			browser.logIn("alice");
			TestClient client = connect(node, browser);
			redis.close();
			MachineTime.await(Duration.ofSeconds(30))
				.until(() -> output.getAll().contains("HTTP sessions could not be checked at their store"));
			assertThat(client.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			client.close();
		}
	}

	private Browser logIn() throws Exception {
		Browser browser = new Browser(this.first);
		browser.logIn("alice");
		return browser;
	}

	private static TestClient connect(TestNode node, Browser browser) {
		return TestClient.connect(node.uri("chat/a?ack=true"), "Cookie", browser.cookie()).awaitCount(1);
	}

	private double missed() {
		return this.second.bean(MeterRegistry.class).get("atmosphere.http.sessions.missed").functionCounter().count();
	}

	private void timeOutAfter(Browser browser, Duration timeout) {
		RedisIndexedSessionRepository sessions = this.first.bean(RedisIndexedSessionRepository.class);
		String cookie = browser.cookie();
		String id = new String(Base64.getDecoder().decode(cookie.substring(cookie.indexOf('=') + 1)),
				StandardCharsets.UTF_8);
		RedisSession session = sessions.findById(id);
		session.setMaxInactiveInterval(timeout);
		sessions.save(session);
	}

	/**
	 * Wait until the nodes have looked several times whether their HTTP sessions still
	 * exist.
	 */
	private static void awaitChecks(TestNode node) {
		long before = calls(node, "mget");
		MachineTime.await(SOON).until(() -> calls(node, "mget") >= before + 6);
	}

	/**
	 * How often Redis has run a command for all nodes.
	 */
	private static long calls(TestNode node, String command) {
		try (RedisConnection connection = node.bean(RedisConnectionFactory.class).getConnection()) {
			Properties statistics = connection.serverCommands().info("commandstats");
			String line = statistics.getProperty("cmdstat_" + command, "calls=0,");
			return Long.parseLong(line.substring("calls=".length(), line.indexOf(',')));
		}
	}

	/**
	 * HTTP sessions in Redis, with events when they end.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableRedisIndexedHttpSession
	static class IndexedSessions {

	}

}
