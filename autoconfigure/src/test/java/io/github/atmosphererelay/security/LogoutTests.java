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

package io.github.atmosphererelay.security;

import java.io.IOException;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RedisServers;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LogoutListener} behind Spring Security's form log-in.
 */
class LogoutTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true" };

	private final CookieManager cookies = new CookieManager();

	private final HttpClient http = HttpClient.newBuilder().cookieHandler(this.cookies).build();

	@Test
	void whoLogsOutLosesAllSessionsAndNobodyElseDoes() throws Exception {
		try (TestNode node = TestNode.start(List.of(TestSecurity.class), CHANNELS)) {
			logIn(node);
			TestClient byCookie = TestClient.connect(node.uri("chat/a?ack=true"), "Cookie", cookie()).awaitCount(1);
			TestClient byToken = connect(node, "alice");
			TestClient bob = connect(node, "bob");
			assertThat(node.messaging().registry().ofUser("alice")).hasSize(2);
			post(node, "/logout", "");
			assertThat(byToken.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3503, "logged out"));
			// The container ends it with its HTTP session, or we do.
			assertThat(byCookie.awaitClosed(Duration.ofSeconds(10)).code()).isIn(1008, 3503);
			assertThat(bob.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			bob.close();
		}
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
			logIn(first);
			post(first, "/logout", "");
			assertThat(here.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3503, "logged out"));
			assertThat(there.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3503, "logged out"));
			assertThat(bob.send("still here").awaitCount(2).texts().get(1)).isEqualTo("still here");
			bob.close();
		}
		finally {
			redis.close();
		}
	}

	@Test
	void sessionsCanOutliveALogout() throws Exception {
		try (TestNode node = TestNode.start(List.of(TestSecurity.class), CHANNELS[0], CHANNELS[1],
				"atmosphere.security.disconnect-on-logout=false")) {
			logIn(node);
			TestClient byToken = connect(node, "alice");
			post(node, "/logout", "");
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

	private void logIn(TestNode node) throws Exception {
		assertThat(post(node, "/login", "username=alice&password=secret").headers().firstValue("Location"))
			.hasValueSatisfying((location) -> assertThat(location).doesNotContain("error"));
	}

	private String cookie() {
		return this.cookies.getCookieStore().getCookies().get(0).toString().replace("\"", "");
	}

	private HttpResponse<String> post(TestNode node, String path, String form)
			throws IOException, InterruptedException {
		HttpResponse<String> response = this.http.send(HttpRequest.newBuilder(node.http(path))
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(BodyPublishers.ofString(form))
			.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).isEqualTo(302);
		return response;
	}

}
