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

package io.github.atmosphererelay.gateway.internal;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.OrderlyStop;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Follows a ring that is read from outside the cluster, on a thread of its own, and keeps
 * the newest that it has read: also while nothing can be read, and when what is read is
 * older.
 */
public final class FollowedRing implements RingSource, SmartLifecycle {

	private static final Log logger = LogFactory.getLog(FollowedRing.class);

	/** The time between a reading and the next one that a change asks for. */
	private static final Duration GAP = Duration.ofMillis(100);

	/** The same after a failure, which may itself look like a change. */
	private static final Duration GAP_AFTER_FAILURE = Duration.ofSeconds(1);

	private final String where;

	private final RingReader reader;

	private final Duration interval;

	private final ProxyStatistics statistics;

	private final AtomicBoolean waits = new AtomicBoolean();

	private volatile @Nullable PublishedRing ring;

	private volatile @Nullable ScheduledExecutorService executor;

	/** Whether the last attempt has failed. Written by the thread that reads. */
	private volatile boolean failed;

	/** When a change may lead to a reading again, in {@code System.nanoTime()}. */
	private volatile long notBefore = System.nanoTime();

	/**
	 * Create a follower, which runs after {@link #start()}.
	 * @param where where the ring is, for the log
	 * @param reader makes the reader; it gets what it calls when the ring may have
	 * changed
	 * @param interval the time between two readings
	 * @param statistics counts readings that fail
	 */
	public FollowedRing(String where, Function<Runnable, RingReader> reader, Duration interval,
			ProxyStatistics statistics) {
		this.where = where;
		this.reader = reader.apply(this::changed);
		this.interval = interval;
		this.statistics = statistics;
	}

	@Override
	public @Nullable PublishedRing ring() {
		return this.ring;
	}

	/**
	 * Read soon, but not right after the last reading. Called by any thread; does not
	 * block.
	 */
	private void changed() {
		ScheduledExecutorService executor = this.executor;
		if (executor != null && this.waits.compareAndSet(false, true)) {
			try {
				Guards.UNREPORTED.of(Part.ROUTING).later(executor, () -> {
					this.waits.set(false);
					if (this.notBefore - System.nanoTime() > 0) {
						// A reading that has ended in the meantime
						changed();
					}
					else {
						read();
					}
				}, Duration.ofNanos(Math.max(0, this.notBefore - System.nanoTime())));
			}
			catch (RejectedExecutionException ex) {
				this.waits.set(false);
			}
		}
	}

	private void read() {
		try {
			PublishedRing read = this.reader.read();
			if (read != null) {
				offer(read);
			}
			if (this.failed) {
				logger.info("The ring can be read again from " + this.where);
			}
			this.failed = false;
		}
		catch (Exception ex) {
			this.statistics.countRingFailure();
			if (!this.failed && this.executor != null) {
				logger.warn("The ring cannot be read from " + this.where + ". The gateway places users by "
						+ ((this.ring != null) ? "the last one" : "none") + " and keeps trying: " + ex);
			}
			logger.debug("The ring cannot be read from " + this.where, ex);
			this.failed = true;
		}
		finally {
			long gap = this.failed
					? (long) (GAP_AFTER_FAILURE.toNanos() * ThreadLocalRandom.current().nextDouble(1, 1.5))
					: GAP.toNanos();
			this.notBefore = System.nanoTime() + gap;
		}
	}

	private void offer(PublishedRing read) {
		PublishedRing present = this.ring;
		if (present != null) {
			RingVersion version = present.version();
			if (version.isNewerThan(read.version()) || present.equals(read)) {
				return;
			}
		}
		read.ring().prepare();
		this.ring = read;
		logger.info("Ring " + read.version() + " from " + this.where);
	}

	@Override
	public synchronized void start() {
		if (this.executor != null) {
			return;
		}
		ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(Threads.factory("ring"));
		this.executor = executor;
		this.waits.set(false);
		Guards.UNREPORTED.of(Part.ROUTING).repeat(executor, this::read, Duration.ZERO, this.interval);
	}

	@Override
	public synchronized void stop() {
		ScheduledExecutorService executor = this.executor;
		if (executor != null) {
			this.executor = null;
			OrderlyStop.stop(executor, this.reader::close);
		}
	}

	@Override
	public boolean isRunning() {
		return this.executor != null;
	}

	@Override
	public int getPhase() {
		return 0;
	}

}
