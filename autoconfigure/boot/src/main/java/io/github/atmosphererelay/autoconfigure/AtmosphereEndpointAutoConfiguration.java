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

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint;
import io.github.atmosphererelay.actuate.internal.ChannelCounts;
import io.github.atmosphererelay.actuate.internal.FeedOperations;
import io.github.atmosphererelay.actuate.internal.GroupOperations;
import io.github.atmosphererelay.actuate.internal.NodeDescription;
import io.github.atmosphererelay.actuate.internal.NodeDescription.ChannelSource;
import io.github.atmosphererelay.actuate.internal.NodeDescription.RelaySource;
import io.github.atmosphererelay.actuate.internal.OutboxOperations;
import io.github.atmosphererelay.actuate.internal.RelayEpochs;
import io.github.atmosphererelay.actuate.internal.RoutingOperations;
import io.github.atmosphererelay.actuate.internal.StompOperations;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.endpoint.internal.GroupListeners;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.presence.internal.PresenceService;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the actuator endpoint.
 */
@AutoConfiguration(after = AtmosphereAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(MessagingNode.class)
@ConditionalOnAvailableEndpoint(AtmosphereEndpoint.class)
public final class AtmosphereEndpointAutoConfiguration {

	@Bean
	ChannelCounts atmosphereChannelCounts(SessionRegistry registry, AtmosphereProperties properties) {
		return new ChannelCounts(registry, properties.cluster().requestTimeout());
	}

	@Bean
	@ConditionalOnMissingBean
	AtmosphereEndpoint atmosphereEndpoint(MessagingNode node, ClusterRelay relay, DefaultCluster cluster,
			PresenceService presence, ChannelCounts channels, ObjectProvider<RelayEpochs> epochs,
			ObjectProvider<OutboxOperations> outbox, ObjectProvider<RoutingOperations> routing,
			ObjectProvider<GroupListeners> groups, ObjectProvider<FeedOperations> feeds,
			ObjectProvider<StompOperations> stomp, AtmosphereProperties properties) {
		NodeDescription description = new NodeDescription(node.identity(), limits(properties),
				new RelaySource(relay, node.monitor(), node.interest()),
				new ChannelSource(node.catalog(), node.clientMessages()));
		return new AtmosphereEndpoint(description, node.registry(), cluster, presence, channels,
				epochs.getIfAvailable(), outbox.getIfAvailable(), routing.getIfAvailable(),
				operations(groups.getIfAvailable()), feeds.getIfAvailable(), stomp.getIfAvailable());
	}

	private static @Nullable GroupOperations operations(@Nullable GroupListeners groups) {
		return (groups != null) ? new GroupOperations(groups.runners()) : null;
	}

	private static Map<String, Object> limits(AtmosphereProperties properties) {
		Map<String, Object> limits = new LinkedHashMap<>();
		limits.put("atmosphere.relay.max-message-size", properties.relay().maxMessageSize().toString());
		limits.put("atmosphere.relay.max-pending", properties.relay().maxPending());
		limits.put("atmosphere.relay.publish-timeout", properties.relay().publishTimeout().toString());
		limits.put("atmosphere.websocket.max-message-size", properties.websocket().maxMessageSize().toString());
		limits.put("atmosphere.websocket.messages-per-second", properties.websocket().messagesPerSecond());
		limits.put("atmosphere.websocket.burst", properties.websocket().burst());
		limits.put("atmosphere.websocket.send-timeout", properties.websocket().sendTimeout().toString());
		limits.put("atmosphere.websocket.queue.max-messages", properties.websocket().queue().maxMessages());
		limits.put("atmosphere.websocket.queue.max-bytes", properties.websocket().queue().maxBytes().toString());
		limits.put("atmosphere.endpoint.max-queued", properties.endpoint().maxQueued());
		limits.put("atmosphere.endpoint.max-queued-per-session", properties.endpoint().maxQueuedPerSession());
		limits.put("atmosphere.endpoint.max-queued-bytes", properties.endpoint().maxQueuedBytes().toString());
		limits.put("atmosphere.endpoint.max-queued-bytes-per-session",
				properties.endpoint().maxQueuedBytesPerSession().toString());
		return limits;
	}

}
