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

import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.cluster.internal.ClientCommandReceiver;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.cluster.internal.ClusterSettings;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.presence.internal.SharedEntries;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Configures this node's membership in the cluster.
 */
@Configuration(proxyBeanMethods = false)
class ClusterConfiguration {

	@Bean
	DefaultCluster atmosphereCluster(MessagingNode node, PresenceService presence, AtmosphereProperties properties,
			Environment environment, ObjectProvider<ClusterQuestionHandler> questionHandlers,
			ObjectProvider<OutboxReceiver> outboxReceivers,
			ObjectProvider<ClusterLink.RoutingReceiver> routingReceivers,
			ObjectProvider<ClientCommandReceiver> clientCommandReceivers, ObjectProvider<SharedEntries> stompEntries) {
		AtmosphereProperties.Cluster cluster = properties.cluster();
		ClusterSettings settings = new ClusterSettings(cluster.heartbeatInterval(), cluster.nodeTimeout(),
				cluster.requestTimeout(), (int) properties.relay().maxMessageSize().toBytes(),
				address(cluster.address(), environment));
		return DefaultCluster.builder(settings)
			.identity(node.identity())
			.control(node.control())
			.monitor(node.monitor())
			.timers(node.timers())
			.catalog(node.catalog())
			.registry(node.registry())
			.subscriptions(node.subscriptions())
			.broadcaster(node.broadcaster())
			.futures(node.futures())
			.events(node.events())
			.statistics(node.statistics())
			.sessionStatistics(node.writers().statistics())
			.presence(presence.clusterListener())
			.stomp(stompListener(stompEntries.getIfAvailable()))
			.questionHandlers(() -> questionHandlers.orderedStream().toList())
			.outboxReceiver(() -> {
				OutboxReceiver receiver = outboxReceivers.getIfAvailable();
				return (receiver != null) ? receiver::received : null;
			})
			.routingReceiver(routingReceivers::getIfAvailable)
			.clientCommandReceivers(() -> clientCommandReceivers.stream().toList())
			.build();
	}

	private static ClusterLink.@Nullable Listener stompListener(@Nullable SharedEntries entries) {
		return (entries != null) ? entries.clusterListener() : null;
	}

	private static Supplier<@Nullable String> address(@Nullable String configured, Environment environment) {
		if (configured != null && !configured.isBlank()) {
			return () -> configured;
		}
		// The name is not looked up in DNS, which can take long. Most platforms set the
		// variable.
		String host = environment.getProperty("server.address", environment.getProperty("HOSTNAME", "localhost"));
		return () -> {
			String port = environment.getProperty("local.server.port");
			return (port != null) ? host + ":" + port : null;
		};
	}

	/**
	 * Lets the node join the cluster after its messaging has started. Lets it leave after
	 * the web server has stopped, while the relay can still send the goodbye.
	 */
	@Bean
	PhasedLifecycle atmosphereClusterLifecycle(DefaultCluster cluster) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, cluster::start, cluster::stop);
	}

}
