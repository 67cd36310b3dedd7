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

package io.github.atmosphererelay.broadcast.internal;

import java.util.UUID;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.internal.BucketMessages;
import org.jspecify.annotations.Nullable;

/**
 * A message in a recorded channel that is to be announced. Its payload is not kept.
 */
final class Announcement {

	private final Envelope envelope;

	private final Envelope withMore;

	private final String channel;

	/**
	 * Create an instance.
	 * @param node the id of this node
	 * @param position the message's position, or {@code null} if it is not known
	 */
	Announcement(Envelope message, UUID node, String channel, int buckets, @Nullable Position position) {
		this.channel = channel;
		this.envelope = BucketMessages.announcement(message, node, channel, buckets, position, false);
		this.withMore = BucketMessages.announcement(message, node, channel, buckets, position, true);
	}

	String channel() {
		return this.channel;
	}

	/**
	 * Return the envelope to send, without a sequence.
	 * @param more whether the log may have later messages that are not announced
	 */
	Envelope envelope(boolean more) {
		return more ? this.withMore : this.envelope;
	}

}
