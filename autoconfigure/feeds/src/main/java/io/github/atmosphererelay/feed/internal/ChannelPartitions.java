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

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

import io.github.atmosphererelay.feed.FeedPartitioner;
import org.jspecify.annotations.Nullable;

/**
 * Tells which partition has the records of a channel. For any thread.
 */
final class ChannelPartitions {

	private final ChannelTemplate template;

	private final FeedPartitioner partitioner;

	private final Supplier<@Nullable TopicInfo> topic;

	ChannelPartitions(ChannelTemplate template, FeedPartitioner partitioner, Supplier<@Nullable TopicInfo> topic) {
		this.template = template;
		this.partitioner = partitioner;
		this.topic = topic;
	}

	/**
	 * Return the partition of a channel.
	 * @return the partition, or {@code null} if the topic is not known yet, or the
	 * application's partitioner has failed
	 */
	@Nullable Integer of(String channel) {
		TopicInfo topic = this.topic.get();
		String key = this.template.value(channel);
		if (topic == null || key == null) {
			return null;
		}
		try {
			return this.partitioner.partition(key.getBytes(StandardCharsets.UTF_8), topic.partitions());
		}
		catch (RuntimeException ex) {
			// Counted where its records are read
			return null;
		}
	}

}
