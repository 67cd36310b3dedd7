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

package io.github.atmosphererelay.stomp.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.SmartLifecycle;
import org.springframework.web.socket.WebSocketSession;

/**
 * Disconnects STOMP clients slice by slice when the node stops, before Spring closes all
 * at once, so that not all reconnect to the other nodes at once. Stops before everything
 * else, while the web server and the relay still work.
 */
public final class StompDrain implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(StompDrain.class);

	private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

	/** A close may block for as long as a slow client does. */
	private static final int THREADS = 16;

	private final StompSockets sockets;

	private final Timers timers;

	private final Guard guard;

	private final int sliceSize;

	private final Duration sliceInterval;

	private final Duration timeout;

	private volatile boolean running;

	/**
	 * Create a drain.
	 * @param sockets the sessions to close
	 * @param timers run the slices
	 * @param sliceSize the number of sessions that are closed at once
	 * @param sliceInterval the time between two slices
	 * @param timeout the time after which Spring closes the remaining sessions
	 */
	public StompDrain(StompSockets sockets, Timers timers, int sliceSize, Duration sliceInterval, Duration timeout) {
		this.sockets = sockets;
		this.timers = timers;
		this.guard = timers.guards().of(Part.SHUTDOWN);
		this.sliceSize = sliceSize;
		this.sliceInterval = sliceInterval;
		this.timeout = timeout;
	}

	@Override
	public void start() {
		this.sockets.open();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.sockets.shut();
	}

	@Override
	public void stop(Runnable callback) {
		stop();
		Queue<WebSocketSession> waiting = new ArrayDeque<>(this.sockets.sessions());
		if (waiting.isEmpty()) {
			callback.run();
			return;
		}
		logger.info("The node stops and closes its " + waiting.size() + " STOMP sessions, " + this.sliceSize + " every "
				+ this.sliceInterval.toMillis() + " ms");
		ThreadPoolExecutor closers = Threads.pool("stomp-closer", THREADS, new LinkedBlockingQueue<>());
		long deadline = System.nanoTime() + this.timeout.toNanos();
		Runnable done = () -> {
			closers.shutdown();
			callback.run();
		};
		if (!this.guard.run(() -> closeSlice(waiting, closers, deadline, done))) {
			done.run();
		}
	}

	private void closeSlice(Queue<WebSocketSession> waiting, ThreadPoolExecutor closers, long deadline, Runnable done) {
		for (int i = 0; !waiting.isEmpty() && i < this.sliceSize; i++) {
			WebSocketSession session = waiting.remove();
			closers.execute(this.guard.guarded(() -> StompSockets.close(session)));
		}
		boolean overdue = System.nanoTime() - deadline >= 0;
		if (overdue || (waiting.isEmpty() && this.sockets.size() == 0)) {
			done.run();
			return;
		}
		later(() -> closeSlice(waiting, closers, deadline, done),
				waiting.isEmpty() ? POLL_INTERVAL : this.sliceInterval, done);
	}

	/**
	 * Run a step later. If that fails, no later step would call back, and the
	 * application's stop would wait for it.
	 */
	private void later(Runnable step, Duration delay, Runnable done) {
		try {
			this.timers.later(Part.SHUTDOWN, () -> {
				if (!this.guard.run(step)) {
					done.run();
				}
			}, delay);
		}
		catch (RuntimeException | Error ex) {
			this.guard.failed(ex);
			done.run();
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
