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

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Timers;

/**
 * What the lanes of a group have in common.
 *
 * @param group the group's name
 * @param handler handles the messages
 * @param settings how
 * @param steps runs what happens to the lanes, one step after another
 * @param slots run the handler
 * @param timers run retries
 * @param events receives application events; does not block
 * @param statistics receives the counts
 * @param log the application log
 * @param starving whether a lane has not read because there was no room
 * @param whenRoom called when there is room again and a lane was starving
 */
record GroupContext(String group, GroupHandler handler, GroupSettings settings, Executor steps, HandlerSlots slots,
		Timers timers, Consumer<Object> events, GroupStatistics statistics, RateLimitedLog log, AtomicBoolean starving,
		Runnable whenRoom) {

	/**
	 * Return whether another page may be read.
	 */
	boolean hasRoom() {
		return this.statistics.bufferedMessages() < this.settings.maxBuffered()
				&& this.statistics.bufferedBytes() < this.settings.maxBufferedBytes()
				&& this.statistics.parked() < this.settings.maxParked();
	}

	/**
	 * Wake the lanes that could not read, if there is room again.
	 */
	void madeRoom() {
		if (this.starving.get() && hasRoom() && this.starving.compareAndSet(true, false)) {
			this.whenRoom.run();
		}
	}

	void later(Runnable task, Duration delay) {
		try {
			this.timers.later(Part.LISTENERS, task, delay);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed
		}
	}

}
