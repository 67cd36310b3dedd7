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
 * The positions of this node's latest confirmed publications, one for each channel. They
 * serve to detect losses: a broker that has lost a confirmed publication does not know of
 * it, and perhaps no node has received it, but its publisher knows. So this node reports
 * to the relay how far the former epoch of a log had come, see {@link ChannelLog#resume};
 * the relay then informs the nodes that have not delivered the publication. It reports
 * when a publication is confirmed with a position of another epoch, and, for all channels
 * of the last minute, after the relay has connected again. Safe for use by many threads;
 * does not block.
 */
final class ConfirmedPositions {

	/**
	 * The maximum number of channels whose position is kept. Beyond that the oldest
	 * positions are dropped.
	 */
	static final int MAX_CHANNELS = 10_000;

	/** The maximum number of positions that are reported at once. */
	static final int MAX_TOLD = 200;

	/**
	 * How long a position is kept. A broker that fails loses confirmed publications of
	 * the last seconds only.
	 */
	static final Duration KEPT = Duration.ofMinutes(1);

	private final ChannelLogs logs;

	/** By channel; the oldest confirmation first. */
	private final Map<String, Confirmed> latest = new LinkedHashMap<>();

	/** The positions that have yet to be reported. */
	private final Queue<Confirmed> untold = new ArrayDeque<>();

	ConfirmedPositions(ChannelLogs logs) {
		this.logs = logs;
	}

	/**
	 * Note that a publication was confirmed.
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
			// Receipts may come in another order than the publications
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
	 * Note that the relay has connected, perhaps to another server, or to one that was
	 * restarted.
	 */
	synchronized void connected() {
		this.untold.clear();
		this.latest.values().forEach(this::addUntold);
	}

	/**
	 * Report positions to the relay. Called by the one scheduler while the relay is up.
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
			// The log of an application's own relay may throw
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * The latest position with which a publication of a channel was confirmed.
	 */
	private record Confirmed(String channel, Position position, long at) {
	}

}
