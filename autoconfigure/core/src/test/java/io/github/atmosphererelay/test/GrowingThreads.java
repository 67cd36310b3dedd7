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

package io.github.atmosphererelay.test;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.application.internal.ApplicationThreads;
import org.jspecify.annotations.Nullable;

/**
 * Threads for continuations where there is no application around: as many as are needed,
 * up to a limit.
 */
public final class GrowingThreads implements ApplicationThreads {

	public static final String PREFIX = "continuation-";

	private final int max;

	private @Nullable ExecutorService executor;

	public GrowingThreads() {
		this(256);
	}

	public GrowingThreads(int max) {
		this.max = max;
	}

	@Override
	public Executor start() {
		AtomicInteger number = new AtomicInteger();
		this.executor = new ThreadPoolExecutor(0, this.max, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), (task) -> {
			Thread thread = new Thread(task, PREFIX + number.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		});
		return this.executor;
	}

	@Override
	public void stop() {
		Objects.requireNonNull(this.executor).shutdownNow();
	}

}
