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

package io.github.atmosphererelay.gateway;

import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for names of users that are not plain ASCII: the gateway places them as the ring
 * does, wherever it finds them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlacedNamesTests {

	private final List<TestBackend> nodes = List.of(new TestBackend("n1"), new TestBackend("n2"),
			new TestBackend("n3"));

	private TestGateway gateway;

	@BeforeAll
	void start() {
		this.gateway = TestGateway.start(this.nodes, List.of());
	}

	@AfterAll
	void stop() {
		this.gateway.close();
		this.nodes.forEach(TestBackend::close);
	}

	/**
	 * Those of the page on the ring, and many more, so that each node owns some.
	 */
	private static List<String> names() {
		List<String> names = new ArrayList<>(List.of("alice", "j\u00fcrgen", "\u674e\u96f7", "\ud83d\ude00", "e\u0301",
				"\u00e9", "\u00a0x", "Stra\u00dfe", "50%", "100%25", "%zz", "a+b", "a b", "a%", "%4", "\u00c3\u00bc"));
		Stream.of("\u674e\u96f7-", "\ud83d\ude00-", "e\u0301-")
			.forEach((prefix) -> Stream.iterate(1, (i) -> i + 1).limit(5).forEach((i) -> names.add(prefix + i)));
		names.add("x".repeat(1_500));
		names.add("\u96f7".repeat(400));
		return names;
	}

	@ParameterizedTest
	@ValueSource(strings = { "header", "cookie", "path", "claim" })
	void aNameIsPlacedAsTheRingPlacesIt(String source) throws Exception {
		for (String name : names()) {
			assertThat(place(source, name)).as(source + " " + name)
				.isEqualTo(this.gateway.ring().ring().owner(name).name());
		}
	}

	private String place(String source, String name) throws IOException {
		return switch (source) {
			case "header" -> get("/atmosphere/a", "X-User: " + name);
			case "cookie" -> get("/atmosphere/a", "Cookie: other=1; USER=" + encoded(name));
			case "path" -> get("/users/" + encoded(name) + "/a", "X-Other: 1");
			default -> get("/atmosphere/a",
					"Authorization: Bearer e30."
							+ Base64.getUrlEncoder()
								.withoutPadding()
								.encodeToString(("{\"sub\":\"" + name + "\"}").getBytes(StandardCharsets.UTF_8))
							+ ".c2ln");
		};
	}

	/**
	 * As {@code encodeURIComponent} does it.
	 */
	private static String encoded(String name) {
		return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
	}

	@Test
	void aCookieWithAPercentSignThatBeginsNoEscapeIsPlacedAsItIs() throws Exception {
		for (String name : List.of("50%", "%zz", "a%4", "%%", "%FF", "%C3", "%E6%9D")) {
			assertThat(get("/atmosphere/a", "Cookie: USER=" + name)).as(name)
				.isEqualTo(this.gateway.ring().ring().owner(name).name());
		}
	}

	@Test
	void aHeaderThatIsNotUtf8IsReadAsIso88591() throws Exception {
		for (int i = 0; i < 10; i++) {
			String name = "j\u00fcrgen-" + i;
			byte[] request = request("/atmosphere/a", "X-User: " + name).getBytes(StandardCharsets.ISO_8859_1);
			assertThat(send(request)).isEqualTo(this.gateway.ring().ring().owner(name).name());
		}
	}

	private String get(String path, String header) throws IOException {
		return send(request(path, header).getBytes(StandardCharsets.UTF_8));
	}

	private static String request(String path, String header) {
		return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "\r\n\r\n";
	}

	/**
	 * Send what Java's client would not.
	 */
	private String send(byte[] request) throws IOException {
		try (Socket socket = new Socket("127.0.0.1", this.gateway.port())) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream().write(request);
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(answer).startsWith("HTTP/1.1 200");
			return answer.substring(answer.indexOf("\r\n\r\n") + 4).replaceAll("^\\w+\r\n(.*)\r\n0\r\n\r\n$", "$1");
		}
	}

}
