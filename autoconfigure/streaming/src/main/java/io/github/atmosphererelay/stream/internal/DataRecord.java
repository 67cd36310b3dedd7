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

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A record of a reducer's topic as it was read.
 *
 * @param offset its offset in its partition
 * @param key its key as text, or {@code null} if it has none that is text
 * @param value its value, or {@code null} for a tombstone
 * @param time its timestamp
 * @param headers its headers as text
 */
record DataRecord(long offset, @Nullable String key, byte @Nullable [] value, Instant time,
		Map<String, String> headers) {

}
