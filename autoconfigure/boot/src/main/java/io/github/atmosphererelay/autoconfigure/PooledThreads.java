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

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * Runs the application's code on platform threads, up to a limit. A thread ends when it
 * has been idle for 30 s. The queue is not bounded here: the caller bounds the number of
 * tasks.
 */
final class PooledThreads implements ApplicationThreads {

	private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

	private final ThreadPoolTaskExecutorBuilder builder;

	private final int coreThreads;

	private final int maxThreads;

	private final int queueCapacity;

	private @Nullable ThreadPoolTaskExecutor executor;

	private PooledThreads(ThreadPoolTaskExecutorBuilder builder, String purpose, int coreThreads, int maxThreads,
			int queueCapacity) {
		this.coreThreads = coreThreads;
		this.maxThreads = maxThreads;
		this.queueCapacity = queueCapacity;
		this.builder = builder.allowCoreThreadTimeOut(true)
			.keepAlive(KEEP_ALIVE)
			.awaitTermination(false)
			.threadNamePrefix("atmosphere-" + purpose + "-");
	}

	/**
	 * Create a pool that starts a thread for each task that finds all threads busy, up to
	 * the limit. Beyond the limit a task is rejected.
	 */
	static PooledThreads growing(ThreadPoolTaskExecutorBuilder builder, String purpose, int maxThreads) {
		return new PooledThreads(builder, purpose, 0, maxThreads, 0);
	}

	/**
	 * Create a pool with a fixed number of threads. A task that finds all threads busy
	 * waits.
	 */
	static PooledThreads fixed(ThreadPoolTaskExecutorBuilder builder, String purpose, int threads) {
		return new PooledThreads(builder, purpose, threads, threads, Integer.MAX_VALUE);
	}

	@Override
	public synchronized Executor start() {
		ThreadPoolTaskExecutor executor = this.builder.build();
		// Overrides the application's customizers, which mean its own executors: a
		// bounded queue, or tasks that run on the caller's thread, would break the
		// promises of this library.
		executor.setMaxPoolSize(this.maxThreads);
		executor.setCorePoolSize(this.coreThreads);
		executor.setQueueCapacity(this.queueCapacity);
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
