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

package io.github.atmosphererelay.demo.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.testkit.ClientRefusedException;
import io.github.atmosphererelay.testkit.RelayClient;
import io.github.atmosphererelay.testkit.RelayCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.chrome.ChromeDriver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Follows the section of the page on security that gives the users of the quickstart a
 * log-in: two nodes of the application that its blocks of code make, and HTTP Basic.
 */
@Timeout(180)
class LoginPageTests {

	private static final Path START = Path.of("..", "src", "docs", "start.md");

	private static final Path PAGE = Path.of("..", "src", "docs", "security.md");

	private static final Duration SOON = Duration.ofSeconds(15);

	private static String section;

	private static RelayCluster cluster;

	@BeforeAll
	static void followTheSteps(@TempDir Path directory) throws IOException {
		section = Quickstart.section(Files.readString(PAGE), "### A chat with a log-in");
		cluster = Quickstart.buildWithLogin(START, section, directory).runInTestKit(2);
	}

	@AfterAll
	static void stop() {
		if (cluster != null) {
			cluster.close();
		}
	}

	@Test
	void theDependencyIsThatOfTheBuild() throws IOException {
		String artifact = Quickstart.find(Quickstart.block(section, "xml"), "(<artifactId>.+</artifactId>)");
		assertThat(Files.readString(Path.of("pom.xml"))).contains(artifact);
	}

	@Test
	void aNoticeReachesItsUserOnTheOtherNodeAndNobodyElse() throws Exception {
		try (RelayClient ada = connect(0, "ada", "secret"); RelayClient bob = connect(1, "bob", "secret")) {
			assertThat(curl().body()).isEqualTo("\"RELAYED\"");
			bob.expect(Quickstart.block(section, "json").strip());
			HttpRequest toAda = HttpRequest.newBuilder(uri(1, "/notices/ada"))
				.header("Authorization", basic("bob", "secret"))
				.header("Content-Type", "application/json")
				.POST(HttpRequest.BodyPublishers.ofString("{\"text\":\"Gladly\"}"))
				.build();
			assertThat(send(toAda).body()).isEqualTo("\"RELAYED\"");
			ada.expect("{\"from\":\"bob\",\"text\":\"Gladly\"}").expectNothingMore();
			bob.expectNothingMore();
		}
	}

	@Test
	void whoHasNoPasswordIsRefusedOnEveryNode() {
		for (int node = 0; node < 2; node++) {
			int index = node;
			assertThatExceptionOfType(ClientRefusedException.class)
				.isThrownBy(() -> cluster.node(index).connect("chat/lobby"))
				.satisfies((refused) -> assertThat(refused.status()).isEqualTo(401));
			assertThatExceptionOfType(ClientRefusedException.class).isThrownBy(() -> connect(index, "ada", "guessed"))
				.satisfies((refused) -> assertThat(refused.status()).isEqualTo(401));
		}
	}

	@Test
	void theAnnouncementOfTheQuickstartIsRefusedWithoutACsrfToken() throws Exception {
		HttpRequest.Builder ada = HttpRequest.newBuilder().header("Authorization", basic("ada", "secret"));
		assertThat(send(ada.copy().uri(uri(0, "/index.html")).build()).statusCode()).isEqualTo(200);
		HttpRequest announcement = ada.uri(uri(0, "/announcements"))
			.header("Content-Type", "text/plain")
			.POST(HttpRequest.BodyPublishers.ofString("Maintenance at noon"))
			.build();
		assertThat(send(announcement).statusCode()).isEqualTo(401);
	}

	@Test
	void thePageConnectsAsTheUserWhoHasLoggedInToTheBrowser(@TempDir Path profile) {
		ChromeDriver browser = QuickstartTests.browser(profile);
		try {
			browser.get("http://bob:secret@localhost:" + cluster.node(1).port());
			await().atMost(SOON).ignoreExceptions().until(() -> {
				curl();
				return QuickstartTests.lines(browser).contains(Quickstart.block(section, "json").strip());
			});
		}
		finally {
			browser.quit();
		}
	}

	private static RelayClient connect(int node, String user, String password) {
		return cluster.node(node).client().header("Authorization", basic(user, password)).connect("chat/lobby");
	}

	/**
	 * Send what the page's command sends.
	 */
	private static HttpResponse<String> curl() throws IOException, InterruptedException {
		String command = Quickstart.block(section, "shell").strip();
		Matcher curl = Pattern.compile("curl -u (\\w+):(\\w+) -H '(.+): (.+)' -d '(.+)' http://localhost:8080(/\\S+)")
			.matcher(command);
		assertThat(curl.matches()).as(command).isTrue();
		return send(HttpRequest.newBuilder(uri(0, curl.group(6)))
			.header("Authorization", basic(curl.group(1), curl.group(2)))
			.header(curl.group(3), curl.group(4))
			.POST(HttpRequest.BodyPublishers.ofString(curl.group(5)))
			.build());
	}

	private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
		return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
	}

	private static URI uri(int node, String path) {
		return URI.create("http://localhost:" + cluster.node(node).port() + path);
	}

	private static String basic(String user, String password) {
		return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
	}

}
