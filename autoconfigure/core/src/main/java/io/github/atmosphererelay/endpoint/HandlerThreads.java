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

package io.github.atmosphererelay.endpoint;

import java.util.concurrent.Executor;

/**
 * The threads on which handlers run.
 */
public interface HandlerThreads {

	/**
	 * Make the threads, or have them made when they are needed.
	 * @return runs each task on one of the threads, never on the caller's, and never
	 * blocks; may refuse tasks after {@link #stop()}
	 */
	Executor start();

	/**
	 * Interrupt what still runs, and let the threads go. Called once after each start;
	 * does not wait for long.
	 */
	void stop();

}
