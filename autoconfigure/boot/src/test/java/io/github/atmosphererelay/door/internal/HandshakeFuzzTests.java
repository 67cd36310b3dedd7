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

package io.github.atmosphererelay.door.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

import io.github.atmosphererelay.security.spring.internal.TestSecurity;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.RawHttp;
import io.github.atmosphererelay.test.RawHttp.Request;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing that a client sends before it has a WebSocket is answered with a 5xx status or
 * leaves an error or a stack trace in the log. What once was is kept in
 * {@code handshakes.txt}; the rest is made up anew from a seed. Left out are transfer
 * encodings and versions of HTTP that do not exist, because servers answer these with 501
 * and 505, as they should, before anything of an application runs.
 */
@ExtendWith(OutputCaptureExtension.class)
class HandshakeFuzzTests {

	private static final int REQUESTS = Integer.getInteger("atmosphere.test.fuzz", 1_000);

	private static final long SEED = Long.getLong("atmosphere.test.seed", 20_260_101L);

	@ParameterizedTest
	@EnumSource(Server.class)
	@Covers(KnownFault.MALFORMED_HANDSHAKE)
	void nothingThatAClientSendsIsAnErrorOfTheServer(Server server, CapturedOutput output) throws IOException {
		// Kept, because what becomes of a WebSocket that is reset is another story
		List<Socket> sockets = new ArrayList<>();
		try (TestNode node = TestNode.start(server.configuration, server.arguments())) {
			Map<Integer, Integer> statuses = new TreeMap<>();
			List<String> failures = new ArrayList<>();
			List<Request> requests = new ArrayList<>(corpus());
			RandomHandshakes random = new RandomHandshakes(new Random(SEED));
			for (int i = 0; i < REQUESTS; i++) {
				requests.add(random.next());
			}
			int checked = 0;
			for (Request request : requests) {
				int status = status(node, request, sockets);
				statuses.merge(status, 1, Integer::sum);
				String log = output.getAll();
				if (status < 100 || status >= 500 || hasErrors(log.substring(checked))) {
					failures.add(status + " for " + visible(request.toString()));
				}
				checked = log.length();
			}
			assertThat(failures).as("%s: %s", server, statuses).isEmpty();
			assertThat(statuses).containsKeys(101, 400, 403, 404);
			try (RawRequest sane = RawRequest.handshake(node.port(), "/atmosphere/chat/lobby")) {
				assertThat(sane.status()).isEqualTo(101);
			}
		}
		finally {
			for (Socket socket : sockets) {
				socket.close();
			}
		}
	}

	private static int status(TestNode node, Request request, List<Socket> sockets) {
		try {
			return RawHttp.exchange(node.port(), request.toString(), sockets::add).status();
		}
		catch (IOException ex) {
			// No answer at all, which is a failure like a status of 500
			return -1;
		}
	}

	private static boolean hasErrors(String log) {
		return log.lines().anyMatch((line) -> line.contains(" ERROR ") || line.startsWith("\tat "));
	}

	private static List<Request> corpus() throws IOException {
		try (InputStream in = HandshakeFuzzTests.class.getResourceAsStream("handshakes.txt")) {
			return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).lines()
				.filter((line) -> !line.isBlank() && !line.startsWith("#"))
				.map(HandshakeFuzzTests::request)
				.toList();
		}
	}

	/**
	 * Read a line of the corpus: the method, or {@code WS} for a handshake, the target
	 * and header lines, with {@code " | "} between them.
	 */
	private static Request request(String line) {
		String[] parts = line.split(" \\| ", -1);
		String[] first = parts[0].split(" ", 2);
		String target = bytes(first[1]);
		Request request = first[0].equals("WS") ? Request.handshake(target) : Request.of(first[0], target);
		if (first[0].equals("POST")) {
			request.set("Content-Type", "text/plain").body("hello");
		}
		for (int i = 1; i < parts.length; i++) {
			String[] header = parts[i].split(": ?", 2);
			request.set(header[0], bytes(header[1]));
		}
		return request;
	}

	private static String bytes(String escaped) {
		StringBuilder text = new StringBuilder();
		for (int i = 0; i < escaped.length(); i++) {
			if (escaped.startsWith("\\x", i)) {
				text.append((char) Integer.parseInt(escaped.substring(i + 2, i + 4), 16));
				i += 3;
			}
			else {
				text.append(escaped.charAt(i));
			}
		}
		return text.toString();
	}

	private static String visible(String request) {
		StringBuilder text = new StringBuilder();
		request.chars().forEach((each) -> {
			if (each == '\r' || each == '\n' || (each >= ' ' && each < 0x7F)) {
				text.append((char) each);
			}
			else {
				text.append(String.format("\\x%02x", each));
			}
		});
		return text.toString().replace("\r\n", " | ");
	}

	/**
	 * What serves the handshakes, and what else looks at their headers.
	 */
	enum Server {

		TOMCAT("server.forward-headers-strategy=native"),

		TOMCAT_WITH_SECURITY(TestSecurity.class, "server.forward-headers-strategy=native"),

		TOMCAT_WEBSOCKET("atmosphere.websocket.direct-io=false", "atmosphere.websocket.compression=true",
				"server.forward-headers-strategy=framework"),

		JETTY(TestNode.onJetty(), "server.forward-headers-strategy=native"),

		JETTY_WITH_SECURITY(TestSecurity.class, TestNode.onJetty(), "server.forward-headers-strategy=native"),

		JETTY_WITH_COMPRESSION(TestNode.onJetty(), "atmosphere.websocket.compression=true",
				"server.forward-headers-strategy=framework");

		private final List<Class<?>> configuration;

		private final List<String> arguments;

		Server(String... arguments) {
			this.configuration = List.of();
			this.arguments = List.of(arguments);
		}

		Server(Class<?> configuration, String... arguments) {
			this.configuration = List.of(configuration);
			this.arguments = List.of(arguments);
		}

		String[] arguments() {
			List<String> all = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
					"atmosphere.channels[1].pattern=members/**", "atmosphere.channels[1].subscribe=authenticated",
					"atmosphere.websocket.allowed-origins=https://*.friend.example", "atmosphere.api.enabled=true",
					"atmosphere.console.enabled=true", "atmosphere.durable-sessions.enabled=true",
					"atmosphere.limits.sessions-per-address=0", "atmosphere.shutdown.slice-size=1000"));
			all.addAll(this.arguments);
			return all.toArray(String[]::new);
		}

	}

	/**
	 * Handshakes, and now and then another request to what lies under the same path, of
	 * which one to three parts are not as they should be.
	 */
	private static final class RandomHandshakes {

		private static final List<String> TARGETS = List.of("/atmosphere/chat/lobby", "/atmosphere/chat/lobby",
				"/atmosphere/connection/websocket", "/atmosphere/connection/websocket", "/atmosphere/members/club",
				"/atmosphere/nowhere", "/atmosphere/chat/lobby?ack=true&presence=true&positions=true&since=1:1",
				"/atmosphere/chat/lobby?durable=true&session=abc", "/atmosphere/chat/lobby?auth=message",
				"/atmosphere/chat/lobby?X-atmo-protocol=true");

		private static final List<String> HEADERS = List.of("Host", "Origin", "Origin", "Upgrade", "Connection",
				"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol",
				"Sec-WebSocket-Extensions", "Sec-WebSocket-Extensions", "Sec-WebSocket-Accept", "Cookie",
				"Authorization", "Content-Type", "Content-Length", "Accept", "Accept-Language", "Accept-Encoding",
				"Accept-Charset", "If-None-Match", "If-Modified-Since", "Range", "Referer", "User-Agent",
				"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
				"X-Forwarded-Ssl", "Forwarded", "X-HTTP-Method-Override", "Access-Control-Request-Method", "Expect",
				"TE", "Via", "Date", "traceparent", "Cache-Control", "X-Requested-With", "Sec-Fetch-Mode", "Priority");

		private static final List<String> VALUES = List.of("", " ", ";", ";;", ",", ",,", "=", "\"", "\"open", "%",
				"%s", "%zz", "%00", "%ff", "\\", "*", "null", "://", "http://", "https://*@:;", "https://%s",
				"https://[", "https://[::1", "https://[::1]:", "https://a b", "https://a:99999", "https://a:-1",
				"https://localhost", "http://localhost", "https://x.friend.example", "https://\u00e9", "http:localhost",
				"\t", "\u00ff\u00fe", "bearer.", "bearer.a.b.c", "atmosphere, bearer.", "Bearer", "Bearer a", "Basic",
				"Basic !", "-1", "0", "99999999999999999999", "2147483648", "permessage-deflate",
				"permessage-deflate; server_max_window_bits=99", "permessage-deflate; client_max_window_bits=\"",
				"permessage-deflate; server_no_context_takeover=1", "permessage-deflate; foo; foo", "a;b=\"", "a b",
				"wss", "wss, https", "ftp", "for=\"[::1", "for=_x;proto=wss;host=a b;by=", "for=1.2.3.4:x;proto=",
				"unknown", "1.2.3.4:5", "[::1]:5", "999.1.1.1", "a=b; $Path=;", "atmosphere-session=;",
				"atmosphere-session=\"", "JSESSIONID=x; JSESSIONID=", "text/plain; charset=%%",
				"text/plain; charset=utf-99", "multipart/form-data", "multipart/form-data; boundary=",
				"multipart/form-data; boundary=a", "application/x-www-form-urlencoded", "W/\"", "gzip;q=foo", "de-;q=2",
				"en_US_x;q=-1", "bytes=9-1,", "Thu, 99 Foo", "100-continue", "websocket, h2c", "upgrade, close",
				"keep-alive, Upgrade", "localhost:", "localhost:x", "a_b", "[", "00-x-y-z", "/%zz", "//", "/..");

		private static final List<String> PIECES = List.of("%", "%zz", "%2F", "%2e%2e", "%00", "%c3", "%ff", "%0d%0a",
				";", ";jsessionid=1", ";a=b", "..", ".", "//", "[", "]", "|", "^", "\\", "{", "}", "<", "\"", "'", "`",
				"\u00e9", "\u00ff", "+", "&", "&&", "=", "?", "#", "@", ":", ",", "*", "~", "$", "!", "(", "x=%zz",
				"x=%ff", "since=", "since=%zz", "since=a:%ff", "since=:", "auth=%", "session=%c3%28", "durable=true");

		private final Random random;

		RandomHandshakes(Random random) {
			this.random = random;
		}

		Request next() {
			Request request = begin();
			int changes = 1 + this.random.nextInt(3);
			for (int i = 0; i < changes; i++) {
				change(request);
			}
			return request;
		}

		private Request begin() {
			return switch (this.random.nextInt(12)) {
				case 0 -> Request.of(pick(List.of("GET", "GET", "HEAD", "POST", "OPTIONS", "FOO")),
						pick(List.of("/atmosphere/client.js", "/atmosphere/client.d.ts", "/atmosphere/console",
								"/atmosphere/console/console.js")));
				case 1 -> Request.of("POST", "/atmosphere/api/channels/chat/lobby/messages")
					.set("Content-Type", pick(List.of("text/plain", "application/json", "application/octet-stream")))
					.body("{\"a\":1}");
				case 2 -> Request.of("GET", pick(TARGETS));
				default -> Request.handshake(pick(TARGETS));
			};
		}

		private void change(Request request) {
			switch (this.random.nextInt(8)) {
				case 0 -> request.target(insert(request.target(), pick(PIECES)));
				case 1 ->
					request.target(request.target() + (request.target().contains("?") ? "&" : "?") + pick(PIECES));
				case 2 -> request.add(pick(HEADERS), value());
				case 3 -> request.remove(pick(HEADERS.subList(3, 11)));
				default -> {
					String name = pick(HEADERS);
					request.set(name, name.equals("Content-Length") ? pick(List.of("0", "3", "-1", "x", "")) : value());
				}
			}
		}

		private String value() {
			return switch (this.random.nextInt(4)) {
				case 0 -> insert(pick(VALUES), pick(VALUES));
				case 1 -> {
					StringBuilder text = new StringBuilder();
					for (int i = this.random.nextInt(20); i > 0; i--) {
						text.append((char) (' ' + this.random.nextInt(224)));
					}
					yield text.toString();
				}
				default -> pick(VALUES);
			};
		}

		private String insert(String text, String piece) {
			int at = this.random.nextInt(text.length() + 1);
			return text.substring(0, at) + piece + text.substring(at);
		}

		private String pick(List<String> values) {
			return values.get(this.random.nextInt(values.size()));
		}

	}

}
