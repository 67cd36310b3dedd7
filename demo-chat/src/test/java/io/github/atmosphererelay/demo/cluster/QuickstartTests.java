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
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.testkit.RelayCluster;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

import org.springframework.boot.SpringBootVersion;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Follows the page on starting to the letter, but for ports: two nodes of the application
 * that its blocks of code make, and a Redis.
 */
class QuickstartTests {

	private static final Path PAGE = Path.of("..", "src", "docs", "start.md");

	private static final Path BROWSER = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final List<ConfigurableApplicationContext> nodes = new ArrayList<>();

	private static Quickstart quickstart;

	private static Broker redis;

	private static List<Integer> ports;

	@BeforeAll
	static void followTheSteps(@TempDir Path directory) throws IOException {
		redis = Broker.Kind.REDIS.start(Files.createDirectories(directory.resolve("redis")), List.of());
		quickstart = Quickstart.build(PAGE, directory);
		List<String> commands = quickstart.commands("java -jar ");
		assertThat(commands).hasSize(2);
		ports = FreePorts.find(commands.size());
		for (int i = 0; i < commands.size(); i++) {
			List<String> args = new ArrayList<>(Arrays.asList(commands.get(i).split(" ")).subList(3, 4));
			assertThat(args).containsExactly("--server.port=" + (8080 + i));
			args.set(0, "--server.port=" + ports.get(i));
			args.add("--spring.data.redis.port=" + redis.properties().get("spring.data.redis.port"));
			nodes.add(quickstart.run(args));
		}
	}

	@AfterAll
	static void stop() {
		nodes.forEach(ConfigurableApplicationContext::close);
		nodes.clear();
		if (redis != null) {
			redis.close();
		}
	}

	@Test
	void theDependenciesAreThoseOfTheBuild() throws IOException {
		String starter = Files.readString(Path.of("..", "starter", "pom.xml"));
		String version = Quickstart.find(starter, "<version>(.+)</version>");
		assertThat(quickstart.xml()).containsSubsequence("<groupId>io.github.atmosphererelay</groupId>",
				"<artifactId>" + Quickstart.find(starter, "<artifactId>(atmosphere-relay-.*starter)</artifactId>"),
				"<version>" + version + "</version>", "<artifactId>spring-boot-starter-data-redis</artifactId>",
				"<artifactId>spring-boot-starter-validation</artifactId>");
		assertThat(Files.readString(Path.of("pom.xml")))
			.contains("<artifactId>atmosphere-relay-spring-boot-starter</artifactId>")
			.contains("<artifactId>spring-boot-starter-data-redis</artifactId>")
			.contains("<artifactId>spring-boot-starter-validation</artifactId>");
	}

	@Test
	void theBuildIsOnTheTestedSpringBootAndMakesTheJarThatIsRun() {
		assertThat(quickstart.xml()).contains("<version>" + SpringBootVersion.getVersion() + "</version>",
				"<artifactId>spring-boot-maven-plugin</artifactId>");
		String name = Quickstart.find(quickstart.xml(), "<finalName>(.+)</finalName>");
		assertThat(quickstart.commands("java -jar "))
			.allMatch((command) -> command.startsWith("java -jar target/" + name + ".jar "));
	}

	@Test
	void aMessageSentThroughOneNodeArrivesOnTheOther() {
		try (Client a = new Client(ports.get(0)); Client b = new Client(ports.get(1))) {
			await().atMost(SOON).until(() -> {
				a.socket.sendText("hello from a", true).join();
				return b.received.contains("hello from a");
			});
			int before = b.received.size();
			b.socket.sendText("hello from b", true).join();
			await().atMost(SOON).until(() -> a.received.contains("hello from b"));
			await().atMost(SOON).until(() -> b.received.contains("hello from b"));
			assertThat(b.received).hasSizeGreaterThan(before);
		}
	}

	@Test
	void whatJavaCodeSendsArrivesOnBothNodes() throws Exception {
		String command = quickstart.commands("curl ").get(0);
		Matcher curl = Pattern.compile("curl -H '(.+): (.+)' -d '(.+)' http://localhost:8080(/\\S+)").matcher(command);
		assertThat(curl.matches()).as(command).isTrue();
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + ports.get(0) + curl.group(4)))
			.header(curl.group(1), curl.group(2))
			.POST(HttpRequest.BodyPublishers.ofString(curl.group(3)))
			.build();
		try (Client a = new Client(ports.get(0)); Client b = new Client(ports.get(1))) {
			await().atMost(SOON).untilAsserted(() -> {
				HttpResponse<String> response = HttpClient.newHttpClient()
					.send(request, HttpResponse.BodyHandlers.ofString());
				assertThat(response.body()).isEqualTo("\"RELAYED\"");
				assertThat(b.received).contains(curl.group(3));
			});
			assertThat(a.received).contains(curl.group(3));
		}
	}

	@Test
	void anAnnouncementInARecordedChannelFailsWhileTheBrokerIsAway() throws Exception {
		try (RelayCluster cluster = quickstart.runInTestKit(1, "atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].history.size=200")) {
			HttpRequest request = HttpRequest
				.newBuilder(URI.create("http://localhost:" + cluster.node(0).port() + "/announcements"))
				.header("Content-Type", "text/plain")
				.POST(HttpRequest.BodyPublishers.ofString("Maintenance at noon"))
				.build();
			HttpClient client = HttpClient.newHttpClient();
			cluster.broker().takeAway();
			assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(500);
			cluster.broker().bringBack();
			assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).body()).isEqualTo("\"RELAYED\"");
		}
	}

	@Test
	void theEndpointAnswersAsWrittenAndReachesTheOtherNode() {
		List<String> expected = new ArrayList<>();
		try (Client a = new Client(ports.get(0), quickstart.endpointPath());
				Client b = new Client(ports.get(1), quickstart.endpointPath())) {
			await().atMost(SOON).until(() -> b.received.size() == 1);
			for (String line : quickstart.conversation()) {
				if (line.startsWith("> ")) {
					a.socket.sendText(line.substring(2), true).join();
				}
				else {
					assertThat(line).startsWith("< ");
					expected.add(line.substring(2));
					await().atMost(SOON).until(() -> a.received.size() == expected.size());
				}
			}
			assertThat(a.received).isEqualTo(expected);
			await().atMost(SOON).until(() -> b.received.size() == 2);
			assertThat(b.received).isEqualTo(expected.subList(0, 2));
		}
	}

	@Test
	void thePageItselfShowsOnOneNodeWhatIsSentOnTheOther(@TempDir Path profile) {
		ChromeDriver browser = browser(profile);
		try {
			browser.get("http://localhost:" + ports.get(0));
			String first = browser.getWindowHandle();
			browser.switchTo().newWindow(WindowType.TAB);
			browser.get("http://localhost:" + ports.get(1));
			String second = browser.getWindowHandle();
			await().atMost(SOON).ignoreExceptions().until(() -> {
				browser.switchTo().window(first);
				say(browser, "seen in a browser");
				browser.switchTo().window(second);
				return lines(browser).contains("seen in a browser");
			});
		}
		finally {
			browser.quit();
		}
	}

	@Test
	void thePageOfTheRoomShowsWhoIsThereAndAfterAReloadWhatWasSaid(@TempDir Path profile) {
		ChromeDriver browser = browser(profile);
		try {
			browser.get("http://localhost:" + ports.get(0) + quickstart.roomPath());
			String first = browser.getWindowHandle();
			browser.switchTo().newWindow(WindowType.TAB);
			browser.get("http://localhost:" + ports.get(1) + quickstart.roomPath());
			await().atMost(SOON)
				.ignoreExceptions()
				.until(() -> browser.findElement(By.tagName("output")).getText().equals("2"));
			say(browser, "is anybody here");
			await().atMost(SOON).until(() -> said(browser, "is anybody here"), (count) -> count == 1);
			browser.switchTo().window(first);
			await().atMost(SOON).until(() -> said(browser, "is anybody here"), (count) -> count == 1);
			browser.navigate().refresh();
			await().atMost(SOON).ignoreExceptions().until(() -> said(browser, "is anybody here") == 1);
		}
		finally {
			browser.quit();
		}
	}

	static ChromeDriver browser(Path profile) {
		if (!Files.isExecutable(BROWSER) || !Files.isExecutable(DRIVER)) {
			String reason = "no %s with %s on this machine".formatted(BROWSER, DRIVER);
			System.out.println("SKIPPED the quickstart in a browser: " + reason);
			Assumptions.abort(reason);
		}
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toFile());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
				"--disable-background-networking", "--user-data-dir=" + profile.resolve("chromium"));
		return new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build(),
				options);
	}

	private static void say(ChromeDriver browser, String text) {
		WebElement input = browser.findElement(By.tagName("input"));
		input.clear();
		input.sendKeys(text, Keys.ENTER);
	}

	static List<String> lines(ChromeDriver browser) {
		return browser.findElements(By.tagName("li")).stream().map(WebElement::getText).toList();
	}

	private static long said(ChromeDriver browser, String text) {
		return lines(browser).stream().filter((line) -> line.endsWith(": " + text)).count();
	}

	/**
	 * Connects to the address that the page connects to.
	 */
	private static final class Client implements WebSocket.Listener, AutoCloseable {

		private final List<String> received = new CopyOnWriteArrayList<>();

		private final StringBuilder text = new StringBuilder();

		private final WebSocket socket;

		Client(int port) {
			this(port, Quickstart.find(quickstart.html(),
					"location\\.origin\\.replace\\(\"http\", \"ws\"\\) \\+ \"(.+)\";"));
		}

		Client(int port, String path) {
			String origin = "http://localhost:" + port;
			this.socket = HttpClient.newHttpClient()
				.newWebSocketBuilder()
				.header("Origin", origin)
				.buildAsync(URI.create(origin.replace("http", "ws") + path), this)
				.join();
		}

		@Override
		public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
			this.text.append(data);
			if (last) {
				this.received.add(this.text.toString());
				this.text.setLength(0);
			}
			socket.request(1);
			return null;
		}

		@Override
		public void close() {
			this.socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").join();
		}

	}

}
