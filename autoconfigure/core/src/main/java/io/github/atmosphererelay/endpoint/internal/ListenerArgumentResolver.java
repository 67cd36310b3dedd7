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

import java.util.Optional;
import java.util.Set;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/**
 * Resolves parameters of listeners that describe the publication: its position, its id
 * and the like.
 */
final class ListenerArgumentResolver implements HandlerMethodArgumentResolver {

	private static final Set<Class<?>> TYPES = Set.of(Publication.class, Position.class, MessageId.class, Payload.class,
			Broadcaster.class);

	private final Broadcaster broadcaster;

	ListenerArgumentResolver(Broadcaster broadcaster) {
		this.broadcaster = broadcaster;
	}

	@Override
	public boolean supportsParameter(MethodParameter parameter) {
		return TYPES.contains(parameter.nestedIfOptional().getNestedParameterType());
	}

	@Override
	public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) {
		Publication publication = ((ListenerCall) Invocation.of(message)).publication();
		Object value = find(parameter.nestedIfOptional().getNestedParameterType(), publication);
		return (parameter.getParameterType() == Optional.class) ? Optional.ofNullable(value) : value;
	}

	private @Nullable Object find(Class<?> type, Publication publication) {
		if (type == Position.class) {
			return publication.position();
		}
		if (type == MessageId.class) {
			return new MessageId(publication.id());
		}
		if (type == Payload.class) {
			return publication.payload();
		}
		return (type == Broadcaster.class) ? this.broadcaster : publication;
	}

}
