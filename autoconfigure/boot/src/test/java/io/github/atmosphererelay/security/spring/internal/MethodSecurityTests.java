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

package io.github.atmosphererelay.security.spring.internal;

import java.security.Principal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.broadcast.OutboundInterceptor;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.inbound.InboundInterceptor;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.subscription.InitialChannels;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for Spring Security's method security behind both doors.
 */
@ExtendWith(OutputCaptureExtension.class)
class MethodSecurityTests {

	private static final String DENIED = "\"code\":103";

	private static final String UNAUTHENTICATED = "\"code\":101";

	/** Whom code of the application has found, by the name of the code. */
	private static final Map<String, String> found = new ConcurrentHashMap<>();

	private static TestNode node;

	@BeforeAll
	static void start() {
		// One thread for all clients: what one leaves there, the next would find.
		node = TestNode.start(List.of(TestSecurity.class, Secured.class), "atmosphere.channels[0].pattern=open/**",
				"atmosphere.channels[0].client-publish=true", "atmosphere.channels[0].presence=true",
				"atmosphere.endpoint.threads=1");
	}

	@AfterAll
	static void stop() {
		node.close();
	}

	@BeforeEach
	void forget() {
		found.clear();
	}

	private static void note(String code) {
		Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
		found.put(code, (authentication != null) ? authentication.getName() : "nobody");
	}

	private static TestClient raw(String channel, @Nullable String user, String scope) {
		return TestClient.connect(node.uri(channel + "?ack=true"), headers(user, scope)).awaitCount(1);
	}

	private static String[] headers(@Nullable String user, String scope) {
		return (user != null) ? new String[] { "Authorization", "Bearer " + TestSecurity.token(user, scope) }
				: new String[0];
	}

	private static TestClient centrifuge(@Nullable String user, String scope) {
		return TestClient.connect(node.uri("connection/websocket"), headers(user, scope))
			.send("{\"id\":1,\"connect\":{}}")
			.awaitCount(1);
	}

	private static String rpc(TestClient client, String method) {
		int before = client.count();
		client.send("{\"id\":2,\"rpc\":{\"method\":\"" + method + "\",\"data\":{}}}").awaitCount(before + 1);
		return client.texts().get(before);
	}

	private static String send(TestClient client, String text) {
		int before = client.count();
		client.send(text).awaitCount(before + 1);
		return client.texts().get(before);
	}

	@Test
	void aSecuredMethodRefusesUnauthorizedClientsAndLogsNothing(CapturedOutput output) {
		try (TestClient alice = centrifuge("alice", "vault");
				TestClient bob = centrifuge("bob", "");
				TestClient nobody = centrifuge(null, "")) {
			assertThat(rpc(alice, "open")).contains("\"rpc\":{\"data\":\"alice opens\"}");
			assertThat(rpc(bob, "open")).contains(DENIED);
			assertThat(rpc(nobody, "open")).contains(UNAUTHENTICATED);
			assertThat(rpc(alice, "deep")).contains("alice looks into the vault");
			assertThat(rpc(bob, "deep")).contains(DENIED);
		}
		assertThat(output).doesNotContain("ERROR", "Exception");
	}

	@Test
	void aServiceBehindAMessageMethodIsSecuredAtBothDoors(CapturedOutput output) {
		try (TestClient alice = raw("vault/1", "alice", "vault");
				TestClient bob = raw("vault/2", "bob", "");
				TestClient nobody = raw("vault/3", null, "")) {
			assertThat(send(alice, "look")).isEqualTo("alice looks into the vault");
			assertThat(send(bob, "look")).contains(DENIED);
			assertThat(send(nobody, "look")).contains(UNAUTHENTICATED);
			assertThat(send(alice, "later")).isEqualTo("alice looks into the vault");
			assertThat(send(bob, "later")).contains(DENIED);
		}
		try (TestClient bob = centrifuge("bob", "")) {
			send(bob, "{\"id\":3,\"subscribe\":{\"channel\":\"vault/4\"}}");
			assertThat(send(bob, "{\"id\":4,\"publish\":{\"channel\":\"vault/4\",\"data\":\"look\"}}"))
				.contains(DENIED);
		}
		assertThat(output).doesNotContain("ERROR", "Exception");
	}

	@Test
	void theThreadOfOneClientKnowsNothingOfTheOneBefore() {
		try (TestClient alice = centrifuge("alice", "vault"); TestClient nobody = centrifuge(null, "")) {
			assertThat(rpc(alice, "whoAmI")).contains("alice");
			assertThat(rpc(nobody, "whoAmI")).contains("anonymousUser");
			assertThat(rpc(alice, "whoAmI")).contains("alice");
		}
	}

	@Test
	void aMethodForExceptionsIsAskedFirstAndFindsTheClient() {
		try (TestClient bob = raw("polite/1", "bob", "")) {
			assertThat(send(bob, "look")).isEqualTo("sorry, bob");
			assertThat(send(bob, "later")).isEqualTo("sorry, bob");
		}
	}

	@Test
	void whateverIsCalledForAClientFindsIt() {
		try (TestClient alice = raw("vault/5", "alice", "vault")) {
			assertThat(send(alice, "look")).isEqualTo("alice looks into the vault");
			assertFound("authorizer.subscribe", "authorizer.publish", "interceptor", "message", "outbound", "ready");
		}
		assertFound("disconnect");
		found.clear();
		try (TestClient alice = TestClient.connect(node.uri("open/1?ack=true&presence=true"), headers("alice", "vault"))
			.awaitCount(2)) {
			assertThat(send(alice, "hello")).isEqualTo("hello");
			assertFound("authorizer.subscribe", "authorizer.publish", "authorizer.presence", "interceptor", "outbound",
					"interceptor.after", "attributes");
		}
		found.clear();
		try (TestClient alice = centrifuge("alice", "vault")) {
			send(alice, "{\"id\":3,\"subscribe\":{\"channel\":\"open/2\"}}");
			alice.send("{\"send\":{\"data\":\"x\"}}");
			send(alice, "{\"id\":4,\"publish\":{\"channel\":\"open/2\",\"data\":\"y\"}}");
			assertFound("initial", "authorizer.subscribe", "authorizer.publish", "interceptor", "outbound",
					"interceptor.after", "attributes", "send");
		}
	}

	private static void assertFound(String... codes) {
		MachineTime.await(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(found).containsKeys(codes)
				.allSatisfy((code, name) -> assertThat(name).as(code).isEqualTo("alice")));
	}

	@Test
	void anAccessDeniedExceptionOfAnAuthorizerRefusesTheClient(CapturedOutput output) {
		assertThat(TestClient.refusedStatus(node.uri("open/secured"), headers("bob", ""))).isEqualTo(403);
		assertThat(TestClient.refusedStatus(node.uri("open/secured"))).isEqualTo(401);
		try (TestClient bob = raw("open/3", "bob", "")) {
			assertThat(send(bob, "intercept me")).contains(DENIED);
		}
		try (TestClient mallory = TestClient.connect(node.uri("connection/websocket"), headers("mallory", ""))) {
			mallory.send("{\"id\":1,\"connect\":{}}");
			assertThat(mallory.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3507, "permission denied"));
		}
		assertThat(output).doesNotContain("ERROR", "Exception");
	}

	/**
	 * An application that secures its methods.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableMethodSecurity
	static class Secured {

		@Bean
		Vault vault() {
			return new Vault();
		}

		@Bean
		VaultEndpoint vaultEndpoint(Vault vault) {
			return new VaultEndpoint(vault);
		}

		@Bean
		PoliteEndpoint politeEndpoint(Vault vault) {
			return new PoliteEndpoint(vault);
		}

		@Bean
		ChannelAuthorizer authorizer(Vault vault) {
			return new NotingAuthorizer(vault);
		}

		@Bean
		InboundInterceptor inbound(Vault vault) {
			return new NotingInterceptor(vault);
		}

		@Bean
		OutboundInterceptor outbound() {
			return new OutboundInterceptor() {

				@Override
				public Payload preSend(Audience audience, Payload payload, PublishOptions options) {
					note("outbound");
					return payload;
				}

			};
		}

		@Bean
		InitialChannels initialChannels() {
			return Secured::channels;
		}

		private static Collection<String> channels(ClientSession session) {
			note("initial");
			Principal principal = session.principal();
			if (principal != null && principal.getName().equals("mallory")) {
				throw new AccessDeniedException("not for mallory");
			}
			return List.of();
		}

		@Bean
		PresenceAttributes attributes() {
			return (session, channel) -> {
				note("attributes");
				return Map.of();
			};
		}

		@Bean
		ClientSendHandler sendHandler() {
			return (session, payload) -> note("send");
		}

	}

	/**
	 * A service that is not for everybody.
	 */
	static class Vault {

		@PreAuthorize("hasAuthority('SCOPE_vault')")
		String look() {
			return SecurityContextHolder.getContext().getAuthentication().getName() + " looks into the vault";
		}

	}

	/**
	 * An endpoint whose methods are secured, or use what is.
	 */
	@ManagedService("vault/{id}")
	static class VaultEndpoint {

		private final Vault vault;

		VaultEndpoint(Vault vault) {
			this.vault = vault;
		}

		@Ready
		void ready() {
			note("ready");
		}

		@Disconnect
		void disconnected() {
			note("disconnect");
		}

		@Message
		Object message(String text) {
			note("message");
			if (text.contains("later")) {
				Authentication client = SecurityContextHolder.getContext().getAuthentication();
				return CompletableFuture.supplyAsync(() -> {
					SecurityContextHolder.getContext().setAuthentication(client);
					try {
						return this.vault.look();
					}
					finally {
						SecurityContextHolder.clearContext();
					}
				}, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
			}
			return this.vault.look();
		}

		@Rpc
		@PreAuthorize("hasAuthority('SCOPE_vault')")
		String open(Principal principal) {
			return principal.getName() + " opens";
		}

		@Rpc
		String deep() {
			return this.vault.look();
		}

		@Rpc
		String whoAmI() {
			return SecurityContextHolder.getContext().getAuthentication().getName();
		}

	}

	/**
	 * An endpoint that says itself what is refused.
	 */
	@ManagedService("polite/{id}")
	static class PoliteEndpoint {

		private final Vault vault;

		PoliteEndpoint(Vault vault) {
			this.vault = vault;
		}

		@Message
		Object message(String text) {
			if (text.equals("later")) {
				return CompletableFuture.supplyAsync(() -> {
					throw new AccessDeniedException("later");
				}, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
			}
			return this.vault.look();
		}

		@MessageExceptionHandler
		String denied(AccessDeniedException failure) {
			return "sorry, " + SecurityContextHolder.getContext().getAuthentication().getName();
		}

	}

	private record NotingAuthorizer(Vault vault) implements ChannelAuthorizer {

		@Override
		public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
				String channel) {
			note("authorizer.subscribe");
			if (channel.equals("open/secured")) {
				this.vault.look();
			}
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
			note("authorizer.publish");
			return Authorization.GRANTED;
		}

		@Override
		public Authorization canSeePresence(@Nullable Principal principal, ClientSession session, String channel) {
			note("authorizer.presence");
			return Authorization.GRANTED;
		}

	}

	private record NotingInterceptor(Vault vault) implements InboundInterceptor {

		@Override
		public Payload preReceive(ClientSession session, String channel, Payload payload) {
			note("interceptor");
			if (payload.asText().equals("intercept me")) {
				this.vault.look();
			}
			return payload;
		}

		@Override
		public void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
				@Nullable Throwable failure) {
			note("interceptor.after");
		}

	}

}
