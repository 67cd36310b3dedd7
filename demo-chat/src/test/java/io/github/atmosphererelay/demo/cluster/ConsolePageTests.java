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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the library's console, in Chromium, on three nodes of the demo with a Redis.
 * What it looks like is left in {@code target/screenshots}.
 */
class ConsolePageTests {

	private static EmbeddedKafka kafka;

	private static Cluster cluster;

	private static List<String> urls;

	@BeforeAll
	static void startCluster() throws Exception {
		ChatBrowser.assumePresent();
		kafka = EmbeddedKafka.start();
		String servers = kafka.properties().get("spring.kafka.bootstrap-servers");
		try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
			admin.createTopics(List.of(new NewTopic("prices", 12, (short) 1))).all().get();
		}
		// The clients of these tests stay where they have connected
		cluster = Cluster.start(Plan.of(Broker.Kind.REDIS, false, FreePorts.find(3)), System.out::println,
				Map.of("demo.warm-up", "false", "atmosphere.routing.enabled", "true", "atmosphere.routing.rebalance",
						"off", "spring.kafka.bootstrap-servers", servers, "atmosphere.feeds[0].topic", "prices",
						"atmosphere.feeds[0].channel", "prices/{key}", "atmosphere.feeds[0].mode", "routed"));
		urls = List.copyOf(cluster.urls().values());
	}

	@AfterAll
	static void stopCluster() {
		if (cluster != null) {
			cluster.close();
		}
		if (kafka != null) {
			kafka.close();
		}
	}

	@Test
	void showsNodesRoomsMembersSessionsAndRates() throws Exception {
		List<ChatClient> clients = new ArrayList<>();
		try (ChatBrowser admin = console()) {
			clients.add(ChatClient.join(urls.get(0), "lobby", "alice"));
			clients.add(ChatClient.join(urls.get(1), "lobby", "bob"));
			clients.add(ChatClient.join(urls.get(1), "lobby", "alice"));
			clients.add(ChatClient.join(urls.get(2), "lobby", "carol"));
			clients.add(ChatClient.join(urls.get(2), "kitchen", "dave"));
			admin.until(() -> admin.texts("#live").contains("Live"));
			admin.until(() -> admin.texts("#nodes tbody th").equals(List.of("node-a", "node-b", "node-c")));
			admin.until(() -> admin.texts("#rooms tbody th").containsAll(List.of("chat/kitchen", "chat/lobby")));
			admin.click("#rooms [aria-label='Show who is in chat/lobby']");
			admin.until(() -> admin.findAll("#members li").size() == 3);
			assertThat(admin.texts("#members li").get(0)).isEqualTo("alice2 sessions");
			for (int i = 0; i < 40; i++) {
				clients.get(0).say("{\"type\":\"chat\",\"id\":\"%d\",\"text\":\"x\",\"sentAt\":0}".formatted(i));
			}
			admin.until(() -> admin.has("#chart polyline.delivered"));
			admin.find("#search-user").sendKeys("alice", Keys.ENTER);
			admin.until(() -> admin.texts("#sessions tbody th").equals(List.of("alice", "alice")));
			assertThat(admin.texts("#sessions tbody td:nth-child(2)")).containsExactlyInAnyOrder("node-a", "node-b");
			admin.click("#search button[type=reset]");
			admin.find("#search-channel").sendKeys("chat/kitchen", Keys.ENTER);
			admin.until(() -> admin.texts("#sessions tbody th").equals(List.of("dave")));
			admin.click("#search button[type=reset]");
			admin.until(() -> admin.texts("#sessions tbody th").size() >= 5);
			admin.until(() -> admin.texts("#nodes tbody td:nth-child(3)")
				.equals(List.of("just now", "just now", "just now")));
			assertThat(admin.texts("#nodes tbody td:nth-child(2)")).allMatch((address) -> address.contains(":"));
			assertThat(admin.shows("#problem")).isFalse();
			assertThat(admin.complaints()).isEmpty();
			admin.look(1280, 1180, "light");
			admin.screenshot("console-light");
			admin.look(1280, 1180, "dark");
			admin.screenshot("console-dark");
			admin.look(390, 1800, "dark");
			admin.screenshot("console-narrow-dark");
			assertThat(admin.driver().executeScript("return document.documentElement.scrollWidth <= innerWidth"))
				.as("nothing but tables scrolls to the side")
				.isEqualTo(true);
		}
		finally {
			clients.forEach(ChatClient::close);
		}
	}

	@Test
	void showsTheRingAndWhatAChangeWouldMove() throws Exception {
		try (ChatClient client = ChatClient.join(urls.get(0), "ring", "carol"); ChatBrowser admin = console()) {
			admin.until(() -> admin.texts("#ring tbody th").equals(List.of("node-a", "node-b", "node-c")));
			assertThat(admin.texts("#ring tbody td:nth-child(3)")).containsOnly("33.3 %");
			admin
				.until(() -> admin.texts("#ring tbody td:nth-child(4)").stream().mapToInt(Integer::parseInt).sum() > 0);
			assertThat(admin.texts("#ring-scope").get(0)).startsWith("published by node-");
			admin.find("#change-node").sendKeys("node-d", Keys.ENTER);
			admin.until(() -> admin.texts("#change-result").get(0).contains("users would move"));
			admin.screenshot("console-ring");
			// Before the refusal, which the browser reports
			assertThat(admin.complaints()).isEmpty();
			admin.find("#change-node").clear();
			admin.find("#change-node").sendKeys("node-a", Keys.ENTER);
			admin.until(() -> admin.texts("#change-result").get(0).startsWith("The node refuses this"));
			assertThat(admin.shows("#problem")).isFalse();
		}
	}

	@Test
	void showsFeedsAndWhichNodeReadsWhichPartitions() {
		try (ChatBrowser admin = console()) {
			admin.until(() -> admin.texts("#feeds tbody td:last-child")
				.stream()
				.anyMatch((owners) -> owners.matches("node-a: [0-9–, ]+; node-b: [0-9–, ]+; node-c: [0-9–, ]+")));
			assertThat(admin.texts("#feeds tbody th")).containsExactly("prices");
			assertThat(admin.texts("#feeds tbody td").subList(0, 4)).containsExactly("prices", "prices/{value}",
					"routed", "up");
			assertThat(admin.texts("#feeds-scope")).containsExactly("as node-a has them");
			assertThat(admin.shows("#feeds-hint")).isFalse();
			assertThat(admin.complaints()).isEmpty();
		}
	}

	@Test
	void isReachableByKeyboardAlone() throws Exception {
		try (ChatClient client = ChatClient.join(urls.get(0), "keys", "bob"); ChatBrowser admin = console()) {
			admin.until(() -> admin.texts("#rooms tbody th").contains("chat/keys"));
			List<String> reached = new ArrayList<>();
			for (int i = 0; i < 50; i++) {
				admin.driver().switchTo().activeElement().sendKeys(Keys.TAB);
				reached.add(String.valueOf(admin.driver()
					.executeScript("const e = document.activeElement;"
							+ "return e.getAttribute('aria-label') ?? (e.id || e.textContent.trim())")));
			}
			assertThat(reached).contains("Skip to content", "pause", "rates-node", "Show who is in chat/keys",
					"search-user", "search-channel", "Search", "Clear", "Disconnect bob");
			Object outline = admin.driver()
				.executeScript("document.getElementById('pause').focus();"
						+ "return getComputedStyle(document.activeElement).outlineStyle");
			assertThat(outline).isEqualTo("solid");
			admin.find("#rooms [aria-label='Show who is in chat/keys']").sendKeys(Keys.ENTER);
			admin.until(() -> admin.texts("#members li").contains("bob"));
		}
	}

	@Test
	void disconnectsAUserOnAnotherNode() {
		try (ChatBrowser admin = console();
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(1)).join(urls.get(1), "doomed")) {
			admin.find("#search-user").sendKeys("bob", Keys.ENTER);
			admin.until(() -> admin.texts("#sessions tbody th").equals(List.of("bob")));
			admin.find("#sessions [aria-label='Disconnect bob']").sendKeys(Keys.ENTER);
			admin.until(() -> admin.shows("#confirm"));
			admin.screenshot("console-confirm");
			assertThat(admin.driver().switchTo().activeElement().getText()).as("what Enter would do")
				.isEqualTo("Cancel");
			admin.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
			admin.until(() -> !admin.shows("#confirm"));
			bob.awaitState("node-b", "live");
			admin.click("#sessions [aria-label='Disconnect bob']");
			admin.click("#confirm-yes");
			admin.until(() -> admin.texts("#announce").contains("1 session of bob disconnected, on all nodes."));
			bob.awaitState("node-b", "refused");
			assertThat(bob.texts(".notice-text").get(0)).contains("disconnected by an operator");
			admin.until(() -> admin.texts("#sessions tbody tr.empty-row").contains("No session matches."));
			bob.click(".notice-retry");
			bob.awaitState("node-b", "live");
			assertThat(admin.complaints()).isEmpty();
		}
	}

	@Test
	void isForTheOperatorOnly() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0))) {
			alice.get(urls.get(0) + "/atmosphere/console");
			assertThat(alice.has("#nodes")).isFalse();
			assertThat(alice.texts("h1")).containsExactly("For operators only");
			alice.find(".links a").click();
			alice.until(() -> alice.shows("#welcome"));
		}
	}

	@Test
	void leadsBackToTheChatAndOut() {
		try (ChatBrowser admin = console()) {
			admin.click("#home");
			admin.until(() -> admin.shows("#welcome"));
			admin.get(urls.get(1) + "/atmosphere/console");
			admin.click("#logout button");
			admin.until(() -> admin.texts(".error").contains("You have logged out."));
			assertThat(admin.complaints()).isEmpty();
		}
	}

	@Test
	void nothingIsInAnybodysWayOnAnyScreen() throws Exception {
		Axe.assumePresent();
		try (ChatClient client = ChatClient.join(urls.get(0), "access", "bob"); ChatBrowser admin = console()) {
			admin.until(() -> admin.texts("#rooms tbody th").contains("chat/access"));
			admin.click("#rooms [aria-label='Show who is in chat/access']");
			admin.until(() -> admin.texts("#members li").contains("bob"));
			for (int width : List.of(390, 768, 1440)) {
				for (String scheme : List.of("light", "dark")) {
					admin.look(width, 1400, scheme);
					assertThat(Axe.faults(admin)).as("%d wide, %s", width, scheme).isEmpty();
					assertThat(clipped(admin)).as("columns out of sight, %d wide", width).isEmpty();
					admin.screenshot("console-%d-%s".formatted(width, scheme));
				}
			}
		}
	}

	@SuppressWarnings("unchecked")
	private static List<String> clipped(ChatBrowser admin) {
		return (List<String>) admin.driver()
			.executeScript("return [...document.querySelectorAll('tbody :is(th, td)')]"
					+ ".filter((cell) => cell.getBoundingClientRect().right > innerWidth + 1)"
					+ ".map((cell) => cell.closest('table').id + ': ' + cell.textContent)");
	}

	private static ChatBrowser console() {
		ChatBrowser admin = ChatBrowser.of("admin", urls.get(0));
		admin.get(urls.get(0) + "/atmosphere/console");
		return admin;
	}

}
