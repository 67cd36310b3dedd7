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

package io.github.atmosphererelay.guard.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;

/**
 * Runs short tasks of the node's parts, once or repeatedly. Each task is guarded: if it
 * throws, that is counted and logged under its part, and a repeated task continues.
 *
 * @param scheduler runs the tasks, which must not block it
 * @param guards the guards of the parts
 */
public record Timers(ScheduledExecutorService scheduler, Guards guards) {

	/**
	 * Run a task repeatedly.
	 * @param part the part to which the task belongs
	 * @param task the task, which must not block
	 * @param first the time until the first run
	 * @param delay the time between the end of one run and the start of the next
	 * @return cancel it to end the repetition
	 */
	public ScheduledFuture<?> repeat(Part part, Runnable task, Duration first, Duration delay) {
		return this.guards.of(part).repeat(this.scheduler, task, first, delay);
	}

	/**
	 * Run a task once, after a delay.
	 * @param part the part to which the task belongs
	 * @param task the task, which must not block
	 * @param delay the time until the run
	 * @return may be cancelled
	 * @throws java.util.concurrent.RejectedExecutionException if the scheduler was shut
	 * down
	 */
	public ScheduledFuture<?> later(Part part, Runnable task, Duration delay) {
		return this.guards.of(part).later(this.scheduler, task, delay);
	}

}
