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

package io.github.atmosphererelay.stream.internal;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Up to where states have got in each partition of a topic: what a client has that begins
 * with a snapshot.
 *
 * @param generation the number of the topic's generation
 * @param offsets the offset of the last record of each partition, or -1
 */
record StreamPositions(long generation, List<Long> offsets) {

	static final int MAX_LENGTH = 64 * 1024;

	StreamPositions {
		offsets = List.copyOf(offsets);
	}

	/**
	 * Read positions.
	 * @param text what {@link #toString()} returns
	 * @throws IllegalArgumentException if these are none
	 */
	static StreamPositions parse(String text) {
		int slash = text.indexOf('/');
		if (text.length() > MAX_LENGTH || slash < 0) {
			throw new IllegalArgumentException("Positions are 'generation/offset,offset,..'");
		}
		long generation = Long.parseLong(text.substring(0, slash));
		List<Long> offsets = Arrays.stream(text.substring(slash + 1).split(",")).map(Long::valueOf).toList();
		if (generation < 0 || offsets.size() != TopicGenerations.partitions(generation)
				|| offsets.stream().anyMatch((offset) -> offset < -1)) {
			throw new IllegalArgumentException("Positions have an offset for each partition");
		}
		return new StreamPositions(generation, offsets);
	}

	int partitions() {
		return this.offsets.size();
	}

	StateVersion version(int partition) {
		return new StateVersion(this.generation, this.offsets.get(partition));
	}

	@Override
	public String toString() {
		return this.offsets.stream().map(String::valueOf).collect(Collectors.joining(",", this.generation + "/", ""));
	}

}
