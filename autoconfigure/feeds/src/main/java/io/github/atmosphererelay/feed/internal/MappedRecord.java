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

package io.github.atmosphererelay.feed.internal;

import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.message.Payload;

/**
 * What a record of a feed has become.
 *
 * @param offset the record's offset in its partition
 * @param time the record's timestamp, in milliseconds since 1970
 * @param channel the name of its channel
 * @param payload the message
 * @param headers the message's headers
 */
record MappedRecord(long offset, long time, String channel, Payload payload, Map<String, String> headers) {

	MappedRecord {
		Objects.requireNonNull(channel, "'channel' must not be null");
		Objects.requireNonNull(payload, "'payload' must not be null");
		headers = Map.copyOf(headers);
	}

	/**
	 * Return this without its offset: it is one of another partition than the one that
	 * has the channel now, and says nothing about where a client goes on.
	 */
	MappedRecord elsewhere() {
		return new MappedRecord(-1, this.time, this.channel, this.payload, this.headers);
	}

	/**
	 * Return whether this comes from another partition than the one that has the channel
	 * now.
	 */
	boolean isElsewhere() {
		return this.offset < 0;
	}

}
