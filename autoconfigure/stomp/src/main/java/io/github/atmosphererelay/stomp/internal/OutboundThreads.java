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

package io.github.atmosphererelay.stomp.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;

import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.ConcurrentTaskExecutor;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * Gives the executor of messages to clients a further thread for each one that a client
 * holds up, and takes them back later, so that as many threads work as the application
 * has configured. An executor without a limit of threads needs nothing, and an executor
 * of an unknown type stays as it is. Thread-safe; does not block.
 */
final class OutboundThreads {

	private final @Nullable ThreadPoolExecutor pool;

	private int added;

	OutboundThreads(@Nullable Executor executor) {
		this.pool = pool(executor);
	}

	private static @Nullable ThreadPoolExecutor pool(@Nullable Executor executor) {
		if (executor instanceof ThreadPoolTaskExecutor pool) {
			return pool.getThreadPoolExecutor();
		}
		if (executor instanceof ConcurrentTaskExecutor wrapper) {
			return pool(wrapper.getConcurrentExecutor());
		}
		return (executor instanceof ThreadPoolExecutor pool) ? pool : null;
	}

	/**
	 * Let the executor have this many threads more than the application has configured.
	 */
	synchronized void add(int threads) {
		int change = threads - this.added;
		if (this.pool == null || change == 0) {
			return;
		}
		if (change > 0) {
			changeMaximum(this.pool, change);
			this.pool.setCorePoolSize(this.pool.getCorePoolSize() + change);
		}
		else {
			this.pool.setCorePoolSize(Math.max(0, this.pool.getCorePoolSize() + change));
			changeMaximum(this.pool, change);
		}
		this.added = threads;
	}

	private static void changeMaximum(ThreadPoolExecutor pool, int change) {
		int maximum = pool.getMaximumPoolSize();
		// The default is no limit
		if (maximum < Integer.MAX_VALUE / 2) {
			pool.setMaximumPoolSize(Math.max(Math.max(1, pool.getCorePoolSize()), maximum + change));
		}
	}

}
