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

package io.github.atmosphererelay.stomp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A client that subscribes and then reads nothing any more.
 */
final class SilentStompClient implements AutoCloseable {

	private final Socket socket;

	private SilentStompClient(Socket socket) {
		this.socket = socket;
	}

	static SilentStompClient subscribe(int port, String destination) throws IOException {
		Socket socket = new Socket();
		socket.setReceiveBufferSize(4096);
		socket.setSoTimeout(20_000);
		socket.connect(new InetSocketAddress("localhost", port));
		OutputStream out = socket.getOutputStream();
		out.write(("GET /ws HTTP/1.1\r\nHost: localhost:" + port + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				+ "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		readUntil(socket.getInputStream(), "\r\n\r\n");
		out.write(frame("CONNECT\naccept-version:1.2\nhost:localhost\n\n\0"));
		readUntil(socket.getInputStream(), "\0");
		out.write(frame("SUBSCRIBE\nid:1\ndestination:" + destination + "\nreceipt:1\n\n\0"));
		readUntil(socket.getInputStream(), "\0");
		return new SilentStompClient(socket);
	}

	/**
	 * A text frame of at most 125 bytes, with a mask of zeros.
	 */
	private static byte[] frame(String text) {
		byte[] payload = text.getBytes(StandardCharsets.UTF_8);
		byte[] frame = new byte[6 + payload.length];
		frame[0] = (byte) 0x81;
		frame[1] = (byte) (0x80 | payload.length);
		System.arraycopy(payload, 0, frame, 6, payload.length);
		return frame;
	}

	private static void readUntil(InputStream in, String end) throws IOException {
		StringBuilder read = new StringBuilder();
		while (read.indexOf(end) < 0) {
			int next = in.read();
			if (next < 0) {
				throw new IOException("The server has closed the connection after " + read);
			}
			read.append((char) next);
		}
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
