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
 * A record that was mapped, on its way to a node.
 *
 * @param offset the record's offset in its partition
 * @param time the record's timestamp, in milliseconds since 1970
 * @param channel the name of its channel
 * @param payload the message
 * @param headers the message's headers
 */
public record ForwardedRecord(long offset, long time, String channel, Payload payload, Map<String, String> headers) {

	public ForwardedRecord {
		Objects.requireNonNull(channel, "'channel' must not be null");
		Objects.requireNonNull(payload, "'payload' must not be null");
		headers = Map.copyOf(headers);
	}

}
