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

import java.util.List;

import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;

import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.DefaultConversionService;
import org.springframework.messaging.converter.CompositeMessageConverter;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.annotation.support.HeaderMethodArgumentResolver;
import org.springframework.messaging.handler.annotation.support.HeadersMethodArgumentResolver;
import org.springframework.messaging.handler.annotation.support.PayloadMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;

/**
 * Creates the argument resolvers for each kind of endpoint method.
 */
final class ArgumentResolvers {

	private static final String SESSION_ARGUMENTS = "Methods take ClientSession, Principal, Broadcaster, @PathVariable,"
			+ " @Header and @Headers";

	private static final String LISTENER_ARGUMENTS = "A listener has no session. Methods take Publication, Position,"
			+ " MessageId, Payload, Broadcaster, @PathVariable, @Header and @Headers";

	private final ConversionService conversionService = DefaultConversionService.getSharedInstance();

	private final EndpointSupport support;

	ArgumentResolvers(EndpointSupport support) {
		this.support = support;
	}

	Composite forReady() {
		return composite(SESSION_ARGUMENTS + ", and SubscriptionState",
				new ContextArgumentResolver(this.support.broadcaster(), SubscriptionState.class));
	}

	Composite forDisconnect() {
		return composite(SESSION_ARGUMENTS + ", and DisconnectReason",
				new ContextArgumentResolver(this.support.broadcaster(), DisconnectReason.class));
	}

	Composite forException() {
		return composite(SESSION_ARGUMENTS, new ContextArgumentResolver(this.support.broadcaster()));
	}

	Composite forListenerException() {
		return composite(LISTENER_ARGUMENTS, new ListenerArgumentResolver(this.support.broadcaster()));
	}

	/**
	 * Return the resolvers for listeners, which take a publication.
	 */
	Composite forListener() {
		return withMessage(forListenerException());
	}

	/**
	 * Return the resolvers for methods that take the message unchanged or read it from
	 * JSON.
	 */
	Composite forMessage() {
		return withMessage(forException());
	}

	private Composite withMessage(Composite composite) {
		composite.addResolver(new RawPayloadArgumentResolver());
		MessageConverter json = this.support.json();
		if (json != null) {
			composite.addResolver(payload(List.of(json)));
		}
		return composite;
	}

	/**
	 * Return the resolvers for methods whose message is read by the given decoders.
	 */
	Composite forMessage(List<MessageConverter> decoders) {
		Composite composite = forException();
		composite.addResolver(payload(decoders));
		return composite;
	}

	private HandlerMethodArgumentResolver payload(List<MessageConverter> converters) {
		return new PayloadMethodArgumentResolver(new CompositeMessageConverter(converters), this.support.validator());
	}

	private Composite composite(String arguments, HandlerMethodArgumentResolver context) {
		return new Composite(arguments,
				List.of(new PathVariableArgumentResolver(this.conversionService),
						new HeaderMethodArgumentResolver(this.conversionService, null),
						new HeadersMethodArgumentResolver(), context));
	}

	/**
	 * A list of resolvers, which begins with those that do not read the message.
	 */
	static final class Composite extends HandlerMethodArgumentResolverComposite {

		private final String arguments;

		private final List<HandlerMethodArgumentResolver> context;

		Composite(String arguments, List<HandlerMethodArgumentResolver> context) {
			this.arguments = arguments;
			this.context = context;
			addResolvers(context);
		}

		/**
		 * Return what methods can take beside the message, as a sentence without a point.
		 */
		String arguments() {
			return this.arguments;
		}

		/**
		 * Return whether a parameter takes something other than the message.
		 */
		boolean supportsContext(MethodParameter parameter) {
			return this.context.stream().anyMatch((resolver) -> resolver.supportsParameter(parameter));
		}

	}

}
