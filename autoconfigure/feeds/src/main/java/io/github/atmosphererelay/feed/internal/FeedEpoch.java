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

import org.apache.kafka.common.Uuid;

/**
 * The epoch of a feed's channels: the id of the topic, which changes when the topic is
 * made again, and its number of partitions, because another number puts keys into other
 * partitions. All nodes find the same epoch, at any time, without storing anything.
 */
final class FeedEpoch {

	private FeedEpoch() {
	}

	/**
	 * Return the epoch.
	 * @param topic the topic's id
	 * @param partitions the number of its partitions
	 * @return the epoch, such as {@code 5xWQ7kUyQqa0m2n8p1Zx0A-12}
	 */
	static String of(Uuid topic, int partitions) {
		return topic + "-" + partitions;
	}

}
