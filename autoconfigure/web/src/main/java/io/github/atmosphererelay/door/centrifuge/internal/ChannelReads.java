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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.subscription.internal.Interest;
import org.jspecify.annotations.Nullable;

/**
 * What the door asks of channels: which there are, whether this node follows them
 * already, and where their logs end. For any thread; does not block.
 */
final class ChannelReads {

	private final ChannelCatalog catalog;

	private final Interest interest;

	private final DefaultBroadcaster broadcaster;

	ChannelReads(ChannelCatalog catalog, Interest interest, DefaultBroadcaster broadcaster) {
		this.catalog = catalog;
		this.interest = interest;
		this.broadcaster = broadcaster;
	}

	/**
	 * Find the options of a channel.
	 * @return the options, or {@code null} if there is no such channel
	 */
	@Nullable ChannelOptions find(String channel) {
		return this.catalog.find(channel);
	}

	/**
	 * Return the options of a channel that exists.
	 */
	ChannelOptions get(String channel) {
		return this.catalog.get(channel);
	}

	/**
	 * Return whether this node follows a channel on the relay, or is about to: a session
	 * of it is in the channel, or was until a moment ago.
	 */
	boolean isFollowed(String channel) {
		return this.interest.follows(new Address.Channel(channel));
	}

	/**
	 * Ask where the log of a recorded channel ends.
	 * @return completes with the position; fails as the log does
	 */
	CompletableFuture<Position> end(String channel) {
		return this.broadcaster.end(channel);
	}

}
