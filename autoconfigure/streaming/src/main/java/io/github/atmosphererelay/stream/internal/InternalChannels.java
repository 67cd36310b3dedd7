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

package io.github.atmosphererelay.stream.internal;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * The channels of the relay that processes use among themselves: no client can subscribe
 * to them, and no interceptor of the application sees them. For any thread; no method
 * blocks.
 */
interface InternalChannels {

	/** The prefix of the channels' names. */
	String PREFIX = "~s/";

	/**
	 * Publish to all processes that listen, this one included.
	 * @param channel the channel's name, with the prefix
	 * @return completes when the relay has the message; fails if not, or if that is not
	 * known
	 */
	CompletableFuture<@Nullable Void> publish(String channel, Map<String, String> headers, Payload payload);

	/**
	 * Listen to a channel.
	 * @param channel the channel's name, with the prefix
	 * @param listener gets what is published
	 * @return what was begun
	 */
	Listening listen(String channel, Listener listener);

	/**
	 * Gets what is published. Called by threads of the relay and of publishers, which it
	 * must not block.
	 */
	interface Listener {

		/**
		 * A message was published.
		 * @param headers the message's headers
		 * @param payload the message's payload
		 */
		void received(Map<String, String> headers, Payload payload);

		/**
		 * Messages may be missing.
		 */
		void missed();

	}

	/**
	 * Listening to a channel, until it is closed.
	 *
	 * @param confirmed completes when everything that is published from now on arrives
	 * @param closing ends it
	 */
	record Listening(CompletableFuture<?> confirmed, Runnable closing) {

		void close() {
			this.closing.run();
		}

	}

}
