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

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the lobby over STOMP, with {@code @stomp/stompjs} in Chromium, on three nodes
 * of the demo with a Redis. What it looks like is left in {@code target/screenshots}.
 */
class StompPageTests {

	private static final List<String> NODES = List.of("node-a", "node-b", "node-c");

	private static Cluster cluster;

	private static List<String> urls;

	@BeforeAll
	static void startCluster() {
		ChatBrowser.assumePresent();
		cluster = Cluster.start(Plan.of(Broker.Kind.REDIS, false, FreePorts.find(3)), System.out::println,
				Map.of("demo.warm-up", "false"));
		urls = List.copyOf(cluster.urls().values());
	}

	@AfterAll
	static void stopCluster() {
		if (cluster != null) {
			cluster.close();
		}
	}

	@Test
	void whatIsSaidOnOneNodeArrivesOnAllAndAWhisperAtOneUserOnly() throws Exception {
		try (ChatBrowser alice = lobby("alice", urls.get(0)); ChatBrowser bob = lobby("bob", urls.get(2))) {
			say(alice, "node-a", "hello from a");
			awaitSaid(alice, "hello from a");
			awaitSaid(bob, "hello from a");
			say(bob, "node-c", "hello from c");
			awaitSaid(alice, "hello from a", "hello from c");
			awaitSaid(bob, "hello from a", "hello from c");
			say(alice, "node-b", "@bob psst");
			awaitSaid(bob, "hello from a", "hello from c", "psst");
			say(alice, "node-b", "over");
			awaitSaid(bob, "hello from a", "hello from c", "psst", "over");
			awaitSaid(alice, "hello from a", "hello from c", "over");
			for (ChatBrowser each : List.of(alice, bob)) {
				each.until(() -> each.texts(".lobby-who")
					.equals(List.of("In the lobby: alice, bob", "In the lobby: alice, bob",
							"In the lobby: alice, bob")));
				assertThat(each.shows("#problem")).isFalse();
				assertThat(each.complaints()).isEmpty();
			}
			bob.look(1280, 720, "light");
			bob.screenshot("stomp-light");
			bob.look(1280, 720, "dark");
			bob.screenshot("stomp-dark");
			bob.look(390, 1400, "light");
			bob.screenshot("stomp-narrow");
		}
	}

	@Test
	void theConsoleCountsSessionsAndDestinations() {
		try (ChatBrowser alice = lobby("alice", urls.get(0));
				ChatBrowser admin = ChatBrowser.of("admin", urls.get(1))) {
			admin.get(urls.get(1) + "/atmosphere/console");
			// The lobby, readiness, and of the session's own: whispers, and who is there
			admin.until(() -> admin.texts("#nodes tbody td:nth-child(10)").equals(List.of("1 / 4", "1 / 4", "1 / 4")));
			assertThat(alice.complaints()).isEmpty();
		}
	}

	private static ChatBrowser lobby(String user, String url) {
		ChatBrowser browser = ChatBrowser.of(user, url);
		browser.get(url + "/stomp.html");
		browser.until(() -> NODES.stream()
			.allMatch((node) -> browser.has("[data-node=%s][data-state=live]".formatted(node))));
		return browser;
	}

	private static void say(ChatBrowser browser, String node, String text) {
		browser.find("[data-node=%s] input".formatted(node)).sendKeys(text, Keys.ENTER);
	}

	/**
	 * Wait for these texts on each node, once each and no others.
	 */
	private static void awaitSaid(ChatBrowser browser, String... texts) {
		for (String node : NODES) {
			String selector = "[data-node=%s] .lobby-said .text".formatted(node);
			browser.until(() -> browser.texts(selector).size() >= texts.length);
			assertThat(browser.texts(selector)).as(node).containsExactly(texts);
		}
	}

}
