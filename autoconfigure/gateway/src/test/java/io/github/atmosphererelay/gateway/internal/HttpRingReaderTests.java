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

package io.github.atmosphererelay.gateway.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpServer;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RingDocument;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link HttpRingReader}.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class HttpRingReaderTests {

	private final List<HttpServer> servers = new ArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final CountDownLatch end = new CountDownLatch(1);

	@AfterEach
	void stop() {
		this.end.countDown();
		this.servers.forEach((server) -> server.stop(0));
		this.threads.shutdownNow();
	}

	private static PublishedRing ring(long counter) {
		Ring ring = Ring.of(List.of(new RingMember("node-" + counter, 1, null)));
		return new PublishedRing(new RingVersion(1, counter, ring.digest()), ring);
	}

	/**
	 * Start a node that answers with a text, or with 304 to whom has it already.
	 */
	private URI node(String text) throws IOException {
		HttpServer server = server();
		String tag = "\"" + text.hashCode() + "\"";
		server.createContext("/", (exchange) -> {
			byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
			if (bytes.length == 0) {
				exchange.sendResponseHeaders(204, -1);
			}
			else if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
				exchange.sendResponseHeaders(304, -1);
			}
			else {
				exchange.getResponseHeaders().set("ETag", tag);
				exchange.sendResponseHeaders(200, bytes.length);
				exchange.getResponseBody().write(bytes);
			}
			exchange.close();
		});
		return uri(server);
	}

	private HttpServer server() throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.setExecutor(this.threads);
		this.servers.add(server);
		server.start();
		return server;
	}

	private static URI uri(HttpServer server) {
		return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
	}

	private static HttpRingReader reader(URI... nodes) {
		return new HttpRingReader(() -> List.of(nodes), "/atmosphere/api/ring", null, null, false);
	}

	@Test
	void credentialsInClearTextForWhomNobodyHasListedAreReportedOnce(CapturedOutput output) throws Exception {
		URI node = node(RingDocument.write(ring(1)));
		for (boolean listed : new boolean[] { true, false }) {
			HttpRingReader reader = new HttpRingReader(() -> List.of(node), "/atmosphere/api/ring", "Basic Z2F0ZQ==",
					null, listed);
			assertThat(reader.read()).isEqualTo(ring(1));
			assertThat(reader.read()).isNull();
			assertThat(output.getAll().lines().filter((line) -> line.contains("is sent in clear text")))
				.hasSize(listed ? 0 : 1);
		}
		assertThat(output.getAll()).doesNotContain("Z2F0ZQ==");
	}

	@Test
	void aNodeThatKeepsAnOldRingDoesNotHideTheNewerOneOfAnother() throws Exception {
		HttpRingReader reader = reader(node(RingDocument.write(ring(1))), node(RingDocument.write(ring(2))));
		assertThat(reader.read()).isEqualTo(ring(1));
		assertThat(reader.read()).isEqualTo(ring(2));
		assertThat(reader.read()).as("the same again").isNull();
		assertThat(reader.read()).as("the same again").isNull();
	}

	@Test
	void nodesWithoutARingOrWithoutAnAnswerAreSkipped() throws Exception {
		URI none = node("");
		URI away = uri(server());
		this.servers.get(1).stop(0);
		HttpRingReader reader = reader(none, away, node(RingDocument.write(ring(1))));
		assertThat(reader.read()).isEqualTo(ring(1));
		assertThat(reader(none).read()).isNull();
		assertThatIOException().isThrownBy(() -> reader(away).read());
	}

	@Test
	void whatCannotBeReadFailsEachTime() throws Exception {
		HttpRingReader reader = reader(node("{\"term\":1,\"counter\":1,\"digest\":\"other\",\"members\":[]}"));
		assertThatIOException().isThrownBy(reader::read).withMessageContaining("no ring");
		assertThatIOException().isThrownBy(reader::read).withMessageContaining("no ring");
	}

	@Test
	void aNodeThatStopsInTheMiddleOfItsAnswerHoldsNobodyUp() throws Exception {
		HttpServer server = server();
		server.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(200, 1_000);
			exchange.getResponseBody().write(new byte[500]);
			exchange.getResponseBody().flush();
			try {
				this.end.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		HttpRingReader reader = reader(uri(server));
		assertThatIOException().isThrownBy(reader::read).withMessageContaining("within 3 s");
	}

}
