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

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * One connection of the load, a WebSocket or a stream of server-sent events, on the
 * loop's one thread. Masks with zero, which is a valid key and costs the client nothing.
 */
final class Client {

	private static final int TEXT = 1;

	private static final int BINARY = 2;

	private static final int CLOSE = 8;

	private static final int PING = 9;

	private static final int PONG = 10;

	/** The length of the name of the field with the data. */
	private static final int DATA = "data: ".length();

	private static final String REQUEST = """
			GET %s HTTP/1.1\r
			Host: %s:%d\r
			Connection: Upgrade\r
			Upgrade: websocket\r
			Sec-WebSocket-Version: 13\r
			Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
			\r
			""";

	private static final String STREAM_REQUEST = """
			GET %s HTTP/1.1\r
			Host: %s:%d\r
			Accept: text/event-stream\r
			\r
			""";

	private static final String STOMP_CONNECT = "CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\n\n\0";

	private static final String STOMP_SUBSCRIBE = "SUBSCRIBE\nid:1\ndestination:%s\n\n\0";

	private final SocketChannel channel;

	private final SelectionKey key;

	private final Listener listener;

	private final String request;

	private ByteBuffer out = ByteBuffer.allocate(512);

	/** The beginning of what has not arrived completely. */
	private @Nullable ByteBuffer rest;

	private boolean open;

	private final boolean stream;

	/**
	 * Reads the body of a response whose length is not known; {@code null} for others.
	 */
	private @Nullable Chunks chunks;

	/** The destination of a client that speaks STOMP. */
	private final @Nullable String destination;

	/** Whether the present event is one of the server's own, which have names. */
	private boolean named;

	/** The text that a first frame has begun, for servers that split messages. */
	private @Nullable ByteBuffer message;

	private Client(SocketChannel channel, SelectionKey key, Listener listener, String request, boolean stream,
			@Nullable String destination) {
		this.stream = stream;
		this.destination = destination;
		this.channel = channel;
		this.key = key;
		this.listener = listener;
		this.request = request;
	}

	static Client connect(Selector selector, InetSocketAddress address, String path, int receiveBuffer,
			Listener listener) throws IOException {
		SocketChannel channel = SocketChannel.open();
		channel.configureBlocking(false);
		channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
		if (receiveBuffer > 0) {
			channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
		}
		channel.connect(address);
		SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
		boolean stream = path.startsWith(Load.EVENTS);
		String destination = path.startsWith(Load.STOMP) ? path.substring(Load.STOMP.length()) : null;
		String request = stream
				? STREAM_REQUEST.formatted(path.substring(Load.EVENTS.length()), address.getHostString(),
						address.getPort())
				: REQUEST.formatted((destination != null) ? "/stomp" : path, address.getHostString(),
						address.getPort());
		Client client = new Client(channel, key, listener, request, stream, destination);
		key.attach(client);
		return client;
	}

	boolean isOpen() {
		return this.open;
	}

	/**
	 * Read no more, as a client does that has hung up without saying so.
	 */
	void stall() {
		this.key.interestOpsAnd(~SelectionKey.OP_READ);
	}

	/**
	 * Read again.
	 */
	void resume() {
		if (this.key.isValid()) {
			this.key.interestOpsOr(SelectionKey.OP_READ);
		}
	}

	void close() {
		this.open = false;
		this.key.cancel();
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			// Then it is closed
		}
	}

	/**
	 * Do what the selector has found possible.
	 * @param buffer for reading; empty
	 */
	void handle(ByteBuffer buffer) {
		try {
			if (this.key.isConnectable()) {
				this.channel.finishConnect();
				this.key.interestOps(SelectionKey.OP_READ);
				this.out.put(this.request.getBytes(StandardCharsets.US_ASCII));
				flush();
			}
			else {
				if (this.key.isWritable()) {
					flush();
				}
				if (this.key.isReadable()) {
					read(buffer);
				}
			}
		}
		catch (IOException ex) {
			end(ex.toString());
		}
	}

	private void end(String reason) {
		boolean wasOpen = this.open;
		close();
		this.listener.closed(this, wasOpen, reason);
	}

	/**
	 * Queue a text frame. It is sent with the next {@link #flush()}.
	 * @param size the length of the text, in bytes
	 * @return where to write the text
	 */
	ByteBuffer text(int size) {
		header(TEXT, size);
		return this.out;
	}

	private void header(int opcode, int size) {
		if (this.out.remaining() < size + 14) {
			ByteBuffer larger = ByteBuffer.allocate(2 * (this.out.capacity() + size + 14));
			larger.put(this.out.flip());
			this.out = larger;
		}
		this.out.put((byte) (0x80 | opcode));
		if (size < 126) {
			this.out.put((byte) (0x80 | size));
		}
		else if (size < 65536) {
			this.out.put((byte) (0x80 | 126)).putShort((short) size);
		}
		else {
			this.out.put((byte) (0x80 | 127)).putLong(size);
		}
		this.out.putInt(0);
	}

	void flush() throws IOException {
		this.out.flip();
		while (this.out.hasRemaining()) {
			if (this.channel.write(this.out) == 0) {
				break;
			}
		}
		this.out.compact();
		if (this.out.position() > 0) {
			this.key.interestOpsOr(SelectionKey.OP_WRITE);
		}
		else {
			this.key.interestOpsAnd(~SelectionKey.OP_WRITE);
		}
	}

	private void read(ByteBuffer buffer) throws IOException {
		int decoded = 0;
		if (this.rest != null) {
			decoded = this.open ? this.rest.remaining() : 0;
			buffer.put(this.rest);
		}
		if (this.channel.read(buffer) < 0) {
			end("end of stream");
			return;
		}
		buffer.flip();
		if (this.open || shake(buffer)) {
			if (this.stream) {
				stream(buffer, buffer.position() + decoded);
			}
			else {
				frames(buffer);
			}
		}
		if (!buffer.hasRemaining()) {
			this.rest = null;
		}
		else if (this.channel.isOpen()) {
			this.rest = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
		}
	}

	private boolean shake(ByteBuffer buffer) throws IOException {
		String head = StandardCharsets.ISO_8859_1.decode(buffer.duplicate()).toString();
		int end = head.indexOf("\r\n\r\n");
		if (end < 0) {
			return false;
		}
		if (!head.startsWith(this.stream ? "HTTP/1.1 200" : "HTTP/1.1 101")) {
			throw new IOException("Refused: " + head.lines().findFirst().orElse(""));
		}
		buffer.position(buffer.position() + end + 4);
		this.open = true;
		this.chunks = head.substring(0, end).toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")
				? new Chunks() : null;
		if (this.destination != null) {
			write(STOMP_CONNECT);
			flush();
		}
		this.listener.opened(this);
		return true;
	}

	private void write(String frame) {
		byte[] bytes = frame.getBytes(StandardCharsets.US_ASCII);
		text(bytes.length).put(bytes);
	}

	/**
	 * Pass on the body of a STOMP frame with a message.
	 */
	private void stomp(ByteBuffer buffer, int offset, int length) throws IOException {
		if (buffer.get(offset) == 'E') {
			throw new IOException("ERROR frame");
		}
		if (buffer.get(offset) == 'C') {
			write(STOMP_SUBSCRIBE.formatted(this.destination));
			flush();
		}
		if (buffer.get(offset) != 'M') {
			return;
		}
		int body = offset;
		while (buffer.get(body) != '\n' || buffer.get(body + 1) != '\n') {
			body++;
		}
		this.listener.received(this, buffer, body + 2, offset + length - body - 3);
	}

	private void text(ByteBuffer buffer, int offset, int length) throws IOException {
		if (this.destination != null) {
			stomp(buffer, offset, length);
		}
		else {
			this.listener.received(this, buffer, offset, length);
		}
	}

	/**
	 * Read the body of a response.
	 * @param from where that begins which has not passed {@link Chunks} yet
	 */
	private void stream(ByteBuffer buffer, int from) throws IOException {
		boolean last = this.chunks != null && this.chunks.decode(buffer, from);
		events(buffer);
		if (last) {
			end("last chunk");
		}
	}

	/**
	 * Read complete lines. The messages of the load have one line of data.
	 */
	private void events(ByteBuffer buffer) {
		int start = buffer.position();
		for (int i = start; i < buffer.limit(); i++) {
			if (buffer.get(i) == '\n') {
				buffer.position(i + 1);
				line(buffer, start, i - start);
				start = i + 1;
			}
		}
	}

	private void line(ByteBuffer buffer, int offset, int length) {
		if (length == 0) {
			this.named = false;
		}
		else if (buffer.get(offset) == 'e') {
			this.named = true;
		}
		else if (buffer.get(offset) == 'd' && !this.named) {
			this.listener.received(this, buffer, offset + DATA, length - DATA);
		}
	}

	private void frames(ByteBuffer buffer) throws IOException {
		while (buffer.remaining() >= 2) {
			int start = buffer.position();
			int first = buffer.get(start);
			long length = buffer.get(start + 1) & 127;
			int header = (length < 126) ? 2 : (length == 126) ? 4 : 10;
			if (buffer.remaining() < header) {
				return;
			}
			if (length == 126) {
				length = buffer.getShort(start + 2) & 0xFFFF;
			}
			else if (length == 127) {
				length = buffer.getLong(start + 2);
			}
			if (buffer.remaining() < header + length) {
				return;
			}
			buffer.position(start + header + (int) length);
			frame((first & 0x80) != 0, first & 15, buffer, start + header, (int) length);
			if (!this.channel.isOpen()) {
				buffer.position(buffer.limit());
			}
		}
	}

	private void frame(boolean last, int opcode, ByteBuffer buffer, int offset, int length) throws IOException {
		switch (opcode) {
			case 0, TEXT, BINARY -> {
				if (last && opcode != 0) {
					text(buffer, offset, length);
				}
				else {
					part(last, buffer.slice(offset, length));
				}
			}
			case CLOSE -> end("close frame " + ((length >= 2) ? buffer.getShort(offset) : 1005));
			case PING -> {
				header(PONG, length);
				this.out.put(buffer.slice(offset, length));
				flush();
			}
			default -> {
			}
		}
	}

	private void part(boolean last, ByteBuffer part) throws IOException {
		ByteBuffer begun = (this.message != null) ? this.message : ByteBuffer.allocate(0);
		ByteBuffer all = ByteBuffer.allocate(begun.remaining() + part.remaining()).put(begun).put(part).flip();
		this.message = last ? null : all;
		if (last) {
			text(all, 0, all.limit());
		}
	}

	/**
	 * Hears of what happens on a connection.
	 */
	interface Listener {

		void opened(Client client);

		void received(Client client, ByteBuffer buffer, int offset, int length);

		void closed(Client client, boolean wasOpen, String reason);

	}

}
