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
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.door.internal.SharedHttpSessions.Changes;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Timers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Finds HTTP sessions that have ended although this node has got no event, because the
 * store does not guarantee events. It asks for each HTTP session once in an interval, and
 * for at most {@value #MAX_AT_ONCE} at once, so that a node with many of them takes
 * longer but loads the store no more.
 * <p>
 * Threads: the scheduler only starts a query, and an executor waits for the answer.
 */
public final class SharedHttpSessionCheck {

	private static final Log logger = LogFactory.getLog(SharedHttpSessionCheck.class);

	static final int MAX_AT_ONCE = 1_000;

	/** The number of queries in an interval, if it is not shorter than 10 s. */
	private static final int STEPS = 30;

	private static final Duration MIN_TICK = Duration.ofMillis(200);

	private final RateLimitedLog failures = new RateLimitedLog(logger, Duration.ofMinutes(1));

	private final HttpSessionRegistry registry;

	private final SharedHttpSessions sessions;

	private final Timers timers;

	private final Duration interval;

	private final Duration tick;

	private final AtomicBoolean busy = new AtomicBoolean();

	private @Nullable ScheduledFuture<?> ticks;

	/** This and the following: of the task that runs at present, one after the other. */
	private Iterator<String> round = Collections.emptyIterator();

	private long roundStart;

	private int slice = 1;

	/**
	 * Create a check.
	 * @param registry knows the clients and is told of the ends
	 * @param sessions the HTTP sessions that nodes share
	 * @param timers start the queries
	 * @param interval the time between two queries for the same HTTP session
	 */
	public SharedHttpSessionCheck(HttpSessionRegistry registry, SharedHttpSessions sessions, Timers timers,
			Duration interval) {
		this.registry = registry;
		this.sessions = sessions;
		this.timers = timers;
		this.interval = interval;
		Duration step = interval.dividedBy(STEPS);
		this.tick = (step.compareTo(MIN_TICK) > 0) ? step : MIN_TICK;
		this.roundStart = System.nanoTime();
	}

	/**
	 * Start the checks.
	 */
	public synchronized void start() {
		this.ticks = this.timers.repeat(Part.HTTP_SESSIONS, this::tick, this.tick, this.tick);
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

	private void tick() {
		if (!this.busy.compareAndSet(false, true)) {
			return;
		}
		try {
			this.sessions.executor().execute(this::guardedStep);
		}
		catch (RejectedExecutionException ex) {
			this.busy.set(false);
			this.failures.warn("HTTP sessions were not checked, because too many tasks are waiting for their store. The"
					+ " check is repeated", ex);
		}
		catch (Error ex) {
			// For example, no thread can be created for lack of memory
			this.busy.set(false);
			throw ex;
		}
	}

	private void guardedStep() {
		try {
			this.timers.guards().of(Part.HTTP_SESSIONS).run(this::step);
		}
		finally {
			this.busy.set(false);
		}
	}

	private void step() {
		try {
			List<String> ids = next();
			if (!ids.isEmpty()) {
				Changes changes = this.sessions.changes(ids);
				changes.renamed().forEach(this.registry::renamed);
				changes.ended().forEach(this.registry::missedEnd);
			}
		}
		catch (RuntimeException ex) {
			this.failures
				.warn("HTTP sessions could not be checked at their store. Clients stay connected, and the check"
						+ " is repeated", ex);
		}
	}

	/**
	 * Return the ids to ask for next: a part of the round, so that the queries are spread
	 * over the interval.
	 */
	private List<String> next() {
		if (!this.round.hasNext()) {
			long now = System.nanoTime();
			if (now - this.roundStart < this.interval.toNanos()) {
				return List.of();
			}
			this.roundStart = now;
			List<String> ids = this.registry.sharedIds(this.interval.dividedBy(2));
			this.slice = Math.min(MAX_AT_ONCE, 1 + ids.size() / STEPS);
			this.round = ids.iterator();
		}
		List<String> next = new ArrayList<>(this.slice);
		while (next.size() < this.slice && this.round.hasNext()) {
			next.add(this.round.next());
		}
		return next;
	}

}
