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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Saves changed sessions to the store, in batches, on one thread that may block. A
 * session that could not be saved is tried again at the next check.
 */
final class SessionSaver {

	private static final Log logger = LogFactory.getLog(SessionSaver.class);

	private static final int BATCH = 256;

	private static final int MAX_ENDED = 10_000;

	private static final Duration LAST_SAVE = Duration.ofSeconds(3);

	private final DurableSessions sessions;

	private final SessionStore store;

	private final DurableSettings settings;

	private final DurableStatistics statistics;

	/** Sessions without a connection whose last state is not saved yet. */
	private final Set<DurableSession> ended = ConcurrentHashMap.newKeySet();

	/** Sessions to be saved before the next check. */
	private final Set<DurableSession> urgent = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean urgentQueued = new AtomicBoolean();

	private final AtomicBoolean checkQueued = new AtomicBoolean();

	private final Guard guard;

	private final Timers timers;

	private volatile @Nullable ThreadPoolExecutor executor;

	private @Nullable ScheduledFuture<?> checks;

	/** When expired entries are removed next. Used by the saving thread only. */
	private long nextCleanup;

	SessionSaver(DurableSessions sessions, SessionStore store, DurableSettings settings, DurableStatistics statistics,
			Timers timers) {
		this.timers = timers;
		this.guard = timers.guards().of(Part.DURABLE_SESSIONS);
		this.sessions = sessions;
		this.store = store;
		this.settings = settings;
		this.statistics = statistics;
	}

	void start() {
		this.executor = Threads.single("durable-saver", new LinkedBlockingQueue<>(8));
		this.urgentQueued.set(false);
		this.checkQueued.set(false);
		scheduleCleanup();
		this.checks = this.timers.repeat(Part.DURABLE_SESSIONS, this::check, this.settings.saveInterval(),
				this.settings.saveInterval());
	}

	/**
	 * Save the last state of ended sessions, and stop. Blocks for at most 3 seconds.
	 */
	void stop() {
		if (this.checks != null) {
			this.checks.cancel(false);
		}
		ThreadPoolExecutor executor = this.executor;
		this.executor = null;
		if (executor == null) {
			return;
		}
		try {
			executor.execute(this.guard.guarded(() -> save(this.ended)));
			executor.shutdown();
			if (!executor.awaitTermination(LAST_SAVE.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.warn("The session store did not save all durable sessions before the node stopped. Clients of"
						+ " this node may receive some messages again, or miss their latest channels. Check the speed"
						+ " of the store");
			}
		}
		catch (RejectedExecutionException ex) {
			// The node stops anyway, and the last state is lost as if the store had
			// failed.
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		executor.shutdownNow();
		this.ended.clear();
		this.urgent.clear();
	}

	/**
	 * Save a session whose connection has ended.
	 */
	void saveLast(DurableSession session) {
		if (this.ended.size() >= MAX_ENDED) {
			// The entry stays as it was last saved, so the client will receive some
			// messages again.
			this.statistics.countDropped();
			this.sessions.forget(session);
			return;
		}
		this.ended.add(session);
		saveSoon(session);
	}

	/**
	 * Save a session before the next check.
	 */
	void saveSoon(DurableSession session) {
		this.urgent.add(session);
		if (this.urgentQueued.compareAndSet(false, true)) {
			execute(this.urgentQueued, this::saveUrgent);
		}
	}

	private void saveUrgent() {
		this.urgentQueued.set(false);
		List<DurableSession> sessions = new ArrayList<>(this.urgent);
		sessions.forEach(this.urgent::remove);
		save(sessions);
	}

	/**
	 * Check for changed sessions, and send pings to clients with unconfirmed messages.
	 * Called by the scheduler.
	 */
	private void check() {
		for (DurableSession session : this.sessions.live()) {
			LocalSession connection = session.session();
			if (connection != null && session.needsPing()) {
				connection.requestPing();
			}
		}
		if (this.checkQueued.compareAndSet(false, true)) {
			execute(this.checkQueued, this::saveAll);
		}
	}

	private void saveAll() {
		this.checkQueued.set(false);
		if (save(this.ended) && save(this.sessions.live()) && System.nanoTime() - this.nextCleanup >= 0) {
			scheduleCleanup();
			try {
				this.statistics.countRemoved(this.store.removeExpired(Instant.now()));
			}
			catch (Throwable ex) {
				this.sessions.failed(ex);
			}
		}
	}

	private void scheduleCleanup() {
		long interval = Math.max(TimeUnit.SECONDS.toNanos(1),
				Math.min(TimeUnit.MINUTES.toNanos(5), this.settings.ttl().toNanos() / 5));
		this.nextCleanup = System.nanoTime() + (long) (interval * (0.75 + ThreadLocalRandom.current().nextDouble(0.5)));
	}

	private void execute(AtomicBoolean waits, Runnable task) {
		ThreadPoolExecutor executor = this.executor;
		try {
			if (executor != null) {
				executor.execute(this.guard.guarded(task));
				return;
			}
		}
		catch (RejectedExecutionException ex) {
			// The node stops.
		}
		catch (Throwable ex) {
			// No thread could be started. The next check tries again.
			this.guard.failed(ex);
		}
		waits.set(false);
	}

	private boolean save(Collection<DurableSession> sessions) {
		Instant now = Instant.now();
		Instant expiresAt = now.plus(this.settings.ttl());
		Instant before = now.minus(this.settings.ttl().dividedBy(3));
		Map<String, Saving> batch = new LinkedHashMap<>();
		for (DurableSession session : sessions) {
			StoredSession entry = session.snapshot(expiresAt);
			if (!session.needsSaving(entry, before)) {
				continue;
			}
			if (batch.containsKey(entry.key()) && !save(batch, now)) {
				return false;
			}
			batch.put(entry.key(), new Saving(session, entry));
			if (batch.size() >= BATCH && !save(batch, now)) {
				return false;
			}
		}
		return save(batch, now);
	}

	private boolean save(Map<String, Saving> batch, Instant now) {
		if (batch.isEmpty()) {
			return true;
		}
		Set<String> refused;
		try {
			refused = this.store.save(batch.values().stream().map(Saving::entry).toList());
		}
		catch (Throwable ex) {
			this.sessions.failed(ex);
			return false;
		}
		this.sessions.answered();
		this.statistics.countSaves(batch.size() - refused.size());
		batch.forEach((key, saving) -> {
			if (refused.contains(key)) {
				this.sessions.superseded(saving.session);
			}
			saving.session.saved(saving.entry, now);
			if (!saving.entry.connected()) {
				this.ended.remove(saving.session);
				this.sessions.forget(saving.session);
			}
		});
		batch.clear();
		return true;
	}

	/**
	 * A session, and the entry that is being saved for it.
	 */
	private record Saving(DurableSession session, StoredSession entry) {
	}

}
