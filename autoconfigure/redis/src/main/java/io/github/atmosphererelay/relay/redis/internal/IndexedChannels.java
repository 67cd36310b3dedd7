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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Remembers which channels this node has added to the index of their lane, so that not
 * every append writes to it. Through a new connection each channel is added again before
 * its next message, because the server may be another one or may have lost the index;
 * what was added through former connections is remembered for {@link #ofLane}.
 * Thread-safe.
 */
final class IndexedChannels {

	/**
	 * The maximum number of channels. If a node publishes to more within a minute, it
	 * writes to the index more often.
	 */
	static final int MAX_CHANNELS = 10_000;

	/** Less than the minute after which the append script refuses the time. */
	private static final long MAX_AGE_NANOS = Duration.ofSeconds(50).toNanos();

	private final Map<String, Added> channels = new LinkedHashMap<>();

	private @Nullable RedisLink link;

	/** Counts the connections. */
	private long generation;

	/**
	 * Return when a channel was added.
	 * @param link the present connection
	 * @param channel the channel's name
	 * @return the time by the server's clock, in milliseconds; 0 if it is not known, or
	 * too long ago
	 */
	synchronized long at(RedisLink link, String channel) {
		Added added = (this.link == link) ? this.channels.get(channel) : null;
		return (added != null && added.generation() == this.generation
				&& System.nanoTime() - added.nanos() < MAX_AGE_NANOS) ? added.time() : 0;
	}

	/**
	 * Remember that a channel was added.
	 * @param link the connection
	 * @param channel the channel's name
	 * @param time the time by the server's clock, in milliseconds
	 * @param retention how long its messages are kept, in milliseconds
	 */
	synchronized void add(RedisLink link, String channel, long time, long retention) {
		if (this.link != link) {
			this.generation++;
			this.link = link;
		}
		this.channels.remove(channel);
		this.channels.put(channel, new Added(this.generation, time, System.nanoTime(), retention));
		if (this.channels.size() > MAX_CHANNELS) {
			this.channels.remove(this.channels.keySet().iterator().next());
		}
	}

	synchronized void forget(String channel) {
		this.channels.remove(channel);
	}

	/**
	 * Return the channels of a lane, with the retention of their messages.
	 */
	synchronized Map<String, Long> ofLane(int lane) {
		Map<String, Long> found = new LinkedHashMap<>();
		this.channels.forEach((channel, added) -> {
			if (RedisLanes.of(channel) == lane) {
				found.put(channel, added.retention());
			}
		});
		return found;
	}

	private record Added(long generation, long time, long nanos, long retention) {
	}

}
