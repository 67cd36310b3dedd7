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
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.delivery.internal.BucketStatistics;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.MessageRefusedException;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
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

	private final UUID node;

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

	/** Those whose confirmation is awaited. */
	private final Set<Announcement> sending = ConcurrentHashMap.newKeySet();

	private final DoubtfulChannels doubtful = new DoubtfulChannels(MAX_WAITING);

	private final RecentPublishing recent = new RecentPublishing();

	/**
	 * Create a publisher.
	 * @param node the id of this node
	 * @param relay sends envelopes
	 * @param up returns whether the relay is up
	 * @param counters number the envelopes to each address
	 * @param taps get the announcements of this node
	 * @param statistics receives the counts
	 */
	BucketPublisher(UUID node, ClusterRelay relay, BooleanSupplier up, SequenceCounters counters, ChannelTaps taps,
			BucketStatistics statistics) {
		this.node = node;
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
	 * @param up whether the relay is up, as for the message itself
	 * @return completes with how far the copy came, or {@code null} while the relay is
	 * down
	 */
	@Nullable CompletableFuture<Receipt> copy(Envelope message, String channel, int buckets, boolean up) {
		return send(BucketMessages.copy(message, channel, buckets), up);
	}

	private @Nullable CompletableFuture<Receipt> send(Envelope envelope, boolean up) {
		Address address = envelope.address();
		CompletableFuture<Receipt> sent = this.locks.call(address, () -> {
			// Numbered even while the relay is down, so that listeners notice what they
			// have missed
			Envelope numbered = envelope.withSequence(this.counters.next(address));
			return up ? this.relay.publish(numbered) : null;
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
	 * Return what the receipt of a message says, given how far its copy came. If only one
	 * of the two may have reached the broker, some nodes will have the message and others
	 * may not.
	 * @param id the message's id
	 * @param receipt the message's receipt, or {@code null} if it was certainly not sent
	 * @param failure why it was not sent
	 * @param copy the copy's receipt, or {@code null} if it was certainly not sent
	 */
	static Receipt combine(UUID id, @Nullable Receipt receipt, @Nullable Throwable failure, @Nullable Receipt copy) {
		if (receipt == null) {
			Throwable cause = Failures.unwrap(Objects.requireNonNull(failure));
			if (copy == null || !isTemporary(cause)) {
				throw new CompletionException(cause);
			}
			return Receipt.of(id, Outcome.UNCONFIRMED);
		}
		boolean certain = copy != null && copy.outcome() != Outcome.UNCONFIRMED;
		return (receipt.outcome() == Outcome.RELAYED && !certain) ? Receipt.of(id, Outcome.UNCONFIRMED) : receipt;
	}

	private static boolean isTemporary(Throwable cause) {
		return (cause instanceof RelayUnavailableException && !(cause instanceof MessageRefusedException))
				|| cause instanceof RelayOverloadedException;
	}

	/**
	 * Return the receipt of a message from an outbox. It says what has become of the
	 * message, whether or not its copy has failed. If only the copy may have been sent,
	 * the message has to be marked as repeated when it is sent again.
	 */
	static Receipt withoutCopy(UUID id, @Nullable Receipt receipt, @Nullable Throwable failure,
			@Nullable Receipt copy) {
		return (receipt != null) ? receipt : combine(id, null, failure, copy);
	}

	/**
	 * Announce a message in a recorded channel. If that fails it is repeated, until the
	 * broker has confirmed it. If it is not known whether the log has the message, it is
	 * announced several times, because the log may get it later.
	 * @param message the message
	 * @param channel the channel's name
	 * @param buckets how many buckets there are
	 * @param receipt the message's receipt
	 */
	void announce(Envelope message, String channel, int buckets, Receipt receipt) {
		// Not the position of a duplicate: a subscriber that hears of the channel for the
		// first time would begin there, and the first message may be older than it
		Position position = (receipt.outcome() != Outcome.DUPLICATE) ? receipt.position() : null;
		Announcement announcement = new Announcement(message, this.node, channel, buckets, position);
		if (receipt.outcome() == Outcome.UNCONFIRMED && !this.doubtful.add(announcement)) {
			this.statistics.countForgotten();
		}
		announce(announcement, false);
	}

	private void announce(Announcement announcement, boolean more) {
		this.recent.published(announcement.channel());
		Envelope envelope = announcement.envelope(more);
		this.taps.announcedHere(announcement.channel(), BucketMessages.position(envelope),
				BucketMessages.hasMore(envelope));
		send(announcement, more);
	}

	private void send(Announcement announcement, boolean more) {
		this.sending.add(announcement);
		CompletableFuture<Receipt> sent;
		try {
			sent = send(announcement.envelope(more), this.up.getAsBoolean());
		}
		catch (RuntimeException | Error ex) {
			this.sending.remove(announcement);
			keep(announcement);
			throw ex;
		}
		if (sent == null) {
			this.sending.remove(announcement);
			keep(announcement);
			return;
		}
		sent.whenComplete((receipt, ex) -> {
			if (ex != null || receipt.outcome() == Outcome.UNCONFIRMED) {
				keep(announcement);
			}
			this.sending.remove(announcement);
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
	 * If the relay is up, repeat the announcements that failed, and announce the messages
	 * again whose receipt was unconfirmed: the log may get them late. Called by the
	 * scheduler.
	 */
	void retry() {
		if (this.up.getAsBoolean()) {
			this.doubtful.due().forEach((announcement) -> announce(announcement, true));
			sendWaiting();
		}
	}

	private void sendWaiting() {
		this.waiting.forEach((channel, announcement) -> {
			if (this.waiting.remove(channel, announcement)) {
				send(announcement, true);
			}
		});
	}

	/**
	 * Send a last time what waits, because the node stops, and wait for the broker. What
	 * it does not confirm is counted as forgotten. Blocks.
	 * @param timeout how long to wait
	 */
	void flush(Duration timeout) {
		this.doubtful.all().forEach(this::keep);
		if (this.up.getAsBoolean()) {
			sendWaiting();
			long end = System.nanoTime() + timeout.toNanos();
			while (!this.sending.isEmpty() && System.nanoTime() - end < 0) {
				LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
				if (Thread.currentThread().isInterrupted()) {
					break;
				}
			}
		}
		this.sending.forEach(this::keep);
		this.sending.clear();
		this.waiting.values().forEach((announcement) -> this.statistics.countForgotten());
		this.waiting.clear();
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

}
