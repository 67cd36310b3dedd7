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
 * A message was published to a channel that can only be read: the publications of the
 * channel come from a log that somebody outside of this cluster writes.
 */
public final class ReadOnlyChannelException extends IllegalStateException {

	private final String channel;

	/**
	 * Create an exception.
	 * @param channel the channel's name
	 */
	public ReadOnlyChannelException(String channel) {
		super("The channel '" + channel + "' can only be read: its log is not the relay's own");
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
