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
import java.security.Principal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.test.RawHttp.Answer;
import io.github.atmosphererelay.test.RawHttp.Request;
import io.github.atmosphererelay.test.RawRequest;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What clients and those who operate the node are told of handshakes that are refused.
 */
@ExtendWith(OutputCaptureExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalTests {

	private static final String RAW = "/atmosphere/chat/lobby";

	private static final String CENTRIFUGE = "/atmosphere/connection/websocket";

	private final Map<Server, TestNode> nodes = new EnumMap<>(Server.class);

	@BeforeAll
	void start() {
		for (Server server : Server.values()) {
			this.nodes.put(server, server.start());
		}
	}

	@AfterAll
	void stop() {
		this.nodes.values().forEach(TestNode::close);
	}

	private TestNode node(Server server) {
		return Objects.requireNonNull(this.nodes.get(server));
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void aForeignOriginIsToldWithThePropertyThatLetsItIn(Server server, CapturedOutput output) throws IOException {
		TestNode node = node(server);
		for (String door : List.of(RAW, CENTRIFUGE)) {
			long before = node.messaging().statistics().inbound().refused(ErrorCode.PERMISSION_DENIED);
			Answer answer = Request.handshake(door).set("Origin", "https://evil.example").send(node.port());
			assertThat(answer.status()).isEqualTo(403);
			assertThat(answer.body()).isEqualTo("the origin 'https://evil.example' is neither this server's, "
					+ "which is http://localhost, nor allowed");
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.PERMISSION_DENIED))
				.isEqualTo(before + 1);
		}
		assertThat(lines(output, "refused with 403")).singleElement()
			.asString()
			.contains(" WARN ")
			.contains("'https://evil.example'")
			.contains("'" + RAW + "'")
			.contains("'atmosphere.websocket.allowed-origins'")
			.contains("'server.forward-headers-strategy'");
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void anUnknownChannelIsToldWithThePropertyThatMakesIt(Server server, CapturedOutput output) throws IOException {
		TestNode node = node(server);
		for (int i = 0; i < 100; i++) {
			Answer answer = Request.handshake("/atmosphere/nowhere/" + i).send(node.port());
			assertThat(answer.status()).isEqualTo(404);
			assertThat(answer.body()).isEqualTo("there is no such channel");
		}
		assertThat(lines(output, "refused with 404")).first()
			.asString()
			.contains(" WARN ")
			.contains("'/atmosphere/nowhere/0'")
			.contains("'atmosphere.channels[*].pattern'");
		assertThat(lines(output, "refused with 404")).hasSizeLessThan(20);
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void aClientCannotForgeLinesOrFillTheLog(Server server, CapturedOutput output) throws IOException {
		try (TestNode node = server.start()) {
			// Nothing else is refused at this node: the line is not left out
			assertThat(Request.handshake(RAW)
				.set("Origin", "'evil\u0085\u00ff\\" + "x".repeat(5_000))
				.send(node.port())
				.status()).isEqualTo(403);
			assertThat(Request.handshake("/atmosphere/" + "y".repeat(300)).send(node.port()).status()).isEqualTo(400);
			assertThat(Request.handshake("/atmosphere/x%0d%0aforged").send(node.port()).status()).isEqualTo(400);
			assertThat(lines(output, "refused with 403")).singleElement()
				.asString()
				.contains("'\\'evil\\u0085\\u00ff\\\\xxx")
				.contains("(cut, 5008 characters)")
				.hasSizeLessThan(1_000);
			assertThat(lines(output, "refused with 400")).singleElement()
				.asString()
				.contains("yyy' (cut, ")
				.hasSizeLessThan(1_000);
			assertThat(output.getAll()).doesNotContain("\u0085").doesNotContain("\r").doesNotContain("forged");
		}
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void everyRefusalHasAReason(Server server, CapturedOutput output) throws IOException {
		TestNode node = node(server);
		for (String door : List.of(RAW, CENTRIFUGE)) {
			assertRefused(node, Request.handshake(door).remove("Sec-WebSocket-Key"), 400, "Sec-WebSocket-Key");
			assertRefused(node, Request.handshake(door).add("Upgrade", "websocket"), 400, "'Upgrade'");
			assertRefused(node, Request.handshake(door).set("Sec-WebSocket-Key", "short"), 400, "Sec-WebSocket-Key");
			assertRefused(node, Request.handshake(door).set("Sec-WebSocket-Extensions", ";;"), 400,
					"Sec-WebSocket-Extensions");
			assertRefused(node, Request.handshake(door + "?x=%zz"), 400, "");
			assertRefused(node, Request.handshake(door + "?x=%ff"), 400, "UTF-8");
			assertRefused(node, Request.handshake(door).set("Sec-WebSocket-Protocol", "bearer.x"), 401,
					"takes no tokens");
			Answer answer = Request.handshake(door).set("Sec-WebSocket-Version", "8").send(node.port());
			assertThat(answer.status()).isEqualTo(426);
			assertThat(answer.header("Sec-WebSocket-Version")).isEqualTo("13");
			assertThat(answer.body()).isEqualTo("the header 'Sec-WebSocket-Version' has to be 13");
		}
		assertRefused(node, Request.handshake("/atmosphere/members/club"), 401, "authenticated clients");
		assertRefused(node, Request.handshake("/atmosphere/internal/queue"), 403, "takes no subscriptions");
		assertRefused(node, Request.handshake(RAW + "?since=x"), 400, "'since'");
		assertRefused(node, Request.handshake("/atmosphere/chat//a"), 400, "");
		assertThat(lines(output, "refused with 401")).isNotEmpty();
		assertThat(lines(output, "'/atmosphere/internal/queue'")).singleElement()
			.asString()
			.contains("'atmosphere.channels[*].subscribe'");
		node.bean(HandshakeGate.class).shut();
		try {
			for (String door : List.of(RAW, CENTRIFUGE)) {
				Answer answer = Request.handshake(door).send(node.port());
				assertThat(answer.status()).isEqualTo(503);
				assertThat(answer.header("Retry-After")).isEqualTo("1");
				assertThat(answer.body()).isEqualTo("this node is shutting down");
			}
		}
		finally {
			node.bean(HandshakeGate.class).open();
		}
	}

	private static void assertRefused(TestNode node, Request request, int status, String reason) throws IOException {
		Answer answer = request.send(node.port());
		assertThat(answer.status()).as(request.toString()).isEqualTo(status);
		if (!reason.isEmpty()) {
			assertThat(answer.body()).contains(reason);
			assertThat(answer.header("Content-Type")).startsWithIgnoringCase("text/plain");
		}
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void aPlainRequestForAChannelIsToldToUpgrade(Server server) throws IOException {
		TestNode node = node(server);
		for (String target : List.of(RAW, RAW + "?ack=true", CENTRIFUGE)) {
			Answer answer = Request.of("GET", target).set("Accept", "text/html").send(node.port());
			assertThat(answer.status()).isEqualTo(426);
			assertThat(answer.header("Upgrade")).isEqualTo("websocket");
			assertThat(answer.header("Connection")).containsIgnoringCase("Upgrade");
			assertThat(answer.body()).contains("WebSocket clients");
		}
		assertThat(Request.of("HEAD", RAW).send(node.port()).status()).isEqualTo(426);
		assertThat(Request.of("GET", "/atmosphere/nowhere").send(node.port()).status()).isEqualTo(404);
		// A message without a type
		assertThat(Request.of("POST", RAW).set("Content-Length", "0").send(node.port()).status()).isEqualTo(415);
		assertThat(Request.of("GET", "/atmosphere/client.js").send(node.port()).status()).isEqualTo(200);
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void aUserWithoutANameIsRefusedAtEveryDoor(Server server, CapturedOutput output) throws IOException {
		try (TestNode node = server.start(NamelessUsers.class)) {
			for (String target : List.of(RAW, CENTRIFUGE, RAW + "?auth=message")) {
				assertRefused(node, Request.handshake(target).set("X-Nameless", "yes"), 401,
						"the user has no name (NamelessPrincipal)");
				assertThat(Request.handshake(target).send(node.port()).status()).isEqualTo(101);
			}
			assertRefused(node, Request.handshake(RAW).set("Sec-WebSocket-Protocol", "bearer.x"), 401,
					"the token names no user");
			assertRefused(node, Request.handshake(CENTRIFUGE).set("Sec-WebSocket-Protocol", "bearer.x"), 401,
					"the token names no user");
			try (TestClient client = node.connect("chat/lobby?auth=message")) {
				client.send("{\"type\":\"auth\",\"token\":\"x\"}");
				assertThat(client.awaitClosed(ofSeconds(10)).code()).isEqualTo(3500);
			}
			assertThat(output).contains("principal-claim-name").doesNotContain("NullPointerException");
		}
	}

	@ParameterizedTest
	@EnumSource(Server.class)
	void aSessionIdInThePathIsNoPartOfTheChannel(Server server) {
		TestNode node = node(server);
		try (RawRequest request = RawRequest.handshake(node.port(),
				"/atmosphere/chat/lobby;jsessionid=0123456789ABCDEF");
				RawRequest letter = RawRequest.handshake(node.port(), "/atmosphere/chat/a;b=c");
				TestClient client = node.connect("chat/lobby?ack=true").awaitCount(1)) {
			assertThat(request.status()).isEqualTo(101);
			assertThat(letter.status()).isEqualTo(101);
			await().until(() -> node.messaging().registry().sessionCount() == 3);
			List<String> channels = new ArrayList<>();
			node.messaging().registry().sessions().forEach((session) -> channels.addAll(session.channels()));
			assertThat(channels).containsExactlyInAnyOrder("chat/lobby", "chat/lobby", "chat/a;b=c");
		}
	}

	/**
	 * With a servlet that has a path, and a cookie that has another name.
	 */
	@ParameterizedTest
	@EnumSource(Server.class)
	void theSameHoldsUnderAPath(Server server) throws IOException {
		try (TestNode node = TestNode.start("atmosphere.channels[0].pattern=chat/**", server.argument,
				"server.servlet.context-path=/app", "spring.mvc.servlet.path=/web", "atmosphere.api.enabled=true",
				"server.servlet.session.cookie.name=SID")) {
			String doors = "/app/web/atmosphere/";
			assertRefused(node, Request.handshake(doors + "chat/a?x=%zz"), 400, "");
			assertRefused(node, Request.handshake(doors + "nowhere"), 404, "no such channel");
			String multipart = "multipart/form-data";
			Request handshake = Request.handshake(doors + "chat/a").set("Content-Type", multipart);
			assertThat(handshake.send(node.port()).status()).isEqualTo(101);
			Request plain = Request.of("GET", doors + "chat/a");
			assertThat(plain.send(node.port()).status()).isEqualTo(426);
			Request publish = Request.of("POST", doors + "api/channels/chat/a/messages").body("x");
			assertThat(publish.set("Content-Type", multipart).send(node.port()).status()).isEqualTo(415);
			try (RawRequest request = RawRequest.handshake(node.port(), doors + "chat/lobby;SID=0123")) {
				assertThat(request.status()).isEqualTo(101);
				await().until(() -> node.messaging().registry().inChannel("chat/lobby").iterator().hasNext());
			}
		}
	}

	private static List<String> lines(CapturedOutput output, String part) {
		return output.getAll().lines().filter((line) -> line.contains(part)).toList();
	}

	/**
	 * What serves the handshakes.
	 */
	enum Server {

		TOMCAT("atmosphere.websocket.direct-io=true"),

		TOMCAT_WEBSOCKET("atmosphere.websocket.direct-io=false"),

		JETTY(TestNode.onJetty());

		private final String argument;

		Server(String argument) {
			this.argument = argument;
		}

		TestNode start(Class<?>... configuration) {
			return TestNode.start(List.of(configuration), "atmosphere.channels[0].pattern=chat/**",
					"atmosphere.channels[1].pattern=members/**", "atmosphere.channels[1].subscribe=authenticated",
					"atmosphere.channels[2].pattern=internal/**", "atmosphere.channels[2].subscribe=none",
					this.argument);
		}

	}

	/**
	 * Users and tokens of an application that knows no names, as with JWTs without a
	 * subject.
	 */
	@Configuration(proxyBeanMethods = false)
	static class NamelessUsers {

		@Bean
		Filter namelessFilter() {
			return (request, response, chain) -> chain
				.doFilter((((HttpServletRequest) request).getHeader("X-Nameless") != null)
						? new WithNamelessUser((HttpServletRequest) request) : request, response);
		}

		@Bean
		TokenAuthenticator namelessTokens() {
			return (token) -> new Authenticated(new NamelessPrincipal(), null);
		}

	}

	/**
	 * A request of somebody without a name.
	 */
	private static final class WithNamelessUser extends HttpServletRequestWrapper {

		WithNamelessUser(HttpServletRequest request) {
			super(request);
		}

		@Override
		public Principal getUserPrincipal() {
			return new NamelessPrincipal();
		}

	}

	/**
	 * Somebody without a name.
	 */
	private static final class NamelessPrincipal implements Principal {

		@Override
		@SuppressWarnings("NullAway")
		public String getName() {
			return null;
		}

	}

}
