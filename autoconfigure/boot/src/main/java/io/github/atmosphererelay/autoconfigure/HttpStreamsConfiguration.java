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

import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver;
import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver.Kind;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.door.atmosphere.internal.AtmosphereDoor;
import io.github.atmosphererelay.door.atmosphere.internal.PollSettings;
import io.github.atmosphererelay.door.centrifuge.internal.CentrifugeDoor;
import io.github.atmosphererelay.door.centrifuge.internal.Emulation;
import io.github.atmosphererelay.door.internal.DoorContext;
import io.github.atmosphererelay.door.raw.internal.RawDoor;
import io.github.atmosphererelay.door.stream.internal.StreamDoor;
import io.github.atmosphererelay.door.stream.internal.StreamSettings;
import io.github.atmosphererelay.transport.http.internal.ResponseBreaker;
import io.github.atmosphererelay.transport.tomcat.internal.TomcatResponses;
import org.apache.catalina.connector.RequestFacade;
import org.apache.coyote.ActionCode;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.jetty.ConfigurableJettyWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The door for clients that use HTTP instead of WebSocket.
 */
@Configuration(proxyBeanMethods = false)
class HttpStreamsConfiguration {

	/**
	 * Serves streams, and takes messages by POST.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "atmosphere.http-streams.enabled", matchIfMissing = true)
	static class DoorConfiguration {

		@Bean
		StreamDoor atmosphereStreamDoor(DoorContext context, AtmosphereProperties properties) {
			return new StreamDoor(context,
					new StreamSettings(properties.websocket().path(), properties.httpStreams().maxStreamAge()));
		}

		@Bean
		HandlerMapping atmosphereStreamMapping(StreamDoor door) {
			return door.mapping();
		}

		/**
		 * Asked after the application's own routes.
		 */
		@Bean
		@Order(Ordered.LOWEST_PRECEDENCE)
		RouterFunction<ServerResponse> atmosphereMessageRoute(StreamDoor door) {
			return door.messageRoute();
		}

	}

	/**
	 * Serves the Centrifuge SDK's transports without WebSocket.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = { "atmosphere.http-streams.enabled", "atmosphere.centrifuge.enabled" },
			matchIfMissing = true)
	static class EmulationConfiguration {

		@Bean
		Emulation atmosphereEmulation(CentrifugeDoor door, DoorContext context) {
			return door.emulation(context);
		}

		@Bean
		HandlerMapping atmosphereEmulationMapping(Emulation emulation) {
			return emulation.mapping();
		}

		@Bean
		@Order(Ordered.LOWEST_PRECEDENCE)
		RouterFunction<ServerResponse> atmosphereEmulationRoutes(Emulation emulation, DefaultCluster cluster) {
			return emulation.routes((node, body) -> cluster.carryCommands(node, Kind.COMMANDS, body));
		}

		@Bean
		ClientCommandReceiver atmosphereClientCommands(Emulation emulation) {
			return ClientCommandReceiver.of(Kind.COMMANDS, emulation::received);
		}

	}

	/**
	 * Serves the transports of {@code atmosphere.js} over HTTP.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "atmosphere.http-streams.enabled", matchIfMissing = true)
	static class AtmosphereJsConfiguration {

		@Bean
		AtmosphereDoor atmosphereAtmosphereJsDoor(DoorContext context, RawDoor door, DefaultCluster cluster,
				AtmosphereProperties properties) {
			AtmosphereProperties.HttpStreams streams = properties.httpStreams();
			return new AtmosphereDoor(door, context.streams(), context.timers(), context.identity().id(),
					context.settings().path(), streams.maxStreamAge(),
					new PollSettings(streams.pollTimeout(), streams.pollGap()), cluster::carryCommands);
		}

		@Bean
		HandlerMapping atmosphereAtmosphereJsMapping(AtmosphereDoor door) {
			return door.mapping();
		}

		@Bean
		ClientCommandReceiver atmospherePollReceiver(AtmosphereDoor door) {
			return ClientCommandReceiver.of(Kind.POLL, door::receivePoll);
		}

		@Bean
		ClientCommandReceiver atmospherePollAnswerReceiver(AtmosphereDoor door) {
			return ClientCommandReceiver.of(Kind.POLL_ANSWER, door::receiveAnswer);
		}

	}

	/**
	 * Breaks off responses of Tomcat whose clients do not read. On Jetty it is enough to
	 * complete them.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ RequestFacade.class, ActionCode.class })
	static class TomcatConfiguration {

		@Bean
		ResponseBreaker atmosphereResponseBreaker() {
			return new TomcatResponses();
		}

	}

	/**
	 * Keeps Jetty from offering WebSockets over HTTP/2.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ ConfigurableJettyWebServerFactory.class, AbstractHTTP2ServerConnectionFactory.class })
	static class JettyHttp2Configuration {

		@Bean
		WebServerFactoryCustomizer<ConfigurableJettyWebServerFactory> atmosphereJettyHttp2() {
			return (factory) -> factory.addServerCustomizers(new JettyHttp2());
		}

	}

}
