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

package io.github.atmosphererelay.stream.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;

/**
 * Threads that bring messages to many streams, instead of the relay's threads. Tasks of
 * one lane run in their order. For any thread; does not block.
 */
final class StreamLanes {

	private static final int LANES = 4;

	private static final int QUEUE = 10_000;

	private final List<ThreadPoolExecutor> lanes = new ArrayList<>();

	private final Guard guard;

	StreamLanes(Guard guard) {
		this.guard = guard;
		for (int i = 0; i < LANES; i++) {
			this.lanes.add(Threads.single("streams-" + i, new ArrayBlockingQueue<>(QUEUE)));
		}
	}

	/**
	 * Do something soon.
	 * @param key what has the same key is done in order
	 * @return {@code false} if too much waits already
	 */
	boolean execute(String key, Runnable step) {
		try {
			this.lanes.get(Math.floorMod(key.hashCode(), LANES)).execute(() -> this.guard.run(step));
			return true;
		}
		catch (RejectedExecutionException ex) {
			return false;
		}
	}

	void stop() {
		this.lanes.forEach(ThreadPoolExecutor::shutdownNow);
	}

}
