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

package io.github.atmosphererelay.stomp.internal;

import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.simp.annotation.support.SimpAnnotationMethodMessageHandler;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.UserDestinationMessageHandler;
import org.springframework.messaging.support.ExecutorSubscribableChannel;

/**
 * The parts of the application's STOMP that this library works with.
 *
 * @param handler the simple broker
 * @param inbound the channel of clients' messages
 * @param outbound the channel of messages to clients
 * @param channel the channel of the application's messages to the broker
 * @param users translates destinations of users, or {@code null} if there is none
 * @param resolver Spring's own resolver of these destinations, or {@code null} if the
 * application has another one
 * @param methods calls the application's annotated methods
 */
record StompBroker(SimpleBrokerMessageHandler handler, ExecutorSubscribableChannel inbound,
		ExecutorSubscribableChannel outbound, ExecutorSubscribableChannel channel,
		@Nullable UserDestinationMessageHandler users, @Nullable DefaultUserDestinationResolver resolver,
		List<SimpAnnotationMethodMessageHandler> methods) {

	/**
	 * Return whether a destination is the broker's, and not one of a user.
	 */
	boolean serves(String destination) {
		Collection<String> prefixes = this.handler.getDestinationPrefixes();
		if (prefixes.isEmpty()) {
			return !isOfUser(destination);
		}
		return prefixes.stream().anyMatch(destination::startsWith);
	}

	boolean isOfUser(String destination) {
		return this.resolver != null && destination.startsWith(this.resolver.getDestinationPrefix());
	}

	/**
	 * Return whether annotated methods may be called for a destination.
	 */
	static boolean serves(SimpAnnotationMethodMessageHandler methods, String destination) {
		Collection<String> prefixes = methods.getDestinationPrefixes();
		return prefixes.isEmpty() || prefixes.stream().anyMatch(destination::startsWith);
	}

}
