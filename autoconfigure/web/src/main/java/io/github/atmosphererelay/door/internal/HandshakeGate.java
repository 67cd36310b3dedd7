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
 * Whether this node lets new clients in. Shut while the node stops, so that clients go to
 * another node instead of being thrown out again.
 */
public final class HandshakeGate {

	private volatile boolean open = true;

	/**
	 * Let clients in.
	 */
	public void open() {
		this.open = true;
	}

	/**
	 * Let no clients in.
	 */
	public void shut() {
		this.open = false;
	}

	/**
	 * Return whether clients are let in.
	 * @return whether the gate is open
	 */
	public boolean isOpen() {
		return this.open;
	}

}
