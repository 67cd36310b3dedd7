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
import java.util.Queue;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * A queue of items with a limit of publications and bytes, which counts but does not
 * enforce it. Not thread-safe.
 */
final class ItemBuffer {

	private final int maxMessages;

	private final long maxBytes;

	private final Queue<ChannelItem> items = new ArrayDeque<>(2);

	private long bytes;

	ItemBuffer(ListenOptions options) {
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
		this.bytes += size(item);
	}

	@Nullable ChannelItem poll() {
		ChannelItem item = this.items.poll();
		if (item != null) {
			this.bytes -= size(item);
		}
		return item;
	}

	boolean isEmpty() {
		return this.items.isEmpty();
	}

	void clear() {
		this.items.clear();
		this.bytes = 0;
	}

	private static int size(ChannelItem item) {
		return (item instanceof Publication publication) ? publication.payload().size() : 0;
	}

}
