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

package io.github.atmosphererelay.autoconfigure;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.endpoint.internal.ChannelListeners;
import io.github.atmosphererelay.endpoint.internal.EndpointSupport;
import io.github.atmosphererelay.endpoint.internal.ManagedServices;
import io.github.atmosphererelay.security.internal.ClientContext;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.messaging.converter.JacksonJsonMessageConverter;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.util.ClassUtils;
import org.springframework.validation.SmartValidator;
import org.springframework.validation.Validator;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

/**
 * Finds the application's annotated endpoints. Runs when all beans exist, because
 * endpoints may inject the {@link Broadcaster}, which the node creates, and before the
 * node starts.
 */
final class ManagedServicesRegistrar implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(ManagedServicesRegistrar.class);

	private final ChannelCatalog catalog;

	private final ClientContext context;

	private final DefaultBroadcaster broadcaster;

	private final ManagedServices services;

	private final ChannelListeners listeners;

	private final ConfigurableListableBeanFactory beans;

	ManagedServicesRegistrar(ChannelCatalog catalog, ClientContext context, DefaultBroadcaster broadcaster,
			ManagedServices services, ChannelListeners listeners, ConfigurableListableBeanFactory beans) {
		this.listeners = listeners;
		this.catalog = catalog;
		this.context = context;
		this.broadcaster = broadcaster;
		this.services = services;
		this.beans = beans;
	}

	@Override
	public void afterSingletonsInstantiated() {
		EndpointSupport support = support();
		this.services.register(this.beans, support, this.catalog, this.context);
		this.listeners.register(this.beans, support);
		if (this.catalog.all().isEmpty()) {
			logger.warn("There are no channels, so clients cannot subscribe to anything. Set"
					+ " 'atmosphere.channels[0].pattern', or add a bean with @ManagedService");
		}
	}

	private EndpointSupport support() {
		return new EndpointSupport(this.beans.getBeanProvider(Broadcaster.class).getIfUnique(() -> this.broadcaster),
				this.beans.getBean(PayloadEncoder.class),
				isPresent("tools.jackson.databind.json.JsonMapper") ? Json.converter(this.beans) : null,
				isPresent("jakarta.validation.Validator") ? Validation.validator(this.beans) : null);
	}

	private boolean isPresent(String className) {
		return ClassUtils.isPresent(className, this.beans.getBeanClassLoader());
	}

	/**
	 * Loaded only if Jackson is on the classpath.
	 */
	private static final class Json {

		static MessageConverter converter(ConfigurableListableBeanFactory beans) {
			return new JacksonJsonMessageConverter(OptionalBeans.Json.mapper(beans.getBeanProvider(JsonMapper.class)));
		}

	}

	/**
	 * Loaded only if the validation API is on the classpath. Does not use Spring MVC's
	 * validator: that bean also exists without a validation provider, and then accepts
	 * everything.
	 */
	private static final class Validation {

		static @Nullable Validator validator(ConfigurableListableBeanFactory beans) {
			var validators = beans.getBeanProvider(jakarta.validation.Validator.class);
			jakarta.validation.Validator validator = validators.getIfUnique();
			if (validator == null) {
				validator = validators.orderedStream().findFirst().orElse(null);
			}
			return (validator == null || validator instanceof SmartValidator) ? (Validator) validator
					: new SpringValidatorAdapter(validator);
		}

	}

}
