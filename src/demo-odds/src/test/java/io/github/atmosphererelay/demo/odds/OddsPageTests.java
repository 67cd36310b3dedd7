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

package io.github.atmosphererelay.demo.odds;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.test.TakesLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.By;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.WebDriverWait;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the page, in Chromium, with the whole demo behind it.
 */
@TakesLong
@Timeout(420)
class OddsPageTests {

	private static final Path BROWSER = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	private static final int PORT = Integer.getInteger("odds.test.port", 21_790);

	private static OddsCluster cluster;

	private ChromeDriver driver;

	@BeforeAll
	static void start() throws IOException, InterruptedException {
		if (!Files.isExecutable(BROWSER) || !Files.isExecutable(DRIVER)) {
			System.out.println("The tests of the demo's page are skipped: no Chromium on this machine");
			Assumptions.abort("no Chromium");
		}
		Files.createDirectories(SCREENSHOTS);
		cluster = OddsCluster.start(PORT, System.out::println);
	}

	@AfterAll
	static void stop() {
		if (cluster != null) {
			cluster.close();
		}
	}

	@BeforeEach
	void open() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toFile());
		options.addArguments("--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-GB");
		this.driver = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build(),
				options);
		look(1440, 1000, "light");
		this.driver.get("http://localhost:" + PORT);
	}

	@AfterEach
	void close() {
		this.driver.quit();
	}

	@Test
	void aVisitorFiltersBetsInAnotherFormatAndPricesMoveOnWhenAReducerIsKilled() throws IOException {
		until(() -> count("#list > li") == 200);
		click("[data-sport=tennis]");
		until(() -> count("#list > li") == 40
				&& this.driver.findElements(By.cssSelector("#list > li:not([data-key^=tennis])")).isEmpty());
		until(() -> count(".price[data-move]") > 0);

		// A bet slip in another format than the list, which has a stream of its own
		click("#list > li:nth-child(1) .price:nth-child(1)");
		click("#list > li:nth-child(3) .price:nth-child(2)");
		until(() -> count("#slip > li") == 2);
		this.driver.findElement(By.cssSelector("#slip-format")).sendKeys("Fractional");
		until(() -> texts("#slip b").stream().allMatch((odds) -> odds.matches("\\d+/\\d+")));
		assertThat(texts("#list .price b")).allMatch((odds) -> odds.matches("\\d+\\.\\d\\d"));
		click("#list > li:nth-child(2) .more");
		until(() -> count(".market") == 9);

		// All partitions have an owner
		until(() -> owned() == Fixtures.PARTITIONS && reducersWithPartitions() == 3);
		screenshotForTheDocs();
		WebElement victim = this.driver.findElement(By.cssSelector("[data-reducer=reducer-2]"));
		assertThat(victim.getDomAttribute("data-partitions")).isNotEqualTo("0");
		click("[data-reducer=reducer-2] button");
		until(() -> "stopped".equals(victim.getDomAttribute("data-state")));
		until(() -> owned() == Fixtures.PARTITIONS && reducersWithPartitions() == 2);
		long seen = updates();
		until(() -> updates() > seen + 50);
		screenshot("odds-killed");

		click("[data-reducer=reducer-2] button");
		until(() -> owned() == Fixtures.PARTITIONS && reducersWithPartitions() == 3, Duration.ofMinutes(2));
		click(".rates button:nth-child(3)");
		until(() -> "true".equals(
				this.driver.findElement(By.cssSelector(".rates button:nth-child(3)")).getDomAttribute("aria-pressed")));
		long faster = updates();
		until(() -> updates() > faster + 200);
		click(".rates button:nth-child(2)");

		assertThat(number("return oddsStatistics.backwards")).isZero();
		assertThat(complaints()).isEmpty();
	}

	@Test
	void thePageFitsOnEachScreen() throws IOException {
		until(() -> count("#list > li") == 200);
		for (int width : List.of(390, 768, 1440)) {
			look(width, 900, "light");
			assertThat(number("return document.documentElement.scrollWidth - innerWidth")).isNotPositive();
			screenshot("odds-" + width);
		}
		look(1440, 1000, "dark");
		screenshot("odds-dark");
		assertThat(complaints()).isEmpty();
	}

	private void screenshotForTheDocs() throws IOException {
		this.driver.executeScript("scrollTo(0, 0)");
		until(() -> count("#list > li:nth-child(-n+6) .price[data-move]") >= 2);
		screenshot("demo-odds");
	}

	private long updates() {
		return number("return oddsStatistics.total");
	}

	private int owned() {
		return count(".map i[data-own]");
	}

	private int reducersWithPartitions() {
		return count("[data-reducer][data-state=running]:not([data-partitions='0'])");
	}

	private int count(String selector) {
		return this.driver.findElements(By.cssSelector(selector)).size();
	}

	private long number(String script) {
		return (Long) this.driver.executeScript(script);
	}

	@SuppressWarnings("unchecked")
	private List<String> texts(String selector) {
		return (List<String>) this.driver
			.executeScript("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector);
	}

	private void click(String selector) {
		this.driver.findElement(By.cssSelector(selector)).click();
	}

	private void until(BooleanSupplier condition) {
		until(condition, Duration.ofSeconds(40));
	}

	private void until(BooleanSupplier condition, Duration timeout) {
		new WebDriverWait(this.driver, timeout).pollingEvery(Duration.ofMillis(100))
			.ignoring(StaleElementReferenceException.class)
			.ignoring(NoSuchElementException.class)
			.until((driver) -> condition.getAsBoolean());
	}

	private List<String> complaints() {
		return this.driver.manage()
			.logs()
			.get(LogType.BROWSER)
			.getAll()
			.stream()
			.map(LogEntry::getMessage)
			.filter((message) -> message.contains("Content Security Policy") || message.contains("Uncaught")
					|| message.contains("TypeError"))
			.toList();
	}

	private void look(int width, int height, String scheme) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
	}

	private void screenshot(String name) throws IOException {
		Files.write(SCREENSHOTS.resolve(name + ".png"), this.driver.getScreenshotAs(OutputType.BYTES));
	}

}
