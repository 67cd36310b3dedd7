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

package io.github.atmosphererelay.presence.internal;

import org.jspecify.annotations.Nullable;

/**
 * Receives the changes of entries that nodes exchange.
 */
interface EntryListener {

	/**
	 * An entry has changed.
	 * @param before the entry before the change, or {@code null} if it is new
	 * @param after the entry after the change, or {@code null} if it was removed
	 */
	void change(@Nullable PresenceEntry before, @Nullable PresenceEntry after);

	/**
	 * An entry was removed because its session was asked to move to another node.
	 * @param entry the entry
	 */
	default void move(PresenceEntry entry) {
		change(entry, null);
	}

}
