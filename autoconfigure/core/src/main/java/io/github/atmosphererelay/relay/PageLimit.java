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
 * The maximum size of a page of a log. A page ends before the publication that would
 * exceed one of the limits. A page may consist of a single publication that is larger
 * than the limit in bytes, so that reading always makes progress.
 *
 * @param publications the maximum number of publications, 1 or more
 * @param bytes the maximum size of all publications together in bytes, 1 or more. A relay
 * may count more than the payloads, for example headers, so that a page may end earlier
 */
public record PageLimit(int publications, long bytes) {

	/**
	 * The default maximum size of a page in bytes.
	 */
	public static final long DEFAULT_BYTES = 8 * 1024 * 1024;

	public PageLimit {
		if (publications < 1 || bytes < 1) {
			throw new IllegalArgumentException("A page has room for at least one publication and one byte");
		}
	}

	/**
	 * Create a limit of {@link #DEFAULT_BYTES} bytes.
	 * @param publications the maximum number of publications, 1 or more
	 * @return the limit
	 */
	public static PageLimit of(int publications) {
		return new PageLimit(publications, DEFAULT_BYTES);
	}

}
