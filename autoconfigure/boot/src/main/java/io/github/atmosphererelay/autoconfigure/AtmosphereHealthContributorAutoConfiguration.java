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

import io.github.atmosphererelay.actuate.internal.AtmosphereHealthIndicator;
import io.github.atmosphererelay.actuate.internal.HealthProblems;
import io.github.atmosphererelay.actuate.internal.RelayReadiness;
import io.github.atmosphererelay.actuate.internal.StompOperations;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.listening.internal.BucketAgreement;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.ClusterRelay;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.web.AdditionalPathsMapper;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroupsPostProcessor;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of the relay's health.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class,
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration")
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(MessagingNode.class)
@ConditionalOnEnabledHealthIndicator("atmosphererelay")
public final class AtmosphereHealthContributorAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "atmosphereRelayHealthIndicator", "atmosphereRelayHealthContributor" })
	AtmosphereHealthIndicator atmosphereRelayHealthContributor(MessagingNode node, ClusterRelay relay,
			DefaultCluster cluster, BucketAgreement buckets, ObjectProvider<HealthProblems> parts,
			ObjectProvider<StompOperations> stomp, AtmosphereProperties properties) {
		return new AtmosphereHealthIndicator(relay, node.monitor(), node.timers().guards(), node.statistics(),
				node.writers().statistics(), cluster, buckets, parts.orderedStream().toList(),
				properties.health().degradedIsDown(), stomp.getIfAvailable());
	}

	/**
	 * Adds the relay to the readiness group, if {@code
	 * atmosphere.health.degraded-is-down} is set.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthEndpointGroupsPostProcessor.class, AdditionalPathsMapper.class })
	@ConditionalOnBooleanProperty("atmosphere.health.degraded-is-down")
	static class ReadinessConfiguration {

		@Bean
		@ConditionalOnMissingBean
		RelayReadiness atmosphereRelayReadiness() {
			return new RelayReadiness("atmosphereRelay");
		}

	}

}
