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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.RawHttp.Answer;
import io.github.atmosphererelay.test.RawHttp.Request;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.TestNode;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContextException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A web server that has nearly as many connections as it takes.
 */
@ExtendWith(OutputCaptureExtension.class)
class FullServerTests {

	private static final int CONNECTIONS = 40;

	private static final int RESERVED = 15;

	@ParameterizedTest
	@EnumSource(Server.class)
	@Covers(KnownFault.SERVER_RUNS_OUT_OF_CONNECTIONS)
	void webSocketsLeaveRoomForHealthChecks(Server server, CapturedOutput output) throws IOException {
		List<RawRequest> clients = new ArrayList<>();
		try {
			try (TestNode node = server.start("atmosphere.limits.reserved-connections=" + RESERVED,
					"atmosphere.limits.sessions-per-address=10")) {
				fill(node, clients);
				for (String door : List.of("/atmosphere/chat/lobby", "/atmosphere/connection/websocket")) {
					long before = node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED);
					Answer answer = refused(door, node);
					assertThat(answer.status()).isEqualTo(503);
					assertThat(answer.header("Retry-After")).isEqualTo("5");
					assertThat(answer.header("Connection")).isEqualTo("close");
					assertThat(answer.body()).isEqualTo("this node has as many connections as it takes");
					assertThat(node.messaging().statistics().inbound().refused(ErrorCode.LIMIT_EXCEEDED))
						.isEqualTo(before + 1);
				}
				assertThat(Request.of("GET", "/actuator/health/ping")
					.set("Connection", "close")
					.send(node.port())
					.status()).isEqualTo(200);
				assertThat(output).contains("'server.tomcat.max-connections'").contains("refused with 503");
				clients.remove(0).close();
				clients.remove(0).close();
				clients.remove(0).close();
				// And the server notices, which nobody is told
				MachineTime.await(Duration.ofSeconds(10))
					.until(() -> Request.handshake("/atmosphere/chat/lobby").send(node.port()).status() == 101);
			}
		}
		finally {
			clients.forEach(RawRequest::close);
		}
	}

	private static Answer refused(String door, TestNode node) {
		// Tomcat counts the connection that its acceptor waits for, so one client more
		// gets
		// in when the acceptor does not wait yet
		return MachineTime.await(Duration.ofSeconds(10))
			.until(() -> Request.handshake(door).send(node.port()), (answer) -> answer.status() != 101);
	}

	private static void fill(TestNode node, List<RawRequest> clients) {
		int room = CONNECTIONS - RESERVED;
		// A server counts a connection a moment longer than it lasts, so a refusal is
		// final only when there are as many clients as there is room for
		MachineTime.await(Duration.ofSeconds(10)).until(() -> {
			tryToEnter(node, clients);
			return clients.size() == room;
		});
		for (int i = 0; i < 5; i++) {
			tryToEnter(node, clients);
		}
		assertThat(clients).hasSizeLessThanOrEqualTo(room + 1);
	}

	private static void tryToEnter(TestNode node, List<RawRequest> clients) {
		// Each from an address of its own
		RawRequest client = RawRequest.handshake(node.port(), "/atmosphere/chat/lobby",
				"X-Forwarded-For: 198.51.100." + clients.size());
		if (client.status() == 101) {
			clients.add(client);
		}
		else {
			assertThat(client.status()).isEqualTo(503);
			client.close();
		}
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void limitsThatAllowMoreAreToldAtTheStart(Server server, CapturedOutput output) {
		server.start("atmosphere.limits.sessions-per-address=39", "atmosphere.limits.sessions-per-user=0").close();
		assertThat(output)
			.contains("'atmosphere.limits.sessions-per-address' allows one address 39 sessions, but the "
					+ "node accepts only 38 connections, so one address can take them all")
			.contains("'atmosphere.limits.sessions-per-user' allows one user any number of sessions")
			.contains("The rest of the 40 connections of '" + server.property + "'");
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void limitsThatAllowLessAreNoReasonToWarn(Server server, CapturedOutput output) {
		server.start("atmosphere.limits.sessions-per-address=38", "atmosphere.limits.sessions-per-user=38").close();
		assertThat(output).doesNotContain("allows");
	}

	@Test
	void aServerThatTakesMoreThanTheProcessMayOpenIsToldOf(CapturedOutput output) {
		TestNode.start("atmosphere.channels[0].pattern=chat/**", "server.tomcat.max-connections=10000000").close();
		assertThat(output).contains("WARN")
			.contains("The web server accepts 10000000 connections")
			.contains("Raise the limit of open files");
	}

	@Test
	void moreReservedThanThereAreIsRefusedByName() {
		assertThatExceptionOfType(ApplicationContextException.class)
			.isThrownBy(() -> Server.TOMCAT.start("atmosphere.limits.reserved-connections=40").close())
			.havingRootCause()
			.asInstanceOf(InstanceOfAssertFactories.type(InvalidConfigurationPropertyValueException.class))
			.returns("atmosphere.limits.reserved-connections", InvalidConfigurationPropertyValueException::getName)
			.satisfies((ex) -> assertThat(ex.getReason()).contains("server.tomcat.max-connections"));
	}

	/**
	 * What takes the connections.
	 */
	enum Server {

		TOMCAT("server.tomcat.max-connections"),

		TOMCAT_WEBSOCKET("server.tomcat.max-connections", "atmosphere.websocket.direct-io=false"),

		JETTY("server.jetty.max-connections", TestNode.onJetty());

		private final String property;

		private final List<String> arguments;

		Server(String property, String... arguments) {
			this.property = property;
			this.arguments = List.of(arguments);
		}

		TestNode start(String... further) {
			List<String> all = new ArrayList<>(List.of("atmosphere.channels[0].pattern=chat/**",
					this.property + "=" + CONNECTIONS, "server.forward-headers-strategy=native"));
			all.addAll(this.arguments);
			all.addAll(List.of(further));
			return TestNode.start(all.toArray(String[]::new));
		}

	}

}
