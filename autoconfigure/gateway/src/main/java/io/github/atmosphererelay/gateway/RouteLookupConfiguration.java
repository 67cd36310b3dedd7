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

package io.github.atmosphererelay.gateway;

import java.security.Principal;
import java.time.Instant;
import java.util.List;

import io.github.atmosphererelay.gateway.internal.FirstRing;
import io.github.atmosphererelay.gateway.internal.GatewayTickets;
import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.gateway.internal.RouteLookup;
import io.github.atmosphererelay.route.internal.TicketPrincipals;
import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.internal.RoutingService;
import io.github.atmosphererelay.routing.internal.TicketOffice;
import io.github.atmosphererelay.security.spring.internal.SpringTicketPrincipals;
import io.github.atmosphererelay.session.internal.PrincipalExpiry;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.core.Authentication;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * Configures the gateway's own answer to clients that ask for their node.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty("atmosphere.gateway.lookup.enabled")
class RouteLookupConfiguration {

	@Bean
	RouterFunction<ServerResponse> atmosphereRouteLookup(AtmosphereGatewayProperties properties, RingSource rings,
			ObjectProvider<Placement> placement, ObjectProvider<GatewayTickets> tickets, FirstRing firstRing) {
		return new RouteLookup(rings, placement.getIfAvailable(() -> Placement.BY_RING),
				AtmosphereGatewayAutoConfiguration.sources(properties), properties.lookup().direct(),
				tickets.getIfAvailable(), firstRing)
			.route(properties.lookup().path());
	}

	/**
	 * Tickets of the gateway itself, which the nodes redeem at it.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty("atmosphere.gateway.lookup.direct")
	static class TicketConfiguration {

		@Bean
		GatewayTickets atmosphereGatewayTickets(ObjectProvider<RoutingService> routing,
				ObjectProvider<TicketPrincipals> principals, ObjectProvider<PrincipalExpiry> expiries) {
			RoutingService self = routing.getIfAvailable();
			if (self == null) {
				throw new RingNotFollowedException(
						"'atmosphere.gateway.lookup.direct' is true, and this gateway is no member of the nodes'"
								+ " cluster: it cannot issue the tickets with which clients open sockets at nodes.",
						"Make the gateway a member, with 'atmosphere.routing.enabled' true and"
								+ " 'atmosphere.routing.weight' 0, or set 'atmosphere.gateway.lookup.direct' to false:"
								+ " then clients open their sockets at the gateway.");
			}
			TicketPrincipals known = principals.getIfAvailable(() -> TicketPrincipals.BY_NAME);
			List<PrincipalExpiry> all = expiries.orderedStream().toList();
			return (principal) -> self.tickets()
				.office()
				.issue(new TicketOffice.Holder(principal.getName(), known.authorities(principal),
						expiresAt(all, principal)), null);
		}

		private static @Nullable Instant expiresAt(List<PrincipalExpiry> expiries, Principal principal) {
			Instant earliest = null;
			for (PrincipalExpiry each : expiries) {
				Instant expiresAt = each.expiresAt(principal);
				if (expiresAt != null && (earliest == null || expiresAt.isBefore(earliest))) {
					earliest = expiresAt;
				}
			}
			return earliest;
		}

	}

	/**
	 * Tickets with Spring Security.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(Authentication.class)
	@ConditionalOnBooleanProperty("atmosphere.gateway.lookup.direct")
	static class SpringSecurityConfiguration {

		@Bean
		@ConditionalOnMissingBean
		TicketPrincipals atmosphereTicketPrincipals() {
			return new SpringTicketPrincipals();
		}

	}

}
