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
import io.github.atmosphererelay.guard.internal.Failures;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Creates the futures that applications get, from the library's own futures, which are
 * called stages here.
 * <p>
 * A stage completes on a thread of the library or of a relay, and its continuations are
 * the library's own and short. The application gets another future. A thread that waits
 * in {@code join} or {@code get} continues as soon as the stage is complete, without the
 * help of another thread. Continuations may block, so they run on
 * {@link ApplicationThreads}. Continuations of futures with the same key, such as a
 * channel, run in the order in which the stages have completed, as long as each takes
 * less than about 50 ms; if one takes longer, the next one begins beside it. A
 * continuation that is registered when the result is already there runs at once on the
 * thread that registers it, as with any {@link CompletableFuture}.
 * <p>
 * A future without a continuation costs no thread. Such futures are completed together, a
 * millisecond later, for code that depends on them without registering a continuation
 * now, such as {@link CompletableFuture#allOf}.
 * <p>
 * For any thread; only {@link #stop} blocks.
 */
public final class ApplicationFutures {

	/**
	 * The maximum number of futures that may wait for a thread because continuations
	 * block. Beyond that, the library refuses to begin more operations.
	 */
	public static final int MAX_WAITING = 100_000;

	private static final Log logger = LogFactory.getLog(ApplicationFutures.class);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	private static final long SWEEP_MILLIS = 1;

	private final ApplicationThreads threads;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final OrderedTasks tasks;

	/** Futures without a continuation whose result is known. */
	private final Queue<ApplicationFuture<?>> unwatched = new ConcurrentLinkedQueue<>();

	private final AtomicInteger unwatchedCount = new AtomicInteger();

	private final AtomicBoolean sweepDue = new AtomicBoolean();

	/** The key of the tasks that complete futures without a continuation. */
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
	 * Wait for continuations, for at most 2 seconds, and stop the threads.
	 */
	public synchronized void stop() {
		if (!this.tasks.isStarted()) {
			return;
		}
		int left = this.tasks.stop(STOP_TIMEOUT);
		if (left > 0) {
			logger.warn("The node stopped while " + left + " continuations and other calls of the application were"
					+ " queued behind ones that block. The queued ones were discarded. Let continuations that block"
					+ " use another executor");
		}
		this.threads.stop();
		sweep();
	}

	/**
	 * Create a future for the application.
	 * @param key futures with the same key complete in order; for example a channel's
	 * address
	 * @param stage supplies the result
	 * @param <T> the type of the result
	 * @return completes with the same result, and fails with the original exception:
	 * whether a stage depends on others is the library's business
	 */
	public <T> CompletableFuture<T> of(Object key, CompletableFuture<T> stage) {
		if (stage.isDone()) {
			return stage.isCompletedExceptionally() ? failed(stage) : stage;
		}
		ApplicationFuture<T> future = new ApplicationFuture<>(this, key);
		stage.whenComplete(future::settle);
		return future;
	}

	private static <T> CompletableFuture<T> failed(CompletableFuture<T> stage) {
		CompletableFuture<T> future = new CompletableFuture<>();
		stage.whenComplete((value, failure) -> future.completeExceptionally(Failures.unwrap(failure)));
		return future;
	}

	/**
	 * Return the stage of a future, for use by the library only. The stage does not wait
	 * for the application's continuations.
	 * @param future a future, which may have been created by {@link #of}
	 * @param <T> the type of the result
	 * @return completes with the same result, on a thread that must not be blocked
	 */
	public static <T> CompletableFuture<T> stage(CompletableFuture<T> future) {
		return (future instanceof ApplicationFuture<T> own) ? own.state() : future;
	}

	/**
	 * Run code of the application on a thread that may block.
	 * @param key tasks with the same key begin in order
	 * @param task the code
	 */
	public void execute(Object key, Runnable task) {
		this.tasks.add(key, task);
	}

	/**
	 * Run code of the application on a thread that may block, but never on the thread
	 * that calls this method.
	 * @param key tasks with the same key begin in order
	 * @param task the code
	 * @return {@code false} if the node has no threads for it, because it has not started
	 * yet or has stopped; the code is not run then
	 */
	public boolean executeIfStarted(Object key, Runnable task) {
		return this.tasks.addIfStarted(key, task);
	}

	/**
	 * Return whether there are threads for code of the application.
	 * @return whether the node runs
	 */
	public boolean isStarted() {
		return this.tasks.isStarted();
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
			// The next future schedules the sweep again.
			this.sweepDue.set(false);
			throw ex;
		}
	}

	private void sweep() {
		this.sweepDue.set(false);
		ApplicationFuture<?> future = this.unwatched.poll();
		if (!this.unwatched.isEmpty()) {
			// If a continuation is registered just now and blocks this sweep, the next
			// sweep continues.
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
	 * Return whether another operation may begin.
	 * @return whether fewer than {@value #MAX_WAITING} futures wait for a thread
	 */
	public boolean hasRoom() {
		return waiting() < MAX_WAITING;
	}

	/**
	 * Return how many futures with a known result, and other calls of the application,
	 * wait for a thread or for the ones before them.
	 * @return the number of futures and calls
	 */
	public int waiting() {
		return this.tasks.pending() + this.unwatchedCount.get();
	}

	/**
	 * Return how many threads run continuations, including those that are blocked.
	 * @return the number of threads
	 */
	public int activeThreads() {
		return this.tasks.active();
	}

	/**
	 * Return how often a continuation took too long, so that the next one of the same key
	 * began beside it.
	 * @return the number of times
	 */
	public long overtaken() {
		return this.tasks.overtaken();
	}

}
