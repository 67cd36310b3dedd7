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

/**
 * The version of a published ring. Versions are ordered by term, then by counter. Rings
 * with the same digest place every user on the same node, whatever their versions are.
 *
 * @param term grows with each change of the publisher
 * @param counter grows with each ring that one publisher publishes
 * @param digest the digest of the ring; see {@link Ring#digest()}
 */
public record RingVersion(long term, long counter, String digest) implements Comparable<RingVersion> {

	public RingVersion {
		Objects.requireNonNull(digest, "'digest' must not be null");
	}

	/**
	 * Return whether this version is newer than another one.
	 * @param other the other version
	 * @return whether this one is newer
	 */
	public boolean isNewerThan(RingVersion other) {
		return compareTo(other) > 0;
	}

	@Override
	public int compareTo(RingVersion other) {
		int byTerm = Long.compare(this.term, other.term);
		if (byTerm != 0) {
			return byTerm;
		}
		int byCounter = Long.compare(this.counter, other.counter);
		return (byCounter != 0) ? byCounter : this.digest.compareTo(other.digest);
	}

	/**
	 * Return the version as text: term, counter and digest, separated by dots.
	 * @return the text
	 */
	@Override
	public String toString() {
		return this.term + "." + this.counter + "." + this.digest;
	}

}
