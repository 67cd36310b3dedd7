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

package io.github.atmosphererelay.event.internal;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.atmosphererelay.delivery.internal.EventStatistics;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Publishes events to the application's listeners, one after another on a thread of its
 * own. A listener may block; the threads that report events may not. The queue holds at
 * most 100000 events; events beyond that are counted and dropped.
 */
public final class EventDispatcher {

	private static final Log logger = LogFactory.getLog(EventDispatcher.class);

	private static final int MAX_WAITING = 100_000;

	private final Consumer<Object> publisher;

	private final EventStatistics statistics;

	private final AtomicBoolean warned = new AtomicBoolean();

	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private volatile @Nullable ThreadPoolExecutor executor;

	/**
	 * Create a dispatcher.
	 * @param publisher passes an event to the listeners; may block
	 * @param statistics receives the counts
	 */
	public EventDispatcher(Consumer<Object> publisher, EventStatistics statistics) {
		this.publisher = publisher;
		this.statistics = statistics;
	}

	/**
	 * Start the thread.
	 */
	public synchronized void start() {
		if (this.executor == null) {
			this.executor = Threads.single("events", new ArrayBlockingQueue<>(MAX_WAITING));
		}
	}

	/**
	 * Publish the queued events, for at most 2 seconds, and stop the thread. Events that
	 * are left are counted as dropped.
	 */
	public synchronized void stop() {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			return;
		}
		this.executor = null;
		executor.shutdown();
		try {
			if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
				drop(executor);
			}
		}
		catch (InterruptedException ex) {
			drop(executor);
			Thread.currentThread().interrupt();
		}
	}

	private void drop(ThreadPoolExecutor executor) {
		executor.shutdownNow().forEach((waiting) -> this.statistics.countEventDropped());
	}

	/**
	 * Queue an event for the listeners. Never blocks.
	 * @param event the event
	 */
	public void publish(Object event) {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			this.statistics.countEventDropped();
			return;
		}
		try {
			executor.execute(() -> dispatch(event));
		}
		catch (RejectedExecutionException ex) {
			this.statistics.countEventDropped();
			if (!executor.isShutdown() && this.warned.compareAndSet(false, true)) {
				logger.warn("Application events are dropped, because " + MAX_WAITING
						+ " events are queued: a listener takes too long. Make the listeners faster, or let them do"
						+ " slow work on another thread. The meter 'atmosphere.events.dropped' counts the dropped"
						+ " events");
			}
		}
		catch (Error ex) {
			// Memory is short, or no thread could be started. The caller must continue
			// nevertheless.
			this.statistics.countEventDropped();
		}
	}

	private void dispatch(Object event) {
		this.statistics.countEvent();
		try {
			this.publisher.accept(event);
		}
		catch (Throwable ex) {
			this.failureLog.warn("A listener of " + event.getClass().getSimpleName()
					+ " failed. Listeners after it did not get the event. Correct the listener", ex);
		}
	}

}
