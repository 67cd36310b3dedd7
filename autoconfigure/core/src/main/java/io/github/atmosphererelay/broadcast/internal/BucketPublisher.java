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

package io.github.atmosphererelay.broadcast.internal;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.delivery.internal.BucketStatistics;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * Sends to the buckets of channels what nodes that listen by pattern need. For any
 * thread; does not block.
 */
final class BucketPublisher {

	/**
	 * The maximum number of channels whose announcement waits for the broker.
	 */
	static final int MAX_WAITING = 10_000;

	private final ClusterRelay relay;

	private final BooleanSupplier up;

	private final SequenceCounters counters;

	private final ChannelTaps taps;

	private final BucketStatistics statistics;

	/**
	 * Held inside of the locks of channels, never the other way round.
	 */
	private final StripedLock locks = new StripedLock();

	/** By channel, the oldest announcement that could not be sent. */
	private final Map<String, Announcement> waiting = new ConcurrentHashMap<>();

	private final RecentPublishing recent = new RecentPublishing();

	/**
	 * Create a publisher.
	 * @param relay sends envelopes
	 * @param up returns whether the relay is up
	 * @param counters number the envelopes to each address
	 * @param taps get the announcements of this node
	 * @param statistics receives the counts
	 */
	BucketPublisher(ClusterRelay relay, BooleanSupplier up, SequenceCounters counters, ChannelTaps taps,
			BucketStatistics statistics) {
		this.relay = relay;
		this.up = up;
		this.counters = counters;
		this.taps = taps;
		this.statistics = statistics;
	}

	/**
	 * Send a copy of a message in an ephemeral channel. Called with the channel's lock
	 * held, so that the copies of a channel's messages have their order.
	 * @param message the message
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @return completes with how far the copy came, or {@code null} while the relay is
	 * down
	 */
	@Nullable CompletableFuture<Receipt> copy(Envelope message, String channel, int buckets) {
		return send(BucketMessages.copy(message, channel, buckets));
	}

	private @Nullable CompletableFuture<Receipt> send(Envelope envelope) {
		Address address = envelope.address();
		CompletableFuture<Receipt> sent = this.locks.call(address, () -> {
			// Numbered even while the relay is down, so that listeners notice what they
			// have missed
			Envelope numbered = envelope.withSequence(this.counters.next(address));
			return this.up.getAsBoolean() ? this.relay.publish(numbered) : null;
		});
		if (sent == null) {
			this.statistics.countFailed();
			return null;
		}
		return sent.whenComplete((receipt, ex) -> {
			if (ex != null) {
				this.statistics.countFailed();
			}
			else {
				this.statistics.countSent();
			}
		});
	}

	/**
	 * Return what the receipt of a message says, given how far its copy came: if that did
	 * not reach the broker, not all nodes will have the message.
	 * @param receipt the message's receipt
	 * @param copy the copy's receipt, or {@code null} if it failed
	 */
	static Receipt combine(Receipt receipt, @Nullable Receipt copy) {
		boolean certain = copy != null && copy.outcome() != Outcome.UNCONFIRMED;
		return (receipt.outcome() == Outcome.RELAYED && !certain) ? Receipt.of(receipt.messageId(), Outcome.UNCONFIRMED)
				: receipt;
	}

	/**
	 * Announce a message in a recorded channel. If that fails it is repeated, until the
	 * broker has confirmed it.
	 * @param message the message
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @param position its position, or {@code null} if it is not known whether the log
	 * has the message
	 */
	void announce(Envelope message, String channel, int buckets, @Nullable Position position) {
		this.recent.published(channel);
		this.taps.announcedHere(message, channel, position);
		announce(new Announcement(message, channel, buckets, position), false);
	}

	private void announce(Announcement announcement, boolean more) {
		CompletableFuture<Receipt> sent = send(announcement.envelope(more));
		if (sent == null) {
			keep(announcement);
			return;
		}
		sent.whenComplete((receipt, ex) -> {
			if (ex != null || receipt.outcome() == Outcome.UNCONFIRMED) {
				keep(announcement);
			}
		});
	}

	private void keep(Announcement announcement) {
		String channel = announcement.channel();
		if (this.waiting.size() >= MAX_WAITING && !this.waiting.containsKey(channel)) {
			this.statistics.countForgotten();
			return;
		}
		// It is sent with the remark that there may be more, which stands for the others
		this.waiting.putIfAbsent(channel, announcement);
	}

	/**
	 * Send again the announcements that failed, if the relay is up. Called by the
	 * scheduler.
	 */
	void retry() {
		if (this.waiting.isEmpty() || !this.up.getAsBoolean()) {
			return;
		}
		this.waiting.forEach((channel, announcement) -> {
			if (this.waiting.remove(channel, announcement)) {
				announce(announcement, true);
			}
		});
	}

	/**
	 * Return the channels in which this node has published recently.
	 */
	RecentChannels recent(Duration age) {
		return this.recent.since(age);
	}

	/**
	 * Return the number of channels whose announcement waits for the broker.
	 */
	int waiting() {
		return this.waiting.size();
	}

	/**
	 * A message that is to be announced. Its payload is not kept.
	 */
	private static final class Announcement {

		private final Envelope envelope;

		private final Envelope withMore;

		private final String channel;

		Announcement(Envelope message, String channel, int buckets, @Nullable Position position) {
			this.channel = channel;
			this.envelope = BucketMessages.announcement(message, channel, buckets, position, false);
			this.withMore = BucketMessages.announcement(message, channel, buckets, position, true);
		}

		String channel() {
			return this.channel;
		}

		Envelope envelope(boolean more) {
			return more ? this.withMore : this.envelope;
		}

	}

}
