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

package io.github.atmosphererelay.message;

/**
 * The number of an envelope among those that one node has published to one address.
 * Receivers use it to notice envelopes that the relay has lost, and to drop those that it
 * has delivered twice.
 *
 * @param series identifies a run of numbers; a later run of the same node and address has
 * a greater value
 * @param number the number within the run: 1, 2, 3 and so on
 */
public record Sequence(long series, long number) {

	public Sequence {
		if (number < 1) {
			throw new IllegalArgumentException("'number' must be positive");
		}
	}

}
