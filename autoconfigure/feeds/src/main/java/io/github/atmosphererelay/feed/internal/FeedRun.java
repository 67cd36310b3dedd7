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

import java.util.UUID;

import io.github.atmosphererelay.feed.FeedPartitioner;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of a feed work with, from its start to its stop.
 *
 * @param node the id of this node
 * @param settings the feed's settings
 * @param mapper maps its records
 * @param partitioner tells which partition has a key
 * @param memory keeps recent messages; {@code null} if the feed is ephemeral, or its mode
 * keeps none
 * @param state has the current value of each channel; {@code null} if subscribers do not
 * begin with it
 * @param statistics counts
 * @param health tells operators what is wrong
 * @param clients creates Kafka clients
 * @param guard keeps loops alive
 */
record FeedRun(UUID node, FeedSettings settings, FeedMapper mapper, FeedPartitioner partitioner,
		@Nullable RecoveryMemory memory, @Nullable FeedState state, FeedStatistics statistics, FeedHealth health,
		FeedClients clients, Guard guard) {

	/**
	 * Return the exception for what cannot be read now.
	 */
	RelayUnavailableException unavailable() {
		return new RelayUnavailableException(this.settings.name(), null);
	}

}
