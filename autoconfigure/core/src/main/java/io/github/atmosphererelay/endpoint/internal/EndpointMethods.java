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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.atmosphererelay.channel.internal.ChannelPattern;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.listening.ChannelListener;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.AutowireCapableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.messaging.handler.annotation.support.AnnotationExceptionHandlerMethodResolver;

/**
 * Finds, checks and creates the methods of one bean.
 */
final class EndpointMethods {

	private final String beanName;

	private final Object bean;

	private final Class<?> type;

	private final MethodCheck check;

	private final ListableBeanFactory beans;

	private final ArgumentResolvers resolvers;

	EndpointMethods(String beanName, Object bean, Class<?> type, ChannelPattern pattern, ListableBeanFactory beans,
			EndpointSupport support) {
		this.beans = beans;
		this.resolvers = new ArgumentResolvers(support);
		this.beanName = beanName;
		this.bean = bean;
		this.type = type;
		this.check = new MethodCheck(beanName, pattern, support);
	}

	ArgumentResolvers resolvers() {
		return this.resolvers;
	}

	private Set<Method> annotated(Class<? extends Annotation> annotation) {
		return MethodIntrospector.selectMethods(this.type,
				(Method method) -> AnnotatedElementUtils.hasAnnotation(method, annotation));
	}

	@Nullable EndpointMethod single(Class<? extends Annotation> annotation, ArgumentResolvers.Composite resolvers) {
		EndpointMethod single = null;
		for (Method method : annotated(annotation)) {
			if (single != null) {
				throw new InvalidEndpointException("The endpoint '" + this.beanName + "' has more than one @"
						+ annotation.getSimpleName() + " method: " + this.check.describe(single.getMethod()) + " and "
						+ this.check.describe(method), "Keep one of them");
			}
			this.check.parameters(method, annotation, resolvers, 0);
			this.check.returnType(method);
			single = make(method, resolvers, false, List.of());
		}
		return single;
	}

	/**
	 * Return the method for text messages and the one for binary messages.
	 */
	@Nullable EndpointMethod[] messages() {
		@Nullable EndpointMethod[] methods = { null, null };
		for (Method method : annotated(Message.class)) {
			Message annotation = Objects
				.requireNonNull(AnnotatedElementUtils.findMergedAnnotation(method, Message.class));
			boolean decoded = annotation.decoders().length > 0;
			ArgumentResolvers.Composite resolvers = decoded
					? this.resolvers.forMessage(converters(method, annotation.decoders()))
					: this.resolvers.forMessage();
			MethodParameter payload = this.check.parameters(method, Message.class, resolvers, 1);
			this.check.returnType(method);
			if (payload != null) {
				this.check.payload(method, payload, decoded);
			}
			int kind = (payload != null && payload.getParameterType() == byte[].class) ? 1 : 0;
			EndpointMethod other = methods[kind];
			if (other != null) {
				throw new InvalidEndpointException(
						"The @Message methods " + this.check.describe(other.getMethod()) + " and "
								+ this.check.describe(method) + " of the endpoint '" + this.beanName
								+ "' take the same kind of message",
						"Keep one of them, or have one of two take a byte[] for binary messages");
			}
			methods[kind] = make(method, resolvers, decoded, converters(method, annotation.encoders()));
		}
		return methods;
	}

	/**
	 * Return the {@link Rpc} methods by name.
	 */
	Map<String, EndpointMethod> calls() {
		Map<String, EndpointMethod> methods = new HashMap<>();
		for (Method method : annotated(Rpc.class)) {
			Rpc annotation = Objects.requireNonNull(AnnotatedElementUtils.findMergedAnnotation(method, Rpc.class));
			String name = annotation.value().isEmpty() ? method.getName() : annotation.value();
			ArgumentResolvers.Composite resolvers = this.resolvers.forMessage();
			MethodParameter payload = this.check.parameters(method, Rpc.class, resolvers, 1);
			this.check.returnType(method);
			if (payload != null) {
				this.check.payload(method, payload, false);
			}
			EndpointMethod other = methods.put(name, make(method, resolvers, false, List.of()));
			if (other != null) {
				throw sameName(name, this.check.describe(other.getMethod()),
						this.check.describe(method) + " of the endpoint '" + this.beanName + "'");
			}
		}
		return Map.copyOf(methods);
	}

	private List<MessageConverter> converters(Method method, Class<? extends MessageConverter>[] types) {
		List<MessageConverter> converters = new ArrayList<>();
		for (Class<? extends MessageConverter> each : types) {
			converters.add(converter(method, each));
		}
		return converters;
	}

	private MessageConverter converter(Method method, Class<? extends MessageConverter> type) {
		try {
			MessageConverter bean = this.beans.getBeanProvider(type).getIfAvailable();
			if (bean != null) {
				return bean;
			}
			AutowireCapableBeanFactory factory = (AutowireCapableBeanFactory) this.beans;
			return factory.createBean(type);
		}
		catch (RuntimeException ex) {
			throw new InvalidEndpointException(
					"The converter " + type.getName() + " of the method " + this.check.describe(method)
							+ " of the endpoint '" + this.beanName + "' cannot be created: " + ex.getMessage(),
					"Make it a bean, or give it a constructor whose parameters are beans");
		}
	}

	/**
	 * Return a listener's method.
	 */
	EndpointMethod listener(Method method, ArgumentResolvers resolvers) {
		ArgumentResolvers.Composite composite = resolvers.forListener();
		MethodParameter payload = this.check.parameters(method, ChannelListener.class, composite, 1);
		this.check.returnsNothing(method);
		if (payload != null) {
			this.check.payload(method, payload, false);
		}
		return make(method, composite, false, List.of());
	}

	ExceptionMethods exceptions(ArgumentResolvers.Composite resolvers) {
		Set<Method> annotated = annotated(MessageExceptionHandler.class);
		if (annotated.isEmpty()) {
			return ExceptionMethods.NONE;
		}
		Map<Method, EndpointMethod> methods = new HashMap<>();
		for (Method method : annotated) {
			this.check.parameters(method, MessageExceptionHandler.class, resolvers, 0);
			this.check.returnType(method);
			methods.put(method, make(method, resolvers, false, List.of()));
		}
		try {
			return new ExceptionMethods(new AnnotationExceptionHandlerMethodResolver(this.type), methods);
		}
		catch (IllegalStateException ex) {
			throw new InvalidEndpointException(
					"The @MessageExceptionHandler methods of the endpoint '" + this.beanName + "' are ambiguous: "
							+ ex.getMessage(),
					"List in each annotation the exceptions that the method handles, and list each exception in"
							+ " one annotation only");
		}
	}

	private EndpointMethod make(Method method, ArgumentResolvers.Composite resolvers, boolean bytes,
			List<MessageConverter> encoders) {
		try {
			return new EndpointMethod(this.bean, AopUtils.selectInvocableMethod(method, this.bean.getClass()),
					resolvers, bytes, encoders);
		}
		catch (IllegalStateException ex) {
			throw new InvalidEndpointException(
					"The method " + this.check.describe(method) + " of the endpoint '" + this.beanName
							+ "' cannot be called through the bean's proxy: " + ex.getMessage(),
					"Do not make it private, or declare it in an interface of the bean");
		}
	}

	static InvalidEndpointException sameName(String name, String first, String second) {
		return new InvalidEndpointException(
				"The @Rpc methods " + first + " and " + second + " are both called '" + name + "'",
				"Set a different name in one of the annotations, such as @Rpc(\"" + name + "2\")");
	}

}
