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

package io.github.atmosphererelay.session.internal;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The messages of a channel that arrive for a subscription whose client has not been told
 * of it yet. They follow the frame that tells the client, because some clients drop
 * messages of channels that they do not know of. The limits and the policy of the
 * channel's queue apply here, too. Safe for use by many threads; no other lock is taken
 * under its own but that of a session's queue.
 */
final class HeldMessages {

	private final LocalSession session;

	/** Made for the first message, of which there is usually none. */
	private @Nullable OutboundQueue queue;

	/** The limits that the messages came with. */
	private @Nullable QueueLimits limits;

	/** Whether what still arrives is dropped. */
	private boolean refusing;

	private boolean released;

	HeldMessages(LocalSession session) {
		this.session = session;
	}

	/**
	 * Hold a message.
	 * @param message the message
	 * @param limits the limits of the channel's queue
	 * @return whether it was taken; {@code false} if the client has been told meanwhile,
	 * and the message has to be queued for it
	 */
	synchronized boolean take(OutboundMessage message, QueueLimits limits) {
		if (this.released) {
			return false;
		}
		OutboundQueue queue = this.queue;
		if (queue == null) {
			queue = this.session.makeQueue();
			this.queue = queue;
			this.limits = limits;
		}
		if (!this.refusing && queue.offer(message, limits) == OutboundQueue.Offer.OVERFLOW) {
			this.refusing = this.session.overflowed(limits);
		}
		return true;
	}

	/**
	 * Queue the held messages for the client, which has been told. From now on nothing is
	 * held.
	 */
	synchronized void release() {
		this.released = true;
		OutboundQueue queue = this.queue;
		QueueLimits limits = this.limits;
		this.queue = null;
		if (queue == null || limits == null) {
			return;
		}
		List<OutboundMessage> messages = new ArrayList<>();
		queue.drain(messages, Integer.MAX_VALUE, Long.MAX_VALUE);
		for (OutboundMessage message : messages) {
			if (this.session.offer(message, limits) == LocalSession.Queued.READY) {
				this.session.shard().wake();
			}
		}
	}

	/**
	 * Drop the held messages, and those that still arrive: the client is not told of the
	 * subscription any more.
	 */
	synchronized void drop() {
		if (!this.released) {
			this.refusing = true;
			OutboundQueue queue = this.queue;
			if (queue != null) {
				queue.drain(new ArrayList<>(), Integer.MAX_VALUE, Long.MAX_VALUE);
			}
		}
	}

}
