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

import io.github.atmosphererelay.actuate.internal.StompMeters;
import io.github.atmosphererelay.actuate.internal.StompOperations;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.console.internal.StompFigures;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.internal.PresenceSettings;
import io.github.atmosphererelay.presence.internal.SharedEntries;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.stomp.internal.StompBeanPostProcessor;
import io.github.atmosphererelay.stomp.internal.StompDrain;
import io.github.atmosphererelay.stomp.internal.StompParts;
import io.github.atmosphererelay.stomp.internal.StompRelay;
import io.github.atmosphererelay.stomp.internal.StompSettings;
import io.github.atmosphererelay.stomp.internal.StompSockets;
import io.github.atmosphererelay.stomp.internal.StompUsers;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.messaging.simp.broker.SimpleBrokerMessageHandler;
import org.springframework.web.socket.messaging.SubProtocolWebSocketHandler;

/**
 * Auto-configuration of Spring's simple broker for STOMP on all nodes.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnClass({ StompRelay.class, SimpleBrokerMessageHandler.class, SubProtocolWebSocketHandler.class })
@ConditionalOnBean(MessagingNode.class)
@ConditionalOnBooleanProperty("atmosphere.stomp.enabled")
public final class AtmosphereStompAutoConfiguration {

	@Bean
	static StompBeanPostProcessor atmosphereStompBeanPostProcessor() {
		return new StompBeanPostProcessor();
	}

	@Bean
	StompUsers atmosphereStompUsers(MessagingNode node, AtmosphereProperties properties) {
		AtmosphereProperties.Presence presence = properties.presence();
		return new StompUsers(node.identity().id(), node.monitor(), node.timers(), ClusterLink.ofStomp(node.control()),
				new PresenceSettings(presence.flushInterval(), presence.digestInterval(), presence.pushInterval(),
						presence.leaveDelay(), Duration.ZERO, presence.maxNames(),
						(int) presence.maxAttributeSize().toBytes(),
						(int) properties.relay().maxMessageSize().toBytes()));
	}

	@Bean
	SharedEntries atmosphereStompEntries(StompUsers users) {
		return users.entries();
	}

	@Bean
	StompRelay atmosphereStompRelay(MessagingNode node, ClusterRelay relay, StompUsers users,
			AtmosphereProperties properties, ListableBeanFactory beans) {
		AtmosphereProperties.Stomp stomp = properties.stomp();
		return new StompRelay(
				new StompParts(node.identity().id(), relay, node.monitor(), node.interest(), node.buckets(),
						node.timers(), users),
				new StompSettings(stomp.preserveOrder(), stomp.receipts(), stomp.maxWaiting().toBytes(),
						(int) properties.relay().maxMessageSize().toBytes()),
				beans);
	}

	/**
	 * Starts the exchange of users before the node joins the cluster, so that it hears of
	 * every node that joins. Stops it after the node has left.
	 */
	@Bean
	PhasedLifecycle atmosphereStompUsersLifecycle(StompUsers users) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE, users.entries()::start, users.entries()::stop);
	}

	/**
	 * Starts when the node's messaging has started, and before the web server does.
	 */
	@Bean
	PhasedLifecycle atmosphereStompLifecycle(StompRelay stomp) {
		return new PhasedLifecycle(MessagingLifecycle.PHASE + 1, stomp::start, stomp::stop);
	}

	/**
	 * Knows the sessions of the application's STOMP endpoints, to which Spring passes
	 * every bean of this type.
	 */
	@Bean
	StompSockets atmosphereStompSockets() {
		return new StompSockets();
	}

	@Bean
	StompDrain atmosphereStompDrain(StompSockets sockets, MessagingNode node, AtmosphereProperties properties) {
		AtmosphereProperties.Shutdown shutdown = properties.shutdown();
		return new StompDrain(sockets, node.timers(), shutdown.sliceSize(), shutdown.sliceInterval(),
				shutdown.timeout());
	}

	/**
	 * Describes STOMP for the actuator, where there is one.
	 */
	@Bean
	StompOperations atmosphereStompOperations(StompRelay stomp) {
		return new StompOperations(stomp);
	}

	@Bean
	StompFigures atmosphereStompFigures(StompRelay stomp) {
		return new StompFigures(stomp::sessions, stomp::destinations);
	}

	/**
	 * Meters of STOMP, where there are meters.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class MetersConfiguration {

		@Bean
		StompMeters atmosphereStompMeters(StompRelay stomp) {
			return new StompMeters(stomp);
		}

	}

}
