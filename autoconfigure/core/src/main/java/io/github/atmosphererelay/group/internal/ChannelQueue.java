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

package io.github.atmosphererelay.group.internal;

import java.util.ArrayDeque;
import java.util.Deque;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a channel and is not handled yet. Used by one thread at a time.
 */
final class ChannelQueue {

	private final String channel;

	private final GroupStatistics statistics;

	private final Deque<ChannelItem> items = new ArrayDeque<>();

	/** Whether the first item is being handled, or waits for a thread. */
	boolean running;

	/** Whether the first item waits for a retry, or for being set aside. */
	boolean parked;

	/** Whether the lane leaves the channel out, or is about to. */
	boolean paused;

	/** The position after which the lane reads again when the pause is over. */
	@Nullable Position pausedSince;

	/** How often the first item was tried. */
	int attempts;

	ChannelQueue(String channel, GroupStatistics statistics) {
		this.channel = channel;
		this.statistics = statistics;
	}

	String channel() {
		return this.channel;
	}

	@Nullable ChannelItem first() {
		return this.items.peek();
	}

	int size() {
		return this.items.size();
	}

	/**
	 * Return the position of the last item.
	 */
	@Nullable Position end() {
		ChannelItem last = this.items.peekLast();
		return (last != null) ? last.position() : null;
	}

	void add(ChannelItem item) {
		this.items.add(item);
		this.statistics.buffered(1, bytes(item));
	}

	void removeFirst() {
		ChannelItem item = this.items.poll();
		if (item != null) {
			this.statistics.buffered(-1, -bytes(item));
		}
		this.attempts = 0;
	}

	/**
	 * Forget all items but the first one. They are read again later.
	 */
	void shorten() {
		while (this.items.size() > 1) {
			this.statistics.buffered(-1, -bytes(this.items.removeLast()));
		}
	}

	void clear() {
		while (!this.items.isEmpty()) {
			removeFirst();
		}
	}

	private static long bytes(ChannelItem item) {
		return (item instanceof Publication publication) ? publication.payload().size() : 0;
	}

}
