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

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.message.MessageId;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.annotation.SynthesizingMethodParameter;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.validation.annotation.ValidationAnnotationUtils;
import org.springframework.web.bind.annotation.PathVariable;

/**
 * Rejects endpoint methods that could never be called.
 */
final class MethodCheck {

	private static final ParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();

	/**
	 * What some methods can take and others cannot, and no method takes as its message.
	 */
	private static final Set<Class<?>> NO_MESSAGES = Set.of(ClientSession.class, SubscriptionState.class,
			DisconnectReason.class, Publication.class, Position.class, MessageId.class, Payload.class);

	private final String beanName;

	private final ChannelPattern pattern;

	private final EndpointSupport support;

	MethodCheck(String beanName, ChannelPattern pattern, EndpointSupport support) {
		this.beanName = beanName;
		this.pattern = pattern;
		this.support = support;
	}

	/**
	 * Check the parameters of a method.
	 * @param messages how many parameters may take the message
	 * @return the parameter that takes the message, if any
	 */
	@Nullable MethodParameter parameters(Method method, Class<? extends Annotation> annotation,
			ArgumentResolvers.Composite resolvers, int messages) {
		List<MethodParameter> payloads = new ArrayList<>();
		for (int i = 0; i < method.getParameterCount(); i++) {
			MethodParameter parameter = new SynthesizingMethodParameter(method, i);
			parameter.initParameterNameDiscovery(NAMES);
			if (parameter.hasParameterAnnotation(PathVariable.class)) {
				if (annotation == Rpc.class) {
					throw invalid(method, "a call belongs to no channel, so there is no value for @PathVariable",
							"Let clients send the value in the message");
				}
				variable(method, parameter);
			}
			if (resolvers.supportsContext(parameter) || (annotation == MessageExceptionHandler.class
					&& Throwable.class.isAssignableFrom(parameter.getParameterType()))) {
				continue;
			}
			payloads.add(parameter);
		}
		String action = resolvers.arguments() + hint(annotation);
		if (messages > 0) {
			payloads.forEach((parameter) -> message(method, parameter, action));
		}
		if (payloads.size() > messages) {
			String types = payloads.stream()
				.map((parameter) -> parameter.getParameterType().getSimpleName())
				.collect(Collectors.joining(", "));
			throw invalid(method, (messages == 0) ? "there is no value for its parameters of type " + types
					: "more than one of its parameters would take the message: " + types, action);
		}
		return payloads.isEmpty() ? null : payloads.get(0);
	}

	private void message(Method method, MethodParameter parameter, String action) {
		Class<?> type = parameter.nestedIfOptional().getNestedParameterType();
		boolean whole = org.springframework.messaging.Message.class.isAssignableFrom(type);
		if (whole || NO_MESSAGES.contains(type) || Principal.class.isAssignableFrom(type)) {
			throw invalid(method, "there is no value for its parameter of type " + type.getSimpleName(),
					whole ? "Take what the message contains, such as a String, and its headers with @Header or @Headers"
							: action);
		}
	}

	private static String hint(Class<? extends Annotation> annotation) {
		if (annotation == Message.class || annotation == Rpc.class || annotation == ChannelListener.class) {
			return ", and one other parameter for the message";
		}
		return (annotation == MessageExceptionHandler.class) ? ", and the exception" : "";
	}

	private void variable(Method method, MethodParameter parameter) {
		String name = PathVariableArgumentResolver.nameOf(parameter);
		if (name == null) {
			throw invalid(method, "the name of its @PathVariable is not known",
					"Compile with -parameters, or give the annotation a name");
		}
		if (!this.pattern.variables().contains(name)) {
			throw invalid(method, "the pattern " + this.pattern + " has no variable '" + name + "'",
					"Name one of the pattern's variables: " + this.pattern.variables());
		}
	}

	/**
	 * Check the parameter that takes the message.
	 * @param decoded whether the method has its own decoders
	 */
	void payload(Method method, MethodParameter parameter, boolean decoded) {
		Class<?> type = parameter.getParameterType();
		boolean raw = type == String.class || type == byte[].class;
		if (!raw && !decoded && this.support.json() == null) {
			throw invalid(method, "there is no JSON mapper to read a " + type.getSimpleName(),
					"Add spring-boot-starter-jackson, take a String or byte[], or name decoders in @Message");
		}
		if (this.support.validator() == null && isValidated(parameter)) {
			throw invalid(method, "its message must be validated, but there is no validator",
					"Add spring-boot-starter-validation");
		}
	}

	private static boolean isValidated(MethodParameter parameter) {
		return Arrays.stream(parameter.getParameterAnnotations())
			.anyMatch((annotation) -> ValidationAnnotationUtils.determineValidationHints(annotation) != null);
	}

	void returnType(Method method) {
		Class<?> type = method.getReturnType();
		boolean stage = CompletionStage.class.isAssignableFrom(type);
		boolean reactive = ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null;
		if (!stage && (reactive || Future.class.isAssignableFrom(type))) {
			throw invalid(method, "the return type " + type.getSimpleName() + " is not supported",
					"Return a CompletionStage, such as Mono.toFuture() gives, or the message itself");
		}
	}

	/**
	 * Check that a method returns nothing, or a future of it.
	 */
	void returnsNothing(Method method) {
		Class<?> type = method.getReturnType();
		if (type != void.class && !CompletionStage.class.isAssignableFrom(type)) {
			throw invalid(method, "it returns a " + type.getSimpleName() + ", and nobody gets that",
					"Return nothing or a CompletionStage, and publish with the Broadcaster");
		}
	}

	private InvalidEndpointException invalid(Method method, String reason, String action) {
		return new InvalidEndpointException("The method " + describe(method) + " of the endpoint '" + this.beanName
				+ "' cannot be called: " + reason, action);
	}

	String describe(Method method) {
		return method.getDeclaringClass().getName() + "." + method.getName()
				+ Arrays.stream(method.getParameterTypes())
					.map(Class::getSimpleName)
					.collect(Collectors.joining(", ", "(", ")"));
	}

}
