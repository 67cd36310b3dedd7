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

package io.github.atmosphererelay.presence.internal;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The presence thread: the only one that changes the copies of other nodes' entries. It
 * runs a turn in each flush interval and, between two turns, the messages of other nodes,
 * whose queue is bounded in number and bytes.
 */
final class PresenceThread {

	private static final Log logger = LogFactory.getLog(PresenceThread.class);

	private final ScheduledExecutorService scheduler;

	private final Guard guard;

	private final Duration interval;

	private final Runnable turn;

	private final int maxWaiting;

	private final long maxWaitingBytes;

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicLong waitingBytes = new AtomicLong();

	private final AtomicBoolean turnWaits = new AtomicBoolean();

	private volatile @Nullable ThreadPoolExecutor executor;

	private @Nullable ScheduledFuture<?> turns;

	/**
	 * Create the thread; {@link #start} starts it.
	 * @param scheduler requests the turns
	 * @param guard keeps the thread and the turns running when a task throws
	 * @param interval the time between two turns
	 * @param turn the task of a turn
	 * @param maxWaiting the maximum number of queued messages
	 * @param maxWaitingBytes the maximum number of bytes of queued messages
	 */
	PresenceThread(ScheduledExecutorService scheduler, Guard guard, Duration interval, Runnable turn, int maxWaiting,
			long maxWaitingBytes) {
		this.scheduler = scheduler;
		this.guard = guard;
		this.interval = interval;
		this.turn = turn;
		this.maxWaiting = maxWaiting;
		this.maxWaitingBytes = maxWaitingBytes;
	}

	/**
	 * Start the thread, unless it runs already.
	 * @param first the first task
	 */
	synchronized void start(Runnable first) {
		if (this.executor != null) {
			return;
		}
		// The queue itself has no bound; its users keep it small. It holds at most one
		// turn, the joins and leaves of nodes, one part of a list for each node, and
		// messages up to the limits.
		ThreadPoolExecutor executor = Threads.single("presence", new LinkedBlockingQueue<>());
		this.waiting.set(0);
		this.waitingBytes.set(0);
		this.turnWaits.set(false);
		executor.execute(this.guard.guarded(first));
		this.executor = executor;
		this.turns = this.guard.repeat(this.scheduler, this::requestTurn, this.interval, this.interval);
	}

	/**
	 * Stop the thread after the tasks that are queued. Blocks for at most 2 seconds.
	 * @param last the last task
	 */
	synchronized void stop(Runnable last) {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			return;
		}
		this.executor = null;
		if (this.turns != null) {
			this.turns.cancel(false);
		}
		executor.execute(this.guard.guarded(last));
		executor.shutdown();
		try {
			if (!executor.awaitTermination(2, TimeUnit.SECONDS)) {
				executor.shutdownNow();
			}
		}
		catch (InterruptedException ex) {
			executor.shutdownNow();
			Thread.currentThread().interrupt();
		}
	}

	private void requestTurn() {
		if (this.turnWaits.compareAndSet(false, true)) {
			try {
				execute(() -> {
					this.turnWaits.set(false);
					this.turn.run();
				});
			}
			catch (Throwable ex) {
				this.turnWaits.set(false);
				throw ex;
			}
		}
	}

	/**
	 * Queue a task for the thread. Does nothing if the thread does not run.
	 * @param task the task
	 */
	void execute(Runnable task) {
		ThreadPoolExecutor executor = this.executor;
		if (executor == null) {
			return;
		}
		try {
			executor.execute(this.guard.guarded(task));
		}
		catch (RejectedExecutionException ex) {
			logger.debug("A presence task was not run because the node has stopped");
		}
	}

	/**
	 * Queue a message of another node for the thread, unless the queue is full.
	 * @param bytes the size of the message in bytes
	 * @param task processes the message
	 * @return {@code false} if the queue is full
	 */
	boolean offer(int bytes, Runnable task) {
		if (this.waiting.get() >= this.maxWaiting || this.waitingBytes.get() + bytes > this.maxWaitingBytes) {
			return false;
		}
		this.waiting.incrementAndGet();
		this.waitingBytes.addAndGet(bytes);
		try {
			execute(() -> {
				taken(bytes);
				task.run();
			});
		}
		catch (Throwable ex) {
			taken(bytes);
			throw ex;
		}
		return true;
	}

	private void taken(int bytes) {
		this.waiting.decrementAndGet();
		this.waitingBytes.addAndGet(-bytes);
	}

}
