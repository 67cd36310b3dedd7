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

package io.github.atmosphererelay.test;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A WebSocket client made of bytes, for what a well-behaved one would not do: not
 * reading, not answering pings, sending broken frames.
 */
public final class RawSocket implements AutoCloseable {

	public static final int TEXT = 1;

	public static final int BINARY = 2;

	public static final int CLOSE = 8;

	public static final int PING = 9;

	public static final int PONG = 10;

	private final Socket socket;

	private final DataInputStream in;

	private final OutputStream out;

	private RawSocket(Socket socket) throws IOException {
		this.socket = socket;
		this.in = new DataInputStream(socket.getInputStream());
		this.out = socket.getOutputStream();
	}

	/**
	 * Connect and complete the handshake.
	 */
	public static RawSocket connect(URI uri) {
		return connect(uri, 64 * 1024);
	}

	public static RawSocket connect(URI uri, int receiveBuffer) {
		try {
			Socket socket = new Socket();
			socket.setReceiveBufferSize(receiveBuffer);
			socket.setTcpNoDelay(true);
			socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 5000);
			RawSocket client = new RawSocket(socket);
			client.handshake(uri);
			return client;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void handshake(URI uri) throws IOException {
		String query = (uri.getRawQuery() != null) ? "?" + uri.getRawQuery() : "";
		this.out.write(("GET " + uri.getRawPath() + query + " HTTP/1.1\r\nHost: " + uri.getHost() + ":" + uri.getPort()
				+ "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				+ "Sec-WebSocket-Version: 13\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		this.socket.setSoTimeout(20_000);
		StringBuilder head = new StringBuilder();
		while (!head.toString().endsWith("\r\n\r\n")) {
			int next = this.in.read();
			if (next < 0) {
				throw new IOException("Closed during the handshake: " + head);
			}
			head.append((char) next);
		}
		if (!head.toString().startsWith("HTTP/1.1 101")) {
			throw new IOException("Refused: " + head);
		}
	}

	/**
	 * Send one frame, masked with zeros.
	 */
	public void send(int opcode, byte[] payload) throws IOException {
		header(0x80 | opcode, payload.length);
		this.out.write(payload);
		this.out.flush();
	}

	/**
	 * Send bytes as they are.
	 */
	public void write(byte[] bytes) throws IOException {
		this.out.write(bytes);
		this.out.flush();
	}

	/**
	 * End the connection without a word, as a crash does: what is on its way is lost.
	 */
	public void reset() {
		try {
			this.socket.setSoLinger(true, 0);
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Announce a final frame of a length and send as much of it as the server takes.
	 * @return the number of bytes that were sent
	 */
	public long sendUntilRefused(int opcode, long length) {
		long sent = 0;
		byte[] part = new byte[16 * 1024];
		Arrays.fill(part, (byte) 'a');
		try {
			header(0x80 | opcode, length);
			while (sent < length) {
				this.out.write(part, 0, (int) Math.min(part.length, length - sent));
				sent += part.length;
			}
		}
		catch (IOException ex) {
			// The server has closed.
		}
		return sent;
	}

	/**
	 * Begin a frame and leave it unfinished.
	 * @param opcode what kind of frame it is
	 * @param length how long it claims to be, in bytes
	 * @param sent how much of it is sent
	 */
	public void begin(int opcode, long length, int sent) throws IOException {
		byte[] part = new byte[sent];
		Arrays.fill(part, (byte) 'a');
		header(0x80 | opcode, length);
		this.out.write(part);
		this.out.flush();
	}

	private void header(int first, long length) throws IOException {
		ByteArrayOutputStream head = new ByteArrayOutputStream();
		head.write(first);
		if (length < 126) {
			head.write((int) (0x80 | length));
		}
		else if (length < 65536) {
			head.write(0x80 | 126);
			head.write((int) (length >> 8));
			head.write((int) length);
		}
		else {
			head.write(0x80 | 127);
			for (int shift = 56; shift >= 0; shift -= 8) {
				head.write((int) (length >> shift));
			}
		}
		head.writeBytes(new byte[4]);
		this.out.write(head.toByteArray());
	}

	/**
	 * Read the next frame.
	 * @return the frame, or a close frame with code 1006 if the connection has ended
	 */
	public Frame read() {
		try {
			int first = this.in.readUnsignedByte();
			long length = this.in.readUnsignedByte() & 0x7F;
			if (length == 126) {
				length = this.in.readUnsignedShort();
			}
			else if (length == 127) {
				length = this.in.readLong();
			}
			byte[] payload = new byte[(int) length];
			this.in.readFully(payload);
			return new Frame(first & 0x0F, payload);
		}
		catch (IOException ex) {
			return new Frame(CLOSE, new byte[] { (byte) (1006 >> 8), (byte) 1006 });
		}
	}

	/**
	 * Read until the server closes.
	 * @return the close code, 1006 if there was none
	 */
	public int readCloseCode() {
		Frame frame;
		do {
			frame = read();
		}
		while (frame.opcode() != CLOSE);
		return frame.closeCode();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A frame.
	 */
	public record Frame(int opcode, byte[] payload) {

		public int closeCode() {
			return (this.payload.length >= 2) ? ((this.payload[0] & 0xFF) << 8) | (this.payload[1] & 0xFF) : 1005;
		}

		public String text() {
			return new String(this.payload, StandardCharsets.UTF_8);
		}

	}

}
