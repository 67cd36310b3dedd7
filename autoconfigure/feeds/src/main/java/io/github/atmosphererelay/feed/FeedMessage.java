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

package io.github.atmosphererelay.feed;

import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.message.Payload;

/**
 * What a record becomes: a publication in a channel.
 *
 * @param channel the channel's name, which the feed's pattern has to cover
 * @param payload the message
 * @param headers the message's headers, which clients of the SDK get as tags
 */
public record FeedMessage(String channel, Payload payload, Map<String, String> headers) {

	/**
	 * The header that marks a tombstone. Its value is {@code tombstone}.
	 */
	public static final String EVENT = "feed-event";

	/**
	 * The value of {@link #EVENT} for a tombstone.
	 */
	public static final String TOMBSTONE = "tombstone";

	public FeedMessage {
		Objects.requireNonNull(channel, "'channel' must not be null");
		Objects.requireNonNull(payload, "'payload' must not be null");
		headers = Map.copyOf(headers);
	}

	/**
	 * Create a message without headers.
	 * @param channel the channel's name
	 * @param payload the message
	 */
	public FeedMessage(String channel, Payload payload) {
		this(channel, payload, Map.of());
	}

}
