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
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the chat's page, in Chromium, with three nodes and a Redis. What the page
 * looks like is left in {@code target/screenshots}.
 */
class ChatPageTests {

	private static final List<String> NODES = List.of("node-a", "node-b", "node-c");

	private static Cluster cluster;

	private static List<String> urls;

	@BeforeAll
	static void startCluster() {
		ChatBrowser.assumePresent();
		cluster = TestCluster.start(Broker.Kind.REDIS, FreePorts.find(3));
		urls = List.copyOf(cluster.urls().values());
	}

	@AfterAll
	static void stopCluster() {
		if (cluster != null) {
			cluster.close();
		}
	}

	@Test
	void oneLogsInOnceForAllNodes() {
		try (ChatBrowser browser = ChatBrowser.open()) {
			browser.get(urls.get(0) + "/?room=kitchen");
			browser.until(() -> browser.shows("#login"));
			browser.screenshot("log-in-light");
			browser.look(390, 780, "dark");
			browser.screenshot("log-in-narrow-dark");
			browser.find("#username").sendKeys("alice");
			browser.find("#password").sendKeys("wrong", Keys.ENTER);
			browser.until(() -> browser.texts(".error").contains("That name and password do not go together."));
			assertThat(browser.find("#username").getDomProperty("value")).isEqualTo("alice");
			browser.click(".accounts button[data-name=alice]");
			browser.awaitState("node-a", "live");
			assertThat(browser.texts("#room-name")).as("where it had wanted to").containsExactly("#kitchen");
			browser.join(urls.get(2), "kitchen");
			assertThat(browser.texts("#me")).containsExactly("alice");
			assertThat(browser.shows("#console")).isFalse();
			browser.look(1440, 940, "light");
			browser.click(".bar .logout button");
			browser.until(() -> browser.texts(".error").contains("You have logged out."));
			browser.get(urls.get(1));
			browser.until(() -> browser.shows("#login"));
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void whatIsSaidOnOneNodeIsReadOnAnotherWithTheNameOfWhoHasSaidIt() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0));
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(1))) {
			WebElement room = alice.find("#join-room");
			room.clear();
			room.sendKeys("Two Nodes", Keys.ENTER);
			alice.awaitState("node-a", "live");
			bob.join(urls.get(1), "two-nodes");
			alice.say("node-a", "Hello <b>from</b> the other side");
			WebElement message = bob.awaitMessage("node-b", "Hello <b>from</b> the other side");
			assertThat(ChatBrowser.textOf(message.findElement(By.className("author")))).isEqualTo("alice");
			assertThat(message.findElements(By.className("chip"))).extracting(ChatBrowser::textOf)
				.containsExactly("node-a", "node-b");
			assertThat(ChatBrowser.textOf(message.findElement(By.className("latency")))).endsWith(" ms");
			assertThat(message.getDomAttribute("class")).doesNotContain("own");
			bob.say("node-b", "Loud and clear");
			alice.awaitMessage("node-a", "Loud and clear");
			assertThat(alice.messages("node-a")).containsExactly("Hello <b>from</b> the other side", "Loud and clear");
			assertThat(alice.has(".message.own .text")).isTrue();
			assertThat(alice.complaints()).isEmpty();
			alice.screenshot("one-node");
		}
	}

	@Test
	void oneSeesThatSomebodyIsWriting() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "typing");
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(2)).join(urls.get(2), "typing")) {
			bob.find(".pane textarea").sendKeys("I was ab");
			alice.until(() -> alice.texts(".typing").contains("bob is writing…"));
			assertThat(bob.texts(".typing")).as("of the one who writes").containsExactly("");
			bob.find(".pane textarea").sendKeys("out to say", Keys.ENTER);
			alice.awaitMessage("node-a", "I was about to say");
			assertThat(alice.texts(".typing")).containsExactly("");
			bob.find(".pane textarea").sendKeys("And now I");
			alice.until(() -> alice.texts(".typing").contains("bob is writing…"));
			alice.until(() -> alice.texts(".typing").contains(""));
			assertThat(alice.messages("node-a")).containsExactly("I was about to say");
		}
	}

	@Test
	void oneNodeLooksAtEachMessageAndAllPagesSayWhichItWas() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "moderated");
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(1)).join(urls.get(1), "moderated")) {
			alice.say("node-a", "Good morning");
			bob.awaitMessage("node-b", "Good morning");
			bob.say("node-b", "What the heck is that?");
			bob.until(() -> bob.texts(".verdict").size() == 2);
			String node = bob.texts(".verdict").get(0).substring(2);
			assertThat(NODES).contains(node);
			List<String> verdicts = List.of("✓ " + node, "⚑ Rude, says " + node);
			assertThat(bob.texts(".verdict")).isEqualTo(verdicts);
			assertThat(bob.texts(".rude .text")).containsExactly("What the heck is that?");
			alice.until(() -> alice.texts(".verdict").equals(verdicts));
			alice.screenshot("moderated");
			try (ChatBrowser later = ChatBrowser.of("carol", urls.get(2)).join(urls.get(2), "moderated")) {
				later.until(() -> later.texts(".verdict").equals(verdicts));
			}
			assertThat(alice.complaints()).isEmpty();
		}
	}

	@Test
	void aDirectMessageReachesOneUserOnAnotherNodeAndNobodyElse() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "direct");
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(1)).join(urls.get(1), "direct");
				ChatBrowser carol = ChatBrowser.of("carol", urls.get(1)).join(urls.get(1), "direct")) {
			alice.say("/msg bob Only for you");
			WebElement message = bob.awaitMessage("node-b", "Only for you");
			assertThat(ChatBrowser.textOf(message.findElement(By.className("author")))).isEqualTo("alice");
			assertThat(ChatBrowser.textOf(message.findElement(By.className("whom")))).isEqualTo("Direct to you");
			WebElement copy = alice.awaitMessage("node-a", "Only for you");
			assertThat(ChatBrowser.textOf(copy.findElement(By.className("whom")))).isEqualTo("Direct to bob");
			alice.say("And this is for all");
			carol.awaitMessage("node-b", "And this is for all");
			assertThat(carol.messages("node-b")).containsExactly("And this is for all");
			alice.say("/msg nobody Are you there?");
			alice.until(() -> alice.texts(".composer-error").contains("Refused: there is no user of that name."));
			assertThat(alice.messages("node-a")).containsExactly("Only for you", "And this is for all");
			bob.screenshot("direct");
		}
	}

	@Test
	void theMemberListSaysWhoIsHereOnAnyNodeAndOneClickWritesToThem() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "members")) {
			alice.until(() -> alice.texts(".members bdi").equals(List.of("alice (you)")));
			try (ChatBrowser bob = ChatBrowser.of("bob", urls.get(1)).join(urls.get(1), "members");
					ChatBrowser carol = ChatBrowser.of("carol", urls.get(2)).join(urls.get(2), "members")) {
				List<String> everybody = List.of("alice (you)", "bob", "carol");
				alice.until(() -> alice.texts(".members bdi").equals(everybody));
				bob.until(() -> bob.texts(".members bdi").equals(List.of("alice", "bob (you)", "carol")));
				assertThat(alice.texts(".note")).contains("bob is here now", "carol is here now");
				alice.click(".members li[data-user=bob] button");
				assertThat(alice.shows(".direct")).isTrue();
				alice.say("A word with you");
				bob.awaitMessage("node-b", "A word with you");
				alice.awaitMessage("node-a", "A word with you");
				alice.screenshot("members-light");
				alice.look(390, 780, "dark");
				alice.screenshot("members-narrow-dark");
				alice.find(".pane textarea").sendKeys(Keys.ESCAPE);
				assertThat(alice.shows(".direct")).isFalse();
				assertThat(carol.messages("node-c")).isEmpty();
			}
			alice.until(() -> alice.texts(".members bdi").equals(List.of("alice (you)")));
			assertThat(alice.texts(".note")).contains("bob has left", "carol has left");
			assertThat(alice.complaints()).isEmpty();
		}
	}

	@Test
	void theNodesSideBySide() throws Exception {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "lobby");
				ChatClient bob = ChatClient.join(urls.get(1), "lobby", "bob");
				ChatClient carol = ChatClient.join(urls.get(2), "lobby", "carol")) {
			alice.click("#side");
			NODES.forEach((node) -> alice.awaitState(node, "live"));
			List<String> talk = List.of("Morning! My browser landed on node-a. And yours?",
					"On node-b. The load balancer had its own idea.", "node-c here. One room all the same.",
					"Rolling out 4.2 in ten minutes: the nodes restart one after the other.",
					"Then I will watch my pane go down and come back.", "And I the latency.");
			for (int i = 0; i < talk.size(); i++) {
				String line = talk.get(i);
				switch (i) {
					case 1, 5 -> bob.say(chat(i, line));
					case 2, 4 -> carol.say(chat(i, line));
					default -> alice.say("node-a", line);
				}
				NODES.forEach((node) -> alice.awaitMessage(node, line));
			}
			NODES.forEach((node) -> assertThat(alice.messages(node)).isEqualTo(talk));
			assertThat(alice.texts("[data-node=node-b] .message.own .text")).containsExactly(talk.get(0), talk.get(3));
			alice.screenshot("side-by-side-light");
			alice.look(1440, 940, "dark");
			alice.screenshot("side-by-side-dark");
			alice.look(390, 780, "dark");
			alice.screenshot("side-by-side-narrow");
			assertThat(alice.complaints()).isEmpty();
		}
	}

	private static String chat(int id, String text) {
		return "{\"type\":\"chat\",\"id\":\"m%d\",\"text\":\"%s\",\"sentAt\":%d}".formatted(id, text,
				System.currentTimeMillis());
	}

	@Test
	void aNodeGoesDownAndItsPaneHealsItself() {
		try (ChatBrowser browser = ChatBrowser.of("alice", urls.get(0))) {
			browser.get(urls.get(0) + "/?room=healing&view=side");
			NODES.forEach((node) -> browser.awaitState(node, "live"));
			cluster.stopNode("node-b");
			try {
				browser.awaitState("node-b", "waiting");
				browser.say("node-b", "Written while node-b was down");
				browser.say("node-a", "We go on without node-b");
				browser.awaitMessage("node-c", "We go on without node-b");
				assertThat(browser.shows("[data-node=node-b] .notice")).isTrue();
				browser.screenshot("node-down");
			}
			finally {
				cluster.startNode("node-b");
			}
			browser.awaitState("node-b", "live");
			NODES.forEach((node) -> browser.awaitMessage(node, "Written while node-b was down"));
			// What was said while it was away comes first, as in the room
			List<String> all = List.of("We go on without node-b", "Written while node-b was down");
			NODES.forEach((node) -> assertThat(browser.messages(node)).isEqualTo(all));
			assertThat(browser.texts("[data-node=node-b] .note"))
				.contains("Connected to node-b again. This was said meanwhile:");
			assertThat(browser.has("[data-sending]")).isFalse();
		}
	}

	@Test
	void whoComesLaterReadsWhatWasSaidBefore() throws Exception {
		try (ChatClient bob = ChatClient.join(urls.get(1), "before", "bob")) {
			List<String> said = new ArrayList<>();
			for (int i = 0; i < 12; i++) {
				said.add("Said before, " + i);
				bob.say(chat(i, said.get(i)));
			}
			try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(2)).join(urls.get(2), "before")) {
				alice.until(() -> alice.messages("node-c").size() >= said.size());
				bob.say(chat(100, "And this is new"));
				alice.awaitMessage("node-c", "And this is new");
				said.add("And this is new");
				assertThat(alice.messages("node-c")).isEqualTo(said);
				assertThat(alice.texts(".latency")).as("of what is new").hasSize(1);
				alice.screenshot("history");
				assertThat(alice.complaints()).isEmpty();
			}
		}
	}

	@Test
	void aPageWhoseNodeStopsGoesOnWithAnotherAndMissesNothing() throws Exception {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(1)).join(urls.get(1), "moving");
				ChatClient carol = ChatClient.join(urls.get(2), "moving", "carol")) {
			alice.say("On node-b, for the time being");
			alice.awaitMessage("node-b", "On node-b, for the time being");
			List<String> said = new ArrayList<>(List.of("On node-b, for the time being"));
			CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> cluster.stopNode("node-b"));
			try {
				while (!stop.isDone() || said.size() < 20) {
					String line = "While it moves, " + said.size();
					carol.say(chat(said.size(), line));
					said.add(line);
					alice.until(() -> carol.messages().stream().anyMatch((message) -> message.contains(line)));
				}
				alice.until(() -> alice.has(".pane[data-state=live]") && !alice.has("[data-node=node-b]"));
				alice.say("And here I am again");
				said.add("And here I am again");
				alice.until(() -> alice.texts(".message:not([data-sending]) .text").contains("And here I am again"));
				assertThat(alice.texts(".message .text")).isEqualTo(said);
				assertThat(alice.texts(".note")).anyMatch((note) -> note.contains(" instead."));
				alice.screenshot("moved");
			}
			finally {
				stop.join();
				cluster.startNode("node-b");
			}
		}
	}

	@Test
	void whatIsACommandIsNotSaid() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "commands")) {
			alice.say("/help");
			alice.until(
					() -> alice.texts(".note").stream().anyMatch((note) -> note.startsWith("/msg bob hello writes")));
			alice.say("/msg");
			assertThat(alice.texts(".composer-error").get(0)).startsWith("To whom?");
			alice.find(".pane textarea").clear();
			alice.say("/dance");
			assertThat(alice.texts(".composer-error").get(0)).startsWith("There is no command /dance");
			alice.find(".pane textarea").clear();
			alice.say("/msg bob");
			assertThat(alice.shows(".direct")).isTrue();
			assertThat(alice.texts(".direct b")).containsExactly("bob");
			alice.find(".pane textarea").sendKeys(Keys.ESCAPE);
			alice.say("//help is a command");
			alice.awaitMessage("node-a", "/help is a command");
			alice.say("/etc/hosts is none");
			alice.awaitMessage("node-a", "/etc/hosts is none");
			assertThat(alice.messages("node-a")).containsExactly("/help is a command", "/etc/hosts is none");
		}
	}

	@Test
	void directMessagesAreThereStillWhenTheColumnsChangeAndAfterAReload() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "kept")) {
			alice.say("Before");
			alice.awaitMessage("node-a", "Before");
			alice.say("/msg alice Note to myself");
			alice.awaitMessage("node-a", "Note to myself");
			alice.say("After");
			alice.awaitMessage("node-a", "After");
			List<String> all = List.of("Before", "Note to myself", "After");
			alice.click("#side");
			NODES.forEach((node) -> alice.awaitState(node, "live"));
			NODES.forEach((node) -> alice.until(() -> alice.messages(node).equals(all)));
			alice.driver().navigate().refresh();
			NODES.forEach((node) -> alice.awaitState(node, "live"));
			NODES.forEach((node) -> alice.until(() -> alice.messages(node).equals(all)));
			alice.click("#side");
			alice.until(() -> alice.findAll(".pane").size() == 1);
			alice.until(() -> alice.messages("node-a").equals(all));
		}
	}

	@Test
	void nobodyHasComeOrLeftWhenColumnsOpenOrAPageIsLoadedAgain() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "steady");
				ChatBrowser bob = ChatBrowser.of("bob", urls.get(1)).join(urls.get(1), "steady")) {
			List<String> both = List.of("alice (you)", "bob");
			alice.until(() -> alice.texts(".members bdi").equals(both));
			alice.click("#side");
			NODES.forEach((node) -> alice.awaitState(node, "live"));
			NODES.forEach(
					(node) -> alice.until(() -> alice.texts("[data-node=" + node + "] .members bdi").equals(both)));
			bob.driver().navigate().refresh();
			bob.awaitState("node-b", "live");
			bob.say("Here again");
			alice.awaitMessage("node-a", "Here again");
			bob.close();
			// Had the reload been taken for a leave, its note would stand before the true
			// one
			alice.until(() -> alice.texts("[data-node=node-a] .note").contains("bob has left"));
			NODES.forEach((node) -> alice.until(() -> alice.texts("[data-node=" + node + "] .note")
				.equals(List.of("You joined #steady through " + node, "bob has left"))));
		}
	}

	@Test
	void whoLogsOutInOneTabIsAskedToLogInByTheOthers() {
		try (ChatBrowser alice = ChatBrowser.of("alice", urls.get(0)).join(urls.get(0), "tabs")) {
			String first = alice.driver().getWindowHandle();
			alice.driver().switchTo().newWindow(WindowType.TAB);
			alice.join(urls.get(1), "tabs");
			alice.click(".bar .logout button");
			alice.until(() -> alice.texts(".error").contains("You have logged out."));
			alice.driver().switchTo().window(first);
			alice.until(() -> alice.texts(".error").contains("You have logged out, here or elsewhere."));
			assertThat(alice.shows("#login")).isTrue();
		}
	}

	@Test
	void everybodyHasAColourThatIsTheirsOnEveryNode() throws Exception {
		try (ChatBrowser dave = ChatBrowser.of("dave", urls.get(0)).join(urls.get(0), "colours");
				ChatClient bobHere = ChatClient.join(urls.get(0), "colours", "bob");
				ChatClient bobThere = ChatClient.join(urls.get(1), "colours", "bob");
				ChatClient carol = ChatClient.join(urls.get(1), "colours", "carol")) {
			bobHere.say(chat(1, "bob on node-a"));
			WebElement here = dave.awaitMessage("node-a", "bob on node-a");
			carol.say(chat(2, "carol on node-b"));
			WebElement other = dave.awaitMessage("node-a", "carol on node-b");
			bobThere.say(chat(3, "bob on node-b"));
			WebElement there = dave.awaitMessage("node-a", "bob on node-b");
			assertThat(hue(there)).isEqualTo(hue(here)).isNotEqualTo(hue(other));
		}
	}

	private static String hue(WebElement message) {
		return message.findElement(By.className("avatar")).getDomAttribute("data-hue");
	}

	@Test
	void nothingIsInAnybodysWayOnAnyScreen() throws Exception {
		Axe.assumePresent();
		try (ChatBrowser alice = ChatBrowser.open(); ChatClient bob = ChatClient.join(urls.get(1), "access", "bob")) {
			alice.get(urls.get(0) + "/?room=access&view=side");
			alice.until(() -> alice.shows("#login"));
			onAllScreens(alice, "log-in");
			alice.logIn("alice");
			NODES.forEach((node) -> alice.awaitState(node, "live"));
			bob.say(chat(1, "A message"));
			alice.awaitMessage("node-c", "A message");
			alice.say("node-a", "/msg bob A direct one");
			alice.awaitMessage("node-b", "A direct one");
			cluster.killNode("node-c");
			try {
				alice.awaitState("node-c", "waiting");
				alice.say("node-c", "One that waits");
				alice.until(() -> alice.has("[data-node=node-c] [data-sending]"));
				onAllScreens(alice, "side-by-side");
				for (String node : NODES) {
					Object right = alice.driver()
						.executeScript("return document.querySelector('[data-node=" + node
								+ "]').getBoundingClientRect().right <= innerWidth");
					assertThat(right).as(node + " on a tablet").isEqualTo(true);
				}
			}
			finally {
				cluster.startNode("node-c");
			}
			alice.get(urls.get(0) + "/atmosphere/console");
			assertThat(alice.texts("h1")).containsExactly("For operators only");
			onAllScreens(alice, "forbidden");
		}
	}

	/** Ends with a tablet. */
	private static void onAllScreens(ChatBrowser browser, String page) {
		for (int width : List.of(390, 1440, 768)) {
			for (String scheme : List.of("light", "dark")) {
				browser.look(width, 900, scheme);
				assertThat(Axe.faults(browser)).as("%s, %d wide, %s", page, width, scheme).isEmpty();
				browser.screenshot("%s-%d-%s".formatted(page, width, scheme));
			}
		}
	}

	@Test
	void theOperatorStopsTheNodeOfThePageItselfAndStartsItAgain() throws Exception {
		Axe.assumePresent();
		try (ChatBrowser admin = ChatBrowser.of("admin", urls.get(0))) {
			admin.get(urls.get(0) + "/operator");
			admin.until(() -> admin.texts(".node .pill").equals(List.of("running", "running", "running")));
			onAllScreens(admin, "operator");
			admin.click("[aria-label='Stop node-a']");
			// That one has served the page, which goes on with another one
			admin.until(() -> !admin.driver().getCurrentUrl().startsWith(urls.get(0)));
			admin.until(() -> admin.has("[aria-label='Start node-a']:enabled"));
			admin.click("[aria-label='Start node-a']");
			admin.untilStarted(() -> admin.texts(".node .pill").equals(List.of("running", "running", "running")));
		}
	}

	@Test
	void theFirstThingOneSees() {
		try (ChatBrowser browser = ChatBrowser.of("dave", urls.get(0))) {
			browser.until(() -> browser.shows("#welcome"));
			browser.screenshot("welcome");
			browser.find("#join-room").clear();
			browser.find("#join-room").sendKeys(Keys.ENTER);
			assertThat(browser.find("#join-error").getText()).isNotBlank();
			assertThat(browser.shows("#app")).isFalse();
		}
	}

}
