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

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Remembers which channels this node has added to the index of their lane, so that not
 * every append writes to it. A new connection begins with none, because the server may be
 * another one or may have lost the index. Thread-safe.
 */
final class IndexedChannels {

	/**
	 * The maximum number of channels. If a node publishes to more within a minute, it
	 * writes to the index more often.
	 */
	static final int MAX_CHANNELS = 10_000;

	private final Map<String, Long> times = new LinkedHashMap<>();

	private @Nullable RedisLink link;

	/**
	 * Return when a channel was added.
	 * @param link the present connection
	 * @param channel the channel's name
	 * @return the time by the server's clock, in milliseconds, or 0 if it is not known
	 */
	synchronized long at(RedisLink link, String channel) {
		return (this.link == link) ? this.times.getOrDefault(channel, 0L) : 0;
	}

	/**
	 * Remember that a channel was added.
	 * @param link the connection
	 * @param channel the channel's name
	 * @param time the time by the server's clock, in milliseconds
	 */
	synchronized void add(RedisLink link, String channel, long time) {
		if (this.link != link) {
			this.times.clear();
			this.link = link;
		}
		this.times.remove(channel);
		this.times.put(channel, time);
		if (this.times.size() > MAX_CHANNELS) {
			this.times.remove(this.times.keySet().iterator().next());
		}
	}

}
