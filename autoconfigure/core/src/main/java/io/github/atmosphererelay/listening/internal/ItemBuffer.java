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

package io.github.atmosphererelay.listening.internal;

import java.util.ArrayDeque;
import java.util.Deque;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * A queue of items with a limit of publications and bytes, which counts but does not
 * enforce it. Not thread-safe.
 */
final class ItemBuffer {

	private final int maxMessages;

	private final long maxBytes;

	private final BufferSizes sizes;

	private final Deque<ChannelItem> items = new ArrayDeque<>(2);

	private int publications;

	private long bytes;

	ItemBuffer(ListenOptions options, BufferSizes sizes) {
		this.sizes = sizes;
		this.maxMessages = options.bufferMessages();
		this.maxBytes = options.bufferBytes();
	}

	/**
	 * Return whether a publication fits. One fits in any case if the buffer is empty.
	 */
	boolean hasRoom(Publication publication) {
		return this.items.isEmpty()
				|| (this.items.size() < this.maxMessages && this.bytes + publication.payload().size() <= this.maxBytes);
	}

	void add(ChannelItem item) {
		this.items.add(item);
		count(item, 1);
	}

	/**
	 * Add a discontinuity or, if the last item is one of the same reason, make it one. So
	 * the buffer does not grow while publications are lost again and again.
	 */
	void merge(Discontinuity discontinuity) {
		ChannelItem last = this.items.peekLast();
		if (last instanceof Discontinuity before && before.reason() == discontinuity.reason()) {
			this.items.removeLast();
			boolean known = before.missing() != Discontinuity.UNKNOWN
					&& discontinuity.missing() != Discontinuity.UNKNOWN;
			this.items.add(new Discontinuity(discontinuity.channel(), discontinuity.reason(),
					known ? before.missing() + discontinuity.missing() : Discontinuity.UNKNOWN,
					discontinuity.position()));
		}
		else {
			this.items.add(discontinuity);
		}
	}

	/**
	 * Return the number of publications.
	 */
	int publications() {
		return this.publications;
	}

	private void count(ChannelItem item, int sign) {
		if (item instanceof Publication publication) {
			int size = publication.payload().size();
			this.publications += sign;
			this.bytes += (long) sign * size;
			this.sizes.buffered(sign, (long) sign * size);
		}
	}

	@Nullable ChannelItem poll() {
		ChannelItem item = this.items.poll();
		if (item != null) {
			count(item, -1);
		}
		return item;
	}

	boolean isEmpty() {
		return this.items.isEmpty();
	}

	void clear() {
		this.sizes.buffered(-this.publications, -this.bytes);
		this.items.clear();
		this.publications = 0;
		this.bytes = 0;
	}

}
