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

package io.github.atmosphererelay.session;

import java.util.Objects;

import io.github.atmosphererelay.message.Payload;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way to clients. One object is shared by the queues of all its
 * receivers.
 */
public final class OutboundMessage {

	private final Payload payload;

	private final @Nullable String channel;

	/**
	 * Create a message.
	 * @param payload what is sent
	 * @param channel the channel that it belongs to, or {@code null} if it was sent to
	 * users or sessions
	 */
	public OutboundMessage(Payload payload, @Nullable String channel) {
		this.payload = Objects.requireNonNull(payload, "'payload' must not be null");
		this.channel = channel;
	}

	/**
	 * Return what is sent.
	 * @return the payload
	 */
	public Payload payload() {
		return this.payload;
	}

	/**
	 * Return the channel that the message belongs to.
	 * @return the channel's name, or {@code null}
	 */
	public @Nullable String channel() {
		return this.channel;
	}

	int size() {
		return this.payload.size();
	}

}
