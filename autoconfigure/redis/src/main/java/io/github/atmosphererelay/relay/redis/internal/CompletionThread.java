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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.internal.Threads;

/**
 * Completes futures when the thread that has found the result may hold locks. Runs one
 * task after the other, on a thread that exists only while there are tasks.
 */
final class CompletionThread implements Executor {

	private final ThreadPoolExecutor executor;

	CompletionThread() {
		this.executor = Threads.pool("redis-completions", 1, new LinkedBlockingQueue<>());
	}

	@Override
	public void execute(Runnable task) {
		this.executor.execute(task);
	}

}
