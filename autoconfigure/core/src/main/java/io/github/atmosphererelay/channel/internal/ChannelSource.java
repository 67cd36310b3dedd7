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

package io.github.atmosphererelay.channel.internal;

import java.security.Principal;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.ReadOnlyChannelException;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * Brings the publications of some channels to this node in place of the relay: they come
 * from outside of the cluster, for example from a topic of the application. The channels'
 * options name their source. If they are recorded, the options also name their log.
 * <p>
 * For any thread; no method blocks. {@link #subscribe} and {@link #unsubscribe} are
 * called for each channel in order, and not under a lock of the caller.
 */
public interface ChannelSource {

	/**
	 * Return the short name of the source, for errors and meters.
	 * @return for example the name of a feed
	 */
	String name();

	/**
	 * Begin to bring the publications of a channel.
	 * @param channel the channel's name
	 * @return completes when every publication from now on reaches this node. Stays open
	 * while the source cannot be reached
	 */
	CompletableFuture<@Nullable Void> subscribe(String channel);

	/**
	 * Stop to bring the publications of a channel.
	 * @param channel the channel's name
	 */
	void unsubscribe(String channel);

	/**
	 * Return whether the source works. While it does not, subscriptions are marked as
	 * degraded.
	 * @return whether publications arrive
	 */
	boolean isUp();

	/**
	 * Return whether a subscriber without a position first gets the current value of its
	 * channel, which the channel's log has.
	 * @return whether it does; always the same value
	 */
	default boolean hasSnapshots() {
		return false;
	}

	/**
	 * Decide whether a client may subscribe to a channel, before the rules of the
	 * application are asked, which cannot grant what this refuses.
	 * @param principal who the client is, or {@code null} if it is anonymous
	 * @param channel the channel's name
	 * @return the decision; by default the rules decide
	 */
	default Authorization authorize(@Nullable Principal principal, String channel) {
		return Authorization.GRANTED;
	}

	/**
	 * Check whether messages may be published in a channel.
	 * @param channel the channel's name
	 * @throws ReadOnlyChannelException if nobody may publish
	 */
	default void requirePublishing(String channel) {
		throw new ReadOnlyChannelException(channel);
	}

	/**
	 * Publish a message to the source, if that is allowed.
	 * @param id the message's id
	 * @param channel the channel's name
	 * @param payload the message
	 * @param headers the message's headers
	 * @return completes with the receipt when the source has the message; fails as a
	 * relay's {@code publish} does
	 * @throws ReadOnlyChannelException if nobody may publish
	 */
	default CompletableFuture<Receipt> publish(UUID id, String channel, Payload payload, Map<String, String> headers) {
		throw new ReadOnlyChannelException(channel);
	}

}
