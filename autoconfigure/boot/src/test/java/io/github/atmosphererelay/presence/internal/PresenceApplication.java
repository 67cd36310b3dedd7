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

package io.github.atmosphererelay.presence.internal;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.atmosphererelay.presence.MemberJoined;
import io.github.atmosphererelay.presence.MemberLeft;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.test.UsersByParameter;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/**
 * An application that lets clients choose their user name, says something about each
 * user, and keeps what it is told.
 */
@Configuration(proxyBeanMethods = false)
@Import(UsersByParameter.class)
class PresenceApplication {

	@Bean
	PresenceAttributes presenceAttributes() {
		return (session, channel) -> {
			String user = (session.principal() != null) ? session.principal().getName() : "";
			return switch (user) {
				case "loud" -> Map.of("text", "x".repeat(2_000));
				case "broken" -> throw new IllegalStateException("no attributes");
				case "alice" -> Map.of("colour", "green");
				default -> Map.of();
			};
		};
	}

	@Bean
	Events events() {
		return new Events();
	}

	/**
	 * Keeps what the application is told.
	 */
	static class Events {

		private final Queue<String> seen = new ConcurrentLinkedQueue<>();

		@EventListener
		void on(MemberJoined event) {
			this.seen.add("+" + event.member().user());
		}

		@EventListener
		void on(MemberLeft event) {
			this.seen.add("-" + event.member().user());
		}

		List<String> seen() {
			return List.copyOf(this.seen);
		}

	}

}
