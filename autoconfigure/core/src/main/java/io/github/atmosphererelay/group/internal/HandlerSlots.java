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

package io.github.atmosphererelay.group.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one group on the application's threads, a limited number at once. A
 * task holds its place until {@link #release()}, which may be later than its return. For
 * any thread; does not block. The caller bounds the number of waiting tasks.
 */
final class HandlerSlots {

	private final Executor executor;

	private final int limit;

	private final Deque<Task> waiting = new ArrayDeque<>();

	private int taken;

	HandlerSlots(Executor executor, int limit) {
		this.executor = executor;
		this.limit = limit;
	}

	/**
	 * Run a task when there is a place. If the threads do not take it now, for example
	 * because memory is short, it waits for the next {@link #startWaiting()}.
	 * @throws RejectedExecutionException if the threads were stopped; the task does not
	 * run
	 */
	void execute(Runnable task) {
		Task added = new Task(task);
		synchronized (this) {
			this.waiting.add(added);
		}
		RejectedExecutionException rejected = start();
		if (rejected != null && remove(added)) {
			throw rejected;
		}
	}

	private synchronized boolean remove(Task task) {
		return this.waiting.remove(task);
	}

	/**
	 * Give the place of a task to the next one.
	 */
	void release() {
		synchronized (this) {
			this.taken--;
		}
		start();
	}

	/**
	 * Start the tasks for which there are places.
	 */
	void startWaiting() {
		start();
	}

	private @Nullable RejectedExecutionException start() {
		while (true) {
			Task next;
			synchronized (this) {
				next = (this.taken < this.limit) ? this.waiting.poll() : null;
				if (next == null) {
					return null;
				}
				this.taken++;
			}
			try {
				this.executor.execute(next);
			}
			catch (Throwable ex) {
				synchronized (this) {
					this.taken--;
					this.waiting.addFirst(next);
				}
				return (ex instanceof RejectedExecutionException rejected) ? rejected : null;
			}
		}
	}

	synchronized int running() {
		return this.taken;
	}

	/**
	 * A task that runs once, even if an executor has taken it and thrown nevertheless.
	 */
	private final class Task implements Runnable {

		private final Runnable task;

		private final AtomicBoolean begun = new AtomicBoolean();

		private Task(Runnable task) {
			this.task = task;
		}

		@Override
		public void run() {
			if (this.begun.compareAndSet(false, true)) {
				this.task.run();
			}
			else {
				release();
			}
		}

	}

}
