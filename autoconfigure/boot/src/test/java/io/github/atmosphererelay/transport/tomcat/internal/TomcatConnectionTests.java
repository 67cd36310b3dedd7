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

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawSocket;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import io.github.atmosphererelay.transport.internal.ControlRate;
import io.github.atmosphererelay.transport.internal.Inbound;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.AbstractProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.WebSocketHandlerDecorator;
import org.springframework.web.socket.server.support.WebSocketHandlerMapping;
import org.springframework.web.socket.server.support.WebSocketHttpRequestHandler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.spy;

/**
 * Tests for {@link TomcatConnection}: clients that flood, leave while something waits for
 * them, and sockets that fail.
 */
class TomcatConnectionTests {

	private final List<AutoCloseable> open = new ArrayList<>();

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
	}

	private TestNode start(String... args) {
		List<String> all = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].echo=false"));
		all.addAll(List.of(args));
		TestNode node = TestNode.start(all.toArray(String[]::new));
		this.open.add(0, node);
		return node;
	}

	private RawSocket connect(TestNode node, String channel, int receiveBuffer) {
		RawSocket socket = RawSocket.connect(node.uri(channel), receiveBuffer);
		this.open.add(0, socket);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() > 0);
		return socket;
	}

	@ParameterizedTest
	@ValueSource(ints = { RawSocket.PING, RawSocket.PONG })
	void pingsAndPongsAreLimited(int opcode) throws IOException {
		TestNode node = start("atmosphere.websocket.messages-per-second=0");
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		for (int i = 0; i < ControlRate.MAX_PER_SECOND / 2; i++) {
			socket.send(RawSocket.PING, new byte[] { 1 });
			assertThat(socket.read().opcode()).isEqualTo(RawSocket.PONG);
		}
		socket.write(frames(opcode, 2 * ControlRate.MAX_PER_SECOND));
		int answers = 0;
		RawSocket.Frame frame = socket.read();
		for (; frame.opcode() == RawSocket.PONG; frame = socket.read()) {
			answers++;
		}
		assertThat(frame.opcode()).isEqualTo(RawSocket.CLOSE);
		assertThat(frame.closeCode()).isEqualTo(1008);
		assertThat(answers).isLessThanOrEqualTo(ControlRate.MAX_PER_SECOND);
	}

	@Test
	void aClientThatSendsTinyPartsWithoutEndIsSentAway() throws IOException {
		TestNode node = start("atmosphere.websocket.messages-per-second=100", "atmosphere.websocket.burst=100");
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		ByteArrayOutputStream parts = new ByteArrayOutputStream();
		parts.writeBytes(new byte[] { 0x01, (byte) 0x81, 0, 0, 0, 0, 'a' });
		for (int i = 0; i < 1000; i++) {
			parts.writeBytes(new byte[] { 0x00, (byte) 0x81, 0, 0, 0, 0, 'a' });
		}
		socket.write(parts.toByteArray());
		assertThat(socket.readCloseCode()).isEqualTo(1008);
	}

	@Test
	void aClientThatFloodsAfterTheCloseIsCutOff() throws IOException {
		TestNode node = start();
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		byte[] flood = frames(RawSocket.PING, 2_000);
		MachineTime time = MachineTime.start();
		MachineTime.await(Duration.ofSeconds(4)).pollInterval(Duration.ofMillis(1)).until(() -> {
			try {
				socket.write(flood);
				return false;
			}
			catch (IOException ex) {
				return true;
			}
		});
		assertThat(time.elapsed()).as("before the time for an orderly close is over").isLessThan(Duration.ofSeconds(4));
	}

	@Test
	void aClientThatSendsWithoutAPauseLeavesItsThreadToOthers() throws Exception {
		TestNode node = start("atmosphere.websocket.messages-per-second=0", "server.tomcat.threads.max=1",
				"server.tomcat.threads.min-spare=1", "atmosphere.limits.user-messages-per-second=0");
		RawSocket flood = connect(node, "chat/flood", 64 * 1024);
		byte[] messages = frames(RawSocket.TEXT, 10_000);
		AtomicBoolean stop = new AtomicBoolean();
		Thread flooder = new Thread(() -> {
			try {
				while (!stop.get()) {
					flood.write(messages);
				}
			}
			catch (IOException ex) {
				// The node has stopped
			}
		});
		flooder.start();
		try {
			for (int i = 0; i < 5; i++) {
				try (TestClient other = node.connect("chat/other?ack=true")) {
					other.awaitCount(1);
				}
			}
		}
		finally {
			stop.set(true);
			flood.close();
			flooder.join();
		}
	}

	@Test
	void aClientThatClosesWhileSomethingWaitsForItGetsThatAndTheAnswer() throws IOException {
		TestNode node = start();
		RawSocket socket = connect(node, "chat/a", 4096);
		int published = blockUp(node);
		socket.send(RawSocket.CLOSE, new byte[] { 0x03, (byte) 0xE8 });
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		int messages = 0;
		RawSocket.Frame frame = socket.read();
		for (; frame.opcode() == RawSocket.TEXT; frame = socket.read()) {
			messages++;
		}
		assertThat(frame.opcode()).isEqualTo(RawSocket.CLOSE);
		assertThat(frame.closeCode()).isEqualTo(1000);
		assertThat(messages).isBetween(1, published);
	}

	@Test
	void aClientThatClosesAndReadsNothingIsCutOff() throws IOException {
		TestNode node = start();
		long idle = connections(node);
		RawSocket socket = connect(node, "chat/a", 4096);
		blockUp(node);
		socket.send(RawSocket.CLOSE, new byte[] { 0x03, (byte) 0xE8 });
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		MachineTime.await(Duration.ofSeconds(15)).until(() -> connections(node) == idle);
	}

	/**
	 * Publish until a client's socket takes no more.
	 * @return how many messages that were
	 */
	private static int blockUp(TestNode node) {
		int published = 0;
		while (node.messaging().writers().blockedSessions() == 0) {
			node.broadcaster().broadcast("chat/a", "m".repeat(16 * 1024));
			published++;
			MachineTime.await(Duration.ofSeconds(10))
				.pollInterval(Duration.ofMillis(1))
				.until(() -> node.messaging().writers().blockedSessions() > 0 || session(node).queuedMessages() == 0);
		}
		return published;
	}

	@Test
	void anErrorWhileSendingEndsTheSessionAndItsSocket() throws IOException {
		TestNode node = start();
		long idle = connections(node);
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		failWith(node, new OutOfMemoryError("no room for what the socket does not take"));
		node.broadcaster().broadcast("chat/a", "hello");
		assertThat(socket.read().closeCode()).isEqualTo(1006);
		MachineTime.await(Duration.ofSeconds(10))
			.until(() -> connections(node) == idle && node.messaging().registry().sessionCount() == 0);
	}

	@Test
	void afterALinkageErrorClientsAreServedByTheContainer() throws IOException {
		TestNode node = start();
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		failWith(node, new NoSuchMethodError("an update of Tomcat has removed it"));
		socket.send(RawSocket.PING, new byte[0]);
		assertThat(socket.read().closeCode()).isEqualTo(1006);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		try (TestClient next = node.connect("chat/a?ack=true")) {
			next.awaitCount(1);
			assertThat(ReflectionTestUtils.getField(session(node), "transport")).isNotInstanceOf(TomcatTransport.class);
		}
	}

	/**
	 * Such as of an application whose class path lacks something: no sign of another
	 * Tomcat.
	 */
	@Test
	void aLinkageErrorOfAHandlerEndsItsConnectionAlone() throws Exception {
		TestNode node = start();
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		WebSocketHandler handler = spyHandler(node);
		willThrow(new NoClassDefFoundError("of the application")).given(handler).handleMessage(any(), any());
		socket.send(RawSocket.TEXT, new byte[] { 'a' });
		assertThat(socket.read().closeCode()).isEqualTo(1011);
		assertThatNextIsServedDirectly(node);
	}

	@Test
	void aLinkageErrorOfAHandlerAtTheEndIsNoSignOfAnotherTomcat() throws Exception {
		TestNode node = start();
		RawSocket socket = connect(node, "chat/a", 64 * 1024);
		WebSocketHandler handler = spyHandler(node);
		willAnswer((call) -> {
			call.callRealMethod();
			throw new NoClassDefFoundError("of the application");
		}).given(handler).afterConnectionClosed(any(), any());
		socket.send(RawSocket.CLOSE, new byte[] { 0x03, (byte) 0xE8 });
		assertThat(socket.read().closeCode()).isEqualTo(1000);
		assertThatNextIsServedDirectly(node);
	}

	@Test
	void aLinkageErrorOfAHandlerAtTheBeginningEndsItsConnectionAlone() throws Exception {
		TestNode node = start();
		WebSocketHandler door = door(node);
		Object arrivals = ReflectionTestUtils.getField(door, "arrivals");
		Function<WebSocketSession, Inbound> failing = (socket) -> {
			throw new NoClassDefFoundError("of the application");
		};
		ReflectionTestUtils.setField(door, "arrivals", failing);
		RawSocket socket = RawSocket.connect(node.uri("chat/a"), 64 * 1024);
		this.open.add(0, socket);
		assertThat(socket.read().closeCode()).isEqualTo(1011);
		ReflectionTestUtils.setField(door, "arrivals", arrivals);
		assertThatNextIsServedDirectly(node);
	}

	private static WebSocketHandler door(TestNode node) {
		return node.context()
			.getBeansOfType(WebSocketHandlerMapping.class)
			.values()
			.stream()
			.map((mapping) -> (WebSocketHttpRequestHandler) mapping.getUrlMap().get("/atmosphere/**"))
			.filter(Objects::nonNull)
			.map((each) -> WebSocketHandlerDecorator.unwrap(each.getWebSocketHandler()))
			.findFirst()
			.orElseThrow();
	}

	/**
	 * Put a spy in the place of the handler of the one session.
	 */
	private static WebSocketHandler spyHandler(TestNode node) {
		Object transport = ReflectionTestUtils.getField(session(node), "transport");
		Object connection = ReflectionTestUtils.getField(transport, "connection");
		Object session = ReflectionTestUtils.getField(connection, "session");
		Handshake handshake = (Handshake) ReflectionTestUtils.getField(session, "handshake");
		WebSocketHandler handler = spy(handshake.handler());
		ReflectionTestUtils.setField(session, "handshake",
				new Handshake(handler, handshake.uri(), handshake.principal(), handshake.localAddress(),
						handshake.remoteAddress(), handshake.attributes(), handshake.protocol(),
						handshake.unsupported()));
		return handler;
	}

	private static void assertThatNextIsServedDirectly(TestNode node) {
		MachineTime.await(Duration.ofSeconds(10)).until(() -> node.messaging().registry().sessionCount() == 0);
		try (TestClient next = node.connect("chat/a?ack=true")) {
			next.awaitCount(1);
			assertThat(ReflectionTestUtils.getField(session(node), "transport")).isInstanceOf(TomcatTransport.class);
		}
	}

	private static void failWith(TestNode node, Error error) {
		TomcatTransport transport = (TomcatTransport) ReflectionTestUtils.getField(session(node), "transport");
		Object output = ReflectionTestUtils.getField(transport, "output");
		ReflectionTestUtils.setField(output, "channel", new WritableByteChannel() {

			@Override
			public int write(ByteBuffer bytes) {
				throw error;
			}

			@Override
			public boolean isOpen() {
				return true;
			}

			@Override
			public void close() {
			}

		});
	}

	private static LocalSession session(TestNode node) {
		return node.messaging().registry().sessions().iterator().next();
	}

	private static long connections(TestNode node) {
		TomcatWebServer server = (TomcatWebServer) ((WebServerApplicationContext) node.context()).getWebServer();
		Connector connector = server.getTomcat().getConnector();
		return ((AbstractProtocol<?>) connector.getProtocolHandler()).getConnectionCount();
	}

	private static byte[] frames(int opcode, int count) {
		byte[] content = "x".getBytes(StandardCharsets.US_ASCII);
		ByteBuffer frames = ByteBuffer.allocate(count * (6 + content.length));
		for (int i = 0; i < count; i++) {
			frames.put((byte) (0x80 | opcode)).put((byte) (0x80 | content.length)).putInt(0).put(content);
		}
		return frames.array();
	}

}
