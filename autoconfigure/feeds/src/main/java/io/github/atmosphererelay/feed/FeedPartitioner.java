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

/**
 * Tells which partition has the records of a key. It has to be what the producers of the
 * topic use. The default is {@code murmur2}, which Kafka's Java clients use; a bean that
 * {@code atmosphere.feeds[n].partitioner} names replaces it. Pure, does not block, called
 * by any thread.
 */
@FunctionalInterface
public interface FeedPartitioner {

	/**
	 * Return the partition of a key.
	 * @param key the bytes of the key
	 * @param partitions the number of partitions of the topic, 1 or more
	 * @return a partition, from 0 to {@code partitions - 1}
	 */
	int partition(byte[] key, int partitions);

}
