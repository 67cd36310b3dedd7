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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.relay.PageLimit;

/**
 * What was read of a lane and waits for its owner. Guarded by the lane.
 */
final class KafkaLaneBuffer {

	/** How much is read ahead, besides what comes with one answer of the broker. */
	private static final int MAX_ITEMS = 500;

	private static final long MAX_BYTES = 1024 * 1024;

	private final Deque<Item> items = new ArrayDeque<>();

	private long bytes;

	/** Whether the owner has found nothing to read. */
	private boolean idle;

	/**
	 * Remove what the owner gets next.
	 */
	List<ChannelItem> take(PageLimit limit) {
		List<ChannelItem> taken = new ArrayList<>();
		long takenBytes = 0;
		while (!this.items.isEmpty() && taken.size() < limit.publications() && takenBytes < limit.bytes()) {
			Item item = this.items.remove();
			taken.add(item.item());
			takenBytes += item.bytes();
		}
		this.bytes -= takenBytes;
		this.idle = taken.isEmpty();
		return taken;
	}

	/**
	 * Add an item.
	 * @param item the item
	 * @param offset its offset in the partition
	 * @param bytes its size
	 */
	void add(ChannelItem item, long offset, int bytes) {
		this.items.add(new Item(item, offset, bytes));
		this.bytes += bytes;
	}

	/**
	 * Remove the items of a channel from an offset on.
	 */
	void remove(String channel, long from) {
		this.items.removeIf((item) -> {
			boolean removed = item.item().channel().equals(channel) && item.offset() >= from;
			this.bytes -= removed ? item.bytes() : 0;
			return removed;
		});
	}

	void clear() {
		this.items.clear();
		this.bytes = 0;
	}

	boolean isFull() {
		return this.items.size() >= MAX_ITEMS || this.bytes >= MAX_BYTES;
	}

	/**
	 * Return whether the owner has to be woken, because it has found nothing and there is
	 * something now. It is woken once.
	 */
	boolean wakesOwner() {
		boolean wakes = this.idle && !this.items.isEmpty();
		this.idle &= !wakes;
		return wakes;
	}

	/**
	 * An item that waits for its owner.
	 */
	private record Item(ChannelItem item, long offset, int bytes) {
	}

}
