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

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.guard.internal.Threads;

import org.springframework.beans.factory.DisposableBean;

/**
 * Holds the one thread that runs the node's timers, such as probes, pings and watchdogs.
 * It wraps the executor, because Spring Boot configures no task scheduler for an
 * application that has a bean of type {@code ScheduledExecutorService}.
 */
final class AtmosphereScheduler implements DisposableBean {

	private final ScheduledThreadPoolExecutor executor;

	AtmosphereScheduler() {
		this.executor = new ScheduledThreadPoolExecutor(1, Threads.factory("scheduler"));
		this.executor.setRemoveOnCancelPolicy(true);
	}

	ScheduledExecutorService executor() {
		return this.executor;
	}

	@Override
	public void destroy() {
		this.executor.shutdownNow();
	}

}
