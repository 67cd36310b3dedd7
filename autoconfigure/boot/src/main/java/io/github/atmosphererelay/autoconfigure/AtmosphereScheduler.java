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
 * Holds the one thread that ticks: probes, pings, watchdogs. Wrapped, because a bean of
 * an executor's own type would take the place of the application's task scheduler.
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
