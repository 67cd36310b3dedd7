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

import io.github.atmosphererelay.endpoint.ManagedServices;

import org.springframework.context.SmartLifecycle;

/**
 * Starts annotated endpoints after the node's messaging and before the web server, and
 * stops them in reverse: when no client can come or go any more, and what they send is
 * still carried.
 */
final class ManagedServicesLifecycle implements SmartLifecycle {

	private final ManagedServices services;

	private volatile boolean running;

	ManagedServicesLifecycle(ManagedServices services) {
		this.services = services;
	}

	@Override
	public void start() {
		this.services.start();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.services.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MessagingLifecycle.PHASE + 512;
	}

}
