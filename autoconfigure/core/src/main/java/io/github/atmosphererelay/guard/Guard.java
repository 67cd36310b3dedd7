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
 * Runs the steps of one {@link Part}. Whatever a step throws, an {@code OutOfMemoryError}
 * included, is counted and logged, and ends that step alone: a heartbeat that stops for
 * ever because memory was short for a moment does more harm than one that is left out.
 * Safe for use by many threads.
 */
public final class Guard {

	private static final Log logger = LogFactory.getLog(Guard.class);

	/** From how many failures within the part's window on it counts as failing. */
	static final int REPEATED = 3;

	private static final long LOG_INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

	private static final long MAX_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

	private final Part part;

	/** Does not allocate when it counts, as a {@code LongAdder} may. */
	private final AtomicLong failures = new AtomicLong();

	/** When the latest failures were, by {@link System#nanoTime()}; a ring. */
	private final long[] times = new long[REPEATED];

	/** How many failures there were since the part was last known to work. */
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
	 * Return how many steps have failed.
	 * @return the number of failures
	 */
	public long failures() {
		return this.failures.get();
	}

	/**
	 * Return what the last failure was.
	 * @return its type and message and those of its cause, or {@code null} if there was
	 * none, or the part is known to have worked since
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
	 * Return whether the part fails again and again: {@value #REPEATED} times within a
	 * minute, or within ten minutes in a part that is seldom used, and was not known to
	 * work since.
	 * @return whether it does
	 */
	public synchronized boolean isFailing() {
		// The ring's next place holds the oldest of the latest failures
		return this.repeated >= REPEATED && System.nanoTime() - this.times[this.next] < this.part.window().toNanos();
	}

	/**
	 * Run a step.
	 * @param step the step
	 * @return whether it has thrown nothing
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
	 * Return a task for an executor that runs a step.
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
		long more = count(failure);
		if (more < 0) {
			return;
		}
		try {
			logger.error("'" + this.part.tag() + "' has failed and goes on" + suppressed(more), failure);
		}
		catch (Throwable ex) {
			// Memory may be too short for the line. It is counted.
		}
	}

	/**
	 * Count a failure that says enough without a trace, and log it.
	 * @param message what has failed
	 * @param failure why
	 */
	public void failed(String message, Throwable failure) {
		long more = count(failure);
		if (more >= 0) {
			logger.warn(message + ": " + describe(failure) + suppressed(more));
		}
	}

	private static String suppressed(long more) {
		return (more > 0) ? " (" + more + " more failures since the last such line)" : "";
	}

	/**
	 * Count a failure.
	 * @return how many were not logged since the last one that was, or -1 if this one is
	 * not to be logged either
	 */
	private long count(Throwable failure) {
		this.failures.incrementAndGet();
		this.last = failure;
		long now = System.nanoTime();
		synchronized (this) {
			this.times[this.next] = now;
			this.next = (this.next + 1) % REPEATED;
			this.repeated = Math.min(REPEATED, this.repeated + 1);
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
	 * Say that the part works: failures of before are not repeated any more. Only for
	 * parts whose steps are alike.
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
	 * Run a step again and again.
	 * @param scheduler runs it
	 * @param step the step, which must not block the scheduler
	 * @param first after which time to run it first
	 * @param delay the time between two runs
	 * @return to be cancelled when it is to end
	 */
	public ScheduledFuture<?> repeat(ScheduledExecutorService scheduler, Runnable step, Duration first,
			Duration delay) {
		return scheduler.scheduleWithFixedDelay(guarded(step), first.toNanos(), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Run a step once.
	 * @param scheduler runs it
	 * @param step the step, which must not block the scheduler
	 * @param delay after which time to run it
	 * @return may be cancelled
	 * @throws java.util.concurrent.RejectedExecutionException if the scheduler has ended
	 */
	public ScheduledFuture<?> later(ScheduledExecutorService scheduler, Runnable step, Duration delay) {
		return scheduler.schedule(guarded(step), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Run a step again and again on the calling thread, until it is interrupted or over.
	 * After a failure it pauses, the longer the more follow each other, up to a second.
	 * @param active whether to go on
	 * @param step the step, which may wait
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
		 * Do it.
		 * @throws InterruptedException to end the loop
		 */
		void run() throws InterruptedException;

	}

}
