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

package io.github.atmosphererelay.demo;

import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SecurityConfiguration}: who may see what.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "atmosphere.cluster.node-name=node-x")
class LoginTests {

	private final String url;

	LoginTests(@LocalServerPort int port) {
		this.url = "http://localhost:" + port;
	}

	@ParameterizedTest
	@CsvSource({ "/login, 200, 200, 200", "/style.css, 200, 200, 200", "/app/login.js, 200, 200, 200",
			"/api/node, 200, 200, 200", "/actuator/health, 200, 200, 200", "/, 401, 200, 200",
			"/index.html, 401, 200, 200", "/api/me, 401, 200, 200", "/actuator/metrics, 401, 403, 200",
			"/actuator/atmosphere, 401, 403, 200", "/actuator/atmosphere/sessions, 401, 403, 200",
			"/atmosphere/console, 401, 403, 200", "/atmosphere/console/console.js, 401, 403, 200",
			"/operator, 401, 403, 200", "/operator.html, 401, 403, 200", "/api/operator, 401, 403, 200" })
	void whatIsOpenToWhom(String path, int anybody, int user, int operator) {
		assertThat(get(path, null, "*/*").statusCode()).isEqualTo(anybody);
		assertThat(get(path, Login.cookie(this.url, "alice"), "*/*").statusCode()).isEqualTo(user);
		assertThat(get(path, Login.cookie(this.url, "admin"), "*/*").statusCode()).isEqualTo(operator);
	}

	@Test
	void peopleAreLedToTheLogInAndBack() {
		HttpResponse<String> page = get("/?room=kitchen", null, "text/html");
		assertThat(page.statusCode()).isEqualTo(302);
		assertThat(page.headers().firstValue("location").orElseThrow()).endsWith("/login");
		assertThat(page.headers().allValues("set-cookie")).anyMatch((cookie) -> cookie.startsWith("REDIRECT_URI="));
	}

	@Test
	void aLogInIsACookieAndNoSession() {
		HttpResponse<String> answer = Login.submit(this.url, "alice", "relay");
		assertThat(answer.statusCode()).isEqualTo(302);
		assertThat(answer.headers().firstValue("location").orElseThrow()).endsWith("/");
		List<HttpCookie> cookies = Login.cookies(answer);
		assertThat(cookies).extracting(HttpCookie::getName).contains("demo-chat-login").doesNotContain("JSESSIONID");
		assertThat(answer.headers().allValues("set-cookie")).anyMatch((cookie) -> cookie.startsWith("demo-chat-login=")
				&& cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
		assertThat(get("/api/me", Login.cookie(this.url, "alice"), "*/*").body())
			.isEqualTo("{\"user\":\"alice\",\"operator\":false}");
		assertThat(get("/api/me", Login.cookie(this.url, "admin"), "*/*").body())
			.isEqualTo("{\"user\":\"admin\",\"operator\":true}");
	}

	@ParameterizedTest
	@CsvSource({ "alice, wrong", "nobody, relay" })
	void refusesOthers(String user, String password) {
		HttpResponse<String> answer = Login.submit(this.url, user, password);
		assertThat(answer.headers().firstValue("location").orElseThrow()).endsWith("/login?error&name=" + user);
		assertThat(Login.cookies(answer)).filteredOn((cookie) -> cookie.getName().equals("demo-chat-login"))
			.allMatch(HttpCookie::hasExpired);
	}

	@Test
	void theNameIsThereStillAfterAMistake() {
		String page = get("/login?error&name=al%22ice%7B%7Bcsrf%7D%7D", null, "text/html").body();
		assertThat(page).contains("value=\"al&quot;ice{{csrf}}\" required>").contains("required autofocus>");
		assertThat(get("/login", null, "text/html").body()).contains("value=\"\" required autofocus>");
	}

	@Test
	void whoMayNotSeeTheConsoleGetsAPageThatLeadsBack() {
		HttpResponse<String> answer = get("/atmosphere/console", Login.cookie(this.url, "alice"), "text/html");
		assertThat(answer.statusCode()).isEqualTo(403);
		assertThat(answer.body()).contains("For operators only").contains("<a href=\"/\">").contains("href=\"/login\"");
		assertThat(get("/nothing", Login.cookie(this.url, "alice"), "text/html").body())
			.contains("There is no such page");
	}

	@Test
	void nobodyElseLogsInAsTheOneThatWarmsUp() {
		HttpResponse<String> answer = Login.submit(this.url, "warm-up", "relay");
		assertThat(answer.headers().firstValue("location").orElseThrow()).contains("/login?error");
	}

	@Test
	void aNodeThatWasStartedByHandHasNoButtonsAndTakesNoCommands() {
		String login = Login.cookie(this.url, "admin");
		assertThat(get("/api/operator", login, "application/json").body()).contains("\"supervised\":false")
			.contains("\"name\":\"node-x\"");
		String csrf = Login.csrf(this.url, login);
		HttpRequest.Builder command = HttpRequest.newBuilder(URI.create(this.url + "/api/operator/nodes/node-x/kill"))
			.header("Cookie", login + "; XSRF-TOKEN=" + csrf)
			.POST(HttpRequest.BodyPublishers.noBody());
		assertThat(Login.send(command.build()).statusCode()).as("without a token").isEqualTo(403);
		assertThat(Login.send(command.header("X-XSRF-TOKEN", csrf).build()).statusCode()).isEqualTo(404);
	}

	@Test
	void aCookieThatWasChangedIsNoLogIn() {
		String cookie = Login.cookie(this.url, "alice").split(";")[0];
		assertThat(get("/api/me", cookie, "*/*").statusCode()).isEqualTo(200);
		assertThat(get("/api/me", cookie.substring(0, cookie.length() - 6) + "AAAAAA", "*/*").statusCode())
			.isEqualTo(401);
	}

	@Test
	void theTokenOfAPageStaysGoodWhileThePageAsksForOtherThings() {
		String login = Login.cookie(this.url, "admin");
		HttpResponse<String> page = get("/atmosphere/console", login, "text/html");
		String csrf = Login.cookies(page).stream().map(HttpCookie::getValue).findFirst().orElseThrow();
		assertThat(page.body()).contains("name=\"atmosphere-csrf-header\" content=\"X-XSRF-TOKEN\"")
			.contains("name=\"atmosphere-csrf-token\" content=\"" + csrf + "\"");
		String cookies = login + "; XSRF-TOKEN=" + csrf;
		assertThat(Login.cookies(get("/actuator/atmosphere", cookies, "application/json"))).isEmpty();
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url + "/actuator/atmosphere/users/nobody"))
			.DELETE()
			.header("Cookie", cookies);
		assertThat(Login.send(request.build()).statusCode()).isEqualTo(403);
		HttpResponse<String> answer = Login.send(request.header("X-XSRF-TOKEN", csrf).build());
		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.body()).contains("\"sessions\":0");
	}

	@Test
	void whoLogsOutLosesTheSocketsOfOtherTabsToo() {
		String login = Login.cookie(this.url, "carol");
		CompletableFuture<Integer> closed = new CompletableFuture<>();
		WebSocket socket = HttpClient.newHttpClient()
			.newWebSocketBuilder()
			.header("Cookie", login)
			.buildAsync(URI.create(this.url.replace("http", "ws") + "/atmosphere/chat/lobby"),
					new WebSocket.Listener() {

						@Override
						public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
							closed.complete(code);
							return CompletableFuture.completedFuture(null);
						}

					})
			.join();
		assertThat(socket.isInputClosed()).isFalse();
		String csrf = Login.cookies(get("/", login, "text/html"))
			.stream()
			.filter((cookie) -> cookie.getName().equals("XSRF-TOKEN"))
			.map(HttpCookie::getValue)
			.findFirst()
			.orElseThrow();
		HttpResponse<String> answer = Login.send(HttpRequest.newBuilder(URI.create(this.url + "/logout"))
			.header("Cookie", login + "; XSRF-TOKEN=" + csrf)
			.header("X-XSRF-TOKEN", csrf)
			.POST(HttpRequest.BodyPublishers.noBody())
			.build());
		assertThat(answer.statusCode()).isEqualTo(302);
		assertThat(closed.orTimeout(30, TimeUnit.SECONDS).join()).isEqualTo(3503);
	}

	@Test
	void aFormFromElsewhereIsRefused() {
		HttpResponse<String> answer = Login.send(HttpRequest.newBuilder(URI.create(this.url + "/logout"))
			.header("Cookie", Login.cookie(this.url, "alice"))
			.POST(HttpRequest.BodyPublishers.noBody())
			.build());
		assertThat(answer.statusCode()).isEqualTo(403);
	}

	private HttpResponse<String> get(String path, String cookie, String accept) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.url + path)).header("Accept", accept);
		if (cookie != null) {
			request.header("Cookie", cookie);
		}
		return Login.send(request.build());
	}

}
