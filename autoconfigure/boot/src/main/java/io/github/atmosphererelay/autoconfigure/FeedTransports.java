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

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.Forwarding;
import io.github.atmosphererelay.feed.internal.Redistribution;
import io.github.atmosphererelay.guard.Guard;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Chooses how redistributors and nodes reach each other: by a bean of the application, or
 * by {@code atmosphere.redistribution}.
 */
final class FeedTransports implements Redistribution.Transports {

	private final AtmosphereProperties.Redistribution properties;

	private final ObjectProvider<BackChannel> backChannels;

	private final ObjectProvider<Forwarding> forwardings;

	private final ObjectProvider<BackChannelFactory> backChannelFactories;

	private final ObjectProvider<ForwardingFactory> forwardingFactories;

	FeedTransports(AtmosphereProperties.Redistribution properties, ObjectProvider<BackChannel> backChannels,
			ObjectProvider<Forwarding> forwardings, ObjectProvider<BackChannelFactory> backChannelFactories,
			ObjectProvider<ForwardingFactory> forwardingFactories) {
		this.properties = properties;
		this.backChannels = backChannels;
		this.forwardings = forwardings;
		this.backChannelFactories = backChannelFactories;
		this.forwardingFactories = forwardingFactories;
	}

	/**
	 * Check that what the properties name is there.
	 * @throws InvalidConfigurationPropertyValueException if it is not
	 */
	void check() {
		if (this.backChannels.getIfAvailable() == null) {
			backChannelFactory();
		}
		if (this.forwardings.getIfAvailable() == null) {
			forwardingFactory();
		}
	}

	@Override
	public BackChannel backChannel(UUID node, Guard guard) {
		BackChannel own = this.backChannels.getIfAvailable();
		return (own != null) ? own : backChannelFactory().create(node, guard);
	}

	@Override
	public Forwarding forwarding(UUID node, Guard guard) {
		Forwarding own = this.forwardings.getIfAvailable();
		return (own != null) ? own : forwardingFactory().create(node, guard);
	}

	private BackChannelFactory backChannelFactory() {
		RedistributionBackChannel type = this.properties.backChannel();
		return required("back-channel", type,
				this.backChannelFactories.stream().filter((each) -> each.type() == type).findFirst().orElse(null),
				"It needs atmosphere-relay-redis and spring-boot-starter-data-redis");
	}

	private ForwardingFactory forwardingFactory() {
		RedistributionForwarding type = this.properties.forwarding();
		return required("forwarding", type,
				this.forwardingFactories.stream().filter((each) -> each.type() == type).findFirst().orElse(null),
				"It needs atmosphere-relay-http");
	}

	private static <T> T required(String property, Object type, @Nullable T factory, String reason) {
		if (factory == null) {
			throw new InvalidConfigurationPropertyValueException("atmosphere.redistribution." + property, type,
					reason + " on the classpath");
		}
		return factory;
	}

}
