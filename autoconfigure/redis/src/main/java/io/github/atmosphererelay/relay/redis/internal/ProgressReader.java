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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Position;

/**
 * Reads the progress of a group in a lane in pages, and leaves out the channels that are
 * in the lane's index. For one thread at a time.
 */
final class ProgressReader {

	private static final RedisScript SCAN = RedisScript.group("group-scan.lua");

	private static final RedisScript LACKS = RedisScript.group("index-lacks.lua");

	private static final String BEGIN = "0";

	private final GroupCalls calls;

	private final GroupProgress progress;

	private final byte[] index;

	private String cursor = BEGIN;

	ProgressReader(GroupCalls calls, GroupProgress progress, RedisLanes lanes, int lane) {
		this.calls = calls;
		this.progress = progress;
		this.index = lanes.recent(lane);
	}

	/**
	 * Read the next page.
	 * @param limit about how many channels to look at; a small hash is read as a whole
	 * @return the page
	 */
	CompletableFuture<Page> next(int limit) {
		return this.calls.run(SCAN, List.of(this.progress.handled()), this.cursor, limit).thenCompose((reply) -> {
			Map<String, Position> positions = new HashMap<>();
			for (int i = 1; i + 1 < reply.size(); i += 2) {
				Position position = GroupCalls.position(reply.get(i + 1));
				if (position != null) {
					positions.put(GroupCalls.text(reply.get(i)), position);
				}
			}
			this.cursor = GroupCalls.text(reply.get(0));
			boolean last = this.cursor.equals(BEGIN);
			return notIndexed(positions).thenApply((found) -> new Page(found, last));
		});
	}

	private CompletableFuture<Map<String, Position>> notIndexed(Map<String, Position> positions) {
		if (positions.isEmpty()) {
			return CompletableFuture.completedFuture(positions);
		}
		List<String> names = new ArrayList<>(positions.keySet());
		return this.calls.run(LACKS, List.of(this.index), names.toArray()).thenApply((reply) -> {
			positions.keySet().retainAll(reply.stream().map(GroupCalls::text).toList());
			return positions;
		});
	}

	/**
	 * A page.
	 *
	 * @param positions how far channels that are not in the index were handled
	 * @param last whether there are no more
	 */
	record Page(Map<String, Position> positions, boolean last) {
	}

}
