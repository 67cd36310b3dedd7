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

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.security.Principal;
import java.util.List;
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Outbound;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.security.ConfiguredAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for an application's own {@link ChannelAuthorizer}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class AuthorizerTests {

	private TestNode node;

	@BeforeAll
	void start() {
		this.node = TestNode.start(List.of(OwnAuthorizer.class, TakenChannels.class),
				"atmosphere.channels[0].pattern=taken/{name}", "atmosphere.channels[1].pattern=**",
				"atmosphere.channels[1].client-publish=true");
	}

	@AfterAll
	void stop() {
		this.node.close();
	}

	@Test
	void aRefusedSubscriptionIsToldAtTheHandshakeWithItsReason() {
		assertThat(TestClient.refusedStatus(this.node.uri("secret/a"))).isEqualTo(403);
		assertThat(TestClient.refusedStatus(this.node.uri("users/a"))).isEqualTo(401);
		assertThat(TestClient.refusedStatus(this.node.uri("full/a"))).isEqualTo(429);
		assertThat(handshakeBody("secret/a")).isEqualTo("this room is for its members");
	}

	private String handshakeBody(String channel) {
		try {
			HttpClient.newHttpClient()
				.newWebSocketBuilder()
				.buildAsync(this.node.uri(channel), new WebSocket.Listener() {
				})
				.join();
			throw new AssertionError("It was let in");
		}
		catch (CompletionException ex) {
			return String.valueOf(((WebSocketHandshakeException) ex.getCause()).getResponse().body());
		}
	}

	@Test
	void aRefusedMessageIsAnsweredAndTheConnectionStays() {
		TestClient client = this.node.connect("readonly/a?ack=true").awaitCount(1);
		client.send("no").awaitCount(2);
		assertThat(client.texts().get(1))
			.isEqualTo("{\"type\":\"error\",\"code\":103,\"reason\":\"only the \\\"owner\\\" speaks here\"}");
		this.node.broadcaster().broadcast("readonly/a", "yes").join();
		assertThat(client.awaitCount(3).texts().get(2)).isEqualTo("yes");
		client.close();
	}

	@Test
	void anAuthorizerThatFailsRefusesAndIsLogged(CapturedOutput output) {
		long before = this.node.messaging().statistics().inbound().refused(ErrorCode.INTERNAL);
		assertThat(TestClient.refusedStatus(this.node.uri("broken/a"))).isEqualTo(500);
		TestClient client = this.node.connect("breaking/a?ack=true").awaitCount(1);
		client.send("hello").awaitCount(2);
		assertThat(client.texts().get(1)).isEqualTo("{\"type\":\"error\",\"code\":100,\"reason\":\"internal error\"}");
		assertThat(this.node.messaging().statistics().inbound().refused(ErrorCode.INTERNAL) - before).isEqualTo(2);
		assertThat(output).contains("The ChannelAuthorizer failed").contains("no database");
		client.close();
	}

	@Test
	void aMethodGetsTheMessagesThatAreNotRefusedAlsoWhereClientsMayNotPublish() {
		TestClient refused = this.node.connect("taken/refused?ack=true").awaitCount(1);
		assertThat(refused.send("no").awaitCount(2).texts().get(1))
			.isEqualTo("{\"type\":\"error\",\"code\":103,\"reason\":\"not to this method\"}");
		TestClient taken = this.node.connect("taken/a?ack=true").awaitCount(1);
		assertThat(taken.send("yes").awaitCount(2).texts().get(1)).isEqualTo("taken: yes");
		refused.close();
		taken.close();
	}

	@Test
	void theRestIsAsConfigured() {
		TestClient client = this.node.connect("chat/a?ack=true").awaitCount(1);
		assertThat(client.send("hello").awaitCount(2).texts().get(1)).isEqualTo("hello");
		client.close();
	}

	/**
	 * An application whose authorizer needs what it is needed for.
	 */
	@Configuration(proxyBeanMethods = false)
	static class OwnAuthorizer {

		@Bean
		ChannelAuthorizer roomAuthorizer(Broadcaster broadcaster, ConfiguredAuthorizer configured) {
			return new RoomAuthorizer(configured);
		}

	}

	/**
	 * Channels in which clients may not publish, but whose method takes their messages.
	 */
	@ManagedService("taken/{name}")
	static class TakenChannels {

		@Message
		Outbound take(String message) {
			return Outbound.reply("taken: " + message);
		}

	}

	private record RoomAuthorizer(ConfiguredAuthorizer configured) implements ChannelAuthorizer {

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			return switch (channel) {
				case "secret/a" -> Authorization.denied("this room is for its members");
				case "users/a" -> Authorization.UNAUTHENTICATED;
				case "full/a" -> new Authorization(ErrorCode.LIMIT_EXCEEDED, "the room is full");
				case "broken/a" -> throw new IllegalStateException("no database");
				default -> this.configured.canSubscribe(principal, session, channel);
			};
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			return switch (channel) {
				case "taken/refused" -> Authorization.denied("not to this method");
				case "readonly/a" -> Authorization.denied("only the \"owner\" speaks here");
				case "breaking/a" -> throw new IllegalStateException("no database");
				default -> this.configured.canPublish(principal, session, channel);
			};
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			return this.configured.canSeePresence(principal, session, channel);
		}

	}

}
