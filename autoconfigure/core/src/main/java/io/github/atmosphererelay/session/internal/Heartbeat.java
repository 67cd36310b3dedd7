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

package io.github.atmosphererelay.session.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Pings quiet clients, and closes the sessions of those that do not answer; otherwise the
 * session of a client that has vanished without a close frame would stay for ever. Pings
 * are spread by a jitter, and are left out while a client sends something itself. The
 * heartbeat also closes the sessions of clients whose tokens have expired.
 */
public final class Heartbeat {

	private static final Duration TICK = Duration.ofMillis(500);

	private final SessionRegistry registry;

	private final SessionStatistics statistics;

	private final ScheduledExecutorService scheduler;

	private final Duration interval;

	private final Duration pongTimeout;

	private final Guard guard;

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * Create a heartbeat.
	 * @param registry the sessions to check
	 * @param statistics receives the counts
	 * @param scheduler runs the checks, which do not block it
	 * @param interval the time between two pings to a quiet client
	 * @param pongTimeout the time within which a client has to answer
	 */
	public Heartbeat(SessionRegistry registry, SessionStatistics statistics, ScheduledExecutorService scheduler,
			Duration interval, Duration pongTimeout) {
		this(registry, statistics, scheduler, interval, pongTimeout, new Guards());
	}

	/**
	 * Create a heartbeat.
	 * @param registry the sessions to check
	 * @param statistics receives the counts
	 * @param scheduler runs the checks, which do not block it
	 * @param interval the time between two pings to a quiet client
	 * @param pongTimeout the time within which a client has to answer
	 * @param guards guard the node's background parts
	 */
	public Heartbeat(SessionRegistry registry, SessionStatistics statistics, ScheduledExecutorService scheduler,
			Duration interval, Duration pongTimeout, Guards guards) {
		this.guard = guards.of(Part.HEARTBEAT);
		this.registry = registry;
		this.statistics = statistics;
		this.scheduler = scheduler;
		this.interval = interval;
		this.pongTimeout = pongTimeout;
	}

	/**
	 * Start the checks.
	 */
	public void start() {
		this.ticks = this.guard.repeat(this.scheduler, this::tick, TICK, TICK);
	}

	/**
	 * Stop the checks.
	 */
	public void stop() {
		if (this.ticks != null) {
			this.ticks.cancel(false);
		}
	}

	private void tick() {
		long now = System.nanoTime();
		long millis = System.currentTimeMillis();
		// Each session is guarded by itself, so that the others are pinged even if one
		// fails
		this.registry.forEach((session) -> this.guard.run(() -> {
			checkExpiry(session, millis);
			check(session, now);
		}));
	}

	private void checkExpiry(LocalSession session, long millis) {
		if (session.isExpired(millis) && session.isOpen()) {
			this.statistics.countExpired();
			session.close(CloseReason.EXPIRED);
		}
	}

	private void check(LocalSession session, long now) {
		long interval = this.interval.toNanos();
		long jitter = ThreadLocalRandom.current().nextLong(interval / 5 + 1);
		if (!session.checkAlive(now, interval, this.pongTimeout.toNanos(), jitter)
				&& session.terminate(CloseReason.NO_PONG)) {
			this.statistics.countMissingPong();
		}
	}

}
