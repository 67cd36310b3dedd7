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

import io.github.atmosphererelay.durable.DurableSessions;

import org.springframework.context.SmartLifecycle;

/**
 * Starts durable sessions before the web server lets clients in, and stops them after it
 * has sent them away, while their store is still there.
 */
final class DurableSessionsLifecycle implements SmartLifecycle {

	private final DurableSessions sessions;

	private volatile boolean running;

	DurableSessionsLifecycle(DurableSessions sessions) {
		this.sessions = sessions;
	}

	@Override
	public void start() {
		this.sessions.start();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.sessions.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MessagingLifecycle.PHASE + 1;
	}

}
