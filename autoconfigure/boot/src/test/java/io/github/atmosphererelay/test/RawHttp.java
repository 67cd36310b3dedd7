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
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * One HTTP request made of bytes, for what no client library would send, and its answer.
 */
public final class RawHttp {

	private RawHttp() {
	}

	/**
	 * Send a request on a connection of its own and read the answer.
	 * @param port the server's port
	 * @param request the request: each character is one byte
	 * @return the answer
	 * @throws IOException if the server does not answer
	 */
	public static Answer exchange(int port, String request) throws IOException {
		List<Socket> upgraded = new ArrayList<>();
		Answer answer = exchange(port, request, upgraded::add);
		for (Socket socket : upgraded) {
			socket.close();
		}
		return answer;
	}

	/**
	 * Send a request on a connection of its own and read the answer.
	 * @param port the server's port
	 * @param request the request: each character is one byte
	 * @param upgraded is given the connection if it is a WebSocket now; all others are
	 * closed
	 * @return the answer
	 * @throws IOException if the server does not answer
	 */
	public static Answer exchange(int port, String request, Consumer<Socket> upgraded) throws IOException {
		Socket socket = new Socket();
		try {
			socket.connect(new InetSocketAddress("localhost", port), 5_000);
			socket.setSoTimeout(20_000);
			socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
			Answer answer = read(socket.getInputStream(), !request.startsWith("HEAD "));
			if (answer.status() == 101) {
				upgraded.accept(socket);
				return answer;
			}
			socket.close();
			return answer;
		}
		catch (IOException ex) {
			socket.close();
			throw ex;
		}
	}

	/**
	 * Read an answer up to the end of its body, whose length has to be told.
	 */
	private static Answer read(InputStream in, boolean hasBody) throws IOException {
		ByteArrayOutputStream head = new ByteArrayOutputStream();
		while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
			int next = in.read();
			if (next < 0) {
				throw new IOException("Closed instead of an answer: " + head);
			}
			head.write(next);
		}
		String[] lines = head.toString(StandardCharsets.ISO_8859_1).split("\r\n");
		Answer answer = new Answer(Integer.parseInt(lines[0].split(" ")[1]), List.of(lines).subList(1, lines.length),
				"");
		String length = answer.header("Content-Length");
		if (length == null || answer.status() == 101 || !hasBody) {
			return answer;
		}
		byte[] body = in.readNBytes(Integer.parseInt(length));
		return new Answer(answer.status(), answer.headers(), new String(body, StandardCharsets.UTF_8));
	}

	/**
	 * What a server has answered.
	 *
	 * @param status the status
	 * @param headers the header lines
	 * @param body the body, empty if its length was not told
	 */
	public record Answer(int status, List<String> headers, String body) {

		/**
		 * Return a header.
		 * @param name the name, in upper or lower case
		 * @return its first value, or {@code null} if there is none
		 */
		public @Nullable String header(String name) {
			String prefix = name.toLowerCase(Locale.ROOT) + ":";
			for (String header : this.headers) {
				if (header.toLowerCase(Locale.ROOT).startsWith(prefix)) {
					return header.substring(prefix.length()).trim();
				}
			}
			return null;
		}

	}

	/**
	 * A request that is put together header by header.
	 */
	public static final class Request {

		private final String method;

		private String target;

		private final List<String[]> headers = new ArrayList<>();

		private String body = "";

		private Request(String method, String target) {
			this.method = method;
			this.target = target;
		}

		/**
		 * Begin a request.
		 */
		public static Request of(String method, String target) {
			return new Request(method, target).set("Host", "localhost");
		}

		/**
		 * Begin a valid WebSocket handshake.
		 */
		public static Request handshake(String target) {
			return of("GET", target).set("Upgrade", "websocket")
				.set("Connection", "Upgrade")
				.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
				.set("Sec-WebSocket-Version", "13");
		}

		/**
		 * Set a header in the place of those with its name.
		 */
		public Request set(String name, String value) {
			remove(name);
			return add(name, value);
		}

		public Request add(String name, String value) {
			this.headers.add(new String[] { name, value });
			return this;
		}

		public Request remove(String name) {
			this.headers.removeIf((header) -> header[0].equalsIgnoreCase(name));
			return this;
		}

		public Request body(String body) {
			this.body = body;
			return set("Content-Length", String.valueOf(body.length()));
		}

		public String target() {
			return this.target;
		}

		public Request target(String target) {
			this.target = target;
			return this;
		}

		/**
		 * Send the request to a server.
		 */
		public Answer send(int port) throws IOException {
			return exchange(port, toString());
		}

		@Override
		public String toString() {
			StringBuilder text = new StringBuilder(this.method + " " + this.target + " HTTP/1.1\r\n");
			this.headers.forEach((header) -> text.append(header[0]).append(": ").append(header[1]).append("\r\n"));
			return text.append("\r\n").append(this.body).toString();
		}

	}

}
