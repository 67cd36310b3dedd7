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

package io.github.atmosphererelay.stream;

import org.jspecify.annotations.Nullable;

/**
 * Folds a record into the state of its key. Pure: the result follows from the arguments
 * alone, and the given state is not changed, because the same record may be folded again
 * by another process after a fault. Called by the thread of the record's partition, which
 * it must not block. What it throws sets the record aside: the state stays as it was.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 * @param <S> the type of the states
 */
@FunctionalInterface
public interface StreamFold<K, V, S> {

	/**
	 * Fold a record.
	 * @param state the state of the key, or {@code null} if it has none
	 * @param record the record
	 * @return the new state, or {@code null} to remove it
	 */
	@Nullable S apply(@Nullable S state, StreamRecord<K, V> record);

}
