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

import io.github.atmosphererelay.endpoint.HandlerThreads;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * A fixed number of platform threads, each of which goes when it has had nothing to do
 * for a while. What waits for them is bounded by who hands it over.
 */
final class PooledHandlerThreads implements HandlerThreads {

	private final ThreadPoolTaskExecutorBuilder builder;

	private final int threads;

	private @Nullable ThreadPoolTaskExecutor executor;

	PooledHandlerThreads(ThreadPoolTaskExecutorBuilder builder, int threads) {
		this.threads = threads;
		this.builder = builder.corePoolSize(threads)
			.maxPoolSize(threads)
			.queueCapacity(Integer.MAX_VALUE)
			.allowCoreThreadTimeOut(true)
			.keepAlive(Duration.ofSeconds(60))
			.awaitTermination(false)
			.threadNamePrefix("atmosphere-handler-");
	}

	@Override
	public synchronized Executor start() {
		ThreadPoolTaskExecutor executor = this.builder.build();
		// Customizers of the application, which come last, mean executors of its own: a
		// queue that is full, or tasks on the caller's thread, would break the promises.
		executor.setCorePoolSize(this.threads);
		executor.setMaxPoolSize(this.threads);
		executor.setQueueCapacity(Integer.MAX_VALUE);
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
