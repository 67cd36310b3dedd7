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

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.internal.Threads;

import org.springframework.beans.factory.DisposableBean;

/**
 * Runs the checks of tokens, which may have to wait for keys from somewhere else and must
 * not keep those waiting that serve other clients. The threads go when there is nothing
 * to check. Wrapped, as the scheduler is.
 */
final class TokenExecutor implements DisposableBean {

	private static final int THREADS = 8;

	/** Tokens have up to 16 KB, and come from clients that nobody knows yet. */
	private static final int QUEUE = 2_000;

	private final ThreadPoolExecutor executor;

	TokenExecutor() {
		this.executor = Threads.pool("tokens", THREADS, new LinkedBlockingQueue<>(QUEUE));
	}

	Executor executor() {
		return this.executor;
	}

	@Override
	public void destroy() {
		this.executor.shutdownNow();
	}

}
