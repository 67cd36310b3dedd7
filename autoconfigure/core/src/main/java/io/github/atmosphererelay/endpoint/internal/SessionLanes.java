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

package io.github.atmosphererelay.endpoint.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of sessions: one after another for each session, in parallel for
 * different sessions. A session has a lane only while a task of it is queued or running.
 * Tasks that may be refused are bounded, for each session and for all together. Tasks
 * that must run, such as the one for the end of a session, are bounded because a session
 * is accepted only while {@link #hasRoom()} is true.
 */
final class SessionLanes {

	private static final Log logger = LogFactory.getLog(SessionLanes.class);

	/** The number of tasks that a lane runs before other lanes get the thread. */
	private static final int BATCH = 8;

	private final LaneLimits limits;

	private final HandlerStatistics statistics;

	private final Guard guard;

	private final Map<String, Lane> lanes = new ConcurrentHashMap<>();

	/** The number of tasks that are queued or running in all lanes. */
	private final AtomicInteger pending = new AtomicInteger();

	/** The size of these tasks in bytes. */
	private final AtomicLong pendingBytes = new AtomicLong();

	private final Object idle = new Object();

	private volatile boolean draining;

	private volatile @Nullable Executor executor;

	SessionLanes(LaneLimits limits, HandlerStatistics statistics, Guard guard) {
		this.guard = guard;
		this.limits = limits;
		this.statistics = statistics;
	}

	void start(Executor executor) {
		this.draining = false;
		this.executor = executor;
	}

	/**
	 * Wait until no task is queued or running, then accept no more and discard the rest.
	 * @param timeout how long to wait
	 * @return how many tasks were still queued or running
	 */
	int stop(Duration timeout) {
		awaitIdle(timeout);
		this.executor = null;
		int left = this.pending.get();
		List.copyOf(this.lanes.keySet()).forEach(this::discard);
		return left;
	}

	private void awaitIdle(Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		synchronized (this.idle) {
			this.draining = true;
			try {
				long rest;
				while (this.pending.get() > 0 && (rest = deadline - System.nanoTime()) > 0) {
					this.idle.wait(rest / 1_000_000 + 1);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Return whether another session may be accepted.
	 */
	boolean hasRoom() {
		return this.pending.get() < this.limits.total() && this.pendingBytes.get() < this.limits.totalBytes();
	}

	/**
	 * Queue a task that may be refused.
	 * @param bytes how much memory the task holds until it is done, in bytes
	 * @return whether the task was accepted
	 */
	Offer offer(String session, Task task, int bytes) {
		if (this.executor == null) {
			return Offer.STOPPED;
		}
		Entry entry = new Entry(task, true, bytes);
		if (!begin(entry)) {
			done(entry);
			return Offer.TOO_MANY;
		}
		Offer offer = enqueue(session, entry);
		if (offer == Offer.SESSION_TOO_MANY) {
			done(entry);
		}
		return offer;
	}

	/**
	 * Count a task.
	 * @return whether there is room for it
	 */
	private boolean begin(Entry entry) {
		long bytes = this.pendingBytes.addAndGet(entry.bytes());
		this.statistics.addQueuedBytes(entry.bytes());
		return this.pending.incrementAndGet() <= this.limits.total()
				&& (bytes <= this.limits.totalBytes() || bytes == entry.bytes());
	}

	/**
	 * Queue a task that must run.
	 */
	void add(String session, Task task) {
		if (this.executor == null) {
			task.discard();
			return;
		}
		Entry entry = new Entry(task, false, 0);
		begin(entry);
		enqueue(session, entry);
	}

	/**
	 * Run the continuation of a task that has waited for something, such as a future.
	 */
	void execute(Runnable rest) {
		Executor executor = this.executor;
		try {
			if (executor != null) {
				executor.execute(rest);
				return;
			}
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The node has stopped its endpoint threads; the task continues on this thread", ex);
		}
		rest.run();
	}

	private Offer enqueue(String session, Entry entry) {
		Offer[] result = { Offer.TAKEN };
		boolean[] first = { false };
		this.lanes.compute(session, (id, present) -> {
			Lane lane = (present != null) ? present : new Lane();
			first[0] = (present == null);
			if (!lane.hasRoom(entry, this.limits)) {
				result[0] = Offer.SESSION_TOO_MANY;
				return present;
			}
			lane.add(entry);
			return lane;
		});
		if (result[0] == Offer.TAKEN) {
			this.statistics.addQueued(1);
			if (first[0]) {
				schedule(session);
			}
		}
		return result[0];
	}

	private void schedule(String session) {
		Executor executor = this.executor;
		try {
			if (executor != null) {
				executor.execute(() -> run(session));
				return;
			}
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The node has stopped its endpoint threads; the tasks of a session are discarded", ex);
		}
		catch (Throwable ex) {
			// No thread could be started, and nothing else would continue the lane.
			this.guard.failed(ex);
		}
		discard(session);
	}

	private void run(String session) {
		for (int i = 0; i < BATCH; i++) {
			Entry entry = next(session);
			if (entry == null) {
				return;
			}
			CompletionStage<?> end = start(entry.task());
			if (!isDone(end)) {
				end.whenComplete((result, ex) -> {
					done(entry);
					schedule(session);
				});
				return;
			}
			done(entry);
		}
		schedule(session);
	}

	private CompletionStage<?> start(Task task) {
		try {
			return task.run();
		}
		catch (Throwable ex) {
			// Tasks handle their failures themselves. An unexpected one must not stop
			// the lane.
			this.guard.failed(ex);
			return Task.DONE;
		}
	}

	private static boolean isDone(CompletionStage<?> stage) {
		return stage == Task.DONE || stage.toCompletableFuture().isDone();
	}

	private @Nullable Entry next(String session) {
		@Nullable Entry[] next = { null };
		this.lanes.computeIfPresent(session, (id, lane) -> {
			next[0] = lane.poll();
			return (next[0] != null) ? lane : null;
		});
		if (next[0] != null) {
			this.statistics.addQueued(-1);
		}
		return next[0];
	}

	private void discard(String session) {
		Lane lane = this.lanes.remove(session);
		if (lane == null) {
			return;
		}
		List<Entry> left = new ArrayList<>(lane.entries);
		this.statistics.addQueued(-left.size());
		for (Entry entry : left) {
			entry.task().discard();
			done(entry);
		}
	}

	private void done(Entry entry) {
		this.pendingBytes.addAndGet(-entry.bytes());
		this.statistics.addQueuedBytes(-entry.bytes());
		if (this.pending.decrementAndGet() == 0 && this.draining) {
			synchronized (this.idle) {
				this.idle.notifyAll();
			}
		}
	}

	/**
	 * The result of offering a task.
	 */
	enum Offer {

		TAKEN, SESSION_TOO_MANY, TOO_MANY, STOPPED

	}

	/**
	 * The queued tasks of one session. Changed only inside the compute methods of the
	 * map.
	 */
	private static final class Lane {

		private final Queue<Entry> entries = new ArrayDeque<>(2);

		private int bounded;

		private long bytes;

		private boolean hasRoom(Entry entry, LaneLimits limits) {
			return !entry.bounded() || (this.bounded < limits.perLane()
					&& (this.bytes == 0 || this.bytes + entry.bytes() <= limits.bytesPerLane()));
		}

		private void add(Entry entry) {
			this.entries.add(entry);
			this.bounded += entry.bounded() ? 1 : 0;
			this.bytes += entry.bytes();
		}

		private @Nullable Entry poll() {
			Entry entry = this.entries.poll();
			if (entry != null) {
				this.bounded -= entry.bounded() ? 1 : 0;
				this.bytes -= entry.bytes();
			}
			return entry;
		}

	}

	/**
	 * A task, whether it counts against the session's limits, and how many bytes it
	 * holds.
	 */
	private record Entry(Task task, boolean bounded, int bytes) {
	}

}
