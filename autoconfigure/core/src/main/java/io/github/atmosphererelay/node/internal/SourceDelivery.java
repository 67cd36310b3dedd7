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

package io.github.atmosphererelay.node.internal;

import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionEnd;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Delivers on this node what a channel's source brings. Called by the sources' threads;
 * the publications of one channel by one thread at a time, in their order. Does not
 * block.
 */
public final class SourceDelivery {

	private final Interest interest;

	private final LogFollowerRegistry followers;

	private final LocalDelivery delivery;

	private final SessionRegistry registry;

	private final Subscriptions subscriptions;

	SourceDelivery(Interest interest, LogFollowerRegistry followers, LocalDelivery delivery, SessionRegistry registry,
			Subscriptions subscriptions) {
		this.interest = interest;
		this.followers = followers;
		this.delivery = delivery;
		this.registry = registry;
		this.subscriptions = subscriptions;
	}

	/**
	 * Return whether this node has subscribers of a channel, or had until shortly.
	 * @param channel the channel's name
	 * @return whether publications of the channel are wanted
	 */
	public boolean isWanted(String channel) {
		return this.interest.follows(new Address.Channel(channel));
	}

	/**
	 * Deliver a publication.
	 * @param channel the channel's name
	 * @param envelope the publication, whose audience is the channel
	 * @param position its position in the channel's log, or {@code null} if the channel
	 * is ephemeral. A publication that was delivered before is dropped
	 * @return whether this node has subscribers of the channel
	 */
	public boolean deliver(String channel, Envelope envelope, @Nullable Position position) {
		if (position == null) {
			return isWanted(channel) && deliver(envelope);
		}
		LogFollower follower = this.followers.find(channel);
		if (follower == null) {
			return false;
		}
		follower.arrive(envelope, position);
		return true;
	}

	private boolean deliver(Envelope envelope) {
		this.delivery.deliver(envelope);
		return true;
	}

	/**
	 * Have the log of a recorded channel read, because publications may be missing.
	 * @param channel the channel's name
	 */
	public void gap(String channel) {
		this.followers.gap(new Address.Channel(channel));
	}

	/**
	 * End all subscriptions of this node's sessions to a channel. Clients are told why.
	 * @param channel the channel's name
	 * @param cause why
	 */
	public void end(String channel, SubscriptionEnd cause) {
		for (Subscription subscription : this.registry.subscriptions(channel)) {
			subscription.endsBecause(cause);
			this.subscriptions.unsubscribe(subscription.session(), channel);
		}
	}

	/**
	 * Create the audience of a channel's publication.
	 * @param channel the channel's name
	 * @return the audience
	 */
	public static Audience audience(String channel) {
		return new Audience.Channel(channel, null);
	}

}
