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

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Maps records, and finds those that are in another partition than their key belongs to,
 * if clients can recover: their channel's log would not have them. Throws nothing. For
 * any thread.
 */
final class PlacedMapper {

	private final FeedRun run;

	PlacedMapper(FeedRun run) {
		this.run = run;
	}

	/**
	 * Map a record.
	 */
	Mapped map(TopicInfo topic, ConsumerRecord<byte[], byte[]> record) {
		Mapped mapped = this.run.mapper().map(record);
		Mapped misplaced = (mapped instanceof Mapped.Message) ? misplaced(topic, record) : null;
		return (misplaced != null) ? misplaced : mapped;
	}

	/**
	 * Return why a record that has a channel is skipped nevertheless.
	 * @return the reason, or {@code null} if the record is where it belongs
	 */
	Mapped.@Nullable Skipped misplaced(TopicInfo topic, ConsumerRecord<byte[], byte[]> record) {
		if (!this.run.settings().isRecorded()) {
			return null;
		}
		try {
			int own = this.run.partitioner().partition(record.key(), topic.partitions());
			return (own == record.partition()) ? null : new Mapped.Skipped(SkipReason.MISPLACED, null);
		}
		catch (RuntimeException ex) {
			return new Mapped.Skipped(SkipReason.MAPPING_FAILED, "its partitioner: " + ex);
		}
	}

}
