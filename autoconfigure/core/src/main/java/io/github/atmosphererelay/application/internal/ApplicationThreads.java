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
 * The threads that run code of the application, such as continuations of the futures of a
 * {@link Broadcaster}, or the methods of endpoints. The code may block them; no other
 * thread waits for them.
 */
public interface ApplicationThreads {

	/**
	 * Start the threads, at once or when they are needed.
	 * @return runs each task on one of the threads, never on the caller's, and never
	 * blocks. A task may last as long as the node runs. Throws
	 * {@link java.util.concurrent.RejectedExecutionException} while the maximum number of
	 * threads is busy, and after {@link #stop()}
	 */
	Executor start();

	/**
	 * Interrupt tasks that still run, and end the threads. Called once after each start;
	 * blocks only briefly.
	 */
	void stop();

}
