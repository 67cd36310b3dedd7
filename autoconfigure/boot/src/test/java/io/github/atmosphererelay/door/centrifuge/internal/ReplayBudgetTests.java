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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that ask for much, and do not read it: what the node holds for them stays
 * within its budget, whatever door they come by.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplayBudgetTests {

	private static final int MESSAGES = 300;

	private static final int SIZE = 60_000;

	private static final int CLIENTS = 100;

	private static final long BUDGET = 8 * 1024 * 1024;

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	@BeforeAll
	void start() {
		this.node = TestNode.start(List.of(SmallBuffers.class), "atmosphere.channels[0].pattern=log/**",
				"atmosphere.channels[0].history.size=300", "atmosphere.websocket.max-message-size=128KB",
				"atmosphere.websocket.send-timeout=1h", "atmosphere.websocket.ping-interval=1h",
				"atmosphere.recovery.max-unsent=8MB", "atmosphere.recovery.max-bytes=3MB",
				"atmosphere.durable-sessions.enabled=true");
		for (int i = 0; i < MESSAGES; i++) {
			this.node.broadcaster().broadcast("log/large", text(i)).join();
		}
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	/** Nothing is left of the test before. */
	@BeforeEach
	void requireNothingReserved() {
		assertThat(budget().bytes()).isZero();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		MachineTime.await(Duration.ofSeconds(20)).until(() -> this.node.messaging().registry().sessionCount() == 0);
		MachineTime.await(Duration.ofSeconds(20)).until(() -> budget().bytes() == 0);
		assertThat(budget().highestBytes()).isLessThanOrEqualTo(BUDGET);
	}

	private static String text(int number) {
		return "message " + number + ".".repeat(SIZE - 8 - String.valueOf(number).length());
	}

	private ReplayBudget budget() {
		return this.node.messaging().writers().replays();
	}

	private URI uri() {
		return this.node.uri("connection/websocket");
	}

	private RawSocket connectWithoutReading() throws IOException {
		RawSocket socket = RawSocket.connect(uri(), 4096);
		this.open.add(socket);
		send(socket, "{'id':1,'connect':{}}");
		return socket;
	}

	private CentrifugeSocket connect() {
		CentrifugeSocket socket = CentrifugeSocket.connect(uri());
		this.open.add(socket);
		return socket;
	}

	private static void send(RawSocket socket, String text) throws IOException {
		socket.send(RawSocket.TEXT, text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Wait until all has been answered or waits, and compare the counts.
	 */
	private void reconcile() {
		long sum = this.node.messaging().registry().sessions().stream().mapToLong(LocalSession::replayBytes).sum();
		assertThat(budget().bytes()).isEqualTo(sum).isLessThanOrEqualTo(BUDGET);
		assertThat(budget().highestBytes()).isLessThanOrEqualTo(BUDGET);
	}

	private long refused() {
		return this.node.messaging().statistics().inbound().refused(ErrorCode.TOO_MANY_REQUESTS);
	}

	@Test
	void historyIsReadToItsEndInPagesThatEndByBytes() {
		CentrifugeSocket reader = connect();
		JsonNode page = reader.call("history", "{'channel':'log/large','limit':300}");
		long end = page.path("offset").asLong();
		assertThat(end).isEqualTo(MESSAGES);
		List<String> all = new ArrayList<>();
		int pages = 0;
		while (!page.path("publications").isEmpty()) {
			assertThat(page.path("publications").size()).isLessThanOrEqualTo(4);
			page.path("publications").forEach((each) -> all.add(each.path("data").asString()));
			long last = page.path("publications").path(page.path("publications").size() - 1).path("offset").asLong();
			assertThat(last).as("a page that was cut is seen by its offset").isEqualTo(all.size());
			pages++;
			page = reader.call("history", "{'channel':'log/large','limit':300,'since':{'epoch':'"
					+ page.path("epoch").asString() + "','offset':" + last + "}}");
		}
		assertThat(pages).isEqualTo(MESSAGES / 4);
		assertThat(all).hasSize(MESSAGES);
		for (int i = 0; i < MESSAGES; i++) {
			assertThat(all.get(i)).isEqualTo(text(i));
		}
	}

	@Test
	void clientsThatAskForHistoryAndDoNotReadStayWithinTheBudget() throws IOException {
		long before = refused();
		for (int i = 0; i < CLIENTS; i++) {
			RawSocket socket = connectWithoutReading();
			for (int request = 2; request < 7; request++) {
				send(socket, "{'id':" + request + ",'history':{'channel':'log/large','limit':300}}");
			}
		}
		MachineTime.await(Duration.ofSeconds(20)).until(() -> refused() > before);
		MachineTime.await(Duration.ofSeconds(20))
			.until(() -> this.node.messaging().registry().sessionCount() == CLIENTS);
		reconcile();
		assertThat(budget().bytes()).as("the budget is used").isGreaterThan(BUDGET / 2);
		for (LocalSession session : this.node.messaging().registry().sessions()) {
			assertThat(session.replayBytes()).as("one page").isLessThan(300_000);
			assertThat(session.isOpen()).isTrue();
		}
		CentrifugeSocket reader = connect();
		JsonNode refusal = reader.call("history", "{'channel':'log/large','limit':300}");
		assertThat(refusal.path("code").asInt()).isEqualTo(111);
		assertThat(refusal.path("temporary").asBoolean()).isTrue();
	}

	@Test
	void aClientThatReadsGetsWhatItHasAskedForAtOnceOneAfterTheOther() {
		CentrifugeSocket reader = connect();
		List<Integer> requests = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			requests.add(reader.command("history", "{'channel':'log/large','limit':4}"));
		}
		for (int request : requests) {
			assertThat(reader.reply(request).path("history").path("publications").size()).isEqualTo(4);
		}
	}

	@Test
	void whoAsksForMorePagesThanMayWaitIsRefused() throws IOException {
		RawSocket socket = connectWithoutReading();
		send(socket, "{'id':2,'history':{'channel':'log/large','limit':4}}");
		MachineTime.await(Duration.ofSeconds(20)).until(() -> budget().bytes() > 0);
		long before = refused();
		for (int i = 0; i < PageQueue.MAX_WAITING + 10; i++) {
			send(socket, "{'id':" + (3 + i) + ",'history':{'channel':'log/large','limit':4}}");
		}
		MachineTime.await(Duration.ofSeconds(20)).until(() -> refused() == before + 10);
		reconcile();
	}

	@Test
	void moreThanMayHaveBeenMissedIsNotRecoveredAndNotPartly() {
		CentrifugeSocket client = connect();
		JsonNode result = client.call("subscribe", "{'channel':'log/large','recover':true,'epoch':'','offset':0}");
		assertThat(result.path("was_recovering").asBoolean()).isTrue();
		assertThat(result.path("recovered").asBoolean()).isFalse();
		assertThat(result.path("publications").isEmpty()).isTrue();
		assertThat(result.path("offset").asLong()).isEqualTo(MESSAGES);
		assertThat(budget().bytes()).isZero();
	}

	@Test
	void clientsThatRecoverAndDoNotReadStayWithinTheBudgetAndOthersRecoverAfterThem() throws Exception {
		long before = refused();
		for (int i = 0; i < CLIENTS; i++) {
			send(connectWithoutReading(),
					"{'id':2,'subscribe':{'channel':'log/large','recover':true,'epoch':'','offset':" + (MESSAGES - 40)
							+ "}}");
		}
		// Two of 2.4 MB fit and perhaps a third
		MachineTime.await(Duration.ofSeconds(20)).until(() -> refused() >= before + CLIENTS - 3);
		reconcile();
		assertThat(budget().bytes()).isGreaterThan(4_000_000);
		CentrifugeSocket reader = connect();
		String subscribe = "{'channel':'log/large','recover':true,'epoch':'','offset':" + (MESSAGES - 40) + "}";
		assertThat(reader.errorOf("subscribe", subscribe)).isEqualTo(111);
		for (AutoCloseable each : this.open.subList(0, CLIENTS)) {
			each.close();
		}
		MachineTime.await(Duration.ofSeconds(20)).until(() -> budget().bytes() == 0);
		JsonNode result = reader.call("subscribe", subscribe);
		assertThat(result.path("recovered").asBoolean()).isTrue();
		assertThat(result.path("publications").size()).isEqualTo(40);
		assertThat(result.path("publications").path(39).path("data").asString()).isEqualTo(text(MESSAGES - 1));
	}

	@Test
	void clientsOfTheRawDoorThatDoNotReadStayWithinTheBudgetToo() throws Exception {
		Position end = this.node.broadcaster().position("log/large").join();
		String since = "since=" + end.epoch() + ":" + (MESSAGES - 40);
		long before = refused();
		for (int i = 0; i < CLIENTS; i++) {
			String query = (i % 2 == 0) ? "positions=true&" : "durable=true&";
			this.open.add(RawSocket.connect(this.node.uri("log/large?" + query + since), 4096));
		}
		MachineTime.await(Duration.ofSeconds(20)).until(() -> refused() >= before + CLIENTS - 3);
		reconcile();
		assertThat(budget().bytes()).isGreaterThan(4_000_000);
		TestClient reader = this.node.connect("log/large?positions=true&" + since);
		this.open.add(reader);
		reader.awaitCount(1);
		assertThat(reader.texts().get(0)).startsWith("{\"type\":\"error\",\"code\":111,");
		for (AutoCloseable each : this.open.subList(0, CLIENTS)) {
			each.close();
		}
		reader.awaitCount(42);
		assertThat(reader.texts().get(1)).contains("\"recovered\":true,\"replayed\":40}");
		for (int i = 0; i < 40; i++) {
			assertThat(reader.texts().get(2 + i)).contains("\"data\":\"" + text(MESSAGES - 40 + i) + "\"");
		}
	}

	/**
	 * Has the operating system take little of what clients do not read.
	 */
	@Configuration(proxyBeanMethods = false)
	static class SmallBuffers {

		@Bean
		TomcatConnectorCustomizer smallBuffers() {
			return (connector) -> connector.setProperty("socket.txBufSize", "8192");
		}

	}

}
