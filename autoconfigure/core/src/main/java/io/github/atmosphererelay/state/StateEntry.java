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

import java.util.Arrays;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The state of a key.
 *
 * @param key the key, of 1 to {@value #MAX_KEY_LENGTH} characters
 * @param version the version
 * @param value the state, which must not be modified; {@code null} if the key has none
 * any more. Such an entry stays, so that no older one takes its place
 */
public record StateEntry(String key, StateVersion version, byte @Nullable [] value) {

	/**
	 * The maximum length of a key and of a space's name, in characters.
	 */
	public static final int MAX_KEY_LENGTH = 255;

	public StateEntry {
		Objects.requireNonNull(version, "'version' must not be null");
		if (key.isEmpty() || key.length() > MAX_KEY_LENGTH) {
			throw new IllegalArgumentException("A key has 1 to " + MAX_KEY_LENGTH + " characters");
		}
	}

	/**
	 * Create the entry of a key that has no state any more.
	 * @param key the key
	 * @param version the version
	 * @return the entry
	 */
	// NullAway does not see that the array of a record may be null
	@SuppressWarnings("NullAway")
	public static StateEntry removed(String key, StateVersion version) {
		return new StateEntry(key, version, null);
	}

	/**
	 * Return how much of memory the entry takes, approximately.
	 * @return the number of bytes
	 */
	public int size() {
		return 100 + 2 * this.key.length() + ((this.value != null) ? this.value.length : 0);
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return (other instanceof StateEntry that) && this.key.equals(that.key) && this.version.equals(that.version)
				&& Arrays.equals(this.value, that.value);
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.key, this.version);
	}

	@Override
	public String toString() {
		return this.key + "@" + this.version.generation() + ":" + this.version.offset() + "="
				+ ((this.value != null) ? this.value.length + " bytes" : "none");
	}

}
