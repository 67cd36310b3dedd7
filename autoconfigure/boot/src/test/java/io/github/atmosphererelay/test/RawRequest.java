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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A handshake whose path no URI class would let through.
 */
public final class RawRequest implements AutoCloseable {

	private final Socket socket;

	private final int status;

	private final List<String> headers;

	private RawRequest(Socket socket, int status, List<String> headers) {
		this.socket = socket;
		this.status = status;
		this.headers = headers;
	}

	public static RawRequest handshake(int port, String path, String... headers) {
		try {
			Socket socket = new Socket("localhost", port);
			socket.setSoTimeout(10_000);
			socket.getOutputStream()
				.write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
						+ "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
						+ "Sec-WebSocket-Version: 13\r\n" + String.join("\r\n", headers)
						+ ((headers.length > 0) ? "\r\n\r\n" : "\r\n"))
					.getBytes(StandardCharsets.US_ASCII));
			BufferedReader reader = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
			String line = reader.readLine();
			List<String> answer = new ArrayList<>();
			for (String header = reader.readLine(); header != null && !header.isEmpty(); header = reader.readLine()) {
				answer.add(header);
			}
			return new RawRequest(socket, Integer.parseInt(line.split(" ")[1]), answer);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	public int status() {
		return this.status;
	}

	public @Nullable String header(String name) {
		return this.headers.stream()
			.filter((header) -> header.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
			.map((header) -> header.substring(name.length() + 2))
			.findFirst()
			.orElse(null);
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

}
