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
 * Creates the threads of this library. All are daemons, so that an application ends when
 * its own threads have ended. Their names begin with {@code atmosphere-} and end with a
 * number, such as {@code atmosphere-events-1}.
 */
public final class Threads {

	private static final String PREFIX = "atmosphere-";

	private static final int IDLE_SECONDS = 10;

	private Threads() {
	}

	/**
	 * Create a factory of threads.
	 * @param purpose the purpose, such as {@code events}, which becomes part of the
	 * threads' names
	 * @return the factory
	 */
	public static ThreadFactory factory(String purpose) {
		CustomizableThreadFactory factory = new CustomizableThreadFactory(PREFIX + purpose + "-");
		factory.setDaemon(true);
		return factory;
	}

	/**
	 * Create an executor with one thread, which stays until the executor is shut down.
	 * @param purpose the purpose, which becomes part of the thread's name
	 * @param queue the queue of tasks; a task is rejected if it is full
	 * @return the executor
	 */
	public static ThreadPoolExecutor single(String purpose, BlockingQueue<Runnable> queue) {
		return new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, queue, factory(purpose));
	}

	/**
	 * Create an executor whose threads end after 10 seconds without a task.
	 * @param purpose the purpose, which becomes part of the threads' names
	 * @param threads the maximum number of threads
	 * @param queue the queue of tasks; a task is rejected if it is full
	 * @return the executor
	 */
	public static ThreadPoolExecutor pool(String purpose, int threads, BlockingQueue<Runnable> queue) {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, queue,
				factory(purpose));
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

}
