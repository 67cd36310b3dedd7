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

package io.github.atmosphererelay.channel;

/**
 * The operation needs a recorded channel, and the channel has no log. Examples are
 * {@code history}, {@code position} and idempotency keys.
 */
public final class ChannelNotRecordedException extends IllegalStateException {

	private final String channel;

	/**
	 * Create an exception.
	 * @param channel the channel's name
	 */
	public ChannelNotRecordedException(String channel) {
		super("The channel '" + channel + "' has no log: set 'atmosphere.channels[*].history.size' for its pattern");
		this.channel = channel;
	}

	/**
	 * Return the channel.
	 * @return the channel's name
	 */
	public String channel() {
		return this.channel;
	}

}
