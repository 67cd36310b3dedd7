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
 * Receivers use it to notice what a relay lost and to drop what it delivered twice.
 *
 * @param series names a run of numbers; a later run of the same node and address has a
 * higher name
 * @param number the place within the run, beginning with 1 and growing by 1
 */
public record Sequence(long series, long number) {

	public Sequence {
		if (number < 1) {
			throw new IllegalArgumentException("'number' must be positive");
		}
	}

}
