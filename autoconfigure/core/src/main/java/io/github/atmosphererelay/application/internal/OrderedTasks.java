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
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks of the application on threads that may block. Tasks with the same key run in
 * the order in which they were added, one after another, as long as each takes less than
 * about 50 ms. A task that takes longer keeps its thread, and another thread continues
 * with the next task of the key. So the tasks of a key always begin in order, and none
 * waits for one that is blocked. Tasks with different keys do not wait for each other
 * while there are threads. A few threads start at once; more start when these have been
 * blocked for 10 to 20 ms.
 * <p>
 * For any thread; only {@link #stop} blocks. A key takes no memory while it has no task.
 */
final class OrderedTasks {

	private static final Log logger = LogFactory.getLog(OrderedTasks.class);

	/** Clients can cause failures at any rate, so the log is limited. */
	private static final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private static final long TICK_MILLIS = 10;

	/**
	 * The number of ticks for which a task may delay the next task of its key. Ticks are
	 * counted, because measured time would include a pause of the whole process, and take
	 * any task for one that blocks.
	 */
	private static final int MAX_TICKS = 5;

	/** The same number for a key of which another task is already blocked. */
	private static final int MAX_TICKS_AFTER_BLOCKED = 1;

	/**
	 * The number of threads that start as soon as there are tasks for them. More start
	 * only when these are blocked.
	 */
	private static final int PROMPT_THREADS = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

	/**
	 * How long a thread waits for a task before it ends, unless it is the last thread.
	 */
	private static final long IDLE_SECONDS = 20;

	/** The number of tasks that a worker runs before other workers get the thread. */
	private static final int BATCH = 32;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final Map<Object, Lane> lanes = new ConcurrentHashMap<>();

	/** Workers that have a thread. */
	private final Set<Worker> running = ConcurrentHashMap.newKeySet();

	/** Workers that wait for a thread. */
	private final BlockingQueue<Worker> waiting = new LinkedBlockingQueue<>();

	private final AtomicBoolean ticking = new AtomicBoolean();

	private final AtomicInteger pending = new AtomicInteger();

	private final LongAdder overtaken = new LongAdder();

	private volatile @Nullable Pool pool;

	/** The worker that was first in the queue at the last tick. */
	private @Nullable Worker firstWaiting;

	/**
	 * Create the runner; {@link #start} starts it.
	 * @param scheduler runs the ticks, which look for blocked tasks
	 * @param guard keeps the threads and the ticks running
	 */
	OrderedTasks(ScheduledExecutorService scheduler, Guard guard) {
		this.scheduler = scheduler;
		this.guard = guard;
	}

	void start(Executor executor) {
		Pool pool = new Pool(executor, new AtomicInteger(), new AtomicInteger());
		this.pool = pool;
		startThread(pool);
	}

	/**
	 * Wait until no task is left, and discard the rest. Tasks that are added from now on
	 * run on the thread that adds them.
	 * @param timeout how long to wait
	 * @return the number of tasks that have not begun
	 */
	int stop(Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		synchronized (this) {
			try {
				while (!this.lanes.isEmpty() && System.nanoTime() - deadline < 0) {
					wait(TICK_MILLIS);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
		this.pool = null;
		this.waiting.clear();
		this.lanes.clear();
		return this.pending.getAndSet(0);
	}

	boolean isStarted() {
		return this.pool != null;
	}

	/**
	 * Return the number of tasks that have not begun.
	 */
	int pending() {
		return Math.max(0, this.pending.get());
	}

	/**
	 * Return the number of threads that run tasks, including those whose task blocks.
	 */
	int active() {
		return this.running.size();
	}

	/**
	 * Return how often another thread continued with a key because a task took too long.
	 */
	long overtaken() {
		return this.overtaken.sum();
	}

	/**
	 * Add a task.
	 * @param key the key; tasks with the same key begin in order
	 * @param task the task; may block
	 */
	void add(Object key, Runnable task) {
		if (!addIfStarted(key, task)) {
			execute(task);
		}
	}

	/**
	 * Add a task, unless there are no threads now.
	 * @param key the key; tasks with the same key begin in order
	 * @param task the task; may block
	 * @return whether it was added
	 */
	boolean addIfStarted(Object key, Runnable task) {
		Pool pool = this.pool;
		if (pool == null) {
			return false;
		}
		this.pending.incrementAndGet();
		@Nullable Worker[] begun = { null };
		try {
			this.lanes.compute(key, (same, present) -> {
				Lane lane = (present != null) ? present : new Lane();
				Worker worker = lane.worker;
				Worker next = (worker == null || worker.isStuck()) ? new Worker(pool, key, worker != null) : null;
				lane.tasks.add(task);
				if (next != null) {
					begun[0] = lane.replaceWorker(next);
				}
				return lane;
			});
		}
		catch (Throwable ex) {
			this.pending.decrementAndGet();
			throw ex;
		}
		if (begun[0] != null) {
			launch(begun[0]);
		}
		return true;
	}

	private void launch(Worker worker) {
		Pool pool = worker.pool;
		int busy = pool.busy.incrementAndGet();
		enqueue(worker);
		int threads = pool.threads.get();
		if (busy > threads && threads < PROMPT_THREADS) {
			startThread(pool);
		}
		else {
			keepTicking();
		}
	}

	/**
	 * Queue a worker for a thread. If that fails, the next task of the key starts with a
	 * new worker.
	 */
	private void enqueue(Worker worker) {
		try {
			this.waiting.add(worker);
		}
		catch (Throwable ex) {
			worker.pool.busy.decrementAndGet();
			this.lanes.computeIfPresent(worker.key, (same, lane) -> {
				if (lane.worker == worker) {
					lane.worker = null;
				}
				return lane;
			});
			throw ex;
		}
	}

	private void startThread(Pool pool) {
		pool.threads.incrementAndGet();
		try {
			pool.executor.execute(() -> work(pool));
		}
		catch (RejectedExecutionException ex) {
			// The maximum number of threads is busy. One that becomes free continues.
			pool.threads.decrementAndGet();
			keepTicking();
		}
		catch (Throwable ex) {
			// For example, the system has no more threads. The next tick tries again.
			this.guard.failed(ex);
			pool.threads.decrementAndGet();
			keepTicking();
		}
	}

	private void work(Pool pool) {
		while (this.pool == pool) {
			Worker worker;
			try {
				worker = this.waiting.poll(IDLE_SECONDS, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				// A task of the application has interrupted this thread, or it is being
				// stopped.
				continue;
			}
			if (worker != null) {
				this.guard.run(() -> work(worker));
			}
			else if (leave(pool)) {
				return;
			}
		}
	}

	private void work(Worker worker) {
		this.running.add(worker);
		keepTicking();
		try {
			worker.run();
		}
		catch (Throwable ex) {
			// Not an exception of a task, because those are caught. The worker must
			// continue.
			logger.error("A thread that runs continuations failed between two tasks. Another thread continues", ex);
			enqueue(worker);
		}
		finally {
			this.running.remove(worker);
		}
	}

	/**
	 * Return whether a thread without a task may end: it is not the last one, and no
	 * worker waits for a thread.
	 */
	private boolean leave(Pool pool) {
		int threads = pool.threads.get();
		if (threads <= 1 || !pool.threads.compareAndSet(threads, threads - 1)) {
			return false;
		}
		if (this.waiting.isEmpty()) {
			return true;
		}
		pool.threads.incrementAndGet();
		return false;
	}

	private static void execute(Runnable task) {
		try {
			task.run();
		}
		catch (Throwable ex) {
			failureLog.error("A continuation or another task of the application threw an exception. Other tasks are not"
					+ " affected. Handle the exception in the application", ex);
		}
	}

	private void keepTicking() {
		if (this.ticking.compareAndSet(false, true)) {
			scheduleTick();
		}
	}

	private void scheduleTick() {
		try {
			this.guard.later(this.scheduler, this::tick, Duration.ofMillis(TICK_MILLIS));
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
			this.ticking.set(false);
		}
		catch (Throwable ex) {
			// The next worker that starts schedules the ticks again.
			this.ticking.set(false);
			this.guard.failed(ex);
		}
	}

	private void tick() {
		try {
			for (Worker worker : this.running) {
				if (worker.looksStuck()) {
					overtake(worker);
				}
			}
			growIfBlocked();
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
		}
		if (isIdle()) {
			this.ticking.set(false);
			if (!isIdle()) {
				keepTicking();
			}
		}
		else {
			scheduleTick();
		}
	}

	/**
	 * Start more threads if no waiting worker has got one since the last tick. Many short
	 * tasks need no more threads.
	 */
	private void growIfBlocked() {
		Pool pool = this.pool;
		Worker first = this.waiting.peek();
		if (pool != null && first != null && first == this.firstWaiting) {
			int threads = pool.threads.get();
			int more = Math.min(Math.max(1, threads), Math.min(this.waiting.size(), pool.busy.get() - threads));
			for (int i = 0; i < more; i++) {
				startThread(pool);
			}
		}
		this.firstWaiting = first;
	}

	private boolean isIdle() {
		return this.running.isEmpty() && this.waiting.isEmpty();
	}

	private void overtake(Worker stuck) {
		@Nullable Worker[] begun = { null };
		this.lanes.computeIfPresent(stuck.key, (same, lane) -> {
			if (lane.worker == stuck && stuck.isStuck() && !lane.tasks.isEmpty()) {
				begun[0] = lane.replaceWorker(new Worker(stuck.pool, stuck.key, true));
			}
			return lane;
		});
		if (begun[0] != null) {
			launch(begun[0]);
		}
	}

	/**
	 * The threads between a start and the next stop.
	 *
	 * @param executor starts them
	 * @param threads the number of threads
	 * @param busy the number of workers that have a thread or wait for one
	 */
	private record Pool(Executor executor, AtomicInteger threads, AtomicInteger busy) {
	}

	/**
	 * The tasks of one key. Changed only inside the compute methods of the map.
	 */
	private final class Lane {

		private final Queue<Runnable> tasks = new ArrayDeque<>(2);

		/**
		 * Runs the tasks; {@code null} before the first worker, and after a worker that
		 * could not be queued.
		 */
		private @Nullable Worker worker;

		private Worker replaceWorker(Worker next) {
			if (this.worker != null) {
				OrderedTasks.this.overtaken.increment();
			}
			this.worker = next;
			return next;
		}

	}

	/**
	 * Runs the tasks of one key until there are none, or until another worker has taken
	 * over.
	 */
	private final class Worker {

		private final Pool pool;

		private final Object key;

		private final int maxTicks;

		/** The number of tasks that have begun. Changed by the thread that runs them. */
		private volatile int begun;

		/** The number of the task that takes too long. */
		private volatile int stuckAt = -1;

		/** The number of the task that the last tick has seen. Used by the ticks only. */
		private int seen = -1;

		private int ticks;

		Worker(Pool pool, Object key, boolean afterBlocked) {
			this.pool = pool;
			this.key = key;
			this.maxTicks = afterBlocked ? MAX_TICKS_AFTER_BLOCKED : MAX_TICKS;
		}

		private void run() {
			for (int i = 0; i < BATCH || OrderedTasks.this.waiting.isEmpty(); i++) {
				Runnable task = next();
				if (task == null) {
					return;
				}
				execute(task);
			}
			OrderedTasks.this.waiting.add(this);
		}

		@SuppressWarnings("NonAtomicVolatileUpdate")
		private @Nullable Runnable next() {
			this.begun++;
			@Nullable Runnable[] task = { null };
			boolean[] ended = { false };
			OrderedTasks.this.lanes.computeIfPresent(this.key, (same, lane) -> {
				if (lane.worker != this) {
					return lane;
				}
				task[0] = lane.tasks.poll();
				if (task[0] == null) {
					// Done before the next worker of this key can start, because this
					// thread is free for it.
					this.pool.busy.decrementAndGet();
					ended[0] = true;
					return null;
				}
				return lane;
			});
			if (task[0] != null) {
				OrderedTasks.this.pending.decrementAndGet();
			}
			else if (!ended[0]) {
				this.pool.busy.decrementAndGet();
			}
			return task[0];
		}

		private boolean isStuck() {
			return this.stuckAt == this.begun;
		}

		private boolean looksStuck() {
			int begun = this.begun;
			if (begun != this.seen) {
				this.seen = begun;
				this.ticks = 0;
			}
			else if (++this.ticks >= this.maxTicks) {
				this.stuckAt = begun;
			}
			return this.stuckAt == begun;
		}

	}

}
