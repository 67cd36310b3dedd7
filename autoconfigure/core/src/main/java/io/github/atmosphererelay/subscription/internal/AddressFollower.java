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

package io.github.atmosphererelay.subscription.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.ClusterRelay;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes this node to addresses: at the relay, or at the source of a channel that has
 * one. For any thread; does not block.
 */
public final class AddressFollower {

	private final ClusterRelay relay;

	private final ChannelCatalog catalog;

	/**
	 * Create a follower.
	 * @param relay carries the messages of all addresses without a source
	 * @param catalog knows the sources of channels
	 */
	public AddressFollower(ClusterRelay relay, ChannelCatalog catalog) {
		this.relay = relay;
		this.catalog = catalog;
	}

	CompletableFuture<@Nullable Void> subscribe(Address address) {
		ChannelSource source = source(address);
		return (source != null) ? source.subscribe(((Address.Channel) address).channel())
				: this.relay.subscribe(address);
	}

	void unsubscribe(Address address) {
		ChannelSource source = source(address);
		if (source != null) {
			source.unsubscribe(((Address.Channel) address).channel());
		}
		else {
			this.relay.unsubscribe(address);
		}
	}

	private @Nullable ChannelSource source(Address address) {
		ChannelOptions options = (address instanceof Address.Channel channel) ? this.catalog.find(channel.channel())
				: null;
		return (options != null) ? options.source() : null;
	}

}
