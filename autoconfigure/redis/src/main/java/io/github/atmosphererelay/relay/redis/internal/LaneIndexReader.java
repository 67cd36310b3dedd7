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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * Reads the index of a lane in pages, in the order in which channels were last added to
 * it. For one thread at a time.
 */
final class LaneIndexReader {

	private static final RedisScript READ = RedisScript.group("index-read.lua");

	private final GroupCalls calls;

	private final byte[] key;

	private String from;

	private String after = "";

	/**
	 * Create a reader.
	 * @param calls runs scripts
	 * @param key the index
	 * @param from the time from which on a channel was added
	 */
	LaneIndexReader(GroupCalls calls, byte[] key, long from) {
		this.calls = calls;
		this.key = key;
		this.from = Long.toString(Math.max(0, from));
	}

	/**
	 * Read the next page.
	 * @param channels which channels are wanted
	 * @param limit the maximum number of channels to look at
	 * @return the page
	 */
	CompletableFuture<Page> next(Predicate<String> channels, int limit) {
		return this.calls.run(READ, List.of(this.key), this.from, this.after, limit).thenApply((reply) -> {
			List<String> found = new ArrayList<>();
			for (int i = 1; i + 1 < reply.size(); i += 2) {
				this.after = GroupCalls.text(reply.get(i));
				this.from = GroupCalls.text(reply.get(i + 1));
				if (channels.test(this.after)) {
					found.add(this.after);
				}
			}
			return new Page(GroupCalls.number(reply.get(0)), found, reply.size() < 1 + 2 * limit);
		});
	}

	/**
	 * A page.
	 *
	 * @param time when it was read, by the server's clock
	 * @param channels the channels
	 * @param last whether there are no more
	 */
	record Page(long time, List<String> channels, boolean last) {
	}

}
