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

package io.github.atmosphererelay.relay.redis.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.GroupOptions;

/**
 * Finds out after which positions a group goes on in channels: after the last committed
 * one, or where it begins. A log that was in no index when the group was made, because a
 * version without an index has written it, is one whose beginning the group does not
 * know; a group of new messages begins there with the first message of a version with an
 * index. Thread-safe; never blocks.
 */
final class LaneBegins {

	private final GroupProgress progress;

	private final RedisLog log;

	LaneBegins(GroupProgress progress, RedisLog log) {
		this.progress = progress;
		this.log = log;
	}

	/**
	 * Return the positions, for at most {@link GroupCalls#MAX_CHANNELS}. A channel in
	 * which the group begins with the first message is left out.
	 */
	CompletableFuture<Map<String, Position>> load(List<String> channels) {
		return this.progress.load(channels).thenCompose((loaded) -> {
			List<String> others = channels.stream().filter((channel) -> !loaded.containsKey(channel)).toList();
			if (others.isEmpty() || this.progress.start() != GroupOptions.Start.LATEST) {
				return CompletableFuture.completedFuture(loaded);
			}
			return this.log.indexedAt(others).thenApply((begins) -> {
				Map<String, Position> all = new HashMap<>(loaded);
				all.putAll(begins);
				return all;
			});
		});
	}

}
