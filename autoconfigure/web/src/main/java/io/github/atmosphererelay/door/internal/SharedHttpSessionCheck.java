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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.door.internal.SharedHttpSessions.Changes;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import org.jspecify.annotations.Nullable;

/**
 * Finds HTTP sessions that have ended although this node has got no event, because the
 * store does not guarantee events. It asks for each HTTP session once in an interval, and
 * for at most {@value #MAX_AT_ONCE} at once, so that a node with many of them takes
 * longer but loads the store no more. It closes clients only after a second look: an HTTP
 * session may not be stored yet, its event may be on its way, or a replica may be late.
 * <p>
 * Threads: the scheduler only starts a query, and an executor waits for the answer.
 */
public final class SharedHttpSessionCheck {

	static final int MAX_AT_ONCE = 1_000;

	/**
	 * The time between the first look that does not find an HTTP session and the second.
	 */
	static final Duration SECOND_LOOK = Duration.ofMillis(1500);

	/** The number of queries in an interval from 6 s to 30 s. */
	private static final int STEPS = 30;

	private static final Duration MIN_TICK = Duration.ofMillis(200);

	private static final Duration MAX_TICK = Duration.ofSeconds(1);

	private final HttpSessionRegistry registry;

	private final SharedHttpSessions sessions;

	private final Executor executor;

	private final Timers timers;

	private final Guard guard;

	private final Duration interval;

	private final Duration tick;

	private final int steps;

	private final LongSupplier clock;

	private final AtomicBoolean busy = new AtomicBoolean();

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * When HTTP sessions were first not found, in nanoseconds, by id. Of the task that
	 * runs at present, one after the other.
	 */
	private final Map<String, Long> suspects = new HashMap<>();

	/**
	 * Create a check.
	 * @param registry knows the clients and closes them
	 * @param sessions the HTTP sessions that nodes share
	 * @param executor runs one task at a time, which waits for the store; may reject it
	 * @param timers start the queries
	 * @param interval the time between two queries for the same HTTP session
	 */
	public SharedHttpSessionCheck(HttpSessionRegistry registry, SharedHttpSessions sessions, Executor executor,
			Timers timers, Duration interval) {
		this(registry, sessions, executor, timers, interval, System::nanoTime);
	}

	SharedHttpSessionCheck(HttpSessionRegistry registry, SharedHttpSessions sessions, Executor executor, Timers timers,
			Duration interval, LongSupplier clock) {
		this.registry = registry;
		this.sessions = sessions;
		this.executor = executor;
		this.timers = timers;
		this.guard = timers.guards().of(Part.HTTP_SESSIONS);
		this.interval = interval;
		this.tick = tick(interval);
		this.steps = (int) interval.dividedBy(this.tick);
		this.clock = clock;
	}

	private static Duration tick(Duration interval) {
		Duration tick = interval.dividedBy(STEPS);
		if (tick.compareTo(MIN_TICK) < 0) {
			return MIN_TICK;
		}
		return (tick.compareTo(MAX_TICK) > 0) ? MAX_TICK : tick;
	}

	Duration tick() {
		return this.tick;
	}

	/**
	 * Start the checks.
	 */
	public synchronized void start() {
		this.ticks = this.timers.repeat(Part.HTTP_SESSIONS, this::submit, this.tick, this.tick);
	}

	/**
	 * Stop the checks. One that runs is completed.
	 */
	public synchronized void stop() {
		if (this.ticks != null) {
			this.ticks.cancel(false);
			this.ticks = null;
		}
	}

	private void submit() {
		if (!this.busy.compareAndSet(false, true)) {
			return;
		}
		try {
			this.executor.execute(this::step);
		}
		catch (RejectedExecutionException ex) {
			this.busy.set(false);
			this.guard
				.failed("HTTP sessions were not checked, because no thread was free for it. The check is repeated", ex);
		}
		catch (Error ex) {
			// For example, no thread can be created for lack of memory
			this.busy.set(false);
			throw ex;
		}
	}

	/**
	 * Look once.
	 */
	void step() {
		try {
			this.guard.run(this::check);
		}
		finally {
			this.busy.set(false);
		}
	}

	private void check() {
		List<String> ids = next();
		if (ids.isEmpty()) {
			return;
		}
		Changes changes;
		try {
			changes = this.sessions.changes(ids);
		}
		catch (RuntimeException ex) {
			this.guard
				.failed("HTTP sessions could not be checked at their store. Clients stay connected, and the check is"
						+ " repeated", ex);
			return;
		}
		this.guard.succeeded();
		long now = this.clock.getAsLong();
		changes.renamed().forEach(this.registry::renamed);
		for (String id : ids) {
			if (!changes.ended().contains(id)) {
				this.suspects.remove(id);
			}
			else if (isConfirmed(this.suspects.putIfAbsent(id, now), now)) {
				this.suspects.remove(id);
				this.registry.missedEnd(id);
			}
		}
	}

	private static boolean isConfirmed(@Nullable Long since, long now) {
		return since != null && now - since >= SECOND_LOOK.toNanos();
	}

	/**
	 * Return the ids to ask for next: first those that need a second look.
	 */
	private List<String> next() {
		long now = this.clock.getAsLong();
		List<String> next = new ArrayList<>();
		this.suspects.forEach((id, since) -> {
			if (next.size() < MAX_AT_ONCE && isConfirmed(since, now)) {
				next.add(id);
			}
		});
		next.addAll(this.registry.nextToCheck(this.interval, this.steps, MAX_AT_ONCE - next.size()));
		return next;
	}

}
