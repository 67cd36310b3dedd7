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

package io.github.atmosphererelay.state;

/**
 * The version of a state: the place of the record that has made it. A later generation is
 * newer than an earlier one; within a generation, a greater offset is newer.
 *
 * @param generation for example the number of the topic's partitions, because offsets
 * before and after a change of it cannot be compared; not negative
 * @param offset for example the record's offset in its partition; not negative
 */
public record StateVersion(long generation, long offset) implements Comparable<StateVersion> {

	public StateVersion {
		if (generation < 0 || offset < 0) {
			throw new IllegalArgumentException("A version has no negative numbers");
		}
	}

	@Override
	public int compareTo(StateVersion other) {
		int generations = Long.compare(this.generation, other.generation);
		return (generations != 0) ? generations : Long.compare(this.offset, other.offset);
	}

}
