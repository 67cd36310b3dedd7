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

import io.github.atmosphererelay.message.ChannelItem;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream gets its items from. The methods do not block.
 */
interface ItemSource {

	/**
	 * Begin to follow the channel, because the node has started. Called once.
	 * @param stream the stream, to be woken when there are items
	 */
	void begin(StreamSignal stream);

	/**
	 * Remove the next item.
	 * @return the item, or {@code null} if there is none now
	 */
	@Nullable ChannelItem poll();

	/**
	 * Return whether {@link #poll} would return {@code null}.
	 */
	boolean isEmpty();

	/**
	 * Return the number of publications that wait for the subscriber.
	 */
	int waiting();

	/**
	 * The stream has room for items, but there are none now. Called on a thread of the
	 * application's pool.
	 */
	default void wanted() {
	}

	/**
	 * Stop following the channel, and forget what is buffered. Called once, perhaps
	 * before {@link #begin} has returned, by any thread.
	 */
	void close();

}
