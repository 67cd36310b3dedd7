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

import java.util.UUID;

import io.github.atmosphererelay.delivery.internal.BucketReceivers;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.delivery.internal.DeliveryStatistics;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.SequenceTracker;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.log.internal.LogFollower;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the envelopes from the relay on this node. Runs on the relay's receive thread;
 * decodes nothing and does not block.
 */
final class RelayReceiver implements RelayListener {

	private final UUID node;

	private final Interest interest;

	private final SequenceTracker tracker;

	private final LogFollowerRegistry followers;

	private final LocalDelivery delivery;

	private final ControlMessenger control;

	private final DeliveryStatistics statistics;

	private final ChannelTaps taps;

	private final BucketReceivers buckets;

	RelayReceiver(UUID node, Interest interest, SequenceTracker tracker, LogFollowerRegistry followers,
			LocalDelivery delivery, ControlMessenger control, DeliveryStatistics statistics, ChannelTaps taps,
			BucketReceivers buckets) {
		this.taps = taps;
		this.buckets = buckets;
		this.followers = followers;
		this.node = node;
		this.interest = interest;
		this.tracker = tracker;
		this.delivery = delivery;
		this.control = control;
		this.statistics = statistics;
	}

	@Override
	public void received(Envelope envelope, @Nullable Position position) {
		if (position != null && envelope.audience() instanceof Audience.Channel channel) {
			recorded(channel.channel(), envelope, position);
			return;
		}
		if (envelope.origin().equals(this.node)) {
			if (envelope.kind() == Envelope.Kind.CONTROL) {
				this.control.echoed(envelope);
				return;
			}
			// It was delivered when it was published
			this.statistics.countEcho();
			return;
		}
		if (envelope.kind() == Envelope.Kind.CONTROL) {
			this.control.received(envelope);
			return;
		}
		if (envelope.kind() != Envelope.Kind.MESSAGE || !this.interest.follows(envelope.address())) {
			return;
		}
		this.tracker.track(envelope, () -> {
			if (envelope.audience() instanceof Audience.Bucket bucket) {
				if (this.buckets.receive(bucket, envelope)) {
					this.statistics.countRelayed(System.currentTimeMillis() - envelope.time());
				}
				else {
					this.taps.bucket(envelope);
				}
			}
			else {
				this.statistics.countRelayed(System.currentTimeMillis() - envelope.time());
				this.delivery.deliver(envelope);
			}
		}, (missing, since) -> this.taps.missed(envelope, missing, since));
	}

	/**
	 * Deliver a recorded message. This includes the node's own messages, so that they are
	 * delivered in the log's order.
	 */
	private void recorded(String channel, Envelope envelope, Position position) {
		LogFollower follower = this.followers.find(channel);
		if (follower == null) {
			// The channel is recorded in the publisher's configuration but not in this
			// node's; or the node has left the address, and has no session for it
			follower = this.followers.unexpected(channel, () -> this.interest.follows(envelope.address()));
		}
		if (follower == null) {
			return;
		}
		if (!envelope.origin().equals(this.node)) {
			this.statistics.countRelayed(System.currentTimeMillis() - envelope.time());
		}
		follower.arrive(envelope, position);
	}

	@Override
	public void rejected(WireFormatException.Reason reason) {
		// Counted by the monitor.
	}

	@Override
	public void gap(Address address) {
		// Counted by the monitor. Lost envelopes are found by the sequence numbers of the
		// next ones, or in the log
		this.followers.gap(address);
		this.taps.gap(address);
	}

	@Override
	public void lost(Address address, Position position, boolean missed) {
		LogFollower follower = (address instanceof Address.Channel channel) ? this.followers.find(channel.channel())
				: null;
		if (follower != null) {
			follower.lost(position, missed);
		}
	}

	@Override
	public void connectionChanged(boolean connected) {
		// The monitor measures it.
		if (connected) {
			this.followers.connected();
			this.taps.connected();
		}
	}

}
