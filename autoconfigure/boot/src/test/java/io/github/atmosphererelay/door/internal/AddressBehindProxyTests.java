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

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which address a client has that comes through a proxy. The proxy is the test, on the
 * loopback address; it appends the last address to {@code X-Forwarded-For}.
 */
class AddressBehindProxyTests {

	private static final List<String> DOORS = List.of("chat/lobby", "connection/websocket");

	@ParameterizedTest
	@EnumSource(Server.class)
	@Covers(KnownFault.FORGED_ADDRESS)
	void theAddressIsWhatAProxyHasSeen(Server server) {
		try (TestNode node = server.start()) {
			for (String door : DOORS) {
				// Without its port
				assertStatuses(node, door, "198.51.100.7:40001, 101", "198.51.100.7:40002, 429", "198.51.100.7, 429",
						"198.51.100.8:40001, 101", "[2001:db8::1]:40001, 101", "[2001:db8::1]:40002, 429",
						"[2001:db8::2]:40001, 429", "2001:db8:1::1, 101");
				// And not what the client has written itself
				assertStatuses(node, door, "203.0.113.1,198.51.100.7, 101", "203.0.113.2,198.51.100.7, 429",
						"x,203.0.113.3,198.51.100.7:1, 429", "203.0.113.4,198.51.100.7,10.0.0.1, 429",
						"203.0.113.1,198.51.100.8,10.0.0.1, 101");
				// Names are one address. The first would be found: it is the loopback
				// address
				assertStatuses(node, door, "localhost, 101", "unknown, 429", "a.example, 429", "198.51.100.7, 101");
			}
			assertThatSessionHasTheAddress(node);
		}
	}

	private static void assertThatSessionHasTheAddress(TestNode node) {
		try (RawRequest request = RawRequest.handshake(node.port(), "/atmosphere/chat/lobby",
				"X-Forwarded-For: 203.0.113.1, 198.51.100.7:40001")) {
			assertThat(request.status()).isEqualTo(101);
			MachineTime.await(ofSeconds(5)).until(() -> node.messaging().registry().sessionCount() == 1);
			LocalSession session = node.messaging().registry().sessions().iterator().next();
			assertThat(session.remoteAddress().getAddress().getHostAddress()).isEqualTo("198.51.100.7");
		}
	}

	/**
	 * Connect one after the other.
	 * @param expected {@code X-Forwarded-For} and the status, with the last comma between
	 * them
	 */
	private static void assertStatuses(TestNode node, String door, String... expected) {
		List<RawRequest> clients = new ArrayList<>();
		List<String> statuses = new ArrayList<>();
		for (String each : expected) {
			String address = each.substring(0, each.lastIndexOf(','));
			RawRequest client = RawRequest.handshake(node.port(), "/atmosphere/" + door, "X-Forwarded-For: " + address);
			clients.add(client);
			statuses.add(address + ", " + client.status());
			// It counts from when it is a WebSocket, which is after the answer
			long open = clients.stream().filter((opened) -> opened.status() == 101).count();
			MachineTime.await(ofSeconds(5))
				.pollInterval(ofMillis(5))
				.until(() -> node.bean(DoorContext.class).limits().connectionCount() == open);
		}
		assertThat(statuses).containsExactly(expected);
		clients.forEach(RawRequest::close);
		MachineTime.await(ofSeconds(5))
			.pollInterval(ofMillis(5))
			.until(() -> node.bean(DoorContext.class).limits().connectionCount() == 0);
	}

	/**
	 * What evaluates the header.
	 */
	enum Server {

		TOMCAT_NATIVE("server.forward-headers-strategy=native"),

		TOMCAT_FRAMEWORK("server.forward-headers-strategy=framework"),

		TOMCAT_WEBSOCKET_FRAMEWORK("server.forward-headers-strategy=framework", "atmosphere.websocket.direct-io=false"),

		JETTY_NATIVE("server.forward-headers-strategy=native", TestNode.onJetty()),

		JETTY_FRAMEWORK("server.forward-headers-strategy=framework", TestNode.onJetty());

		private final List<String> arguments;

		Server(String... arguments) {
			this.arguments = List.of(arguments);
		}

		TestNode start() {
			List<String> all = new ArrayList<>(
					List.of("atmosphere.channels[0].pattern=chat/**", "atmosphere.limits.sessions-per-address=1"));
			all.addAll(this.arguments);
			return TestNode.start(all.toArray(String[]::new));
		}

	}

}
