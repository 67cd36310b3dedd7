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

/**
 * How far a state has got: up to and including one record. Only versions of one key are
 * compared.
 *
 * @param generation the number of the topic's generation, which grows when the topic is
 * made again or gets partitions, because offsets of two generations cannot be compared
 * @param offset the offset of the last record that was folded into the state
 */
record StateVersion(long generation, long offset) implements Comparable<StateVersion> {

	/** Before every record. */
	static final StateVersion NONE = new StateVersion(-1, -1);

	/**
	 * Read a version from a header.
	 * @param text what {@link #toString()} returns
	 * @throws IllegalArgumentException if this is no version
	 */
	static StateVersion parse(String text) {
		int slash = text.indexOf('/');
		try {
			return new StateVersion(Long.parseLong(text, 0, slash, 10),
					Long.parseLong(text, slash + 1, text.length(), 10));
		}
		catch (IndexOutOfBoundsException | NumberFormatException ex) {
			throw new IllegalArgumentException("'" + text + "' is not 'generation/offset'", ex);
		}
	}

	@Override
	public int compareTo(StateVersion other) {
		int generations = Long.compare(this.generation, other.generation);
		return (generations != 0) ? generations : Long.compare(this.offset, other.offset);
	}

	boolean isNewerThan(StateVersion other) {
		return compareTo(other) > 0;
	}

	@Override
	public String toString() {
		return this.generation + "/" + this.offset;
	}

}
