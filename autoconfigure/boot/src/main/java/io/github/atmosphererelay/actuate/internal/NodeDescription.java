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

package io.github.atmosphererelay.actuate.internal;

import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint.NodeDescriptor;
import io.github.atmosphererelay.actuate.internal.AtmosphereEndpoint.RelayDescriptor;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.subscription.internal.Interest;

/**
 * Describes this node for the endpoint. For any thread; does not block.
 */
public final class NodeDescription {

	private final NodeIdentity identity;

	private final Map<String, Object> limits;

	private final RelaySource relay;

	private final ChannelSource channels;

	/**
	 * Create a description.
	 * @param identity the node's id and name
	 * @param limits the effective limits, by property
	 * @param relay describes the relay
	 * @param channels describes the channels
	 */
	public NodeDescription(NodeIdentity identity, Map<String, Object> limits, RelaySource relay,
			ChannelSource channels) {
		this.identity = identity;
		this.limits = limits;
		this.relay = relay;
		this.channels = channels;
	}

	NodeDescriptor describe(SessionRegistry registry) {
		return new NodeDescriptor(this.identity.id(), this.identity.name(), this.relay.describe(),
				registry.sessionCount(), registry.userCount(), registry.channelCount(), registry.subscriptionCount(),
				this.limits, this.channels.describe());
	}

	/**
	 * Describes the relay of the node.
	 *
	 * @param relay carries messages to other nodes
	 * @param monitor measures the relay
	 * @param interest knows the addresses that the node is subscribed to
	 */
	public record RelaySource(ClusterRelay relay, RelayMonitor monitor, Interest interest) {

		RelayDescriptor describe() {
			return new RelayDescriptor(this.relay.name(), this.monitor.state().name(),
					(this.monitor.roundTrip() != null) ? this.monitor.roundTrip().toNanos() / 1000 : null,
					this.monitor.lastSeen(), this.interest.size(), this.relay.details());
		}

	}

	/**
	 * Describes the channels, and what clients may do there.
	 *
	 * @param catalog knows the channels
	 * @param messages knows the channels whose messages an endpoint handles
	 */
	public record ChannelSource(ChannelCatalog catalog, ClientMessageReceiver messages) {

		List<ChannelOptions> describe() {
			return this.catalog.all().stream().map(this::effective).toList();
		}

		/**
		 * Return the options with {@code clientPublish} as it is in effect: clients may
		 * also send into channels whose messages an endpoint handles. The pattern's text
		 * is asked for as if it were a channel's name, because the pattern covers that
		 * name.
		 */
		private ChannelOptions effective(ChannelOptions options) {
			return (options.clientPublish().equals(ChannelAccess.NONE) && this.messages.isHandled(options.pattern()))
					? options.publishedByClients() : options;
		}

	}

}
