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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

/**
 * The pauses between attempts to read a log: 100 ms at first, and twice as long each
 * time, up to 5 s. For any thread.
 */
final class ReadPause {

	private static final Duration FIRST = Duration.ofMillis(100);

	private static final Duration LONGEST = Duration.ofSeconds(5);

	private final ListeningContext context;

	private Duration next = FIRST;

	private boolean on;

	ReadPause(ListeningContext context) {
		this.context = context;
	}

	synchronized boolean isOn() {
		return this.on;
	}

	/**
	 * End the pause, and begin with the shortest one next time.
	 */
	synchronized void reset() {
		this.next = FIRST;
		this.on = false;
	}

	/**
	 * Begin a pause.
	 * @param whenOver called by the scheduler; must not block
	 */
	void begin(Runnable whenOver) {
		Duration pause;
		synchronized (this) {
			pause = this.next;
			Duration longer = pause.multipliedBy(2);
			this.next = (longer.compareTo(LONGEST) > 0) ? LONGEST : longer;
			this.on = true;
		}
		try {
			this.context.later(() -> {
				end();
				whenOver.run();
			}, pause);
		}
		catch (RejectedExecutionException ex) {
			// The application is being closed.
		}
	}

	private synchronized void end() {
		this.on = false;
	}

}
