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

import java.util.function.Consumer;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.broker.SubscriptionRegistry;
import org.springframework.util.MultiValueMap;

/**
 * The broker's subscription registry, with the index of what is wanted on this node. The
 * index always changes after the registry.
 */
final class ObservedSubscriptions implements SubscriptionRegistry {

	private final SubscriptionRegistry registry;

	private final DestinationInterest interest;

	private final Consumer<String> sessionEnded;

	/**
	 * Create a registry.
	 * @param registry does the work
	 * @param interest the index
	 * @param sessionEnded called with the id of a session that has ended
	 */
	ObservedSubscriptions(SubscriptionRegistry registry, DestinationInterest interest, Consumer<String> sessionEnded) {
		this.registry = registry;
		this.interest = interest;
		this.sessionEnded = sessionEnded;
	}

	@Override
	public void registerSubscription(Message<?> message) {
		MessageHeaders headers = message.getHeaders();
		String session = SimpMessageHeaderAccessor.getSessionId(headers);
		String subscription = SimpMessageHeaderAccessor.getSubscriptionId(headers);
		String destination = SimpMessageHeaderAccessor.getDestination(headers);
		this.registry.registerSubscription(message);
		if (session != null && subscription != null && destination != null) {
			this.interest.add(session, subscription, destination);
		}
	}

	@Override
	public void unregisterSubscription(Message<?> message) {
		MessageHeaders headers = message.getHeaders();
		String session = SimpMessageHeaderAccessor.getSessionId(headers);
		String subscription = SimpMessageHeaderAccessor.getSubscriptionId(headers);
		this.registry.unregisterSubscription(message);
		if (session != null && subscription != null) {
			this.interest.remove(session, subscription);
		}
	}

	@Override
	public void unregisterAllSubscriptions(String sessionId) {
		this.registry.unregisterAllSubscriptions(sessionId);
		this.interest.removeAll(sessionId);
		this.sessionEnded.accept(sessionId);
	}

	@Override
	public MultiValueMap<String, String> findSubscriptions(Message<?> message) {
		return this.registry.findSubscriptions(message);
	}

	@Override
	public String toString() {
		return this.registry.toString();
	}

}
