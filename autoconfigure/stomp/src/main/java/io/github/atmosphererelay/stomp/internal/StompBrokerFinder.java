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

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.simp.annotation.support.SimpAnnotationMethodMessageHandler;
import org.springframework.messaging.simp.broker.AbstractBrokerMessageHandler;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.UserDestinationMessageHandler;
import org.springframework.messaging.support.ExecutorSubscribableChannel;

/**
 * Finds the application's simple broker among the beans of its context. Parent contexts
 * are not looked at, because they may have a broker of their own.
 */
final class StompBrokerFinder {

	private final ListableBeanFactory beans;

	StompBrokerFinder(ListableBeanFactory beans) {
		this.beans = beans;
	}

	/**
	 * Find the broker.
	 * @return the broker, or why there is none to work with
	 */
	Result find() {
		Map<String, AbstractBrokerMessageHandler> brokers = this.beans
			.getBeansOfType(AbstractBrokerMessageHandler.class);
		List<SimpleBrokerMessageHandler> simple = brokers.values()
			.stream()
			.filter(SimpleBrokerMessageHandler.class::isInstance)
			.map(SimpleBrokerMessageHandler.class::cast)
			.toList();
		if (brokers.isEmpty()) {
			return Result.none("the application does not use STOMP: it has no @EnableWebSocketMessageBroker");
		}
		if (simple.isEmpty()) {
			return Result.none("the application relays STOMP to an external broker (enableStompBrokerRelay), which"
					+ " reaches all nodes itself");
		}
		if (brokers.size() > 1) {
			return Result.none("there are several STOMP brokers: " + String.join(", ", brokers.keySet()));
		}
		SimpleBrokerMessageHandler handler = simple.get(0);
		if (handler.getClientInboundChannel() instanceof ExecutorSubscribableChannel inbound
				&& handler.getClientOutboundChannel() instanceof ExecutorSubscribableChannel outbound
				&& handler.getBrokerChannel() instanceof ExecutorSubscribableChannel channel) {
			return Result.found(broker(handler, inbound, outbound, channel));
		}
		return Result.none("the channels of the simple broker are of the application's own types "
				+ typeOf(handler.getClientInboundChannel()) + ", " + typeOf(handler.getClientOutboundChannel())
				+ " and " + typeOf(handler.getBrokerChannel()) + ", not ExecutorSubscribableChannel");
	}

	private static String typeOf(MessageChannel channel) {
		return channel.getClass().getName();
	}

	private StompBroker broker(SimpleBrokerMessageHandler handler, ExecutorSubscribableChannel inbound,
			ExecutorSubscribableChannel outbound, ExecutorSubscribableChannel channel) {
		UserDestinationMessageHandler users = single(UserDestinationMessageHandler.class);
		DefaultUserDestinationResolver resolver = null;
		if (users != null && users.getUserDestinationResolver().getClass() == DefaultUserDestinationResolver.class) {
			resolver = (DefaultUserDestinationResolver) users.getUserDestinationResolver();
		}
		return new StompBroker(handler, inbound, outbound, channel, users, resolver,
				List.copyOf(this.beans.getBeansOfType(SimpAnnotationMethodMessageHandler.class).values()));
	}

	<T> @Nullable T single(Class<T> type) {
		Map<String, T> found = this.beans.getBeansOfType(type);
		return (found.size() == 1) ? found.values().iterator().next() : null;
	}

	/**
	 * What was found.
	 *
	 * @param broker the broker, or {@code null}
	 * @param reason why there is no broker, or an empty string
	 */
	record Result(@Nullable StompBroker broker, String reason) {

		static Result found(StompBroker broker) {
			return new Result(broker, "");
		}

		static Result none(String reason) {
			return new Result(null, reason);
		}

	}

}
