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

package io.github.atmosphererelay.autoconfigure;

import java.time.Duration;
import java.util.concurrent.Executor;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

/**
 * Runs the application's code on virtual threads. The caller bounds the number of tasks.
 */
final class VirtualThreads implements ApplicationThreads {

	/**
	 * Time for the builder's executor to interrupt its threads at the end. With a timeout
	 * of 0 it would not track them.
	 */
	private static final Duration TERMINATION_TIMEOUT = Duration.ofMillis(100);

	private final SimpleAsyncTaskExecutorBuilder builder;

	private @Nullable SimpleAsyncTaskExecutor executor;

	VirtualThreads(SimpleAsyncTaskExecutorBuilder builder, String purpose) {
		this.builder = builder.virtualThreads(true)
			.concurrencyLimit(SimpleAsyncTaskExecutor.UNBOUNDED_CONCURRENCY)
			.cancelRemainingTasksOnClose(true)
			.taskTerminationTimeout(TERMINATION_TIMEOUT)
			.threadNamePrefix("atmosphere-" + purpose + "-");
	}

	@Override
	public synchronized Executor start() {
		this.executor = this.builder.build();
		return this.executor;
	}

	@Override
	public synchronized void stop() {
		if (this.executor != null) {
			this.executor.close();
			this.executor = null;
		}
	}

}
