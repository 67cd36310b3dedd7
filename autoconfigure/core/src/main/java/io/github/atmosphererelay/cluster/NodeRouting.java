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

package io.github.atmosphererelay.cluster;

import org.jspecify.annotations.Nullable;

/**
 * What a node says about its share of the users.
 *
 * @param weight its share, in proportion to the weights of the other nodes, from 0 to
 * 100; 0 if it serves no clients, or is about to stop
 * @param address the address at which browsers reach it, or {@code null} if it has none
 * of its own
 */
public record NodeRouting(int weight, @Nullable String address) {

	public NodeRouting {
		if (weight < 0 || weight > 100) {
			throw new IllegalArgumentException("'weight' must be between 0 and 100: " + weight);
		}
	}

}
