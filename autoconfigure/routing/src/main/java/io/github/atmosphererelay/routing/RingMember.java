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

package io.github.atmosphererelay.routing;

import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A node as it stands in a {@link Ring}.
 *
 * @param name the node's name, which stays the same over its restarts
 * @param weight its share of the users, in proportion to the weights of the other
 * members, from 0 to 100; a member with weight 0 owns nobody
 * @param address the address at which browsers reach the node, such as
 * {@code https://node-1.example.com}, or {@code null} if it has none of its own
 */
public record RingMember(String name, int weight, @Nullable String address) {

	/** The maximum weight of a member. */
	public static final int MAX_WEIGHT = 100;

	/** The maximum length of a name, in characters. */
	public static final int MAX_NAME_LENGTH = 85;

	public RingMember {
		Objects.requireNonNull(name, "'name' must not be null");
		if (name.isBlank() || name.length() > MAX_NAME_LENGTH || name.chars().anyMatch(Character::isISOControl)) {
			throw new IllegalArgumentException("'name' must have 1 to " + MAX_NAME_LENGTH
					+ " characters, and none of them may be a control character: '" + name + "'");
		}
		if (weight < 0 || weight > MAX_WEIGHT) {
			throw new IllegalArgumentException("'weight' must be between 0 and " + MAX_WEIGHT + ": " + weight);
		}
	}

	/**
	 * Create a member without an address of its own.
	 * @param name the node's name
	 * @param weight its weight
	 */
	public RingMember(String name, int weight) {
		this(name, weight, null);
	}

}
