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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs all tasks that wait for the broker on one thread, one after the other, and repeats
 * failed attempts with backoff. {@link #attemptAgain} and {@link #attemptSucceeded} are
 * called by tasks on that thread.
 */
final class KafkaWorker {

	private static final Log logger = LogFactory.getLog(KafkaWorker.class);

	private static final Duration FIRST_DELAY = Duration.ofMillis(50);

	private static final Duration MAX_DELAY = Duration.ofSeconds(1);

	/** Missing rights are not granted within a second, and Kafka logs each refusal. */
	private static final Duration REFUSED_DELAY = Duration.ofSeconds(10);

	/**
	 * A connection that fails sooner than this will probably fail again, so the backoff
	 * is kept.
	 */
	private static final Duration STABLE = Duration.ofSeconds(5);

	private final ScheduledExecutorService executor = Executors
		.newSingleThreadScheduledExecutor(Threads.factory("kafka"));

	private final Runnable attempt;

	private final Guard guard;

	private @Nullable ScheduledFuture<?> next;

	private Duration delay = FIRST_DELAY;

	private long succeededAt;

	KafkaWorker(Runnable attempt, Guard guard) {
		this.attempt = attempt;
		this.guard = guard;
	}

	void execute(Runnable task) {
		schedule(task, Duration.ZERO);
	}

	void repeat(Runnable task, Duration interval) {
		this.guard.repeat(this.executor, task, interval, interval);
	}

	void attemptSucceeded() {
		this.succeededAt = System.nanoTime();
	}

	/**
	 * Schedule the next attempt, in place of one that is already scheduled.
	 * @param refused whether the last attempt failed for missing rights
	 */
	void attemptAgain(boolean refused) {
		if (this.next != null) {
			this.next.cancel(false);
		}
		if (this.succeededAt != 0 && System.nanoTime() - this.succeededAt > STABLE.toNanos()) {
			this.delay = FIRST_DELAY;
			this.succeededAt = 0;
		}
		this.next = schedule(this.attempt, refused ? REFUSED_DELAY : this.delay);
		Duration doubled = this.delay.multipliedBy(2);
		this.delay = (doubled.compareTo(MAX_DELAY) < 0) ? doubled : MAX_DELAY;
	}

	/**
	 * Schedule the next attempt if none is scheduled, because scheduling it has failed,
	 * for example for lack of memory.
	 */
	void attemptIfNoneIsScheduled() {
		if (this.next == null || this.next.isDone()) {
			attemptAgain(false);
		}
	}

	void stop() {
		this.executor.shutdownNow();
	}

	void awaitEnd(Duration timeout) throws InterruptedException {
		if (!this.executor.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
			logger.debug("The worker takes longer than " + timeout + " to end");
		}
	}

	private @Nullable ScheduledFuture<?> schedule(Runnable task, Duration delay) {
		try {
			return this.guard.later(this.executor, task, delay);
		}
		catch (RejectedExecutionException ex) {
			logger.trace("Stopped meanwhile");
			return null;
		}
	}

}
