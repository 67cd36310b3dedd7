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

package io.github.atmosphererelay.routing.internal;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Threads;

/**
 * Stops a thread that may wait for a server, and releases its connections after its last
 * use of them: what it does at the last moment could open them again.
 */
public final class OrderlyStop {

	private static final long MOMENT_MILLIS = 500;

	/** Longer than connecting and waiting for an answer may take. */
	private static final long END_SECONDS = 60;

	private OrderlyStop() {
	}

	/**
	 * Interrupt the executor's thread, and release when it has ended. Blocks for half a
	 * second at most: if it takes longer, another thread waits and releases.
	 * @param executor the executor, which takes no more tasks
	 * @param release releases connections; does not block for long
	 */
	public static void stop(ExecutorService executor, Runnable release) {
		executor.shutdownNow();
		if (ends(executor, MOMENT_MILLIS)) {
			release.run();
		}
		else {
			Threads.factory("release").newThread(() -> {
				ends(executor, TimeUnit.SECONDS.toMillis(END_SECONDS));
				release.run();
			}).start();
		}
	}

	private static boolean ends(ExecutorService executor, long millis) {
		try {
			return executor.awaitTermination(millis, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return executor.isTerminated();
		}
	}

}
