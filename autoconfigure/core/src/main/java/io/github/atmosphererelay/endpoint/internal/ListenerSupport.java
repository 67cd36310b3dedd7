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
import java.util.function.Consumer;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.event.MessagesMissed;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.listening.internal.ListeningStatistics;
import io.github.atmosphererelay.message.Discontinuity;

/**
 * What listeners need of their node.
 *
 * @param futures run the application's code
 * @param timers run retries, and guard steps
 * @param events receives application events; does not block
 * @param statistics receives the counts
 */
public record ListenerSupport(ApplicationFutures futures, Timers timers, Consumer<Object> events,
		ListeningStatistics statistics) {

	/**
	 * Run a task on a thread that may block.
	 * @return {@code false} if the node has stopped, and the task does not run
	 */
	boolean execute(Object key, Runnable task) {
		return this.futures.executeIfStarted(key, task);
	}

	void later(Runnable task, Duration delay) {
		this.timers.later(Part.LISTENERS, task, delay);
	}

	/**
	 * Run a step. What it throws is counted and logged.
	 */
	void guarded(Runnable step) {
		this.timers.guards().of(Part.LISTENERS).run(step);
	}

	void missed(String listener, Discontinuity discontinuity) {
		this.events.accept(new MessagesMissed(listener, discontinuity));
	}

	void countFailure() {
		this.statistics.countHandlerFailure();
	}

	void countExceptionHandlerFailure() {
		this.statistics.countExceptionHandlerFailure();
	}

	void countRestart() {
		this.statistics.countRestart();
	}

}
