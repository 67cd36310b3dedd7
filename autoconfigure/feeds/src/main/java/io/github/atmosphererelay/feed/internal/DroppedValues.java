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

package io.github.atmosphererelay.feed.internal;

import java.util.HashSet;
import java.util.Set;

/**
 * The channels whose current value found no room, so that what a store has of them may be
 * old. A bounded number of them is remembered. Once there were more, every channel may be
 * one of them that has had no value since. Not thread-safe.
 */
final class DroppedValues {

	private final int max;

	/** Channels without a known value; once there were too many, those that have one. */
	private final Set<String> channels = new HashSet<>();

	private boolean overflowed;

	/**
	 * Create what remembers no channel.
	 * @param max how many channels are remembered
	 */
	DroppedValues(int max) {
		this.max = max;
	}

	void dropped(String channel) {
		if (this.overflowed) {
			this.channels.remove(channel);
		}
		else if (this.channels.size() < this.max) {
			this.channels.add(channel);
		}
		else if (!this.channels.contains(channel)) {
			this.overflowed = true;
			this.channels.clear();
		}
	}

	/**
	 * Note that a newer value of a channel has found room.
	 */
	void kept(String channel) {
		if (!this.overflowed) {
			this.channels.remove(channel);
		}
		else if (this.channels.size() < this.max) {
			this.channels.add(channel);
		}
	}

	/**
	 * Return whether what a store has of a channel may be old.
	 */
	boolean mayBeOld(String channel) {
		return this.channels.contains(channel) != this.overflowed;
	}

	void clear() {
		this.channels.clear();
		this.overflowed = false;
	}

}
