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

package io.github.atmosphererelay.subscription.log.internal;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelSource;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.subscription.internal.Interest;
import org.jspecify.annotations.Nullable;

/**
 * The log followers of all recorded channels that this node follows. A follower exists
 * only while its channel's address is followed: it is created by {@link #entered} or
 * {@link #unexpected}, and closed by {@link #left}. {@link Interest} calls
 * {@code entered} and {@code left} under the address's lock, in the order in which the
 * address is followed and left.
 */
public final class LogFollowerRegistry {

	/**
	 * The maximum number of questions to the relay in one tick, so that a node with many
	 * quiet channels does not ask for all of them at once.
	 */
	private static final int MAX_ASKED = 200;

	private final RelayMonitor monitor;

	private final ChannelLogs logs;

	private final ChannelCatalog catalog;

	private final LocalDelivery delivery;

	private final LogStatistics statistics;

	private final Duration quiet;

	private final Map<String, LogFollower> followers = new ConcurrentHashMap<>();

	private final ConfirmedPositions confirmed;

	/** Continues where the last tick has stopped, so that each follower has its turn. */
	private Iterator<LogFollower> round = Collections.emptyIterator();

	public LogFollowerRegistry(RelayMonitor monitor, ChannelLogs logs, ChannelCatalog catalog, LocalDelivery delivery,
			LogStatistics statistics, Duration quiet) {
		this.monitor = monitor;
		this.logs = logs;
		this.catalog = catalog;
		this.delivery = delivery;
		this.statistics = statistics;
		this.quiet = quiet;
		this.confirmed = new ConfirmedPositions(logs);
	}

	/**
	 * Note the receipt of a recorded publication of this node. It matters only for logs
	 * with consecutive offsets. Otherwise, as on Kafka, each node receives all of the
	 * log, and finds out itself what the broker has lost.
	 * @param envelope the publication
	 * @param receipt its receipt
	 */
	public void confirmed(Envelope envelope, Receipt receipt) {
		Position position = receipt.position();
		if (receipt.outcome() == Outcome.RELAYED && position != null
				&& envelope.audience() instanceof Audience.Channel channel
				&& this.logs.of(channel.channel()).hasConsecutiveOffsets()) {
			this.confirmed.add(channel.channel(), position, System.nanoTime());
		}
	}

	/**
	 * Note that the relay has connected.
	 */
	public void connected() {
		this.confirmed.connected();
	}

	/**
	 * Note that the node subscribes to an address at the relay.
	 * @param address the address
	 * @param followed completes when the relay has confirmed
	 */
	public void entered(Address address, CompletableFuture<@Nullable Void> followed) {
		if (address instanceof Address.Channel channel) {
			ChannelOptions options = this.catalog.find(channel.channel());
			if (options != null && options.isRecorded()) {
				LogFollower follower = follower(channel.channel());
				followed.thenRun(follower::suspect);
			}
		}
	}

	private LogFollower follower(String channel) {
		return this.followers.computeIfAbsent(channel, this::make);
	}

	private LogFollower make(String channel) {
		return new LogFollower(channel, this.logs.of(channel), this.delivery, this.statistics,
				this.monitor.guards().of(Part.LOG_FOLLOWERS));
	}

	/**
	 * Find or create the follower for a recorded message that has none: the channel is
	 * not recorded by this node's configuration, or its address was left. This takes no
	 * lock of {@link Interest}. The calling relay may hold a lock of its own, for which
	 * another thread may wait while it holds that of {@code Interest}.
	 * @param channel the channel's name
	 * @param followed returns whether the address is followed
	 * @return the follower, or {@code null} if the address is not followed
	 */
	public @Nullable LogFollower unexpected(String channel, BooleanSupplier followed) {
		// A thread that leaves an address first makes 'followed' false and then removes
		// the follower, for which it waits until this has returned. So a follower that is
		// created here does not remain.
		LogFollower follower = this.followers.computeIfAbsent(channel,
				(name) -> followed.getAsBoolean() ? make(name) : null);
		if (follower != null) {
			follower.suspect();
		}
		return follower;
	}

	/**
	 * Note that the node no longer follows an address. Messages that are still on their
	 * way are not delivered.
	 * @param address the address
	 */
	public void left(Address address) {
		LogFollower follower = (address instanceof Address.Channel channel) ? this.followers.remove(channel.channel())
				: null;
		if (follower != null) {
			follower.close();
		}
	}

	public @Nullable LogFollower find(String channel) {
		return this.followers.get(channel);
	}

	/**
	 * Note that envelopes to an address may have been missed.
	 * @param address the address
	 */
	public void gap(Address address) {
		LogFollower follower = (address instanceof Address.Channel channel) ? this.followers.get(channel.channel())
				: null;
		if (follower != null) {
			follower.suspect();
		}
	}

	/**
	 * Note that a subscription has ended.
	 * @param subscription the subscription
	 */
	public void unsubscribe(Subscription subscription) {
		LogFollower follower = this.followers.get(subscription.channel());
		if (follower != null && subscription.gate() instanceof LogSubscription log) {
			follower.unsubscribe(log);
		}
	}

	/**
	 * Let followers do what is due. Called by the one scheduler.
	 */
	public void tick() {
		boolean up = this.monitor.isUp();
		if (up) {
			this.confirmed.tick(System.nanoTime());
		}
		if (this.followers.isEmpty()) {
			return;
		}
		if (!this.round.hasNext()) {
			this.round = this.followers.values().iterator();
		}
		long now = System.nanoTime();
		for (int asked = 0; asked < MAX_ASKED && this.round.hasNext();) {
			LogFollower follower = this.round.next();
			if (canAsk(follower, up) && follower.tick(now, this.quiet.toNanos())) {
				asked++;
			}
		}
	}

	/**
	 * Return whether the log of a channel can be read: that of the relay, or that of the
	 * channel's source.
	 */
	private boolean canAsk(LogFollower follower, boolean relayUp) {
		ChannelOptions options = this.catalog.find(follower.channel());
		ChannelSource source = (options != null) ? options.source() : null;
		return (source != null) ? source.isUp() : relayUp;
	}

	public int size() {
		return this.followers.size();
	}

	public void clear() {
		this.followers.values().forEach(LogFollower::close);
		this.followers.clear();
	}

}
