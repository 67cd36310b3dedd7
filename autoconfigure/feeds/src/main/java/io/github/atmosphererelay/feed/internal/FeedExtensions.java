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

package io.github.atmosphererelay.feed.internal;

import io.github.atmosphererelay.feed.FeedMapping;
import io.github.atmosphererelay.feed.FeedPartitioner;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.state.StateStore;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What the application contributes to a feed.
 *
 * @param mapping maps records, or {@code null} if the template does
 * @param values reads values, or {@code null} if the format says what they are
 * @param partitioner tells which partition has a key
 * @param states has the current values for which memory is not enough, or {@code null}
 */
public record FeedExtensions(@Nullable FeedMapping mapping, @Nullable ValueReader values, FeedPartitioner partitioner,
		@Nullable StateStore states) {

	/**
	 * Create extensions without a state store.
	 * @param mapping maps records, or {@code null} if the template does
	 * @param values reads values, or {@code null} if the format says what they are
	 * @param partitioner tells which partition has a key
	 */
	public FeedExtensions(@Nullable FeedMapping mapping, @Nullable ValueReader values, FeedPartitioner partitioner) {
		this(mapping, values, partitioner, null);
	}

	/**
	 * Reads a value with the application's deserializer.
	 */
	@FunctionalInterface
	public interface ValueReader {

		/**
		 * Read a value. Several threads may call this at once.
		 * @param topic the topic
		 * @param headers the record's headers
		 * @param value the value
		 * @return what clients get, or {@code null} to treat the record as a tombstone
		 */
		@Nullable Payload read(String topic, Headers headers, byte[] value);

	}

}
