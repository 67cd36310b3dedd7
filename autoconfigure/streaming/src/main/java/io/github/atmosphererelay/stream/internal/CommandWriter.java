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

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Writes to the compacted topic of commands. For any thread; does not block.
 */
@FunctionalInterface
interface CommandWriter {

	/**
	 * Write a record.
	 * @param key the id of a stream, or a key of {@link TopicGenerations}
	 * @param value the record's value, or {@code null} to delete the key
	 * @return completes with the record's offset when the broker has it; fails within a
	 * few seconds if not, in which case it may have been written nevertheless
	 */
	CompletableFuture<Long> write(String key, byte @Nullable [] value);

}
