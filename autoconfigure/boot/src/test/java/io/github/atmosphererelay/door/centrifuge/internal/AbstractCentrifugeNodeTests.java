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

import java.net.URI;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * A node with the Centrifuge door, and clients that know no more than the wire.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AbstractCentrifugeNodeTests {

	private static final String[] PROPERTIES = { "atmosphere.channels[0].pattern=chat/**",
			"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].presence=true",
			"atmosphere.channels[1].pattern=log/**", "atmosphere.channels[1].client-publish=true",
			"atmosphere.channels[1].history.size=20", "atmosphere.channels[2].pattern=members/**",
			"atmosphere.channels[2].subscribe=authenticated", "atmosphere.channels[3].pattern=handled",
			"atmosphere.channels[3].client-publish=true", "atmosphere.websocket.ping-interval=1s",
			"atmosphere.websocket.pong-timeout=2s", "atmosphere.websocket.queue.max-bytes=512KB",
			"atmosphere.websocket.messages-per-second=1000", "atmosphere.websocket.burst=1000",
			"atmosphere.security.token-timeout=2s", "atmosphere.limits.channels-per-session=5",
			"atmosphere.limits.sessions-per-user=2", "atmosphere.presence.push-interval=50ms",
			"atmosphere.presence.leave-delay=50ms", "atmosphere.recovery.max-messages=10" };

	private final List<AutoCloseable> open = new ArrayList<>();

	private TestNode node;

	abstract String[] serverArguments();

	@BeforeAll
	void startNode() {
		List<String> args = new ArrayList<>(List.of(PROPERTIES));
		args.addAll(List.of(serverArguments()));
		this.node = TestNode.start(List.of(Beans.class), args.toArray(String[]::new));
	}

	@AfterAll
	void stopNode() {
		this.node.close();
	}

	@AfterEach
	void closeClients() throws Exception {
		for (AutoCloseable each : this.open) {
			each.close();
		}
		this.open.clear();
		MachineTime.await(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(5))
			.until(() -> this.node.messaging().registry().sessionCount() == 0);
		// A session is gone before the last of its channels is
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.node.messaging().registry().channelCount() == 0);
	}

	TestNode node() {
		return this.node;
	}

	URI uri() {
		return this.node.uri("connection/websocket");
	}

	/**
	 * Close a client after the test.
	 */
	<T extends AutoCloseable> T closing(T client) {
		this.open.add(client);
		return client;
	}

	CentrifugeSocket open() {
		return closing(CentrifugeSocket.open(uri()));
	}

	CentrifugeSocket connect() {
		return closing(CentrifugeSocket.connect(uri()));
	}

	CentrifugeSocket connectAs(String token) {
		CentrifugeSocket socket = open();
		socket.call("connect", "{'token':'" + token + "'}");
		return socket;
	}

	/**
	 * What the application has.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Beans {

		private final List<String> sent = new CopyOnWriteArrayList<>();

		/** Tokens such as "alice", or "alice for 10", which are seconds. */
		@Bean
		TokenAuthenticator tokens() {
			return (token) -> {
				if (token.equals("invalid")) {
					throw new InvalidTokenException("no such user", null);
				}
				String[] parts = token.split(" for ");
				Principal principal = () -> parts[0];
				return new Authenticated(principal,
						(parts.length > 1) ? Instant.now().plusSeconds(Long.parseLong(parts[1])) : null);
			};
		}

		@Bean
		PresenceAttributes attributes() {
			return (session, channel) -> (session.principal() != null) ? Map.of("colour", "red") : Map.of();
		}

		@Bean
		ClientSendHandler sendHandler() {
			return (session, payload) -> this.sent.add(payload.asText());
		}

		/**
		 * Return what clients have sent to no channel.
		 */
		List<String> sent() {
			return this.sent;
		}

		@Bean
		Handled handled() {
			return new Handled();
		}

	}

	/**
	 * Takes messages.
	 */
	@ManagedService("handled")
	static class Handled {

		@Message
		Outbound onMessage(String message) {
			return Outbound.reply("{\"got\":" + message + "}");
		}

	}

}
