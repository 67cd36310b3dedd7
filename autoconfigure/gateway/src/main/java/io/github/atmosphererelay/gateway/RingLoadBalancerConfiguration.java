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

import io.github.atmosphererelay.gateway.internal.OpenExchanges;
import io.github.atmosphererelay.gateway.internal.RingLoadBalancer;
import io.github.atmosphererelay.gateway.internal.RingSource;
import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.Placement;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.loadbalancer.core.ReactorServiceInstanceLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The configuration of the nodes' load balancer. It belongs to the context of their
 * service alone, and is no part of the auto-configuration: in the gateway's own context
 * its load balancer would replace those of all services.
 */
@Configuration(proxyBeanMethods = false)
class RingLoadBalancerConfiguration {

	@Bean
	ReactorServiceInstanceLoadBalancer atmosphereRingLoadBalancer(ObjectProvider<ServiceInstanceListSupplier> instances,
			RingSource rings, ObjectProvider<Placement> placement, ObjectProvider<ChannelPlaces> channelPlaces,
			OpenExchanges open) {
		return new RingLoadBalancer(instances, rings, placement.getIfAvailable(() -> Placement.BY_RING),
				channelPlaces.getIfAvailable(() -> ChannelPlaces.NONE), open);
	}

}
