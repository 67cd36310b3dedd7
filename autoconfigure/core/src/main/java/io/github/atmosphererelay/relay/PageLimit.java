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

/**
 * How much of a log is read at once. A page ends where the next publication would exceed
 * one of the limits; a single publication may be larger than the limit in bytes, so that
 * reading always goes on.
 *
 * @param publications the greatest number of publications, 1 or more
 * @param bytes the greatest size of all publications together, 1 or more. A relay may
 * count what it keeps beside the payloads, so that a page can end earlier
 */
public record PageLimit(int publications, long bytes) {

	/**
	 * The greatest size of a page whose reader does not say otherwise.
	 */
	public static final long DEFAULT_BYTES = 8 * 1024 * 1024;

	public PageLimit {
		if (publications < 1 || bytes < 1) {
			throw new IllegalArgumentException("A page has room for at least one publication and one byte");
		}
	}

	/**
	 * Create a limit of {@link #DEFAULT_BYTES}.
	 * @param publications the greatest number of publications, 1 or more
	 * @return the limit
	 */
	public static PageLimit of(int publications) {
		return new PageLimit(publications, DEFAULT_BYTES);
	}

}
