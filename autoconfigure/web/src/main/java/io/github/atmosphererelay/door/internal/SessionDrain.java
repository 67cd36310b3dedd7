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
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ScheduledExecutorService;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.SmartLifecycle;

/**
 * Disconnects clients when the node stops: refuses new clients, then closes the sessions
 * slice by slice, each after its queued messages have been written, so that not all
 * clients reconnect to the other nodes at once. Stops before everything else, while the
 * web server and the relay still work.
 */
public final class SessionDrain implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(SessionDrain.class);

	private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

	private final HandshakeGate gate;

	private final SessionRegistry registry;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final int sliceSize;

	private final Duration sliceInterval;

	private final Duration timeout;

	private volatile boolean running;

	/**
	 * Create a drain.
	 * @param gate decides whether clients are accepted
	 * @param registry the sessions to close
	 * @param scheduler closes the slices
	 * @param sliceSize the number of sessions that are closed at once
	 * @param sliceInterval the time between two slices
	 * @param timeout the time after which all remaining sessions are closed at once
	 * @param guards protect the steps
	 */
	public SessionDrain(HandshakeGate gate, SessionRegistry registry, ScheduledExecutorService scheduler, int sliceSize,
			Duration sliceInterval, Duration timeout, Guards guards) {
		this.guard = guards.of(Part.SHUTDOWN);
		this.gate = gate;
		this.registry = registry;
		this.scheduler = scheduler;
		this.sliceSize = sliceSize;
		this.sliceInterval = sliceInterval;
		this.timeout = timeout;
	}

	@Override
	public void start() {
		this.gate.open();
		this.running = true;
	}

	@Override
	public void stop() {
		this.gate.shut();
		this.running = false;
		this.registry.forEach((session) -> session.close(CloseReason.GOING_AWAY));
	}

	@Override
	public void stop(Runnable callback) {
		this.gate.shut();
		this.running = false;
		Queue<LocalSession> waiting = new ArrayDeque<>(this.registry.sessions());
		if (waiting.isEmpty()) {
			callback.run();
			return;
		}
		logger.info("The node stops and closes its " + waiting.size() + " sessions, " + this.sliceSize + " every "
				+ this.sliceInterval.toMillis() + " ms");
		long deadline = System.nanoTime() + this.timeout.toNanos();
		run(() -> closeSlice(waiting, deadline, callback), callback);
	}

	/**
	 * Run a step, and repeat it if it fails, because the application's stop waits for the
	 * callback.
	 */
	private void run(Runnable step, Runnable callback) {
		if (!this.guard.run(step)) {
			later(step, POLL_INTERVAL, callback);
		}
	}

	private void later(Runnable step, Duration delay, Runnable callback) {
		try {
			this.guard.later(this.scheduler, () -> run(step, callback), delay);
		}
		catch (Throwable ex) {
			// No later step will call back
			this.guard.failed(ex);
			callback.run();
		}
	}

	private void closeSlice(Queue<LocalSession> waiting, long deadline, Runnable callback) {
		boolean overdue = System.nanoTime() - deadline >= 0;
		for (int i = 0; !waiting.isEmpty() && (overdue || i < this.sliceSize); i++) {
			LocalSession session = waiting.remove();
			this.guard.run(() -> session.close(CloseReason.GOING_AWAY));
		}
		if (!waiting.isEmpty()) {
			later(() -> closeSlice(waiting, deadline, callback), this.sliceInterval, callback);
		}
		else {
			awaitEnd(deadline, callback);
		}
	}

	private void awaitEnd(long deadline, Runnable callback) {
		// Includes sessions that were being opened when the gate was shut.
		this.registry.forEach((session) -> this.guard.run(() -> session.close(CloseReason.GOING_AWAY)));
		if (this.registry.sessionCount() == 0) {
			callback.run();
		}
		else if (System.nanoTime() - deadline >= 0) {
			this.registry.forEach((session) -> this.guard.run(() -> session.terminate(CloseReason.GOING_AWAY)));
			callback.run();
		}
		else {
			later(() -> awaitEnd(deadline, callback), POLL_INTERVAL, callback);
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return SmartLifecycle.DEFAULT_PHASE;
	}

}
