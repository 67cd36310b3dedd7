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

package io.github.atmosphererelay.recovery;

import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.inbound.ClientSendHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.subscription.InitialChannels;
import io.github.atmosphererelay.test.UsersByParameter;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The application of the nodes: whoever names a user in the query is that user.
 */
@Configuration(proxyBeanMethods = false)
@Import(UsersByParameter.class)
class RecoveryApplication {

	@Bean
	Tokens tokens() {
		return new Tokens();
	}

	@Bean
	Sent sent() {
		return new Sent();
	}

	/**
	 * A user whose name begins with "given" is in a channel of its own.
	 */
	@Bean
	InitialChannels initialChannels() {
		return (session) -> {
			Principal user = session.principal();
			return (user != null && user.getName().startsWith("given")) ? List.of("log/" + user.getName()) : List.of();
		};
	}

	/**
	 * Tokens are a user's name and for how many seconds they are good: {@code bob:60}.
	 */
	static class Tokens implements TokenAuthenticator {

		private final List<String> seen = new CopyOnWriteArrayList<>();

		@Override
		public Authenticated authenticate(String token) {
			this.seen.add(token);
			String[] parts = token.split(":");
			if (parts.length != 2) {
				throw new InvalidTokenException("that is none", null);
			}
			return new Authenticated(() -> parts[0], Instant.now().plusSeconds(Long.parseLong(parts[1])));
		}

		List<String> seen() {
			return this.seen;
		}

	}

	/**
	 * Answers calls.
	 */
	@ManagedService("desk/{number}")
	static class Calls {

		@Rpc
		JsonNode echo(JsonNode input) {
			return input;
		}

		@Rpc
		void refuse() {
			throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "not for you");
		}

	}

	/**
	 * Keeps what clients have sent to no channel.
	 */
	static class Sent implements ClientSendHandler {

		private final List<String> texts = new CopyOnWriteArrayList<>();

		@Override
		public void received(ClientSession session, Payload payload) {
			this.texts.add(payload.asText());
		}

		List<String> texts() {
			return this.texts;
		}

	}

}
