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

package io.github.atmosphererelay.feed;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A record of a feed's topic, as it stands there. The arrays are not copies and must not
 * be modified.
 *
 * @param topic the topic's name
 * @param partition the partition that has the record
 * @param offset the record's offset in its partition
 * @param time the record's timestamp, in milliseconds since 1970
 * @param key the key, or {@code null} if the record has none
 * @param value the value, or {@code null} if the record is a tombstone
 * @param headers the values of each header, in the record's order; not modifiable. A
 * header without a value is an empty array
 */
public record FeedRecord(String topic, int partition, long offset, long time, byte @Nullable [] key,
		byte @Nullable [] value, Map<String, List<byte[]>> headers) {

	/**
	 * Return whether the record says that its key has no value any more.
	 * @return whether there is no value
	 */
	public boolean isTombstone() {
		return this.value == null;
	}

}
