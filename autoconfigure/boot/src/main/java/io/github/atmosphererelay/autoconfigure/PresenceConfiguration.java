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

import java.time.Duration;

import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.presence.internal.PresenceSettings;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Configures presence: who is in which channel, on all nodes.
 */
@Configuration(proxyBeanMethods = false)
class PresenceConfiguration {

	@Bean
	PresenceService atmospherePresence(MessagingNode node, AtmosphereProperties properties,
			ObjectProvider<PresenceAttributes> attributes) {
		AtmosphereProperties.Presence presence = properties.presence();
		PresenceSettings settings = new PresenceSettings(presence.flushInterval(), presence.digestInterval(),
				presence.pushInterval(), presence.leaveDelay(),
				properties.routing().enabled() ? presence.moveTimeout() : Duration.ZERO, presence.maxNames(),
				(int) presence.maxAttributeSize().toBytes(), (int) properties.relay().maxMessageSize().toBytes());
		return PresenceService.builder(settings, QueueDefaults.of(properties))
			.identity(node.identity())
			.catalog(node.catalog())
			.registry(node.registry())
			.clientMessages(node.clientMessages())
			.clientContext(node.clientContext())
			.monitor(node.monitor())
			.events(node.events())
			.writers(node.writers())
			.futures(node.futures())
			.timers(node.timers())
			.link(ClusterLink.ofPresence(node.control()))
			.attributes(() -> single(attributes))
			.build();
	}

	/**
	 * Looked up when presence starts, not earlier: the bean may itself need the cluster,
	 * and the cluster needs presence.
	 */
	private static PresenceAttributes single(ObjectProvider<PresenceAttributes> attributes) {
		PresenceAttributes single = OptionalBeans.single(attributes, PresenceAttributes.class);
		return (single != null) ? single : PresenceAttributes.NONE;
	}

	/**
	 * Starts presence before the node joins the cluster, so that presence hears of every
	 * node that joins. Stops it after the node has left.
	 */
	@Bean
	PhasedLifecycle atmospherePresenceLifecycle(PresenceService presence) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE, presence::start, presence::stop);
	}

}
