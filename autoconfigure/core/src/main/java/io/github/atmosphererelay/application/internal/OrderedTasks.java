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
 * Runs tasks of the application on threads that may block. Tasks of one key run in the
 * order in which they were added, one after another, as long as each is done soon. One
 * that is not, because it blocks or takes long, keeps its thread, and another thread goes
 * on with the next task of the key: so tasks of a key always begin in order, and none
 * waits for one that is blocked. Tasks of different keys never wait for each other while
 * there are threads: a few at once, and more as soon as those are blocked for 10 to 20
 * ms.
 * <p>
 * For any thread; nothing here blocks but {@link #stop}. A key costs nothing while it has
 * no task.
 */
final class OrderedTasks {

	private static final Log logger = LogFactory.getLog(OrderedTasks.class);

	/** Clients can cause what fails as often as they like. */
	private static final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private static final long TICK_MILLIS = 10;

	/**
	 * For how many ticks one task may keep the next one of its key waiting. Counted
	 * rather than measured, so that a pause of the whole process is not taken for a task
	 * that blocks.
	 */
	private static final int PATIENCE = 5;

	/** The same for a key of which a task is blocked already. */
	private static final int HURRIED_PATIENCE = 1;

	/**
	 * How many threads are made as soon as there is something for them to do. More are
	 * made when these are blocked.
	 */
	private static final int PROMPT_THREADS = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

	/** For how long a thread waits for something to do, if it is not the last. */
	private static final long IDLE_SECONDS = 20;

	/** After how many tasks a worker lets those begin that wait for a thread. */
	private static final int BATCH = 32;

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final Map<Object, Lane> lanes = new ConcurrentHashMap<>();

	/** Those that have a thread. */
	private final Set<Worker> running = ConcurrentHashMap.newKeySet();

	/** Those that wait for a thread. */
	private final BlockingQueue<Worker> waiting = new LinkedBlockingQueue<>();

	private final AtomicBoolean ticking = new AtomicBoolean();

	private final AtomicInteger pending = new AtomicInteger();

	private final LongAdder overtaken = new LongAdder();

	private volatile @Nullable Crew crew;

	/** Which worker was the first to wait for a thread at the last tick. */
	private @Nullable Worker firstWaiting;

	/**
	 * Create the runner; {@link #start} starts it.
	 * @param scheduler looks for tasks that block
	 * @param guard keeps the threads and the looking going
	 */
	OrderedTasks(ScheduledExecutorService scheduler, Guard guard) {
		this.scheduler = scheduler;
		this.guard = guard;
	}

	void start(Executor executor) {
		Crew crew = new Crew(executor, new AtomicInteger(), new AtomicInteger());
		this.crew = crew;
		startThread(crew);
	}

	/**
	 * Wait until nothing is left, and forget the rest. Tasks that are added from now on
	 * run on the thread that adds them.
	 * @param timeout how long to wait
	 * @return how many tasks have not begun
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
		this.crew = null;
		this.waiting.clear();
		this.lanes.clear();
		return this.pending.getAndSet(0);
	}

	boolean isStarted() {
		return this.crew != null;
	}

	/**
	 * Return how many tasks have not begun.
	 */
	int pending() {
		return Math.max(0, this.pending.get());
	}

	/**
	 * Return how many threads are at work, those included whose task blocks.
	 */
	int active() {
		return this.running.size();
	}

	/**
	 * Return how often another thread went on because a task took too long.
	 */
	long overtaken() {
		return this.overtaken.sum();
	}

	/**
	 * Add a task.
	 * @param key what the task belongs to
	 * @param task the task; may block
	 */
	void add(Object key, Runnable task) {
		Crew crew = this.crew;
		if (crew == null) {
			execute(task);
			return;
		}
		this.pending.incrementAndGet();
		@Nullable Worker[] begun = { null };
		try {
			this.lanes.compute(key, (same, present) -> {
				Lane lane = (present != null) ? present : new Lane();
				Worker worker = lane.worker;
				Worker next = (worker == null || worker.isStuck()) ? new Worker(crew, key, worker != null) : null;
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
	}

	private void launch(Worker worker) {
		Crew crew = worker.crew;
		int busy = crew.busy.incrementAndGet();
		enqueue(worker);
		int threads = crew.threads.get();
		if (busy > threads && threads < PROMPT_THREADS) {
			startThread(crew);
		}
		else {
			keepTicking();
		}
	}

	/**
	 * Let a thread take a worker. If that fails, the next task of the key begins with
	 * another one.
	 */
	private void enqueue(Worker worker) {
		try {
			this.waiting.add(worker);
		}
		catch (Throwable ex) {
			worker.crew.busy.decrementAndGet();
			this.lanes.computeIfPresent(worker.key, (same, lane) -> {
				if (lane.worker == worker) {
					lane.worker = null;
				}
				return lane;
			});
			throw ex;
		}
	}

	private void startThread(Crew crew) {
		crew.threads.incrementAndGet();
		try {
			crew.executor.execute(() -> work(crew));
		}
		catch (RejectedExecutionException ex) {
			// There are as many threads as there may be: one that gets free goes on.
			crew.threads.decrementAndGet();
			keepTicking();
		}
		catch (Throwable ex) {
			// Such as that the system has no more threads. The next look tries again.
			this.guard.failed(ex);
			crew.threads.decrementAndGet();
			keepTicking();
		}
	}

	private void work(Crew crew) {
		while (this.crew == crew) {
			Worker worker;
			try {
				worker = this.waiting.poll(IDLE_SECONDS, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				// By a task of the application, or by the end.
				continue;
			}
			if (worker != null) {
				this.guard.run(() -> work(worker));
			}
			else if (leave(crew)) {
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
			// Not of a task: those are caught. Somebody has to go on.
			logger.error("A thread for futures of the application failed, and goes on", ex);
			enqueue(worker);
		}
		finally {
			this.running.remove(worker);
		}
	}

	/**
	 * End a thread that has had nothing to do, unless it is the last, or something has
	 * come in this moment.
	 */
	private boolean leave(Crew crew) {
		int threads = crew.threads.get();
		if (threads <= 1 || !crew.threads.compareAndSet(threads, threads - 1)) {
			return false;
		}
		if (this.waiting.isEmpty()) {
			return true;
		}
		crew.threads.incrementAndGet();
		return false;
	}

	private static void execute(Runnable task) {
		try {
			task.run();
		}
		catch (Throwable ex) {
			failureLog.error("A task of the application failed", ex);
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
			// The next task that begins has it looked again
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
	 * Make more threads if nobody has gone on since the last tick. Tasks that are only
	 * many, and short, need no more.
	 */
	private void growIfBlocked() {
		Crew crew = this.crew;
		Worker first = this.waiting.peek();
		if (crew != null && first != null && first == this.firstWaiting) {
			int threads = crew.threads.get();
			int more = Math.min(Math.max(1, threads), Math.min(this.waiting.size(), crew.busy.get() - threads));
			for (int i = 0; i < more; i++) {
				startThread(crew);
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
				begun[0] = lane.replaceWorker(new Worker(stuck.crew, stuck.key, true));
			}
			return lane;
		});
		if (begun[0] != null) {
			launch(begun[0]);
		}
	}

	/**
	 * The threads from a start to the next stop.
	 *
	 * @param executor makes them
	 * @param threads how many there are
	 * @param busy how many workers have a thread or wait for one
	 */
	private record Crew(Executor executor, AtomicInteger threads, AtomicInteger busy) {
	}

	/**
	 * The tasks of one key. Changed within its map's compute methods only.
	 */
	private final class Lane {

		private final Queue<Runnable> tasks = new ArrayDeque<>(2);

		/**
		 * The one that runs them; {@code null} before the first, and after one that could
		 * not be started.
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
	 * Runs the tasks of one key until there are none, or another one has taken over.
	 */
	private final class Worker {

		private final Crew crew;

		private final Object key;

		private final int patience;

		/** How many tasks have begun. Changed by the thread that runs them. */
		private volatile int begun;

		/** Which of the tasks takes too long. */
		private volatile int stuckAt = -1;

		/** Which of the tasks was seen by the last tick. Used by the ticks alone. */
		private int seen = -1;

		private int ticks;

		Worker(Crew crew, Object key, boolean hurried) {
			this.crew = crew;
			this.key = key;
			this.patience = hurried ? HURRIED_PATIENCE : PATIENCE;
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
					// Before the next one of this key can begin: this thread is free for
					// it.
					this.crew.busy.decrementAndGet();
					ended[0] = true;
					return null;
				}
				return lane;
			});
			if (task[0] != null) {
				OrderedTasks.this.pending.decrementAndGet();
			}
			else if (!ended[0]) {
				this.crew.busy.decrementAndGet();
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
			else if (++this.ticks >= this.patience) {
				this.stuckAt = begun;
			}
			return this.stuckAt == begun;
		}

	}

}
