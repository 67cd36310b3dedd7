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

package io.github.atmosphererelay.benchmark.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Client}, with the bytes that a server would send.
 */
@Timeout(60)
class ClientTests {

	private final ByteBuffer buffer = ByteBuffer.allocate(1 << 17);

	private final Recorder recorder = new Recorder();

	private Selector selector;

	private Socket server;

	private Client client;

	@BeforeEach
	void connect() throws IOException {
		this.selector = Selector.open();
		connect("/chat/1");
	}

	private void connect(String path) throws IOException {
		try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			this.client = Client.connect(this.selector,
					new InetSocketAddress(listening.getInetAddress(), listening.getLocalPort()), path, 0,
					this.recorder);
			this.server = listening.accept();
		}
	}

	@AfterEach
	void close() throws IOException {
		this.client.close();
		this.server.close();
		this.selector.close();
	}

	@Test
	void aMessageThatComesWithTheHandshakeIsReceived() throws IOException {
		pollUntil(() -> available() > 0);
		send(concat("HTTP/1.1 101 Switching Protocols\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
				frame(true, 1, "first")));
		pollUntil(() -> !this.recorder.received.isEmpty());
		assertThat(this.client.isOpen()).isTrue();
		assertThat(this.recorder.received).containsExactly("first");
	}

	@Test
	void framesThatComeByteByByteAreReceivedOnce() throws IOException {
		open();
		for (byte each : concat(frame(true, 1, "short"), frame(true, 1, "x".repeat(200)))) {
			int before = this.recorder.reads;
			send(new byte[] { each });
			pollUntil(() -> this.recorder.reads > before);
		}
		assertThat(this.recorder.received).containsExactly("short", "x".repeat(200));
	}

	@Test
	void lengthsOfAllSizesAreRead() throws IOException {
		open();
		List<String> texts = List.of("", "x".repeat(125), "x".repeat(126), "x".repeat(65535), "x".repeat(65536));
		for (String text : texts) {
			send(frame(true, 1, text));
			int before = this.recorder.received.size();
			pollUntil(() -> this.recorder.received.size() > before);
		}
		assertThat(this.recorder.received).isEqualTo(texts);
	}

	@Test
	void partsOfAMessageAreJoinedAlsoAroundAPing() throws IOException {
		open();
		send(concat(frame(false, 1, "one "), frame(true, 9, "?"), frame(false, 0, "two "), frame(true, 0, "three")));
		pollUntil(() -> !this.recorder.received.isEmpty());
		assertThat(this.recorder.received).containsExactly("one two three");
		assertThat(read(7)).containsExactly(0x8A, 0x81, 0, 0, 0, 0, '?');
	}

	@Test
	void whatIsSentIsMaskedText() throws IOException {
		open();
		this.client.text(2).put("hi".getBytes(StandardCharsets.US_ASCII));
		this.client.flush();
		assertThat(read(8)).containsExactly(0x81, 0x82, 0, 0, 0, 0, 'h', 'i');
	}

	@Test
	void aCloseFrameEndsTheConnection() throws IOException {
		open();
		send(new byte[] { (byte) 0x88, 2, 0x03, (byte) 0xE8 });
		pollUntil(() -> this.recorder.closed != null);
		assertThat(this.recorder.closed).isEqualTo("close frame 1000");
		assertThat(this.client.isOpen()).isFalse();
	}

	@Test
	void aRefusedHandshakeEndsTheConnection() throws IOException {
		pollUntil(() -> available() > 0);
		send("HTTP/1.1 403 Forbidden\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		pollUntil(() -> this.recorder.closed != null);
		assertThat(this.recorder.closed).contains("403");
	}

	@Test
	void eventsWithoutANameAreReceivedWhereverTheirChunksBeginAndEnd() throws IOException {
		openStream();
		String chunked = "1B\r\nevent: subscribed\ndata: {}\n\r\n" + "9\r\n\nid: 1:2\n\r\n" + "8\r\ndata: fi\r\n"
				+ "13\r\nrst\n\ndata: second\n\n\r\n";
		for (byte each : chunked.getBytes(StandardCharsets.US_ASCII)) {
			int before = this.recorder.reads;
			send(new byte[] { each });
			pollUntil(() -> this.recorder.reads > before);
		}
		assertThat(this.recorder.received).containsExactly("first", "second");
		assertThat(this.client.isOpen()).isTrue();
	}

	@Test
	void theLastChunkEndsAStream() throws IOException {
		openStream();
		send("d\r\ndata: first\n\n\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		pollUntil(() -> this.recorder.closed != null);
		assertThat(this.recorder.received).containsExactly("first");
		assertThat(this.client.isOpen()).isFalse();
	}

	@Test
	void aClientThatDoesNotReadSeesTheEndWhenItReadsAgain() throws IOException {
		open();
		this.client.stall();
		send(frame(true, 1, "first"));
		this.server.close();
		this.selector.selectNow();
		assertThat(this.selector.selectedKeys()).isEmpty();
		this.client.resume();
		pollUntil(() -> this.recorder.closed != null);
		assertThat(this.recorder.received).containsExactly("first");
	}

	private void openStream() throws IOException {
		this.client.close();
		this.server.close();
		connect(Load.EVENTS + "/chat/1");
		pollUntil(() -> available() > 0);
		send("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		pollUntil(this.client::isOpen);
	}

	private void open() throws IOException {
		pollUntil(() -> available() > 0);
		send("HTTP/1.1 101 Switching Protocols\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
		pollUntil(this.client::isOpen);
		// What it has asked for
		this.server.getInputStream().skipNBytes(available());
	}

	private int available() {
		try {
			return this.server.getInputStream().available();
		}
		catch (IOException ex) {
			return 0;
		}
	}

	private void send(byte[] bytes) throws IOException {
		this.server.getOutputStream().write(bytes);
	}

	private int[] read(int length) throws IOException {
		byte[] bytes = this.server.getInputStream().readNBytes(length);
		int[] unsigned = new int[bytes.length];
		for (int i = 0; i < bytes.length; i++) {
			unsigned[i] = bytes[i] & 0xFF;
		}
		return unsigned;
	}

	private void pollUntil(BooleanSupplier done) throws IOException {
		while (!done.getAsBoolean()) {
			this.selector.select((key) -> {
				((Client) key.attachment()).handle(this.buffer.clear());
				this.recorder.reads++;
			}, 20);
		}
	}

	private static byte[] frame(boolean last, int opcode, String text) {
		byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
		ByteBuffer frame = ByteBuffer.allocate(bytes.length + 10).put((byte) ((last ? 0x80 : 0) | opcode));
		if (bytes.length < 126) {
			frame.put((byte) bytes.length);
		}
		else if (bytes.length < 65536) {
			frame.put((byte) 126).putShort((short) bytes.length);
		}
		else {
			frame.put((byte) 127).putLong(bytes.length);
		}
		frame.put(bytes).flip();
		byte[] all = new byte[frame.remaining()];
		frame.get(all);
		return all;
	}

	private static byte[] concat(byte[]... parts) throws IOException {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.write(part);
		}
		return all.toByteArray();
	}

	/**
	 * Keeps what a client tells.
	 */
	private static final class Recorder implements Client.Listener {

		private final List<String> received = new ArrayList<>();

		private int reads;

		private String closed;

		@Override
		public void opened(Client client) {
		}

		@Override
		public void received(Client client, ByteBuffer buffer, int offset, int length) {
			this.received.add(StandardCharsets.US_ASCII.decode(buffer.slice(offset, length)).toString());
		}

		@Override
		public void closed(Client client, boolean wasOpen, String reason) {
			this.closed = reason;
		}

	}

}
