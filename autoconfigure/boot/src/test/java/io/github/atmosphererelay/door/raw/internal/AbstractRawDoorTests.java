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

package io.github.atmosphererelay.door.raw.internal;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.session.internal.DropReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.transport.internal.ControlRate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * The raw door as clients see it, on each web server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractRawDoorTests {

	private static final String[] CHANNELS = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[1].pattern=news/**",
			"atmosphere.channels[2].pattern=quiet/**", "atmosphere.channels[2].client-publish=true",
			"atmosphere.channels[2].echo=false", "atmosphere.channels[3].pattern=members/**",
			"atmosphere.channels[3].subscribe=authenticated", "atmosphere.channels[4].pattern=internal/**",
			"atmosphere.channels[4].subscribe=none", "atmosphere.channels[5].pattern=prices/**",
			"atmosphere.channels[5].slow-consumer=latest", "atmosphere.channels[6].pattern=ticks/**",
			"atmosphere.channels[6].slow-consumer=drop-oldest", "atmosphere.channels[6].max-queued-messages=10",
			"atmosphere.websocket.allowed-origins=https://friend.example",
			"atmosphere.websocket.messages-per-second=500", "atmosphere.websocket.burst=1000",
			"atmosphere.websocket.ping-interval=2s", "atmosphere.websocket.pong-timeout=3s",
			"atmosphere.websocket.send-timeout=2s", "atmosphere.websocket.queue.max-bytes=512KB" };

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	abstract String[] serverArguments();

	@BeforeAll
	void startNode() {
		List<String> args = new ArrayList<>(List.of(CHANNELS));
		args.addAll(List.of(serverArguments()));
		this.node = TestNode.start(args.toArray(String[]::new));
	}

	@AfterAll
	void stopNode() {
		this.node.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 0);
		// A session is gone before the last of its channels is
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().channelCount() == 0);
	}

	private TestClient connect(String channelAndQuery) {
		TestClient client = this.node.connect(channelAndQuery);
		this.open.add(client);
		return client;
	}

	private TestClient subscribe(String channel) {
		TestClient client = connect(channel + "?ack=true").awaitCount(1);
		client.received().clear();
		return client;
	}

	private RawSocket connectRaw(String channel, int receiveBuffer) {
		RawSocket socket = RawSocket.connect(this.node.uri(channel), receiveBuffer);
		this.open.add(socket);
		return socket;
	}

	@Test
	void textAndBinaryComeOutAsTheyWentIn() {
		TestClient sender = subscribe("chat/lobby");
		TestClient other = subscribe("chat/lobby");
		TestClient elsewhere = subscribe("chat/kitchen");
		byte[] binary = { (byte) 0xFF, 0, 1, (byte) 0xC3, 0x28 };
		sender.send("grüße 😀").send(binary).send("x".repeat(20_000));
		for (TestClient client : List.of(sender, other)) {
			client.awaitCount(4);
			assertThat(client.received().get(0)).isEqualTo("grüße 😀");
			assertThat(client.received().get(1)).isEqualTo(binary);
			assertThat(client.received().get(2)).isEqualTo("x".repeat(20_000));
		}
		assertThat(elsewhere.received()).isEmpty();
	}

	@Test
	void aMessageAtTheLimitPassesAndOneOverItIsRefused() {
		TestClient reader = subscribe("chat/limit");
		TestClient sender = subscribe("chat/limit");
		byte[] binary = new byte[64 * 1024];
		new Random(1).nextBytes(binary);
		sender.send("a".repeat(64 * 1024)).send(binary);
		reader.awaitCount(3);
		assertThat(reader.received().get(0)).isEqualTo("a".repeat(64 * 1024));
		assertThat(reader.received().get(1)).isEqualTo(binary);
		sender.send("a".repeat(64 * 1024 + 1));
		assertThat(sender.awaitClosed(Duration.ofSeconds(5)).code()).isEqualTo(1009);
		TestClient another = subscribe("chat/limit");
		another.send("ü".repeat(32 * 1024 + 1));
		assertThat(another.awaitClosed(Duration.ofSeconds(5)).code()).isEqualTo(1009);
		assertThat(reader.isClosed()).isFalse();
	}

	@Test
	@Covers(KnownFault.OVERSIZED_MESSAGE)
	void aFrameOfTenMegabytesIsRefusedBeforeItHasArrived() {
		RawSocket rude = connectRaw("chat/huge", 64 * 1024);
		TestClient reader = subscribe("chat/huge");
		rude.sendUntilRefused(RawSocket.TEXT, 10 * 1024 * 1024);
		assertThat(rude.readCloseCode()).isIn(1009, 1006);
		MachineTime.await(Duration.ofSeconds(5)).until(() -> this.node.messaging().registry().sessionCount() == 1);
		reader.send("still here").awaitCount(2);
	}

	@Test
	void unfinishedFramesOfTenMegabytesReserveNoMoreThanHasCome() throws IOException {
		int count = 100;
		List<RawSocket> unfinished = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			unfinished.add(connectRaw("chat/huge", 64 * 1024));
		}
		TestClient reader = subscribe("chat/huge");
		long before = usedHeap();
		for (RawSocket socket : unfinished) {
			socket.begin(RawSocket.TEXT, 10 * 1024 * 1024, 60 * 1024);
		}
		reader.send("meanwhile").awaitCount(2);
		// Latin letters take two bytes each while they are decoded
		assertThat(usedHeap() - before).isLessThan(count * 4 * 64 * 1024L);
		assertThat(this.node.messaging().registry().sessionCount()).isEqualTo(count + 1);
	}

	private static long usedHeap() {
		System.gc();
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	@Test
	void invalidUtf8IsClosedWith1007() throws IOException {
		RawSocket rude = connectRaw("chat/utf8", 64 * 1024);
		rude.send(RawSocket.TEXT, new byte[] { 'a', (byte) 0xC3, 0x28 });
		assertThat(rude.readCloseCode()).isEqualTo(1007);
	}

	@Test
	void publishingIsRefusedWhereThePatternDoesNotAllowIt() {
		TestClient client = subscribe("news/today");
		client.send("fake").awaitCount(2);
		assertThat(client.texts().get(0))
			.isEqualTo("{\"type\":\"error\",\"code\":103,\"reason\":\"this channel takes no messages from clients\"}");
		assertThat(this.node.broadcaster().broadcast("news/today", "real").join().outcome())
			.isEqualTo(Outcome.LOCAL_ONLY);
		client.awaitCount(3);
		assertThat(client.texts().get(1)).isEqualTo("real");
	}

	@Test
	void javaCodeReachesAChannelThatClientsCannotPublishTo() {
		TestClient client = subscribe("news/today");
		assertThat(this.node.broadcaster().broadcast("news/today", "real").join().outcome())
			.isEqualTo(Outcome.LOCAL_ONLY);
		assertThat(this.node.broadcaster().broadcast("news/today", new Greeting("hello", 3)).join().outcome())
			.isEqualTo(Outcome.LOCAL_ONLY);
		this.node.broadcaster().broadcast("news/today", "bytes", PublishOptions.DEFAULTS.binary(true));
		client.awaitCount(4);
		assertThat(client.received().get(0)).isEqualTo("real");
		assertThat(client.received().get(1)).isEqualTo("{\"text\":\"hello\",\"times\":3}");
		assertThat(client.received().get(2)).isEqualTo("bytes".getBytes(StandardCharsets.UTF_8));
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> this.node.broadcaster().broadcast("nowhere", "x"))
			.withMessageContaining("atmosphere.channels[*].pattern");
	}

	@Test
	void aChannelWithoutEchoSparesTheSender() {
		TestClient sender = subscribe("quiet/room");
		TestClient other = subscribe("quiet/room");
		sender.send("one");
		other.awaitCount(2);
		other.send("two");
		sender.awaitCount(2);
		assertThat(sender.texts()).containsExactly("two");
		assertThat(other.texts()).containsExactly("one");
	}

	@ParameterizedTest
	@CsvSource({ "unknown, 404", "members/club, 401", "internal/queue, 403", "chat//lobby, 400", "chat/, 400",
			"chat/a%20b, 400", "chat/a%0Ab, 400", "chat/a%, 400", "chat/%C3%28, 400", "connection/other, 400",
			"client.js, 400" })
	void handshakesThatCannotBeServedAreRefusedWithAStatus(String path, int status) {
		assertThat(TestClient.refusedStatus(this.node.uri("chat/ok"))).isEqualTo(101);
		try (RawRequest request = RawRequest.handshake(this.node.port(), "/atmosphere/" + path)) {
			assertThat(request.status()).isEqualTo(status);
		}
	}

	@Test
	void aChannelNameOf300CharactersIsRefused() {
		assertThat(TestClient.refusedStatus(this.node.uri("chat/" + "x".repeat(300)))).isEqualTo(400);
	}

	@Test
	void originsAreCheckedAtTheHandshake() {
		assertThat(TestClient.refusedStatus(this.node.uri("chat/o"), "Origin", "https://evil.example")).isEqualTo(403);
		assertThat(TestClient.refusedStatus(this.node.uri("chat/o"), "Origin", "https://friend.example"))
			.isEqualTo(101);
		assertThat(TestClient.refusedStatus(this.node.uri("chat/o"), "Origin", "http://localhost:" + this.node.port()))
			.isEqualTo(101);
	}

	@Test
	void parametersOfTheAtmosphereClientAreIgnored() {
		TestClient client = connect("chat/lobby?X-Atmosphere-tracking-id=0&X-Atmosphere-Framework=5.0.7"
				+ "&X-Atmosphere-Transport=websocket");
		client.send("plain");
		client.awaitCount(1);
		assertThat(client.texts()).containsExactly("plain");
	}

	@Test
	void theReadyFrameTellsSessionNodeAndState() {
		TestClient client = connect("chat/lobby?ack=true").awaitCount(1);
		LocalSession session = this.node.messaging().registry().sessions().iterator().next();
		assertThat(client.texts()).containsExactly("{\"type\":\"ready\",\"channel\":\"chat/lobby\",\"session\":\""
				+ session.id() + "\",\"node\":\"" + this.node.messaging().identity().name() + "\",\"degraded\":false}");
	}

	@Test
	void aFloodOfFramesIsClosedWith1008AndDisturbsNobody() throws IOException {
		TestClient reader = subscribe("chat/flood");
		RawSocket flooder = connectRaw("chat/flood", 64 * 1024);
		byte[] frame = "flood".getBytes(StandardCharsets.UTF_8);
		try {
			for (int i = 0; i < 5_000; i++) {
				flooder.send(RawSocket.TEXT, frame);
			}
		}
		catch (IOException ex) {
			// Closed, as it should be.
		}
		MachineTime.await(Duration.ofSeconds(5)).until(() -> this.node.messaging().registry().sessionCount() == 1);
		assertThat(reader.count()).isBetween(1_000, 2_500);
		reader.send("after");
		MachineTime.await(Duration.ofSeconds(10)).until(() -> reader.texts().contains("after"));
	}

	@Test
	void aClientThatDoesNotAnswerPingsIsRemoved() {
		RawSocket silent = connectRaw("chat/silent", 64 * 1024);
		assertThat(silent.read().opcode()).isEqualTo(RawSocket.PING);
		MachineTime.await(Duration.ofSeconds(5)).until(() -> this.node.messaging().registry().sessionCount() == 0);
		assertThat(this.node.messaging().writers().statistics().missingPongs()).isPositive();
	}

	@Test
	void aClientThatAnswersPingsStays() {
		TestClient client = subscribe("chat/alive");
		long before = this.node.messaging().writers().statistics().flushes();
		MachineTime.await(Duration.ofSeconds(15))
			.until(() -> this.node.messaging().writers().statistics().flushes() >= before + 3);
		assertThat(client.isClosed()).isFalse();
	}

	@Test
	@Covers(KnownFault.CLIENT_THAT_DOES_NOT_READ)
	void aClientThatNeverReadsIsClosedWithinItsLimitsAndDisturbsNobody() {
		connectRaw("chat/stalled", 4096);
		TestClient reader = subscribe("chat/stalled").countOnly();
		long slowBefore = this.node.messaging().writers().statistics().slowConsumers();
		String message = "m".repeat(8 * 1024);
		int sent = 0;
		while (this.node.messaging().writers().statistics().slowConsumers() == slowBefore && sent < 20_000) {
			this.node.broadcaster().broadcast("chat/stalled", message);
			sent++;
			for (LocalSession session : this.node.messaging().registry().sessions()) {
				assertThat(session.queuedBytes()).isLessThanOrEqualTo(512 * 1024);
			}
			if (sent % 16 == 0) {
				reader.awaitCount(1 + sent, Duration.ofSeconds(5));
			}
		}
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 1);
		reader.awaitCount(1 + sent);
		assertThat(reader.isClosed()).isFalse();
		assertThat(this.node.messaging().writers().statistics().drops(DropReason.SLOW_CONSUMER)).isPositive();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().writers().stuckWriters() == 0);
	}

	@Test
	void manyClientsThatDoNotReadKeepNobodyWaitingToBeClosed() {
		int stalled = 40;
		for (int i = 0; i < stalled; i++) {
			connectRaw("chat/many-stalled", 4096);
		}
		TestClient rude = subscribe("chat/rude");
		await().until(() -> this.node.messaging().registry().sessionCount() == stalled + 1);
		long slowBefore = this.node.messaging().writers().statistics().slowConsumers();
		String message = "m".repeat(64 * 1024);
		MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(1)).until(() -> {
			this.node.broadcaster().broadcast("chat/many-stalled", message);
			return this.node.messaging().writers().statistics().slowConsumers() > slowBefore;
		});
		rude.send("r".repeat(64 * 1024 + 1));
		assertThat(rude.awaitClosed(Duration.ofSeconds(3)).code()).isEqualTo(1009);
		MachineTime.await(Duration.ofSeconds(15)).pollInterval(Duration.ofMillis(10)).until(() -> {
			this.node.broadcaster().broadcast("chat/many-stalled", message);
			return this.node.messaging().registry().sessionCount() == 0;
		});
	}

	@Test
	void halfACharacterDisconnectsNobody() {
		TestClient client = subscribe("news/today");
		this.node.broadcaster().broadcast("news/today", "cut \uD83D");
		this.node.broadcaster().broadcast("news/today", "whole");
		client.awaitCount(3);
		assertThat(client.texts()).containsExactly("cut ?", "whole");
	}

	@Test
	void aStuckWriteEndsItsSessionAlsoWhenNoFurtherMessageComes() {
		connectRaw("chat/stuck", 4096);
		await().until(() -> this.node.messaging().registry().sessionCount() == 1);
		LocalSession session = this.node.messaging().registry().sessions().iterator().next();
		String message = "m".repeat(64 * 1024);
		// As much as the sockets' buffers take, and then some that stays in the queue.
		MachineTime.await(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(1)).until(() -> {
			if (session.queuedBytes() < 256 * 1024) {
				this.node.broadcaster().broadcast("chat/stuck", message);
				return false;
			}
			return true;
		});
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().sessionCount() == 0);
	}

	@Test
	void aChannelThatKeepsTheLatestNeverDisconnectsASlowReader() {
		RawSocket slow = connectRaw("prices/eur", 4096);
		await().until(() -> this.node.messaging().registry().sessionCount() == 1);
		int frames = publishAndReadInOrder("prices/eur", slow, 2_000);
		assertThat(frames).isLessThan(2_000);
	}

	@Test
	void aChannelThatDropsTheOldestKeepsOrderAndCountsWhatItDropped() {
		RawSocket slow = connectRaw("ticks/all", 4096);
		await().until(() -> this.node.messaging().registry().sessionCount() == 1);
		long dropsBefore = this.node.messaging().writers().statistics().drops(DropReason.OLDEST);
		int frames = publishAndReadInOrder("ticks/all", slow, 2_000);
		long dropped = this.node.messaging().writers().statistics().drops(DropReason.OLDEST) - dropsBefore;
		assertThat(frames + dropped).isEqualTo(2_000);
	}

	@Test
	void pongsThatAnswerNoPingAreLimited() throws Exception {
		RawSocket socket = connectRaw("chat/pongs", 64 * 1024);
		for (int i = 0; i < 2 * ControlRate.MAX_PER_SECOND; i++) {
			socket.send(RawSocket.PONG, new byte[0]);
		}
		assertThat(socket.readCloseCode()).isEqualTo(1008);
	}

	/**
	 * Publish numbered messages faster than a client reads, then read until the last.
	 * @return how many of them came, none out of order
	 */
	private int publishAndReadInOrder(String channel, RawSocket slow, int count) {
		String padding = "p".repeat(16 * 1024);
		for (int i = 0; i < count; i++) {
			this.node.broadcaster().broadcast(channel, i + " " + padding);
		}
		int last = -1;
		int frames = 0;
		while (last < count - 1) {
			RawSocket.Frame frame = readMessage(slow);
			int next = Integer.parseInt(frame.text().substring(0, frame.text().indexOf(' ')));
			assertThat(next).isGreaterThan(last);
			last = next;
			frames++;
		}
		return frames;
	}

	/**
	 * Read a whole message, of which a container may make several frames.
	 */
	private static RawSocket.Frame readMessage(RawSocket socket) {
		RawSocket.Frame frame = socket.read();
		while (frame.opcode() == RawSocket.PING || frame.opcode() == 0) {
			frame = socket.read();
		}
		assertThat(frame.opcode()).isEqualTo(RawSocket.TEXT);
		return frame;
	}

	/**
	 * As many as this machine can make: about a thousand a second, client and server
	 * together on two processors.
	 */
	@Test
	void aStormOfConnectsAndDisconnectsLeavesNothingBehind() throws Exception {
		TestClient witness = subscribe("chat/witness");
		long openedBefore = this.node.messaging().writers().statistics().opened();
		connectAndDisconnect(1_000);
		MachineTime time = MachineTime.start();
		connectAndDisconnect(4_000);
		System.out.println(
				getClass().getSimpleName() + ": 4000 connects and disconnects in " + time.elapsed().toMillis() + " ms");
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> this.node.messaging().writers().statistics().opened() == openedBefore + 5_000
					&& this.node.messaging().registry().sessionCount() == 1);
		assertThat(this.node.messaging().registry().channelCount()).isEqualTo(1);
		witness.send("still here").awaitCount(2);
		assertThat(this.node.messaging().statistics().events().eventsDropped()).isZero();
	}

	private void connectAndDisconnect(int times) throws Exception {
		ExecutorService crowd = Executors.newFixedThreadPool(8);
		try {
			List<Future<?>> people = new ArrayList<>();
			for (int person = 0; person < 8; person++) {
				String channel = "chat/" + person;
				people.add(crowd.submit(() -> {
					for (int i = 0; i < times / 8; i++) {
						RawSocket.connect(this.node.uri(channel)).close();
					}
				}));
			}
			for (Future<?> person : people) {
				person.get(60, TimeUnit.SECONDS);
			}
		}
		finally {
			crowd.shutdownNow();
		}
	}

	@Test
	void toSessionReachesOneAndToEveryoneAll() {
		TestClient first = subscribe("chat/a");
		TestClient second = subscribe("chat/b");
		String id = this.node.messaging().registry().inChannel("chat/a").iterator().next().id();
		assertThat(this.node.broadcaster().toSession(id, "you").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		this.node.broadcaster().toEveryone("all");
		first.awaitCount(3);
		second.awaitCount(2);
		assertThat(first.texts()).containsExactly("you", "all");
		assertThat(second.texts()).containsExactly("all");
		assertThat(this.node.broadcaster().toSession(id + "0", "gone")).isCompletedExceptionally();
	}

	@Test
	void messagesOfOnePublisherKeepTheirOrder() {
		TestClient reader = subscribe("chat/order");
		String[] expected = new String[3_000];
		for (int i = 0; i < expected.length; i++) {
			expected[i] = String.valueOf(i);
			this.node.broadcaster().broadcast("chat/order", expected[i]);
			if (i % 1_000 == 999) {
				reader.awaitCount(i + 2);
			}
		}
		reader.awaitCount(expected.length + 1);
		assertThat(reader.texts()).isEqualTo(Arrays.asList(expected));
	}

	/**
	 * What an application would send.
	 */
	record Greeting(String text, int times) {
	}

}
