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

package io.github.atmosphererelay.relay.local;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * The relay of a single node. It hands envelopes back on the publishing thread and keeps
 * the logs of recorded channels in memory, so it has neither queue nor thread of its own.
 */
public final class LocalRelay implements ClusterRelay {

	/** After how many uses all logs are looked through for unused ones. */
	private static final int SWEEP_EVERY = 10_000;

	private final Map<String, MemoryLog> logs = new ConcurrentHashMap<>();

	private final MemoryEpochs epochs = new MemoryEpochs();

	/**
	 * Held by the one thread that calls the listener. Taken before the lock of a log,
	 * which the listener may read.
	 */
	private final ReentrantLock delivery = new ReentrantLock();

	private final AtomicInteger uses = new AtomicInteger();

	private volatile @Nullable RelayListener listener;

	@Override
	public String name() {
		return "local";
	}

	@Override
	public void start(RelayListener listener) {
		this.listener = listener;
		listener.connectionChanged(true);
	}

	@Override
	public void stop() {
		this.listener = null;
		this.logs.clear();
		this.epochs.endAll();
	}

	@Override
	public CompletableFuture<Receipt> publish(Envelope envelope) {
		RelayListener listener = this.listener;
		if (listener == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(name(), null));
		}
		this.delivery.lock();
		try {
			if (envelope.log() != null) {
				return append(envelope, envelope.log(), listener);
			}
			listener.received(envelope, null);
			return CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.LOCAL_ONLY));
		}
		finally {
			this.delivery.unlock();
		}
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(Address address) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void unsubscribe(Address address) {
	}

	private CompletableFuture<Receipt> append(Envelope envelope, LogOptions options, RelayListener listener) {
		try {
			return CompletableFuture.completedFuture(inLog(MemoryLog.channelOf(envelope),
					(log, now) -> log.append(envelope, options, now, listener::received)));
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
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

	/**
	 * Read a log, without making it.
	 * @param unborn called with the position that a log has before its first publication
	 */
	private <T> T fromLog(String channel, BiFunction<MemoryLog, Long, @Nullable T> action,
			Function<Position, T> unborn) {
		MemoryLog log = this.logs.get(channel);
		T result = (log != null) ? action.apply(log, System.nanoTime()) : null;
		return (result != null) ? result : unborn.apply(new Position(this.epochs.next(channel), 0));
	}

	@Override
	public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
		return CompletableFuture.completedFuture(
				fromLog(channel, (log, now) -> log.resume(delivered), (end) -> new LogContinuation(end, true)));
	}

	private <T> T inLog(String channel, BiFunction<MemoryLog, Long, @Nullable T> action) {
		if (this.uses.incrementAndGet() % SWEEP_EVERY == 0) {
			sweep();
		}
		while (true) {
			long now = System.nanoTime();
			MemoryLog log = this.logs.computeIfAbsent(channel,
					(name) -> new MemoryLog(name, this.epochs.next(name), now, this::keyForgotten));
			T result = action.apply(log, now);
			if (result != null) {
				return result;
			}
			// Discarded since it was looked up.
			this.logs.remove(channel, log);
		}
	}

	private void keyForgotten() {
		RelayListener listener = this.listener;
		if (listener != null) {
			listener.keyForgotten();
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

	int logCount() {
		return this.logs.size();
	}

	@Override
	public Set<RelayCapability> capabilities() {
		return Set.of(RelayCapability.RECORDED, RelayCapability.CONSECUTIVE_OFFSETS);
	}

}
