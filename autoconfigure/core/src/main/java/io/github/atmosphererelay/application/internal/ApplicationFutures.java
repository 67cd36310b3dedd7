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

package io.github.atmosphererelay.application.internal;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the futures that applications get of the stages by which this library goes on.
 * <p>
 * A stage completes on whichever thread of the library or of a relay has the result, and
 * everything that depends on it is the library's own and short. The application's future
 * is another one: whoever waits in {@code join} or {@code get} goes on as soon as the
 * stage is complete, without any other thread; continuations, which may block, run on
 * {@link ApplicationThreads}. Those of futures of one key, such as a channel, run in the
 * order in which the stages have completed, as long as each takes less than about 50 ms;
 * after that the next one begins beside it. Continuations that are registered when the
 * result is there already run at once on the thread that registers them, as with any
 * {@link CompletableFuture}.
 * <p>
 * A future without a continuation costs no thread: such futures are completed together, a
 * millisecond later, for those that look at them from outside, such as
 * {@link CompletableFuture#allOf}.
 * <p>
 * For any thread; nothing here blocks but {@link #stop}.
 */
public final class ApplicationFutures {

	/**
	 * How many futures may wait for threads because continuations block. More are not
	 * begun.
	 */
	public static final int MAX_WAITING = 100_000;

	private static final Log logger = LogFactory.getLog(ApplicationFutures.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	private static final long SWEEP_MILLIS = 1;

	private final ApplicationThreads threads;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final OrderedTasks tasks;

	/** Those without a continuation, whose result is known. */
	private final Queue<ApplicationFuture<?>> unwatched = new ConcurrentLinkedQueue<>();

	private final AtomicInteger unwatchedCount = new AtomicInteger();

	private final AtomicBoolean sweepDue = new AtomicBoolean();

	/** The key of what is swept. */
	private final Object sweeps = new Object();

	public ApplicationFutures(ApplicationThreads threads, ScheduledExecutorService scheduler, Guard guard) {
		this.threads = threads;
		this.scheduler = scheduler;
		this.guard = guard;
		this.tasks = new OrderedTasks(scheduler, guard);
	}

	public synchronized void start() {
		if (!this.tasks.isStarted()) {
			this.tasks.start(this.threads.start());
		}
	}

	/**
	 * Let continuations end, for at most a few seconds, and stop the threads.
	 */
	public synchronized void stop() {
		if (!this.tasks.isStarted()) {
			return;
		}
		int left = this.tasks.stop(STOP_TIMEOUT);
		if (left > 0) {
			logger.warn("Stopped while continuations of " + left + " futures were waiting for others that block");
		}
		this.threads.stop();
		sweep();
	}

	/**
	 * Make a future for the application.
	 * @param key futures of the same key complete in order, for example a channel's
	 * address
	 * @param stage gives the result
	 * @param <T> the kind of result
	 * @return completes with the same result
	 */
	public <T> CompletableFuture<T> of(Object key, CompletableFuture<T> stage) {
		if (stage.isDone()) {
			return stage;
		}
		ApplicationFuture<T> future = new ApplicationFuture<>(this, key);
		stage.whenComplete(future::settle);
		return future;
	}

	/**
	 * Return the stage behind a future, for the library's own use: it does not wait for
	 * the application's continuations.
	 * @param future a future that may have been made here
	 * @param <T> the kind of result
	 * @return completes with the same result, on a thread that must not be blocked
	 */
	public static <T> CompletableFuture<T> stage(CompletableFuture<T> future) {
		return (future instanceof ApplicationFuture<T> own) ? own.state() : future;
	}

	/**
	 * Run code of the application on a thread that may block.
	 * @param key tasks of the same key begin in order
	 * @param task the code
	 */
	public void execute(Object key, Runnable task) {
		this.tasks.add(key, task);
	}

	void settled(ApplicationFuture<?> future) {
		if (!this.tasks.isStarted()) {
			future.finish();
		}
		else if (future.getNumberOfDependents() > 0) {
			this.tasks.add(future.key(), future::finish);
		}
		else {
			this.unwatchedCount.incrementAndGet();
			this.unwatched.add(future);
			scheduleSweep();
		}
	}

	private void scheduleSweep() {
		if (!this.sweepDue.compareAndSet(false, true)) {
			return;
		}
		if (schedule(this::startSweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS) == null) {
			sweep();
		}
	}

	private void startSweep() {
		try {
			this.tasks.add(this.sweeps, this::sweep);
		}
		catch (Throwable ex) {
			// The next future schedules it again.
			this.sweepDue.set(false);
			throw ex;
		}
	}

	private void sweep() {
		this.sweepDue.set(false);
		ApplicationFuture<?> future = this.unwatched.poll();
		if (!this.unwatched.isEmpty()) {
			// Should a continuation have come in this moment and block, another goes on.
			scheduleSweep();
		}
		while (future != null) {
			this.unwatchedCount.decrementAndGet();
			if (future.getNumberOfDependents() > 0) {
				this.tasks.add(future.key(), future::finish);
			}
			else {
				future.finish();
			}
			future = this.unwatched.poll();
		}
	}

	@Nullable ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
		try {
			return this.guard.later(this.scheduler, task, Duration.of(delay, unit.toChronoUnit()));
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
			return null;
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
			return null;
		}
	}

	/**
	 * Return whether another future may begin.
	 * @return whether fewer than {@value #MAX_WAITING} wait for threads
	 */
	public boolean hasRoom() {
		return waiting() < MAX_WAITING;
	}

	/**
	 * Return how many futures, whose result is known, and other calls of the application
	 * wait for a thread or for those before them.
	 * @return the number of futures and calls
	 */
	public int waiting() {
		return this.tasks.pending() + this.unwatchedCount.get();
	}

	/**
	 * Return how many threads run continuations, those that are blocked included.
	 * @return the number of threads
	 */
	public int activeThreads() {
		return this.tasks.active();
	}

	/**
	 * Return how often the next future of a channel went on beside a continuation that
	 * took too long.
	 * @return the number of times
	 */
	public long overtaken() {
		return this.tasks.overtaken();
	}

}
