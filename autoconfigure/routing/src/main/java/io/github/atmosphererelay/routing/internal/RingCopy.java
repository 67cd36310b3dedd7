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

package io.github.atmosphererelay.routing.internal;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.routing.PublishedRing;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Saves the ring in a store while this node publishes it: the newest one within a moment,
 * and the same ring again every few seconds, in case the store has lost it. Changes that
 * follow each other quickly may be saved as one. Before that it reads the term of what
 * the store has, once after each start, because all nodes that knew it may have stopped.
 * A thread of its own waits for the store.
 */
public final class RingCopy {

	private static final Log logger = LogFactory.getLog(RingCopy.class);

	private static final Duration TICK = Duration.ofMillis(250);

	private static final long AGAIN_NANOS = Duration.ofSeconds(5).toNanos();

	private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

	/** How long the store may fail before that is a problem. */
	private static final Duration FAILS = Duration.ofSeconds(30);

	private final Supplier<@Nullable PublishedRing> published;

	private final RingStore store;

	private final Timers timers;

	private final RoutingStatistics statistics;

	private final LongConsumer seen;

	private final AtomicBoolean works = new AtomicBoolean();

	private @Nullable ScheduledFuture<?> ticks;

	private @Nullable ThreadPoolExecutor executor;

	private @Nullable PublishedRing saved;

	private @Nullable Document document;

	private long triedAt;

	private boolean inUse;

	private boolean termKnown;

	private long termAskedAt;

	private volatile @Nullable Failure failure;

	/**
	 * Create a copy, which runs after {@link #start()}.
	 * @param published returns the ring if this node publishes it, otherwise
	 * {@code null}; does not block
	 * @param store keeps the ring
	 * @param timers runs the checks
	 * @param statistics counts failures
	 * @param seen receives the term that the store has, on the thread of the copy
	 */
	public RingCopy(Supplier<@Nullable PublishedRing> published, RingStore store, Timers timers,
			RoutingStatistics statistics, LongConsumer seen) {
		this.published = published;
		this.store = store;
		this.timers = timers;
		this.statistics = statistics;
		this.seen = seen;
	}

	/**
	 * Start.
	 */
	public synchronized void start() {
		if (this.executor != null) {
			return;
		}
		ThreadPoolExecutor executor = Threads.pool("ring-copy", 1, new ArrayBlockingQueue<>(1));
		this.executor = executor;
		this.works.set(false);
		executor.execute(this.timers.guards().of(Part.ROUTING).guarded(() -> this.termKnown = false));
		this.ticks = this.timers.repeat(Part.ROUTING, () -> tick(executor), TICK, TICK);
	}

	/**
	 * Stop. Can be started again.
	 */
	public synchronized void stop() {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			return;
		}
		this.executor = null;
		if (this.ticks != null) {
			this.ticks.cancel(false);
		}
		OrderlyStop.stop(executor, this.store::release);
	}

	/**
	 * Runs on the scheduler.
	 */
	private void tick(ThreadPoolExecutor executor) {
		if (!this.works.compareAndSet(false, true)) {
			return;
		}
		try {
			executor.execute(this.timers.guards().of(Part.ROUTING).guarded(this::work));
		}
		catch (RejectedExecutionException ex) {
			this.works.set(false);
		}
	}

	private void work() {
		try {
			if (!this.termKnown && (this.termAskedAt == 0 || System.nanoTime() - this.termAskedAt >= AGAIN_NANOS)) {
				readTerm();
			}
			PublishedRing ring = this.published.get();
			if (ring == null) {
				release();
			}
			else if (isDue(ring, System.nanoTime())) {
				save(ring);
			}
		}
		finally {
			this.works.set(false);
		}
	}

	private void readTerm() {
		this.inUse = true;
		try {
			long term = this.store.term();
			this.termKnown = true;
			this.termAskedAt = 0;
			if (term > 0) {
				this.seen.accept(term);
			}
		}
		catch (RuntimeException ex) {
			this.termAskedAt = System.nanoTime();
			logger.debug("The term of the ring's copy was not read, and is read again", ex);
		}
	}

	private void release() {
		this.saved = null;
		this.document = null;
		this.failure = null;
		if (this.inUse) {
			this.inUse = false;
			this.store.release();
		}
	}

	private boolean isDue(PublishedRing ring, long now) {
		if (!this.inUse) {
			return true;
		}
		boolean changed = ring != this.saved && this.failure == null;
		return changed || now - this.triedAt >= ((this.failure != null) ? RETRY_NANOS : AGAIN_NANOS);
	}

	private void save(PublishedRing ring) {
		this.inUse = true;
		this.triedAt = System.nanoTime();
		try {
			if (this.store.save(ring.version(), document(ring))) {
				this.saved = ring;
				if (this.failure != null) {
					logger.info("The copy of the ring was written again");
				}
				this.failure = null;
			}
			else {
				failed("a newer ring is there than version " + ring.version());
			}
		}
		catch (RuntimeException ex) {
			logger.debug("The copy of the ring was not written", ex);
			failed(ex.toString());
		}
	}

	private String document(PublishedRing ring) {
		Document document = this.document;
		if (document == null || document.ring() != ring) {
			document = new Document(ring, RingDocument.write(ring));
			this.document = document;
		}
		return document.text();
	}

	private void failed(String reason) {
		this.statistics.countCopyFailure();
		Failure before = this.failure;
		this.failure = new Failure((before != null) ? before.since() : System.nanoTime(), reason);
		if (before == null) {
			logger.warn("The copy of the ring was not written, so that programs that read it do not learn of changes. "
					+ "It is tried again: " + reason);
		}
	}

	/**
	 * Return why the store has not had the ring for half a minute.
	 * @return the problem, or {@code null} if there is none
	 */
	public @Nullable String problem() {
		Failure failure = this.failure;
		if (failure == null || System.nanoTime() - failure.since() < FAILS.toNanos()) {
			return null;
		}
		return "The copy of the ring has not been written for more than " + FAILS.toSeconds() + " s: "
				+ failure.reason();
	}

	/**
	 * A ring and its text.
	 *
	 * @param ring the ring
	 * @param text its JSON
	 */
	private record Document(PublishedRing ring, String text) {
	}

	/**
	 * Why the last attempt has failed.
	 *
	 * @param since when the first of the failures was, in {@code System.nanoTime()}
	 * @param reason the reason of the last one
	 */
	private record Failure(long since, String reason) {
	}

}
