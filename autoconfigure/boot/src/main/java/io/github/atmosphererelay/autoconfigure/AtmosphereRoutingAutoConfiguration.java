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

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint;
import io.github.atmosphererelay.actuate.internal.RingOperations;
import io.github.atmosphererelay.actuate.internal.RoutingHealthIndicator;
import io.github.atmosphererelay.actuate.internal.RoutingMeters;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.door.internal.Door;
import io.github.atmosphererelay.door.internal.HttpSessionRegistry;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.route.internal.RingApi;
import io.github.atmosphererelay.route.internal.RouteApi;
import io.github.atmosphererelay.route.internal.TicketAuthenticator;
import io.github.atmosphererelay.route.internal.TicketPrincipals;
import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.internal.RingTimes;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.RoutingSettings;
import io.github.atmosphererelay.routing.internal.TicketOffice;
import io.github.atmosphererelay.security.spring.internal.SpringTicketPrincipals;
import io.github.atmosphererelay.session.TokenAuthenticator;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.security.core.Authentication;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Auto-configuration of routing: which node serves which user.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(Ring.class)
@ConditionalOnBean(MessagingNode.class)
@ConditionalOnBooleanProperty("atmosphere.routing.enabled")
@Import(RingCopyConfiguration.class)
public final class AtmosphereRoutingAutoConfiguration {

	/** What other nodes read of an address, in bytes. */
	private static final int MAX_ADDRESS = 1_024;

	private static final Pattern ORIGIN = Pattern.compile("https?://[^/?#@\\s]+/?");

	@Bean
	RoutingService atmosphereRoutes(MessagingNode node, DefaultCluster cluster, AtmosphereProperties properties,
			ObjectProvider<Placement> placement, ObjectProvider<ChannelPlaces> channelPlaces) {
		AtmosphereProperties.Routing routing = properties.routing();
		String name = properties.cluster().nodeName();
		requireName(name);
		requireAddress(properties.cluster().address(), routing.lookup());
		requireRedis(routing.redisCopy());
		Placement custom = OptionalBeans.single(placement, Placement.class);
		ChannelPlaces places = OptionalBeans.single(channelPlaces, ChannelPlaces.class);
		RoutingSettings settings = new RoutingSettings(routing.weight(), blankToNull(properties.cluster().address()),
				RoutingSettings.Rebalance.valueOf(routing.rebalance().name()), routing.moveDelay(),
				routing.movesPerSecond(), routing.spreadOver());
		return new RoutingService(node.identity(), cluster, ClusterLink.ofRouting(node.control()), node.registry(),
				node.timers(), settings, RingTimes.of(routing.settleTime(), properties.cluster().heartbeatInterval()),
				(custom != null) ? custom : Placement.BY_RING, (places != null) ? places : ChannelPlaces.NONE,
				node.events()::publish);
	}

	private static void requireName(@Nullable String name) {
		if (name == null || name.isBlank()) {
			throw new RelayNotConfiguredException(
					"Routing is on, and this node has no name of its own. The default name changes with each start,"
							+ " so that each restart would move users from node to node.",
					"Set 'atmosphere.cluster.node-name' to a name that no other node has and that stays the same over"
							+ " restarts, such as the name of the pod of a StatefulSet, or set"
							+ " 'atmosphere.routing.enabled' to false.");
		}
		try {
			new RingMember(name, 1);
		}
		catch (IllegalArgumentException ex) {
			throw new RelayNotConfiguredException(
					"Routing is on, and this node's name cannot stand in a ring: " + ex.getMessage(),
					"Change 'atmosphere.cluster.node-name'.");
		}
	}

	private static void requireAddress(@Nullable String address, boolean lookup) {
		String action = "Set 'atmosphere.cluster.address' to the address at which browsers reach this node, such as"
				+ " https://node-1.example.com, or remove it: then browsers are not sent to this node.";
		if (address == null || address.isBlank()) {
			return;
		}
		if (address.getBytes(StandardCharsets.UTF_8).length > MAX_ADDRESS) {
			throw new RelayNotConfiguredException(
					"Routing is on, and 'atmosphere.cluster.address' has more than " + MAX_ADDRESS + " bytes.", action);
		}
		if (lookup && !ORIGIN.matcher(address).matches()) {
			throw new RelayNotConfiguredException(
					"'atmosphere.routing.lookup' is on, and 'atmosphere.cluster.address' is '" + address
							+ "', to which browsers cannot be sent: it is no origin of http or https.",
					action);
		}
	}

	private static void requireRedis(@Nullable Boolean copy) {
		if (Boolean.TRUE.equals(copy) && !RingCopyConfiguration.isPossible()) {
			throw new RelayNotConfiguredException(
					"'atmosphere.routing.redis-copy' is true, but the classes for it are not on the classpath.",
					"Add the dependencies org.springframework.boot:spring-boot-starter-data-redis and"
							+ " org.springframework.boot:spring-boot-starter-jackson (without the starter of Atmosphere"
							+ " Relay also io.github.atmosphererelay:atmosphere-relay-redis), or remove the property.");
		}
	}

	private static @Nullable String blankToNull(@Nullable String text) {
		return (text != null && !text.isBlank()) ? text : null;
	}

	/**
	 * Starts after the node has joined the cluster, and stops before it leaves.
	 */
	@Bean
	PhasedLifecycle atmosphereRoutingLifecycle(RoutingService routing) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 2, routing::start, routing::stop);
	}

	/**
	 * Gives the node weight 0 before anything is stopped.
	 */
	@Bean
	ApplicationListener<ContextClosedEvent> atmosphereRoutingDrain(RoutingService routing, ApplicationContext context) {
		return (event) -> {
			if (event.getApplicationContext() == context) {
				routing.drain();
			}
		};
	}

	/**
	 * Leads the clients of feeds to the nodes that read their partitions.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Feeds.class)
	@ConditionalOnBean(Feeds.class)
	static class FeedPlacesConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ChannelPlaces atmospherePartitionPlaces(Feeds feeds, DefaultCluster cluster) {
			return new PartitionPlaces(feeds, cluster);
		}

	}

	/**
	 * The lookup by HTTP, and tickets.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass({ Door.class, DispatcherServlet.class, HttpServletRequest.class })
	@ConditionalOnBooleanProperty("atmosphere.routing.lookup")
	static class LookupConfiguration {

		@Bean
		RoutedClients atmosphereRoutedClients(RoutingService routing, ObjectProvider<TicketPrincipals> principals) {
			return new RingClients(routing, principals.getIfAvailable(() -> TicketPrincipals.BY_NAME));
		}

		@Bean
		RouterFunction<ServerResponse> atmosphereRouteApi(RoutingService routing, MessagingNode node,
				ObjectProvider<TicketPrincipals> principals, ObjectProvider<PrincipalExpiry> expiry,
				AtmosphereProperties properties) {
			return RouteApi.routes(properties.websocket().path(), routing, node.clientMessages(),
					principals.getIfAvailable(() -> TicketPrincipals.BY_NAME),
					AtmosphereWebSocketAutoConfiguration.earliest(expiry.orderedStream().toList()),
					properties.routing().lookupOthers());
		}

		/**
		 * Ends tickets and their sockets with the HTTP sessions within which they were
		 * issued.
		 */
		@Bean
		SmartInitializingSingleton atmosphereTicketSessions(RoutingService routing, HttpSessionRegistry sessions) {
			TicketOffice office = routing.tickets().office();
			return () -> {
				office.httpSessions(sessions::hasEnded);
				sessions.listen(new HttpSessionRegistry.Listener() {

					@Override
					public void ended(String id) {
						office.httpSessionEnded(id);
					}

					@Override
					public void idChanged(String before, String now) {
						office.httpSessionIdChanged(before, now);
					}

				});
			};
		}

		/**
		 * Tickets with Spring Security.
		 */
		@Configuration(proxyBeanMethods = false)
		@ConditionalOnClass(Authentication.class)
		static class SpringSecurityConfiguration {

			@Bean
			@ConditionalOnMissingBean
			TicketPrincipals atmosphereTicketPrincipals() {
				return new SpringTicketPrincipals();
			}

		}

	}

	/**
	 * The ring by HTTP, for gateways.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass({ DispatcherServlet.class, HttpServletRequest.class, JsonMapper.class })
	@ConditionalOnBooleanProperty("atmosphere.routing.serve-ring")
	static class RingApiConfiguration {

		@Bean
		RouterFunction<ServerResponse> atmosphereRingApi(RoutingService routing, AtmosphereProperties properties) {
			return RingApi.routes(properties.websocket().path(), routing, properties.routing().roleOfReaders());
		}

	}

	/**
	 * Lets clients in that other nodes have sent here.
	 */
	private record RingClients(RoutingService routing, TicketPrincipals principals) implements RoutedClients {

		@Override
		public TokenAuthenticator tokens(@Nullable TokenAuthenticator application) {
			return new TicketAuthenticator(this.routing, this.principals, application);
		}

		@Override
		public Collection<String> nodeAddresses() {
			PublishedRing ring = this.routing.ring();
			return (ring != null)
					? ring.ring().members().stream().map(RingMember::address).filter(Objects::nonNull).toList()
					: List.of();
		}

	}

	/**
	 * The ring for operators.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ ConditionalOnAvailableEndpoint.class, JsonMapper.class })
	@ConditionalOnAvailableEndpoint(AtmosphereEndpoint.class)
	static class OperationsConfiguration {

		@Bean
		RingOperations atmosphereRingOperations(RoutingService routing, DefaultCluster cluster,
				AtmosphereProperties properties) {
			return new RingOperations(routing, cluster, properties.cluster().requestTimeout());
		}

	}

	/**
	 * Meters of routing.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class MetersConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RoutingMeters atmosphereRoutingMeters(RoutingService routing) {
			return new RoutingMeters(routing.statistics(), routing);
		}

	}

	/**
	 * Health of routing.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = { "atmosphereRoutingHealthIndicator", "atmosphereRoutingHealthContributor" })
		@ConditionalOnEnabledHealthIndicator("atmosphererouting")
		RoutingHealthIndicator atmosphereRoutingHealthContributor(RoutingService routing) {
			return new RoutingHealthIndicator(routing);
		}

	}

}
