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

import java.util.UUID;
import java.util.function.Function;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.internal.FeedClients;
import io.github.atmosphererelay.feed.internal.Feeds;
import io.github.atmosphererelay.feed.internal.KafkaBackChannel;
import io.github.atmosphererelay.feed.internal.KafkaForwarding;
import io.github.atmosphererelay.feed.internal.Redistribution;
import io.github.atmosphererelay.feed.internal.RedistributionSettings;
import io.github.atmosphererelay.guard.Guard;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * Connects the redistributors of feeds with the nodes, if a feed has the mode
 * {@code redistributed} or {@code routed}.
 */
@Configuration(proxyBeanMethods = false)
class RedistributionConfiguration {

	private final AtmosphereProperties.Redistribution properties;

	private final String base;

	/** Whether the ring sends clients to this node, if there is routing. */
	private final boolean inRing;

	RedistributionConfiguration(AtmosphereProperties properties,
			@Value("${spring.application.name:" + AtmosphereAutoConfiguration.NO_NAME + "}") String applicationName) {
		this.properties = properties.redistribution();
		this.inRing = properties.routing().weight() > 0;
		this.base = "atmosphere." + PropertyChecks.clusterName(properties, applicationName);
	}

	private String nameOr(@Nullable String name) {
		return (name != null && !name.isBlank()) ? name : this.base;
	}

	@Bean
	@Lazy
	Redistribution atmosphereRedistribution(ApplicationContext context, ObjectProvider<BackChannel> backChannels,
			ObjectProvider<Forwarding> forwardings, ObjectProvider<BackChannelFactory> backChannelFactories,
			ObjectProvider<ForwardingFactory> forwardingFactories, ObjectProvider<Cluster> clusters) {
		FeedTransports transports = new FeedTransports(this.properties, backChannels, forwardings, backChannelFactories,
				forwardingFactories);
		transports.check();
		boolean receives = context instanceof WebServerApplicationContext;
		return new Redistribution(new RedistributionSettings(nameOr(this.properties.group()),
				this.properties.redistribute(), receives, receives && this.inRing), transports,
				() -> FeedMembership.alive(clusters));
	}

	@Bean
	FeedMembership atmosphereFeedMembership(ObjectProvider<Feeds> feeds) {
		return new FeedMembership(feeds);
	}

	@Bean
	@ConditionalOnProperty(name = "atmosphere.redistribution.back-channel", havingValue = "kafka",
			matchIfMissing = true)
	BackChannelFactory atmosphereKafkaBackChannelFactory(FeedClients clients) {
		String topic = nameOr(this.properties.topic()) + "-interest";
		return new KafkaBackChannelFactory((guard) -> new KafkaBackChannel(topic, clients, guard));
	}

	@Bean
	@ConditionalOnProperty(name = "atmosphere.redistribution.forwarding", havingValue = "kafka", matchIfMissing = true)
	ForwardingFactory atmosphereKafkaForwardingFactory(FeedClients clients) {
		String topic = nameOr(this.properties.topic()) + "-forward";
		return new KafkaForwardingFactory((guard) -> new KafkaForwarding(topic, clients, guard));
	}

	private record KafkaBackChannelFactory(Function<Guard, BackChannel> factory) implements BackChannelFactory {

		@Override
		public RedistributionBackChannel type() {
			return RedistributionBackChannel.KAFKA;
		}

		@Override
		public BackChannel create(UUID node, Guard guard) {
			return this.factory.apply(guard);
		}

	}

	private record KafkaForwardingFactory(Function<Guard, Forwarding> factory) implements ForwardingFactory {

		@Override
		public RedistributionForwarding type() {
			return RedistributionForwarding.KAFKA;
		}

		@Override
		public Forwarding create(UUID node, Guard guard) {
			return this.factory.apply(guard);
		}

	}

}
