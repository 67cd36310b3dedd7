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

package io.github.atmosphererelay.guard;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs the steps of one {@link Part}, so that the part survives any failure. Everything
 * that a step throws, even an {@code OutOfMemoryError}, is counted and logged, and ends
 * that step only. The reason: one heartbeat that is left out while memory is short does
 * less harm than a heartbeat that has stopped for ever. Safe for use by many threads.
 */
public final class Guard {

	private static final Log logger = LogFactory.getLog(Guard.class);

	/**
	 * The number of failures within the part's window from which the part counts as
	 * failing.
	 */
	static final int REPEATED = 3;

	private static final long LOG_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

	private static final long MAX_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

	private final Part part;

	/** Does not allocate when it counts, as a {@code LongAdder} may. */
	private final AtomicLong failures = new AtomicLong();

	/** The times of the latest failures in nanoseconds, in a ring buffer. */
	private final long[] times = new long[REPEATED];

	/**
	 * The number of failures since the part was last known to work, {@value #REPEATED} at
	 * most.
	 */
	private int repeated;

	private int next;

	private long nextLogAt = System.nanoTime();

	private long unlogged;

	private volatile @Nullable Throwable last;

	Guard(Part part) {
		this.part = part;
	}

	/**
	 * Return the part.
	 * @return the part
	 */
	public Part part() {
		return this.part;
	}

	/**
	 * Return the number of failures.
	 * @return the number of failures
	 */
	public long failures() {
		return this.failures.get();
	}

	/**
	 * Describe the last failure.
	 * @return its type and message and those of its root cause, or {@code null} if there
	 * was none, or if the part is known to have worked since
	 */
	public @Nullable String lastFailure() {
		Throwable last = this.last;
		return (last != null) ? describe(last) : null;
	}

	private static String describe(Throwable failure) {
		Throwable root = failure;
		for (int depth = 0; depth < 10 && root.getCause() != null; depth++) {
			root = root.getCause();
		}
		return (root != failure) ? failure + ", because of " + root : failure.toString();
	}

	/**
	 * Return whether the part fails repeatedly: it has failed {@value #REPEATED} times
	 * within a minute (within ten minutes if the part is seldom used), and is not known
	 * to have worked since.
	 * @return whether the part is failing
	 */
	public synchronized boolean isFailing() {
		// The ring's next place holds the oldest of the latest failures
		return this.repeated >= REPEATED && System.nanoTime() - this.times[this.next] < this.part.window().toNanos();
	}

	/**
	 * Run a step.
	 * @param step the step
	 * @return {@code false} if it has thrown something
	 */
	public boolean run(Runnable step) {
		try {
			step.run();
			return true;
		}
		catch (Throwable ex) {
			failed(ex);
			return false;
		}
	}

	/**
	 * Wrap a step as a task for an executor.
	 * @param step the step
	 * @return the task, which throws nothing
	 */
	public Runnable guarded(Runnable step) {
		return () -> run(step);
	}

	/**
	 * Count and log a failure. Never throws.
	 * @param failure what was thrown
	 */
	public void failed(Throwable failure) {
		long more = record(failure);
		if (more < 0) {
			return;
		}
		try {
			logger.error("The part '" + this.part.tag() + "' of this node failed at one step and continues with the"
					+ " next. If this repeats, health reports it. The stack trace shows the cause" + suppressed(more),
					failure);
		}
		catch (Throwable ex) {
			// Memory may be too short for the line. It is counted.
		}
	}

	/**
	 * Count a failure and log it as a warning without a stack trace. For failures that
	 * are understood without one.
	 * @param message what has failed
	 * @param failure what was thrown
	 */
	public void failed(String message, Throwable failure) {
		long more = record(failure);
		if (more >= 0) {
			logger.warn(message + ": " + describe(failure) + suppressed(more));
		}
	}

	private static String suppressed(long more) {
		return (more > 0) ? " (" + more + " more failures since the last such line)" : "";
	}

	/**
	 * Count a failure that the caller logs. It does not keep others from being logged.
	 * @param failure what was thrown
	 */
	public void count(Throwable failure) {
		record(failure, System.nanoTime());
	}

	private void record(Throwable failure, long now) {
		this.failures.incrementAndGet();
		this.last = failure;
		synchronized (this) {
			this.times[this.next] = now;
			this.next = (this.next + 1) % REPEATED;
			this.repeated = Math.min(REPEATED, this.repeated + 1);
		}
	}

	/**
	 * Count a failure that is logged unless another one was a short time ago.
	 * @return the number of failures that were not logged since the last one that was, or
	 * -1 if this one must not be logged either
	 */
	private long record(Throwable failure) {
		long now = System.nanoTime();
		record(failure, now);
		synchronized (this) {
			if (now - this.nextLogAt < 0) {
				this.unlogged++;
				return -1;
			}
			this.nextLogAt = now + LOG_INTERVAL_NANOS;
			long more = this.unlogged;
			this.unlogged = 0;
			return more;
		}
	}

	/**
	 * Report that the part works: earlier failures no longer count as repeated. Only for
	 * parts whose steps are alike, so that the success of one step says something about
	 * the others.
	 */
	public void succeeded() {
		if (this.last != null) {
			synchronized (this) {
				this.last = null;
				this.repeated = 0;
			}
		}
	}

	/**
	 * Run a step repeatedly.
	 * @param scheduler runs it
	 * @param step the step, which must not block the scheduler
	 * @param first the time until the first run
	 * @param delay the time between two runs
	 * @return cancel it to end the repetition
	 */
	public ScheduledFuture<?> repeat(ScheduledExecutorService scheduler, Runnable step, Duration first,
			Duration delay) {
		return scheduler.scheduleWithFixedDelay(guarded(step), first.toNanos(), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Run a step once.
	 * @param scheduler runs it
	 * @param step the step, which must not block the scheduler
	 * @param delay the time until the run
	 * @return may be cancelled
	 * @throws java.util.concurrent.RejectedExecutionException if the scheduler was shut
	 * down
	 */
	public ScheduledFuture<?> later(ScheduledExecutorService scheduler, Runnable step, Duration delay) {
		return scheduler.schedule(guarded(step), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Run a step repeatedly on the calling thread, until the step is interrupted or
	 * {@code active} is {@code false}. After a failure this pauses: 1 ms after the first
	 * one, and twice as long after each further one, up to a second.
	 * @param active whether to run the step once more
	 * @param step the step, which may block
	 */
	public void loop(BooleanSupplier active, Step step) {
		int failed = 0;
		while (active.getAsBoolean()) {
			try {
				step.run();
				failed = 0;
			}
			catch (InterruptedException ex) {
				return;
			}
			catch (Throwable ex) {
				failed(ex);
				LockSupport.parkNanos(Math.min(MAX_PAUSE_NANOS, 1_000_000L << Math.min(failed, 20)));
				failed++;
			}
		}
	}

	/**
	 * A step of a loop.
	 */
	@FunctionalInterface
	public interface Step {

		/**
		 * Run the step.
		 * @throws InterruptedException to end the loop
		 */
		void run() throws InterruptedException;

	}

}
