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

import io.github.atmosphererelay.cluster.PresenceService;

import org.springframework.context.SmartLifecycle;

/**
 * Starts presence before the node joins the cluster, so that no node is overlooked, and
 * stops it after the node has left.
 */
final class PresenceLifecycle implements SmartLifecycle {

	private final PresenceService presence;

	private volatile boolean running;

	PresenceLifecycle(PresenceService presence) {
		this.presence = presence;
	}

	@Override
	public void start() {
		this.presence.start();
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
		this.presence.stop();
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return MessagingLifecycle.PHASE;
	}

}
