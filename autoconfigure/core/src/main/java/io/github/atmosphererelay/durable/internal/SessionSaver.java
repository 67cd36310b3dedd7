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
 * Brings to the store what has changed, in batches, on one thread that may wait for it.
 * What could not be saved is tried again with the next look.
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

	/** Those without a connection, until they are saved. */
	private final Set<DurableSession> ended = ConcurrentHashMap.newKeySet();

	/** Those that do not wait for the next look. */
	private final Set<DurableSession> urgent = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean urgentWaits = new AtomicBoolean();

	private final AtomicBoolean lookWaits = new AtomicBoolean();

	private final Guard guard;

	private final Timers timers;

	private volatile @Nullable ThreadPoolExecutor executor;

	private @Nullable ScheduledFuture<?> looks;

	/** Of the thread that saves. */
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
		this.urgentWaits.set(false);
		this.lookWaits.set(false);
		scheduleCleanup();
		this.looks = this.timers.repeat(Part.DURABLE_SESSIONS, this::look, this.settings.saveInterval(),
				this.settings.saveInterval());
	}

	/**
	 * Save what has ended, and stop.
	 */
	void stop() {
		if (this.looks != null) {
			this.looks.cancel(false);
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
				logger.warn("The last state of durable sessions could not be stored in time");
			}
		}
		catch (RejectedExecutionException ex) {
			// As when it cannot be stored.
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		executor.shutdownNow();
		this.ended.clear();
		this.urgent.clear();
	}

	/**
	 * Save a session that has lost its connection.
	 */
	void saveLast(DurableSession session) {
		if (this.ended.size() >= MAX_ENDED) {
			// It stays as it was saved last, and more is replayed than had to be.
			this.statistics.countDropped();
			this.sessions.forget(session);
			return;
		}
		this.ended.add(session);
		saveSoon(session);
	}

	/**
	 * Save a session before the next look.
	 */
	void saveSoon(DurableSession session) {
		this.urgent.add(session);
		if (this.urgentWaits.compareAndSet(false, true)) {
			execute(this.urgentWaits, this::saveUrgent);
		}
	}

	private void saveUrgent() {
		this.urgentWaits.set(false);
		List<DurableSession> sessions = new ArrayList<>(this.urgent);
		sessions.forEach(this.urgent::remove);
		save(sessions);
	}

	/**
	 * Look who has changed, and ask clients how far they are. Called by the scheduler.
	 */
	private void look() {
		for (DurableSession session : this.sessions.live()) {
			LocalSession connection = session.session();
			if (connection != null && session.wantsPing()) {
				connection.requestPing();
			}
		}
		if (this.lookWaits.compareAndSet(false, true)) {
			execute(this.lookWaits, this::saveAll);
		}
	}

	private void saveAll() {
		this.lookWaits.set(false);
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
			// As without a thread: the next look tries again
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
	 * A session, and what of it is being saved.
	 */
	private record Saving(DurableSession session, StoredSession entry) {
	}

}
