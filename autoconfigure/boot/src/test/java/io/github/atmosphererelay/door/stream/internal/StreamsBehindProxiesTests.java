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

package io.github.atmosphererelay.door.stream.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpServer;
import io.github.atmosphererelay.test.DocumentedProxy;
import io.github.atmosphererelay.test.EventSource;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Streams through the real proxies, with the documented configurations: messages are not
 * held back, and while no node is there clients are not made to give up.
 */
class StreamsBehindProxiesTests {

	private static final String PAGE = "server-sent-events.md";

	@TempDir
	private Path directory;

	/** Takes messages, and has each connection end as if the node was killed then. */
	private HttpServer dying;

	private final AtomicInteger published = new AtomicInteger();

	@BeforeEach
	void startDyingNode() throws IOException {
		this.dying = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
		this.dying.createContext("/", (exchange) -> {
			try (exchange) {
				if (exchange.getRequestMethod().equals("POST")) {
					exchange.getRequestBody().readAllBytes();
					this.published.incrementAndGet();
				}
				else {
					exchange.sendResponseHeaders(200, -1);
				}
			}
		});
		this.dying.start();
	}

	@AfterEach
	void stopDyingNode() {
		this.dying.stop(0);
	}

	@Test
	void nginxPassesStreamsOnAndAnswersForNodesThatAreGone() throws Exception {
		try (TestNode node = start();
				DocumentedProxy proxy = DocumentedProxy.nginx(PAGE, ports(node), this.directory)) {
			pass(node, proxy);
		}
	}

	@Test
	void haProxyPassesStreamsOnAndAnswersForNodesThatAreGone() throws Exception {
		try (TestNode node = start();
				DocumentedProxy proxy = DocumentedProxy.haproxy(PAGE, ports(node), this.directory)) {
			pass(node, proxy);
		}
	}

	@Test
	void nginxSendsAMessageToOneNodeOnly() throws Exception {
		try (DocumentedProxy proxy = DocumentedProxy.nginx(PAGE, dyingNodes(), this.directory)) {
			publishOnce(proxy);
		}
	}

	/**
	 * HAProxy sent a POST to the next node when the first one died after it had
	 * published.
	 */
	@Test
	void haProxySendsAMessageToOneNodeOnly() throws Exception {
		try (DocumentedProxy proxy = DocumentedProxy.haproxy(PAGE, dyingNodes(), this.directory)) {
			publishOnce(proxy);
		}
	}

	private List<Integer> dyingNodes() {
		int port = this.dying.getAddress().getPort();
		return List.of(port, port, port);
	}

	private void publishOnce(DocumentedProxy proxy) throws Exception {
		URI uri = proxy.http("/atmosphere/log/a");
		try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
			// In one piece: a proxy sends again only what it has whole
			socket.getOutputStream()
				.write(("POST " + uri.getPath() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
						+ "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\ntext")
					.getBytes(StandardCharsets.US_ASCII));
			String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(answer).matches("(?s)HTTP/1.. 5...*");
		}
		assertThat(this.published.get()).isOne();
	}

	private static TestNode start() {
		return TestNode.start("atmosphere.channels[0].pattern=log/**", "atmosphere.channels[0].history.size=10",
				"management.endpoint.health.probes.enabled=true");
	}

	private static List<Integer> ports(TestNode node) {
		return List.of(node.port(), node.port(), node.port());
	}

	private static void pass(TestNode node, DocumentedProxy proxy) {
		try (EventSource client = EventSource.open(proxy.http("/atmosphere/log/a"))) {
			client.awaitSubscribed(1);
			for (int i = 1; i <= 5; i++) {
				node.broadcaster().broadcast("log/a", "message " + i).join();
				client.awaitEvents("message", i);
			}
			node.close();
			// The node, and then the proxy, sent the time after which to come back
			MachineTime.await(Duration.ofSeconds(40)).until(() -> client.retries().contains(2_000L));
			assertThat(client.statuses()).hasSizeGreaterThan(1).containsOnly(200);
			assertThat(client.state()).isNotEqualTo(EventSource.State.CLOSED);
		}
	}

}
