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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.LeaseListener;
import io.github.atmosphererelay.jdbc.internal.Leases;
import io.github.atmosphererelay.jdbc.internal.ShardedLogCleaner;

import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Removes what the tables need not keep any more, on a thread of its own, on the one node
 * of the cluster that holds the lease for it.
 */
final class JdbcCleaner {

	private static final String LEASE = "clean";

	/** After the death of its holder, nothing is removed for so long. */
	private static final Duration LEASE_TIME = Duration.ofMinutes(2);

	private static final long FOLD_NANOS = TimeUnit.MINUTES.toNanos(10);

	private final Leases leases;

	private final ShardedLogCleaner cleaner;

	private final Guard guard;

	private final long intervalNanos;

	private final Signal signal = new Signal();

	private final Thread thread;

	private volatile boolean restart = true;

	private volatile boolean stopped;

	private long foldedAt = System.nanoTime() - FOLD_NANOS;

	JdbcCleaner(JdbcPool pool, JdbcRelaySettings settings, Duration timeout, Guards guards) {
		Database database = Database.byOwnConnections(pool, timeout);
		this.guard = guards.of(Part.RELAY_CONNECTION);
		this.intervalNanos = settings.cleanInterval().toNanos();
		this.cleaner = new ShardedLogCleaner(settings.logName(), database);
		this.leases = new Leases(database, settings.logName(), Set.of(LEASE), LEASE_TIME, new LeaseListener() {

			@Override
			public void gained(String lease) {
				JdbcCleaner.this.restart = true;
				JdbcCleaner.this.signal.raise();
			}

		}, guards.of(Part.LEASES));
		this.thread = Threads.factory("jdbc-cleaner").newThread(this::run);
	}

	void start() {
		this.leases.start(UUID.randomUUID());
		this.thread.start();
	}

	/**
	 * Have the thread end after its present transaction. Does not block.
	 */
	void stop() {
		this.stopped = true;
		this.signal.raise();
	}

	/**
	 * Give the lease back, and wait for the end.
	 * @param limit how long to wait
	 * @throws InterruptedException if the calling thread is interrupted
	 */
	void awaitEnd(Duration limit) throws InterruptedException {
		Thread release = Threads.factory("jdbc-closer").newThread(this.leases::stop);
		try {
			this.thread.join(limit.toMillis());
		}
		finally {
			release.start();
		}
		release.join(limit.toMillis());
	}

	boolean isActive() {
		return !this.stopped && this.leases.holds(LEASE);
	}

	private void run() {
		this.guard.loop(() -> !this.stopped, () -> {
			if (isActive()) {
				clean();
			}
			this.signal.await(this.intervalNanos);
		});
	}

	private void clean() {
		BooleanSupplier active = this::isActive;
		if (this.restart) {
			this.restart = false;
			this.cleaner.restart();
		}
		attempt(() -> this.cleaner.removeExpired(active));
		if (!attempt(() -> this.cleaner.cutLogs(active))) {
			// It does not know any more which logs it has not cut
			this.restart = true;
		}
		attempt(() -> this.cleaner.removeKeys(active));
		if (System.nanoTime() - this.foldedAt >= FOLD_NANOS) {
			attempt(this.cleaner::foldMarks);
			this.foldedAt = System.nanoTime();
		}
	}

	/**
	 * Take one step. The others are taken, too, if it fails.
	 * @return whether it has succeeded
	 */
	private boolean attempt(Runnable step) {
		try {
			step.run();
			return true;
		}
		catch (DataAccessException | TransactionException ex) {
			if (!this.stopped) {
				this.guard.failed("Old rows of the jdbc relay could not be removed", ex);
			}
			return false;
		}
	}

}
