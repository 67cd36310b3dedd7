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

import io.github.atmosphererelay.feed.FeedPartitioner;

/**
 * The partitioner of an application, of which nothing but an exception or a partition of
 * the topic comes back. Clients choose the names of channels, so a partitioner that
 * cannot handle one key, as with the usual {@code hash % partitions} of a negative hash,
 * must not end the feed for others.
 *
 * @param partitioner the application's
 */
record CheckedPartitioner(FeedPartitioner partitioner) implements FeedPartitioner {

	static FeedPartitioner of(FeedPartitioner partitioner) {
		return (partitioner instanceof CheckedPartitioner) ? partitioner : new CheckedPartitioner(partitioner);
	}

	@Override
	public int partition(byte[] key, int partitions) {
		Integer found;
		try {
			found = ApplicationCall.of(() -> this.partitioner.partition(key, partitions));
		}
		catch (Throwable ex) {
			throw new IllegalStateException("The partitioner has failed: " + ex.getClass().getName(), ex);
		}
		if (found == null || found < 0 || found >= partitions) {
			throw new IllegalStateException(
					"The partitioner has returned " + found + ", but the partitions are 0 to " + (partitions - 1));
		}
		return found;
	}

}
