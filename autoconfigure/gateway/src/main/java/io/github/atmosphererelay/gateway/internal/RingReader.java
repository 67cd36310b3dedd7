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

package io.github.atmosphererelay.gateway.internal;

import org.jspecify.annotations.Nullable;

/**
 * Reads the ring from where it is kept for programs that are no members of the cluster.
 * Called by one thread, which it may block for a few seconds.
 */
public interface RingReader {

	/**
	 * Read the ring.
	 * @return the ring as JSON, or {@code null} if there is none, or none but the one
	 * that was read last
	 * @throws Exception if it cannot be read now; the message says why
	 */
	@Nullable String read() throws Exception;

	/**
	 * Close connections.
	 */
	default void close() {
	}

}
