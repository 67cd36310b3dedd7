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
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.security.ChannelAuthorizer;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.TestClient;
import io.github.atmosphererelay.test.TestClient.Close;
import io.github.atmosphererelay.test.TestNode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.security.authentication.BadCredentialsException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what the log has while code of the application fails for each client.
 */
@ExtendWith(OutputCaptureExtension.class)
class FailingApplicationTests {

	private static final int CLIENTS = 25;

	@Test
	void eachKindOfFailureIsOneLineHoweverManyClientsCauseIt(CapturedOutput output) {
		try (TestNode node = TestNode.start(List.of(Broken.class), "atmosphere.channels[0].pattern=**",
				"atmosphere.channels[0].client-publish=true")) {
			for (int i = 0; i < CLIENTS; i++) {
				assertThat(TestClient.refusedStatus(node.uri("chat/a"), List.of("atmosphere", "bearer.broken")))
					.isEqualTo(500);
				assertThat(TestClient.refusedStatus(node.uri("broken/a"))).isEqualTo(500);
				node.connect("chat/a?ack=true").awaitCount(1).close();
				TestClient centrifuge = node.connect("connection/websocket")
					.send("{\"id\":1,\"connect\":{\"token\":\"broken\"}}");
				assertThat(centrifuge.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3004, "internal error"));
			}
			assertThat(node.messaging().statistics().inbound().refused(ErrorCode.INTERNAL)).isEqualTo(3 * CLIENTS);
			AtomicInteger connected = node.bean(Broken.class).connected;
			MachineTime.await(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(connected.get()).isEqualTo(CLIENTS));
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("A token could not be checked")))
			.hasSize(1);
		assertThat(output.toString().lines().filter((line) -> line.contains("The ChannelAuthorizer failed")))
			.hasSize(1);
		assertThat(output.toString().lines().filter((line) -> line.contains("A listener of SessionConnected failed")))
			.hasSize(1);
	}

	@Test
	void aTokenThatTheSecurityFrameworkRefusesIsTheClientsFault(CapturedOutput output) {
		try (TestNode node = TestNode.start(List.of(Broken.class), "atmosphere.channels[0].pattern=**")) {
			assertThat(TestClient.refusedStatus(node.uri("chat/a"), List.of("atmosphere", "bearer.bad")))
				.isEqualTo(401);
			TestClient centrifuge = node.connect("connection/websocket")
				.send("{\"id\":1,\"connect\":{\"token\":\"bad\"}}");
			assertThat(centrifuge.awaitClosed(Duration.ofSeconds(10))).isEqualTo(new Close(3500, "invalid token"));
		}
		assertThat(output).doesNotContain("ERROR", "BadCredentials");
	}

	/**
	 * An application whose services are away.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Broken {

		private final AtomicInteger connected = new AtomicInteger();

		@EventListener
		void connected(SessionConnected event) {
			this.connected.incrementAndGet();
			throw new IllegalStateException("no database");
		}

		@Bean
		TokenAuthenticator tokens() {
			return (token) -> {
				if (token.equals("bad")) {
					throw new BadCredentialsException("bad");
				}
				throw new IllegalStateException("no keys");
			};
		}

		@Bean
		ChannelAuthorizer authorizer() {
			return new ChannelAuthorizer() {

				@Override
				public Authorization canSubscribe(@Nullable Principal principal, @Nullable ClientSession session,
						String channel) {
					if (channel.startsWith("broken/")) {
						throw new IllegalStateException("no database");
					}
					return Authorization.GRANTED;
				}

				@Override
				public Authorization canPublish(@Nullable Principal principal, ClientSession session, String channel) {
					return Authorization.GRANTED;
				}

				@Override
				public Authorization canSeePresence(@Nullable Principal principal, ClientSession session,
						String channel) {
					return Authorization.GRANTED;
				}

			};
		}

	}

}
