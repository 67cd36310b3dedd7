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

package io.github.atmosphererelay.relay;

import java.util.Objects;
import java.util.function.Predicate;

/**
 * A group, as one of its members describes it.
 *
 * @param name the group's name: 1 to 64 letters, digits, dots, dashes and underscores
 * @param channels whether the group handles the messages of a channel, by its name; for
 * any thread, does not block
 * @param start where the group begins if it does not exist yet. What is published to a
 * channel that is made later is handled in any case
 */
public record GroupOptions(String name, Predicate<String> channels, Start start) {

	public GroupOptions {
		Objects.requireNonNull(channels, "'channels' must not be null");
		Objects.requireNonNull(start, "'start' must not be null");
		if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
			throw new IllegalArgumentException(
					"The name of a group has 1 to 64 letters, digits, dots, dashes and underscores");
		}
	}

	/**
	 * Where a new group begins.
	 */
	public enum Start {

		/** With the oldest message that the log of each channel has. */
		EARLIEST,

		/** With what is published from the moment on in which the group is made. */
		LATEST

	}

}
