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

package io.github.atmosphererelay.door.internal;

/**
 * Decides whether this node accepts new clients. Closed while the node stops, so that
 * clients connect to another node instead of being disconnected again.
 */
public final class HandshakeGate {

	private volatile boolean open = true;

	/**
	 * Accept clients.
	 */
	public void open() {
		this.open = true;
	}

	/**
	 * Refuse clients.
	 */
	public void shut() {
		this.open = false;
	}

	/**
	 * Return whether clients are accepted.
	 * @return whether the gate is open
	 */
	public boolean isOpen() {
		return this.open;
	}

}
