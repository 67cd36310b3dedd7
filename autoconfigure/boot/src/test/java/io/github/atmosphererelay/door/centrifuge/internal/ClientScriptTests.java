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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.github.atmosphererelay.test.NodeScripts;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The client for pages without a build step: how it is served, and its own tests.
 */
class ClientScriptTests {

	private static TestNode node;

	private final HttpClient http = HttpClient.newHttpClient();

	@BeforeAll
	static void start() {
		node = TestNode.start("server.servlet.context-path=/app", "atmosphere.websocket.path=/live");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@Test
	void theScriptIsServedBesideTheDoors() throws Exception {
		HttpResponse<String> response = send(HttpRequest.newBuilder(node.http("/app/live/client.js")));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("text/javascript;charset=UTF-8");
		assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
		assertThat(response.body()).isEqualTo(
				new ClassPathResource("client.js", ClientScript.class).getContentAsString(StandardCharsets.UTF_8));
	}

	@Test
	void soAreItsTypes() throws Exception {
		HttpResponse<String> response = send(HttpRequest.newBuilder(node.http("/app/live/client.d.ts")));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).contains("export class Client ");
	}

	@Test
	void aBrowserKeepsItAndAsksWhetherItIsTheSame() throws Exception {
		HttpResponse<String> first = send(HttpRequest.newBuilder(node.http("/app/live/client.js")));
		String etag = first.headers().firstValue("ETag").orElseThrow();
		assertThat(etag).startsWith("\"");
		assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-cache");
		HttpResponse<String> second = send(
				HttpRequest.newBuilder(node.http("/app/live/client.js")).header("If-None-Match", etag));
		assertThat(second.statusCode()).isEqualTo(304);
		assertThat(second.body()).isEmpty();
		HttpResponse<String> other = send(
				HttpRequest.newBuilder(node.http("/app/live/client.js")).header("If-None-Match", "\"other\""));
		assertThat(other.statusCode()).isEqualTo(200);
	}

	@Test
	void itIsOnlyRead() throws Exception {
		HttpResponse<String> head = send(
				HttpRequest.newBuilder(node.http("/app/live/client.js")).method("HEAD", BodyPublishers.noBody()));
		assertThat(head.statusCode()).isEqualTo(200);
		assertThat(head.headers().firstValueAsLong("Content-Length").orElse(0)).isPositive();
		assertThat(send(HttpRequest.newBuilder(node.http("/app/live/client.js")).POST(BodyPublishers.noBody()))
			.statusCode()).isEqualTo(405);
	}

	@Test
	void aPartOfItCanBeAskedFor() throws Exception {
		HttpResponse<String> part = send(
				HttpRequest.newBuilder(node.http("/app/live/client.js")).header("Range", "bytes=0-9"));
		assertThat(part.statusCode()).isEqualTo(206);
		assertThat(part.body()).hasSize(10);
	}

	/**
	 * Two parts of two files would otherwise be put together.
	 */
	@Test
	void aPartIsSentOnlyOfTheFileThatTheClientHasTheOtherPartsOf() throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(node.http("/app/live/client.js"))
			.header("Range", "bytes=10-19");
		HttpResponse<String> whole = send(HttpRequest.newBuilder(node.http("/app/live/client.js")));
		String etag = whole.headers().firstValue("ETag").orElseThrow();
		assertThat(send(request.copy().header("If-Range", etag)).statusCode()).isEqualTo(206);
		for (String other : List.of("\"other\"", "W/" + etag, "Sun, 29 Nov 2026 11:00:00 GMT")) {
			HttpResponse<String> response = send(request.copy().header("If-Range", other));
			assertThat(response.statusCode()).as(other).isEqualTo(200);
			assertThat(response.body()).isEqualTo(whole.body());
		}
	}

	@Test
	void itIsServedAlikeOnJetty() throws Exception {
		try (TestNode jetty = TestNode.start(TestNode.onJetty())) {
			HttpRequest.Builder request = HttpRequest.newBuilder(jetty.http("/atmosphere/client.js"));
			HttpResponse<String> response = send(request);
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(MediaType.parseMediaType(response.headers().firstValue("Content-Type").orElseThrow()))
				.isEqualTo(new MediaType("text", "javascript", StandardCharsets.UTF_8));
			assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-cache");
			assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
			String etag = response.headers().firstValue("ETag").orElseThrow();
			assertThat(send(request.header("If-None-Match", etag)).statusCode()).isEqualTo(304);
		}
	}

	/**
	 * What it says to a server and what it makes of what it hears.
	 */
	@Test
	void itsOwnTestsPass() throws Exception {
		pass("client.test.mjs");
	}

	@Test
	void itFallsBackWhereWebSocketsDoNotPass() throws Exception {
		pass("client-fallback.test.mjs");
	}

	@Test
	void tabsThatShareAStreamMissAndDoubleNothing() throws Exception {
		pass("client-shared-events.test.mjs");
	}

	/**
	 * It has the names, events and codes of the npm package: one suite runs over both.
	 */
	@Test
	void itDoesWhatTheNpmPackageDoes() throws Exception {
		pass("both-clients.test.mjs");
	}

	private static void pass(String suite) throws Exception {
		NodeScripts.install();
		NodeScripts.Run run = NodeScripts.run(90, "--test", "--test-reporter=tap", suite);
		assertThat(run.exitCode()).as(run.output()).isZero();
		assertThat(run.output()).containsPattern("# pass [1-9]").contains("# skipped 0");
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.http.send(request.build(), BodyHandlers.ofString());
	}

}
