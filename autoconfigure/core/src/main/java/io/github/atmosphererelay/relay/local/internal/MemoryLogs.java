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

package io.github.atmosphererelay.relay.local.internal;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * The logs of all recorded channels in memory. A channel has a log from its first
 * publication until the log has been empty and unused for an hour. Thread-safe.
 */
final class MemoryLogs implements ChannelLog {

	/** The number of appends after which unused logs are discarded. */
	private static final int SWEEP_EVERY = 10_000;

	private final Map<String, MemoryLog> logs = new ConcurrentHashMap<>();

	private final MemoryEpochs epochs = new MemoryEpochs();

	private final AtomicInteger uses = new AtomicInteger();

	private final Runnable whenKeyForgotten;

	/**
	 * Create an empty set of logs.
	 * @param whenKeyForgotten called when an idempotency key is forgotten before the end
	 * of its window; called with locks held
	 */
	MemoryLogs(Runnable whenKeyForgotten) {
		this.whenKeyForgotten = whenKeyForgotten;
	}

	/**
	 * Append an envelope to its channel's log.
	 * @param envelope the envelope
	 * @param options its log options
	 * @param delivery receives the envelope with its position, in the log's order
	 * @return the receipt
	 * @throws IllegalArgumentException if the envelope is not for a channel
	 */
	Receipt append(Envelope envelope, LogOptions options, MemoryLog.Delivery delivery) {
		return inLog(MemoryLog.channelOf(envelope), (log, now) -> log.append(envelope, options, now, delivery));
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		return CompletableFuture.completedFuture(fromLog(channel, (log, now) -> log.read(since, limit, direction, now),
				(end) -> new LogPage(List.of(), end, since == null || since.equals(end))));
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		return CompletableFuture.completedFuture(fromLog(channel, MemoryLog::end, Function.identity()));
	}

	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return CompletableFuture.completedFuture(
				fromLog(channel, (log, now) -> log.resume(delivered), (end) -> new LogContinuation(end, true)));
	}

	@Override
	public boolean hasConsecutiveOffsets() {
		return true;
	}

	/**
	 * Read a log, without creating it.
	 * @param withoutLog returns the result for a channel without a log; receives the
	 * position before the first publication
	 */
	private <T> T fromLog(String channel, BiFunction<MemoryLog, Long, @Nullable T> action,
			Function<Position, T> withoutLog) {
		MemoryLog log = this.logs.get(channel);
		T result = (log != null) ? action.apply(log, System.nanoTime()) : null;
		return (result != null) ? result : withoutLog.apply(new Position(this.epochs.next(channel), 0));
	}

	private <T> T inLog(String channel, BiFunction<MemoryLog, Long, @Nullable T> action) {
		if (this.uses.incrementAndGet() % SWEEP_EVERY == 0) {
			sweep();
		}
		while (true) {
			long now = System.nanoTime();
			MemoryLog log = this.logs.computeIfAbsent(channel,
					(name) -> new MemoryLog(name, this.epochs.next(name), now, this.whenKeyForgotten));
			T result = action.apply(log, now);
			if (result != null) {
				return result;
			}
			// Another thread has discarded the log since it was looked up.
			this.logs.remove(channel, log);
		}
	}

	private void sweep() {
		long now = System.nanoTime();
		this.logs.forEach((channel, log) -> {
			if (log.discardIfUnused(now, () -> this.epochs.end(channel))) {
				this.logs.remove(channel, log);
			}
		});
	}

	/**
	 * Discard all logs.
	 */
	void clear() {
		this.logs.clear();
		this.epochs.endAll();
	}

	/**
	 * Return the position before the oldest publication of a channel.
	 */
	Position beginning(String channel) {
		return fromLog(channel, MemoryLog::beginning, Function.identity());
	}

	/**
	 * Return the position of the newest publication of a channel.
	 */
	Position end(String channel) {
		return fromLog(channel, MemoryLog::top, Function.identity());
	}

	LogPage page(String channel, Position since, PageLimit limit) {
		return fromLog(channel, (log, now) -> log.read(since, limit, ReadDirection.FORWARD, now),
				(end) -> new LogPage(List.of(), end, since.equals(end)));
	}

	/**
	 * Return the position before everything that the next log of a channel will have, or
	 * the present one has had.
	 */
	Position origin(String channel) {
		return new Position(end(channel).epoch(), 0);
	}

	/**
	 * Return the channels that have a log.
	 */
	Set<String> channels() {
		return Set.copyOf(this.logs.keySet());
	}

	int count() {
		return this.logs.size();
	}

}
