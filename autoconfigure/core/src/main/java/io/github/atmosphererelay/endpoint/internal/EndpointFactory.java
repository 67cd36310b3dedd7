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

package io.github.atmosphererelay.endpoint.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.endpoint.RoomService;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import org.apache.commons.logging.LogFactory;

import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Creates endpoints from annotated beans, and rejects those that cannot work.
 */
final class EndpointFactory {

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	private final ListableBeanFactory beans;

	private final EndpointSupport support;

	EndpointFactory(ListableBeanFactory beans, EndpointSupport support) {
		this.beans = beans;
		this.support = support;
	}

	/**
	 * Create all endpoints of the application.
	 * @throws InvalidEndpointException if an endpoint cannot work, or if two endpoints
	 * have the same pattern
	 */
	List<Endpoint> create() {
		List<Endpoint> endpoints = new ArrayList<>();
		Map<String, Endpoint> byShape = new HashMap<>();
		for (String name : this.beans.getBeanNamesForAnnotation(ManagedService.class)) {
			if (ScopedProxyUtils.isScopedTarget(name)) {
				// The proxy of this scoped bean is a bean with the annotation, too.
				continue;
			}
			Endpoint endpoint = create(name);
			Endpoint other = byShape.putIfAbsent(endpoint.pattern().shape(), endpoint);
			if (other != null) {
				throw new InvalidEndpointException(
						"The endpoints '" + other.beanName() + "' (" + other.pattern() + ") and '" + name + "' ("
								+ endpoint.pattern() + ") serve the same channels",
						"Give each of them a pattern of its own, or put their methods into one bean");
			}
			endpoints.add(endpoint);
		}
		return endpoints;
	}

	private Endpoint create(String name) {
		Object bean = this.beans.getBean(name);
		Class<?> type = ClassUtils.getUserClass(AopUtils.getTargetClass(bean));
		ManagedService annotation = Objects.requireNonNull(this.beans.findAnnotationOnBean(name, ManagedService.class));
		RoomService room = this.beans.findAnnotationOnBean(name, RoomService.class);
		ChannelPattern pattern = pattern(name, annotation.value());
		if (room != null && room.history() < 0) {
			throw new InvalidEndpointException(
					"The rooms of the endpoint '" + name + "' have the negative history size " + room.history(),
					"Set 'history' of @RoomService of " + type.getName() + " to 0 or more");
		}
		EndpointMethods methods = new EndpointMethods(name, bean, type, pattern, this.beans, this.support);
		EndpointMethod ready = methods.single(Ready.class, methods.resolvers().forReady());
		EndpointMethod disconnect = methods.single(Disconnect.class, methods.resolvers().forDisconnect());
		EndpointMethod[] messages = methods.messages();
		Map<String, EndpointMethod> calls = methods.calls();
		if (ready == null && disconnect == null && messages[0] == null && messages[1] == null && calls.isEmpty()) {
			throw new InvalidEndpointException("The endpoint '" + name + "' (" + type.getName() + ") has no methods",
					"Annotate a method with @Message, @Rpc, @Ready or @Disconnect of "
							+ Message.class.getPackageName());
		}
		return new Endpoint(name, pattern, room != null, (room != null) ? room.history() : 0, ready, messages[0],
				messages[1], disconnect, calls, methods.exceptions(methods.resolvers().forException()),
				new RateLimitedLog(LogFactory.getLog(type), LOG_INTERVAL));
	}

	/**
	 * Collect the {@link Rpc} methods of all endpoints by name.
	 * @throws InvalidEndpointException if two methods have the same name
	 */
	static Map<String, EndpointCallHandler.Target> targets(List<Endpoint> endpoints) {
		Map<String, EndpointCallHandler.Target> targets = new HashMap<>();
		for (Endpoint endpoint : endpoints) {
			endpoint.calls().forEach((name, method) -> {
				EndpointCallHandler.Target other = targets.put(name, new EndpointCallHandler.Target(endpoint, method));
				if (other != null) {
					throw EndpointMethods.sameName(name,
							other.method() + " of the endpoint '" + other.endpoint().beanName() + "'",
							method + " of the endpoint '" + endpoint.beanName() + "'");
				}
			});
		}
		return targets;
	}

	private static ChannelPattern pattern(String bean, String pattern) {
		try {
			return ChannelPattern.parse(pattern);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidEndpointException("The pattern '" + pattern + "' of the endpoint '" + bean
					+ "' is no valid pattern of channels: " + ex.getMessage(), "Use a pattern such as chat/{room}");
		}
	}

}
