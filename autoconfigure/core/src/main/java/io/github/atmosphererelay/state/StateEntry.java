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

package io.github.atmosphererelay.state;

import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;

/**
 * The current value of a channel.
 *
 * @param channel the channel's name
 * @param position the position of the publication that has set the value
 * @param order decides which of two entries of different epochs is newer: the one with
 * the greater number. Entries of one epoch are compared by their offsets
 * @param time when the value was set, in milliseconds since 1970
 * @param payload the value
 * @param headers the publication's headers
 */
public record StateEntry(String channel, Position position, long order, long time, Payload payload,
		Map<String, String> headers) {

	public StateEntry {
		Objects.requireNonNull(channel, "'channel' must not be null");
		Objects.requireNonNull(position, "'position' must not be null");
		Objects.requireNonNull(payload, "'payload' must not be null");
		headers = Map.copyOf(headers);
	}

	/**
	 * Return whether this entry is newer than another one of the same channel.
	 * @param other the other entry
	 * @return whether this one replaces it
	 */
	public boolean supersedes(StateEntry other) {
		return this.position.epoch().equals(other.position.epoch()) ? this.position.offset() > other.position.offset()
				: this.order > other.order;
	}

}
