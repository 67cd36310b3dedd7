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

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Makes the threads of this library, all of which are daemons: an application ends when
 * its own threads have ended. Their names begin with {@code atmosphere-} and end with a
 * number.
 */
public final class Threads {

	private static final String PREFIX = "atmosphere-";

	private static final int IDLE_SECONDS = 10;

	private Threads() {
	}

	/**
	 * Make a factory of threads.
	 * @param purpose what they are for, such as {@code events}, which is a part of their
	 * names
	 * @return the factory
	 */
	public static ThreadFactory factory(String purpose) {
		CustomizableThreadFactory factory = new CustomizableThreadFactory(PREFIX + purpose + "-");
		factory.setDaemon(true);
		return factory;
	}

	/**
	 * Make an executor with one thread, which stays until the executor is shut down.
	 * @param purpose what it is for
	 * @param queue what waits for it; a task that finds it full is refused
	 * @return the executor
	 */
	public static ThreadPoolExecutor single(String purpose, BlockingQueue<Runnable> queue) {
		return new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, queue, factory(purpose));
	}

	/**
	 * Make an executor whose threads end when they have had nothing to do for a while.
	 * @param purpose what it is for
	 * @param threads how many threads there are at most
	 * @param queue what waits for them; a task that finds it full is refused
	 * @return the executor
	 */
	public static ThreadPoolExecutor pool(String purpose, int threads, BlockingQueue<Runnable> queue) {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, queue,
				factory(purpose));
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

}
