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

import java.util.Objects;

import io.github.atmosphererelay.console.internal.ConsoleActuator;
import io.github.atmosphererelay.console.internal.ConsoleExits;
import io.github.atmosphererelay.console.internal.ConsolePage;
import io.github.atmosphererelay.console.internal.ConsoleRatePublisher;
import io.github.atmosphererelay.console.internal.NodeFigures;
import io.github.atmosphererelay.console.internal.StompFigures;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.resource.internal.LibraryFiles;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Auto-configuration of the console: a page for operators, and the rates that this node
 * publishes for it.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnBooleanProperty("atmosphere.console.enabled")
@ConditionalOnBean(MessagingNode.class)
public final class AtmosphereConsoleAutoConfiguration {

	/**
	 * Publishes this node's rates as JSON. A node without a web server does so too,
	 * because the console shows all nodes.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class RatesConfiguration {

		/**
		 * Publishes from after the node's start until before its stop.
		 */
		@Bean
		PhasedLifecycle atmosphereConsoleRates(MessagingNode node, AtmosphereProperties properties,
				ObjectProvider<StompFigures> stomp) {
			NodeFigures figures = new NodeFigures(node.identity(), node.monitor(), node.registry(), node.statistics(),
					node.writers().statistics(), stomp.getIfAvailable());
			ConsoleRatePublisher rates = new ConsoleRatePublisher(figures, node.broadcaster(), node.timers(),
					properties.console().channel(), properties.console().interval());
			return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, rates::start, rates::stop);
		}

	}

	/**
	 * Serves the console's page.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass({ DispatcherServlet.class, LibraryFiles.class })
	static class PageConfiguration {

		@Bean
		HandlerMapping atmosphereConsoleMapping(AtmosphereProperties properties,
				ObjectProvider<ConsoleActuator> actuator) {
			AtmosphereProperties.Console console = properties.console();
			return new ConsolePage(properties.websocket().path(), console.channel(),
					new ConsoleExits(console.home(), Objects.requireNonNullElse(console.logout(), "")),
					actuator.getIfAvailable(() -> ConsoleActuator.NONE))
				.mapping();
		}

	}

	/**
	 * Tells the page the path of the actuator endpoint.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ EndpointAccessResolver.class, ManagementPortType.class })
	static class ActuatorConfiguration {

		private static final EndpointId ENDPOINT = EndpointId.of("atmosphere");

		@Bean
		ConsoleActuator atmosphereConsoleActuator(Environment environment,
				ObjectProvider<EndpointAccessResolver> access) {
			if (ManagementPortType.get(environment) != ManagementPortType.SAME) {
				return ConsoleActuator.NONE;
			}
			String base = environment.getProperty("management.endpoints.web.base-path", "/actuator");
			String mapped = environment.getProperty("management.endpoints.web.path-mapping." + ENDPOINT,
					ENDPOINT.toString());
			EndpointAccessResolver resolver = access.getIfAvailable();
			return new ConsoleActuator((base.equals("/") ? "" : base) + "/" + mapped,
					resolver != null && resolver.accessFor(ENDPOINT, Access.READ_ONLY) == Access.UNRESTRICTED);
		}

	}

}
