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
 * Waits for the store of HTTP sessions. It has threads of its own, because a store that
 * does not answer must not delay the checks of tokens. Idle threads end. It wraps the
 * executor, because a bean of type {@code Executor} would replace the application's own.
 */
final class HttpSessionExecutor implements DisposableBean {

	private static final int THREADS = 2;

	private static final int QUEUE = 1_000;

	private final ThreadPoolExecutor executor = Threads.pool("http-sessions", THREADS,
			new LinkedBlockingQueue<>(QUEUE));

	Executor executor() {
		return this.executor;
	}

	@Override
	public void destroy() {
		this.executor.shutdownNow();
	}

}
