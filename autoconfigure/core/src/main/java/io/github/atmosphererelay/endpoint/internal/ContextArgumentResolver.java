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

import java.security.Principal;
import java.util.Optional;
import java.util.Set;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Resolves parameters that describe the call: session, principal, broadcaster and the
 * like.
 */
final class ContextArgumentResolver implements HandlerMethodArgumentResolver {

	private final Broadcaster broadcaster;

	private final Set<Class<?>> types;

	ContextArgumentResolver(Broadcaster broadcaster, Class<?>... further) {
		this.broadcaster = broadcaster;
		this.types = Set.of(further);
	}

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		Class<?> type = parameter.nestedIfOptional().getNestedParameterType();
		return type == ClientSession.class || type == Broadcaster.class || Principal.class.isAssignableFrom(type)
				|| this.types.contains(type);
	}

	@Override
	public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) {
		Call call = Call.of(message);
		Object value = find(parameter.nestedIfOptional().getNestedParameterType(), call);
		if (parameter.getParameterType() == Optional.class) {
			return Optional.ofNullable(value);
		}
		if (value == null && call.payload() != null && !parameter.isOptional()) {
			// Of all these values, only a principal can be absent.
			Authorization.UNAUTHENTICATED.require();
		}
		return value;
	}

	private @Nullable Object find(Class<?> type, Call call) {
		if (type == ClientSession.class) {
			return call.session();
		}
		if (type == Broadcaster.class) {
			return this.broadcaster;
		}
		if (type == SubscriptionState.class) {
			return call.state();
		}
		if (type == DisconnectReason.class) {
			return call.reason();
		}
		Principal principal = call.session().principal();
		if (principal != null && !type.isInstance(principal)) {
			throw new IllegalStateException("The method asks for a principal of type " + type.getName()
					+ ", but the client's principal is a " + principal.getClass().getName()
					+ ". Declare the parameter as java.security.Principal, or as a type that all clients have");
		}
		return principal;
	}

}
