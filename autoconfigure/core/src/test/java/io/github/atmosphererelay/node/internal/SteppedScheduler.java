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

package io.github.atmosphererelay.node.internal;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A scheduler that runs what repeats when the test says so, on the test's thread, and
 * never what is to be done once: time limits do not pass.
 */
final class SteppedScheduler extends ScheduledThreadPoolExecutor {

	private final List<Repeated> repeated = new ArrayList<>();

	SteppedScheduler() {
		super(0);
	}

	/**
	 * Run everything that repeats once.
	 */
	void step() {
		for (Iterator<Repeated> each = new ArrayList<>(this.repeated).iterator(); each.hasNext();) {
			Repeated task = each.next();
			if (!task.isCancelled()) {
				task.step();
			}
		}
	}

	@Override
	public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
		Repeated task = new Repeated(command);
		this.repeated.add(task);
		return task;
	}

	@Override
	public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
		return new Repeated(command);
	}

	@Override
	public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
		throw new UnsupportedOperationException();
	}

	private static final class Repeated extends FutureTask<Void> implements RunnableScheduledFuture<Void> {

		private Repeated(Runnable command) {
			super(command, null);
		}

		private void step() {
			runAndReset();
		}

		@Override
		public boolean isPeriodic() {
			return true;
		}

		@Override
		public long getDelay(TimeUnit unit) {
			return 0;
		}

		@Override
		public int compareTo(Delayed other) {
			return 0;
		}

	}

}
