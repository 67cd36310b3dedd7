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

/**
 * Runs the tasks of one group on the application's threads, a limited number at once. A
 * task holds its place until {@link #release()}, which may be later than its return. For
 * any thread; does not block. The caller bounds the number of waiting tasks.
 */
final class HandlerSlots {

	private final Executor executor;

	private final int limit;

	private final Deque<Runnable> waiting = new ArrayDeque<>();

	private int taken;

	HandlerSlots(Executor executor, int limit) {
		this.executor = executor;
		this.limit = limit;
	}

	/**
	 * Run a task when there is a place.
	 * @throws RejectedExecutionException if there is one, and the threads were stopped
	 */
	void execute(Runnable task) {
		synchronized (this) {
			if (this.taken >= this.limit) {
				this.waiting.add(task);
				return;
			}
			this.taken++;
		}
		start(task);
	}

	private void start(Runnable task) {
		try {
			this.executor.execute(task);
		}
		catch (RejectedExecutionException ex) {
			release();
			throw ex;
		}
	}

	/**
	 * Give the place of a task to the next one.
	 */
	void release() {
		Runnable next;
		synchronized (this) {
			next = this.waiting.poll();
			if (next == null) {
				this.taken--;
				return;
			}
		}
		try {
			this.executor.execute(next);
		}
		catch (RejectedExecutionException ex) {
			// The node stops: those that wait are not handled here any more
			synchronized (this) {
				this.taken--;
				this.waiting.clear();
			}
		}
	}

	synchronized int running() {
		return this.taken;
	}

}
