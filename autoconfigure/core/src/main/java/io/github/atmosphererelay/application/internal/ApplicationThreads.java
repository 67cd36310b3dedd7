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

package io.github.atmosphererelay.application.internal;

import java.util.concurrent.Executor;

import io.github.atmosphererelay.broadcast.Broadcaster;

/**
 * Threads on which code of the application runs that no other thread may wait for, such
 * as what follows the futures of a {@link Broadcaster}, or the methods of endpoints. They
 * may block.
 */
public interface ApplicationThreads {

	/**
	 * Make the threads, or have them made when they are needed.
	 * @return runs each task, which may last as long as the node runs, on one of the
	 * threads, never on the caller's, and never blocks; throws
	 * {@link java.util.concurrent.RejectedExecutionException} as long as all threads that
	 * it may have are busy, and after {@link #stop()}
	 */
	Executor start();

	/**
	 * Interrupt what still runs, and let the threads go. Called once after each start;
	 * does not wait for long.
	 */
	void stop();

}
