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

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A record of a reducer's topic.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 * @param key the record's key
 * @param value the record's value, or {@code null} if the record says that the key was
 * deleted (a tombstone)
 * @param time the record's timestamp
 * @param headers the record's headers as text; of several with the same name, the last
 */
public record StreamRecord<K, V>(K key, @Nullable V value, Instant time, Map<String, String> headers) {

	public StreamRecord {
		headers = Map.copyOf(headers);
	}

}
