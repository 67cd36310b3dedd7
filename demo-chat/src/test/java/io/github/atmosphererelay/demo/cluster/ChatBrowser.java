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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.ElementClickInterceptedException;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.util.FileSystemUtils;

/**
 * One person's Chromium, without anything of the person who had it before: a browser that
 * is closed forgets everything, and is kept for the next person, since its start costs
 * more than most tests.
 */
final class ChatBrowser implements AutoCloseable {

	private static final Deque<ChatBrowser> IDLE = new ConcurrentLinkedDeque<>();

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(() -> IDLE.forEach(ChatBrowser::quit)));
	}

	private static final Path BROWSER = firstOf("/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chrome");

	private static final Path DRIVER = firstOf("/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver");

	private static final Path SCREENSHOTS = Path.of("target", "screenshots");

	private final Path profile;

	private final ChromeDriver driver;

	private boolean open = true;

	private ChatBrowser(Path profile, ChromeDriver driver) {
		this.profile = profile;
		this.driver = driver;
	}

	/**
	 * Skip the tests of the class where there is no browser.
	 */
	static void assumePresent() {
		if (!Files.isExecutable(BROWSER) || !Files.isExecutable(DRIVER)) {
			String reason = "no %s with %s on this machine".formatted(BROWSER, DRIVER);
			System.out.println("The tests of the demo's pages are skipped: " + reason);
			Assumptions.abort(reason);
		}
	}

	static ChatBrowser open() {
		ChatBrowser idle = IDLE.poll();
		if (idle != null) {
			idle.open = true;
			idle.look(1440, 940, "light");
			return idle;
		}
		try {
			Files.createDirectories(SCREENSHOTS);
			Path profile = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "chromium-");
			ChromeOptions options = new ChromeOptions();
			options.setBinary(BROWSER.toFile());
			// Of tests that make one for themselves
			options.setAcceptInsecureCerts(true);
			options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
					"--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-GB",
					"--disable-features=PasswordLeakDetection", "--window-size=1440,900", "--user-data-dir=" + profile);
			options.setExperimentalOption("prefs",
					Map.of("credentials_enable_service", false, "profile.password_manager_enabled", false));
			ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile())
				.build();
			ChatBrowser browser = new ChatBrowser(profile, new ChromeDriver(service, options));
			browser.look(1440, 940, "light");
			return browser;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Open a browser and log in with the page's own form.
	 */
	static ChatBrowser of(String user, String url) {
		ChatBrowser browser = open();
		try {
			browser.get(url);
			browser.logIn(user);
		}
		catch (RuntimeException | Error ex) {
			browser.close();
			throw ex;
		}
		return browser;
	}

	void logIn(String user) {
		find("#username").sendKeys(user);
		find("#password").sendKeys("relay", Keys.ENTER);
		until(() -> !this.driver.getCurrentUrl().contains("/login"));
	}

	/**
	 * Go into a room.
	 */
	ChatBrowser join(String url, String room) {
		get(url + "/?room=" + room);
		until(() -> has(".pane[data-state=live]"));
		return this;
	}

	void get(String url) {
		this.driver.get(url);
	}

	ChromeDriver driver() {
		return this.driver;
	}

	WebElement find(String selector) {
		return this.driver.findElement(By.cssSelector(selector));
	}

	List<WebElement> findAll(String selector) {
		return this.driver.findElements(By.cssSelector(selector));
	}

	boolean has(String selector) {
		return !findAll(selector).isEmpty();
	}

	boolean shows(String selector) {
		return findAll(selector).stream().anyMatch(WebElement::isDisplayed);
	}

	List<String> texts(String selector) {
		return findAll(selector).stream().map(ChatBrowser::textOf).toList();
	}

	/** Also of what is just fading in, which Selenium takes for invisible. */
	static String textOf(WebElement element) {
		String text = element.getDomProperty("textContent");
		return (text != null) ? text.strip() : "";
	}

	void click(String selector) {
		until(() -> {
			find(selector).click();
			return true;
		});
	}

	void say(String node, String text) {
		find("[data-node=%s] textarea".formatted(node)).sendKeys(text, Keys.ENTER);
	}

	void say(String text) {
		find(".pane textarea").sendKeys(text, Keys.ENTER);
	}

	List<String> messages(String node) {
		return texts("[data-node=%s] .message .text".formatted(node));
	}

	/** That it has arrived, not only that it was typed. */
	WebElement awaitMessage(String node, String text) {
		until(() -> message(node, text) != null);
		return message(node, text);
	}

	private @Nullable WebElement message(String node, String text) {
		return findAll("[data-node=%s] .message:not([data-sending])".formatted(node)).stream()
			.filter((element) -> text.equals(textOf(element.findElement(By.className("text")))))
			.findFirst()
			.orElse(null);
	}

	void awaitState(String node, String state) {
		until(() -> has("[data-node=%s][data-state=%s]".formatted(node, state)));
	}

	void until(BooleanSupplier condition) {
		until(condition, Duration.ofSeconds(25));
	}

	/** For what waits for a process to start. */
	void untilStarted(BooleanSupplier condition) {
		until(condition, Duration.ofMinutes(3));
	}

	private void until(BooleanSupplier condition, Duration timeout) {
		new WebDriverWait(this.driver, timeout).pollingEvery(Duration.ofMillis(50))
			.ignoring(StaleElementReferenceException.class)
			.ignoring(NoSuchElementException.class)
			.ignoring(ElementClickInterceptedException.class)
			.until((driver) -> condition.getAsBoolean());
	}

	/**
	 * What is wrong on the page by the browser's own opinion: a script that failed,
	 * something that the page's policy forbids.
	 */
	List<String> complaints() {
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

	void look(int width, int height, String scheme) {
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
	}

	void screenshot(String name) {
		// Messages fade in
		until(() -> Boolean.TRUE
			.equals(this.driver.executeScript("return document.getAnimations().every(a => a.playState === 'finished'"
					+ " || a.effect.getTiming().iterations === Infinity)")));
		try {
			Files.write(SCREENSHOTS.resolve(name + ".png"), this.driver.getScreenshotAs(OutputType.BYTES));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		if (!this.open) {
			return;
		}
		this.open = false;
		try {
			forget();
		}
		catch (WebDriverException ex) {
			quit();
			return;
		}
		IDLE.add(this);
	}

	/** A new window, as the storage of a session belongs to its window. */
	private void forget() {
		Set<String> windows = this.driver.getWindowHandles();
		String next = this.driver.switchTo().newWindow(WindowType.TAB).getWindowHandle();
		for (String window : windows) {
			this.driver.switchTo().window(window).close();
		}
		this.driver.switchTo().window(next);
		this.driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
		this.driver.executeCdpCommand("Network.clearBrowserCache", Map.of());
		this.driver.executeCdpCommand("Storage.clearDataForOrigin", Map.of("origin", "*", "storageTypes", "all"));
		this.driver.manage().logs().get(LogType.BROWSER);
	}

	private void quit() {
		this.driver.quit();
		try {
			FileSystemUtils.deleteRecursively(this.profile);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
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

}
