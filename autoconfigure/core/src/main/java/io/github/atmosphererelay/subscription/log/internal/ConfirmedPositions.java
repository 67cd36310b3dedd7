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
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import org.jspecify.annotations.Nullable;

/**
 * The latest positions with which this node's own publications were confirmed. A broker
 * that has lost a confirmed publication does not know of it, and perhaps no node had
 * received it: so this node tells the relay how far the former epoch of a log had come,
 * when it is confirmed a position of another epoch, and for all channels of the last
 * minute after the relay has connected again. Nodes that have not delivered the
 * publication then learn of it, see {@link ChannelLog#resume}. Safe for use by many
 * threads; does not block.
 */
final class ConfirmedPositions {

	/** Of how many channels a position is kept; of the others the latest are. */
	static final int MAX_CHANNELS = 10_000;

	/** How many are told at once. */
	static final int MAX_TOLD = 200;

	/** A broker loses what it has confirmed in the last seconds, not more. */
	static final Duration KEPT = Duration.ofMinutes(1);

	private final ChannelLogs logs;

	/** By channel, the one that was confirmed longest ago at first. */
	private final Map<String, Confirmed> latest = new LinkedHashMap<>();

	/** What is to be told. */
	private final Queue<Confirmed> untold = new ArrayDeque<>();

	ConfirmedPositions(ChannelLogs logs) {
		this.logs = logs;
	}

	/**
	 * A publication was confirmed.
	 * @param channel the channel
	 * @param position its position
	 * @param now the present time in nanoseconds
	 */
	synchronized void add(String channel, Position position, long now) {
		Confirmed before = this.latest.remove(channel);
		Position latest = position;
		if (before != null && !before.position.epoch().equals(position.epoch())) {
			addUntold(before);
		}
		else if (before != null && before.position.offset() > position.offset()) {
			// Receipts may come in another order than publications.
			latest = before.position;
		}
		this.latest.put(channel, new Confirmed(channel, latest, now));
		if (this.latest.size() > MAX_CHANNELS) {
			Iterator<Confirmed> oldest = this.latest.values().iterator();
			oldest.next();
			oldest.remove();
		}
	}

	private void addUntold(Confirmed confirmed) {
		if (this.untold.size() < MAX_CHANNELS) {
			this.untold.add(confirmed);
		}
	}

	/**
	 * The relay has connected, perhaps to another server, or to one that was restarted.
	 */
	synchronized void connected() {
		this.untold.clear();
		this.latest.values().forEach(this::addUntold);
	}

	/**
	 * Tell the relay what it is to be told. Called by the one scheduler while the relay
	 * is up.
	 * @param now the present time in nanoseconds
	 */
	void tick(long now) {
		for (int told = 0; told < MAX_TOLD;) {
			Confirmed next;
			synchronized (this) {
				next = this.untold.poll();
			}
			if (next == null) {
				return;
			}
			if (now - next.at < KEPT.toNanos()) {
				tell(next);
				told++;
			}
		}
	}

	private void tell(Confirmed confirmed) {
		resume(confirmed).whenComplete((continuation, ex) -> {
			if (ex != null) {
				synchronized (this) {
					addUntold(confirmed);
				}
			}
		});
	}

	private CompletableFuture<@Nullable LogContinuation> resume(Confirmed confirmed) {
		try {
			Position position = confirmed.position;
			return this.logs.of(confirmed.channel)
				.resume(confirmed.channel, position, position.offset())
				.thenApply((any) -> any);
		}
		catch (RuntimeException ex) {
			// A log of the application's own may throw.
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * The latest position that a channel's publications were confirmed with.
	 */
	private record Confirmed(String channel, Position position, long at) {
	}

}
