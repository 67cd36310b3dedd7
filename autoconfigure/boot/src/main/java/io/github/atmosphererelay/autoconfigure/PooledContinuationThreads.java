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
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.broadcast.ContinuationThreads;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * As many platform threads as are asked for, up to a limit. Nothing waits in the pool: a
 * task that finds all threads busy is refused, and kept by who hands it over.
 */
final class PooledContinuationThreads implements ContinuationThreads {

	private final ThreadPoolTaskExecutorBuilder builder;

	private final int maxThreads;

	private @Nullable ThreadPoolTaskExecutor executor;

	PooledContinuationThreads(ThreadPoolTaskExecutorBuilder builder, int maxThreads) {
		this.maxThreads = maxThreads;
		this.builder = builder.corePoolSize(0)
			.maxPoolSize(maxThreads)
			.queueCapacity(0)
			.keepAlive(Duration.ofSeconds(30))
			.awaitTermination(false)
			.threadNamePrefix("atmosphere-continuation-");
	}

	@Override
	public synchronized Executor start() {
		ThreadPoolTaskExecutor executor = this.builder.build();
		// Customizers of the application, which come last, mean executors of its own.
		executor.setCorePoolSize(0);
		executor.setMaxPoolSize(this.maxThreads);
		executor.setQueueCapacity(0);
		executor.setRejectedExecutionHandler(new ThreadPoolExecutor.AbortPolicy());
		executor.setDaemon(true);
		executor.initialize();
		this.executor = executor;
		return executor;
	}

	@Override
	public synchronized void stop() {
		if (this.executor != null) {
			this.executor.shutdown();
			this.executor = null;
		}
	}

}
