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
 * does not answer must not delay the checks of tokens; and the check for ended HTTP
 * sessions has one, because messages from clients must not delay it. Idle threads end. It
 * wraps the executors, because a bean of type {@code Executor} would replace the
 * application's own.
 */
final class HttpSessionExecutor implements DisposableBean {

	private static final int THREADS = 2;

	private static final int QUEUE = 1_000;

	private final ThreadPoolExecutor touches = Threads.pool("http-sessions", THREADS, new LinkedBlockingQueue<>(QUEUE));

	private final ThreadPoolExecutor checks = Threads.pool("http-session-check", 1, new LinkedBlockingQueue<>(1));

	/**
	 * Return what keeps HTTP sessions alive.
	 */
	Executor touches() {
		return this.touches;
	}

	/**
	 * Return what finds ended HTTP sessions. It has one task at a time.
	 */
	Executor checks() {
		return this.checks;
	}

	@Override
	public void destroy() {
		this.touches.shutdownNow();
		this.checks.shutdownNow();
	}

}
