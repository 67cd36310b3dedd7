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

package io.github.atmosphererelay.demo.cluster;

import java.util.Map;

import io.github.atmosphererelay.demo.DemoChatApplication;
import io.github.atmosphererelay.demo.cluster.HinderingProxy.Way;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the chat's page, in Chromium, behind a proxy that does not pass WebSockets,
 * or no responses that do not end: the chat works, and says how it is connected.
 */
@SpringBootTest(classes = DemoChatApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = "atmosphere.cluster.node-name=node-x")
@ActiveProfiles("http")
@Timeout(120)
class PageBehindProxyTests {

	private static final String SOCKETS = "Upgrade: websocket";

	@BeforeAll
	static void assumeBrowser() {
		ChatBrowser.assumePresent();
	}

	@ParameterizedTest
	@CsvSource({ "REFUSE, , Live over HTTP", "SWALLOW, , Live over HTTP", "REFUSE, SWALLOW, Live by long polling" })
	void theChatWorksAndSaysHowItIsConnected(Way sockets, Way streams, String label, @LocalServerPort int port)
			throws Exception {
		Map<String, Way> hindered = (streams != null) ? Map.of(SOCKETS, sockets, "/connection/http_stream", streams)
				: Map.of(SOCKETS, sockets);
		String direct = "http://localhost:" + port;
		try (HinderingProxy proxy = new HinderingProxy(port, hindered);
				ChatBrowser alice = ChatBrowser.of("alice", proxy.url());
				ChatBrowser bob = ChatBrowser.of("bob", direct)) {
			alice.join(proxy.url(), "behind");
			assertThat(alice.texts(".pill")).containsExactly(label);
			bob.join(direct, "behind");
			assertThat(bob.texts(".pill")).containsExactly("Live");
			bob.say("node-x", "Can you hear me?");
			alice.awaitMessage("node-x", "Can you hear me?");
			alice.say("node-x", "Loud and clear");
			bob.awaitMessage("node-x", "Loud and clear");
			alice.awaitMessage("node-x", "Loud and clear");
			assertThat(alice.texts(".members bdi")).containsExactlyInAnyOrder("alice (you)", "bob");
			assertThat(alice.complaints()).isEmpty();
			alice.screenshot(
					"behind-proxy-" + ((streams != null) ? "polling" : "stream-" + sockets.name().toLowerCase()));
			alice.join(proxy.url(), "behind");
			assertThat(alice.texts(".pill")).as("what it has remembered").containsExactly(label);
		}
	}

}
