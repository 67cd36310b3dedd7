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

/**
 * Gets the records that a {@link FeedInput} brings to this node, and delivers them to its
 * sessions.
 * <p>
 * Threads: called by one thread at a time for each partition. The methods do not block,
 * and throw nothing.
 */
interface FeedSink {

	/**
	 * Deliver a record. The records of a partition come in the order of their offsets. A
	 * record that comes again is dropped.
	 * @param epoch the epoch of the topic
	 * @param partition the record's partition
	 * @param record the record, as it was mapped
	 */
	void record(String epoch, int partition, MappedRecord record);

	/**
	 * Records of a partition are missing, or may be: every channel of it that has
	 * subscribers has to read its log.
	 * @param partition the partition
	 */
	void gap(int partition);

	/**
	 * Records of a channel are missing, or may be.
	 * @param channel the channel's name
	 */
	void gap(String channel);

	/**
	 * The topic has another epoch, so that the positions of all channels are void.
	 */
	void changed();

}
