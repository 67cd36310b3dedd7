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

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * Brings a feed's records to this node. There is one implementation for each mode.
 * <p>
 * Threads: the methods are called by any thread and do not block, except {@link #stop}.
 */
interface FeedInput {

	/**
	 * Begin to read, or to receive. Returns at once, also while the broker is away.
	 * @param sink gets the records
	 */
	void start(FeedSink sink);

	/**
	 * Stop. May block for up to two seconds. After this has returned, the sink is not
	 * called any more. A stopped input is not started again.
	 */
	void stop();

	/**
	 * Begin to bring the records of a channel.
	 * @param channel the channel's name
	 * @return completes when every record from now on reaches the sink. Stays open while
	 * that is not possible; is cancelled by {@link #unsubscribe} and {@link #stop}
	 */
	CompletableFuture<@Nullable Void> subscribe(String channel);

	/**
	 * Stop to bring the records of a channel.
	 * @param channel the channel's name
	 */
	void unsubscribe(String channel);

	/**
	 * Return whether records of all partitions arrive, as far as this node knows.
	 * @return whether they do
	 */
	boolean isUp();

	/**
	 * Return what is known of the topic.
	 * @return its id and number of partitions, or {@code null} if it was not reached yet
	 */
	@Nullable TopicInfo topic();

	/**
	 * Return how many records of the topic this node has not read yet.
	 * @return the number of records, 0 if another process reads them
	 */
	default long lag() {
		return 0;
	}

	/**
	 * Return the partitions that this process reads for all nodes.
	 * @return their numbers; empty if other processes do, or each node for itself
	 */
	default Set<Integer> redistributed() {
		return Set.of();
	}

	/**
	 * Return the node that reads a partition for this one, as a redistributor.
	 * @param partition the partition
	 * @return the node's id, or {@code null} if that is not known, or there is none
	 */
	default @Nullable UUID owner(int partition) {
		return null;
	}

	/**
	 * Return the memory of a partition's messages.
	 * @param partition the partition
	 * @param place the place of the partition
	 * @return the memory, or {@code null} if this node keeps none of this partition, or
	 * not up to this place
	 */
	default @Nullable RecoveryMemory memory(int partition, PartitionPlace place) {
		return null;
	}

	/**
	 * Return up to which place of a partition the sink has got every record that this
	 * node wants.
	 * @param partition the partition
	 * @return the place, or {@code null} if it is not known yet
	 */
	@Nullable PartitionPlace place(int partition);

}
