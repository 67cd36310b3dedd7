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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the page, in a Chromium, with three nodes and a Redis. What the page looks
 * like is left in {@code target/screenshots}.
 */
class ChatPageTests {

	private static final Path BROWSER = firstOf("/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chrome");

	private static final Path DRIVER = firstOf("/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver");

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	private static Cluster cluster;

	private static List<String> urls;

	private ChromeDriver browser;

	private Path profile;

	@BeforeAll
	static void startCluster() throws IOException {
		if (!Files.isExecutable(BROWSER) || !Files.isExecutable(DRIVER)) {
			String reason = "no %s with %s on this machine".formatted(BROWSER, DRIVER);
			System.out.println("The tests of the demo's page are skipped: " + reason);
			Assumptions.abort(reason);
		}
		Files.createDirectories(SCREENSHOTS);
		cluster = Cluster.start(Broker.Kind.REDIS, FreePorts.find(3));
		urls = List.copyOf(cluster.urls().values());
	}

	@AfterAll
	static void stopCluster() {
		if (cluster != null) {
			cluster.close();
		}
	}

	@BeforeEach
	void openBrowser() throws IOException {
		this.profile = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "chromium-");
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toFile());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-GB",
				"--window-size=1440,900", "--user-data-dir=" + this.profile);
		ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
		this.browser = new ChromeDriver(service, options);
		look(1440, 940, "light");
	}

	@AfterEach
	void closeBrowser() throws IOException {
		if (this.browser != null) {
			this.browser.quit();
			FileSystemUtils.deleteRecursively(this.profile);
		}
	}

	@Test
	void whatIsSentOnOneNodeIsReadOnAnother() {
		this.browser.get(urls.get(0));
		this.browser.findElement(By.id("join-name")).sendKeys("Mara");
		WebElement room = this.browser.findElement(By.id("join-room"));
		room.clear();
		room.sendKeys("Two Nodes", Keys.ENTER);
		awaitState("node-a", "live");
		String first = this.browser.getWindowHandle();
		this.browser.switchTo().newWindow(WindowType.TAB);
		this.browser.get(urls.get(1) + "/?room=two-nodes&name=Jonas");
		awaitState("node-b", "live");
		this.browser.switchTo().window(first);
		say("node-a", "Hello <b>from</b> the other side");
		this.browser.switchTo().window(other(first));
		awaitMessage("node-b", "Hello <b>from</b> the other side");
		WebElement message = this.browser.findElement(By.cssSelector(".message:last-child"));
		assertThat(textOf(message.findElement(By.className("author")))).isEqualTo("Mara");
		assertThat(message.findElements(By.className("chip"))).extracting(ChatPageTests::textOf)
			.containsExactly("node-a", "node-b");
		assertThat(textOf(message.findElement(By.className("latency")))).endsWith(" ms");
		assertThat(message.getDomAttribute("class")).doesNotContain("own");
		say("node-b", "Loud and clear");
		this.browser.switchTo().window(first);
		awaitMessage("node-a", "Loud and clear");
		assertThat(messages("node-a")).containsExactly("Hello <b>from</b> the other side", "Loud and clear");
		screenshot("one-node");
	}

	@Test
	void theNodesSideBySide() {
		this.browser.get(urls.get(0) + "/?room=lobby&name=Mara");
		awaitState("node-a", "live");
		this.browser.findElement(By.id("side")).click();
		for (String node : List.of("node-a", "node-b", "node-c")) {
			awaitState(node, "live");
		}
		List<String[]> talk = List.of(new String[] { "node-a", "Morning! My browser landed on node-a. And yours?" },
				new String[] { "node-b", "On node-b. The load balancer had its own idea." },
				new String[] { "node-c", "node-c here. One room all the same." },
				new String[] { "node-a", "Rolling out 4.2 in ten minutes: the nodes restart one after the other." },
				new String[] { "node-c", "Then I will watch my pane go down and come back." },
				new String[] { "node-b", "And I the latency." });
		for (String[] line : talk) {
			say(line[0], line[1]);
			for (String node : List.of("node-a", "node-b", "node-c")) {
				awaitMessage(node, line[1]);
			}
		}
		for (String node : List.of("node-a", "node-b", "node-c")) {
			assertThat(messages(node)).isEqualTo(talk.stream().map((line) -> line[1]).toList());
		}
		assertThat(this.browser.findElements(By.cssSelector("[data-node=node-b] .message.own")).size()).isEqualTo(2);
		screenshot("side-by-side-light");
		look(1440, 940, "dark");
		screenshot("side-by-side-dark");
		look(390, 780, "dark");
		screenshot("side-by-side-narrow");
	}

	@Test
	void aNodeGoesDownAndItsPaneHealsItself() {
		this.browser.get(urls.get(0) + "/?room=healing&name=Mara&view=side");
		for (String node : List.of("node-a", "node-b", "node-c")) {
			awaitState(node, "live");
		}
		cluster.stopNode("node-b");
		try {
			awaitState("node-b", "waiting");
			say("node-b", "Written while node-b was down");
			say("node-a", "We go on without node-b");
			awaitMessage("node-c", "We go on without node-b");
			assertThat(this.browser.findElement(By.cssSelector("[data-node=node-b] .notice")).isDisplayed()).isTrue();
			screenshot("node-down");
		}
		finally {
			cluster.startNode("node-b");
		}
		awaitState("node-b", "live");
		for (String node : List.of("node-a", "node-b", "node-c")) {
			awaitMessage(node, "Written while node-b was down");
		}
		assertThat(messages("node-b")).containsExactly("Written while node-b was down");
		assertThat(this.browser.findElements(By.cssSelector("[data-sending]"))).isEmpty();
	}

	@Test
	void theFirstThingOneSees() {
		this.browser.get(urls.get(0));
		until(() -> this.browser.findElement(By.id("welcome")).isDisplayed());
		screenshot("welcome");
		this.browser.findElement(By.id("join-name")).sendKeys(Keys.ENTER);
		assertThat(this.browser.findElement(By.id("join-error")).getText()).isNotBlank();
		assertThat(this.browser.findElement(By.id("app")).isDisplayed()).isFalse();
	}

	private void say(String node, String text) {
		this.browser.findElement(By.cssSelector("[data-node=%s] textarea".formatted(node))).sendKeys(text, Keys.ENTER);
	}

	private List<String> messages(String node) {
		return this.browser.findElements(By.cssSelector("[data-node=%s] .message .text".formatted(node)))
			.stream()
			.map(ChatPageTests::textOf)
			.toList();
	}

	/** That it has arrived, not only that it was typed. */
	private void awaitMessage(String node, String text) {
		until(() -> this.browser
			.findElements(By.cssSelector("[data-node=%s] .message:not([data-sending]) .text".formatted(node)))
			.stream()
			.anyMatch((element) -> text.equals(textOf(element))));
	}

	/** Also of what is just fading in, which Selenium takes for invisible. */
	private static @Nullable String textOf(WebElement element) {
		return element.getDomProperty("textContent");
	}

	private void awaitState(String node, String state) {
		By pane = By.cssSelector("[data-node=%s][data-state=%s]".formatted(node, state));
		until(() -> !this.browser.findElements(pane).isEmpty());
	}

	private void until(Condition condition) {
		new WebDriverWait(this.browser, Duration.ofSeconds(25)).pollingEvery(Duration.ofMillis(50))
			.ignoring(StaleElementReferenceException.class)
			.until((browser) -> condition.isTrue());
	}

	private String other(String handle) {
		return this.browser.getWindowHandles()
			.stream()
			.filter((window) -> !window.equals(handle))
			.findFirst()
			.orElseThrow();
	}

	private void look(int width, int height, String scheme) {
		this.browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
		this.browser.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
	}

	private void screenshot(String name) {
		// Messages fade in
		until(() -> Boolean.TRUE
			.equals(this.browser.executeScript("return document.getAnimations().every(a => a.playState === 'finished'"
					+ " || a.effect.getTiming().iterations === Infinity)")));
		try {
			Files.write(SCREENSHOTS.resolve(name + ".png"), this.browser.getScreenshotAs(OutputType.BYTES));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Path firstOf(String... candidates) {
		for (String candidate : candidates) {
			if (Files.isExecutable(Path.of(candidate))) {
				return Path.of(candidate);
			}
		}
		return Path.of(candidates[0]);
	}

	private interface Condition {

		boolean isTrue();

	}

}
