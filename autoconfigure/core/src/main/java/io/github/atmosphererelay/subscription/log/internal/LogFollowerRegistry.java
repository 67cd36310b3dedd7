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
 * The followers of all recorded channels that this node follows on the relay. A follower
 * exists only while its channel's address is followed: it is made in {@link #entered} or
 * {@link #unexpected}, and closed in {@link #left}. {@link Interest} calls the first and
 * the last under the address's lock, in the order in which the address is followed and
 * left.
 */
public final class LogFollowerRegistry {

	/** So that a node with many quiet channels does not ask for all of them at once. */
	private static final int MAX_ASKED = 200;

	private final RelayMonitor monitor;

	private final ChannelLogs logs;

	private final ChannelCatalog catalog;

	private final LocalDelivery delivery;

	private final LogStatistics statistics;

	private final Duration quiet;

	private final Map<String, LogFollower> followers = new ConcurrentHashMap<>();

	private final ConfirmedPositions confirmed;

	/** Goes on where the last tick has stopped, so that everybody's turn comes. */
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
	 * The relay has answered a publication of this node that is to be recorded. Where
	 * offsets are not consecutive, as on Kafka, each node receives all of the log, and
	 * finds out itself what the broker has lost.
	 * @param envelope the publication
	 * @param receipt what the relay says of it
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
	 * The relay has connected.
	 */
	public void connected() {
		this.confirmed.connected();
	}

	/**
	 * The relay was asked to follow an address.
	 * @param address the address
	 * @param followed completes once it does
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
	 * An address has brought a recorded message, though the channel is not recorded by
	 * this node's configuration, or has been left. Takes no lock of {@link Interest}: a
	 * relay may hold one of its own now, which somebody waits for with that one.
	 * @param channel the channel's name
	 * @param followed tells whether the address is followed
	 * @return the follower from now on, or {@code null} if the address is not followed
	 */
	public @Nullable LogFollower unexpected(String channel, BooleanSupplier followed) {
		// Whoever leaves an address first says so, and then removes its follower, which
		// waits for this: so none remains that is made here.
		LogFollower follower = this.followers.computeIfAbsent(channel,
				(name) -> followed.getAsBoolean() ? make(name) : null);
		if (follower != null) {
			follower.suspect();
		}
		return follower;
	}

	/**
	 * The relay follows an address no longer. What is on its way is not delivered any
	 * more.
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
	 * Something may have been missed at an address.
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
	 * A subscription has ended.
	 * @param subscription the subscription
	 */
	public void unsubscribe(Subscription subscription) {
		LogFollower follower = this.followers.get(subscription.channel());
		if (follower != null && subscription.gate() instanceof LogSubscription log) {
			follower.unsubscribe(log);
		}
	}

	/**
	 * Look after those that have something to do. Called by the one scheduler.
	 */
	public void tick() {
		if (!this.monitor.isUp()) {
			return;
		}
		this.confirmed.tick(System.nanoTime());
		if (this.followers.isEmpty()) {
			return;
		}
		if (!this.round.hasNext()) {
			this.round = this.followers.values().iterator();
		}
		long now = System.nanoTime();
		for (int asked = 0; asked < MAX_ASKED && this.round.hasNext();) {
			if (this.round.next().tick(now, this.quiet.toNanos())) {
				asked++;
			}
		}
	}

	public int size() {
		return this.followers.size();
	}

	public void clear() {
		this.followers.values().forEach(LogFollower::close);
		this.followers.clear();
	}

}
