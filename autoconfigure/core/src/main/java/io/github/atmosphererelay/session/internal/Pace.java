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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Lets one subscription have a message of its channel now and then only, with what is
 * newest by then. The first message comes at once, and so does one after a pause. Safe
 * for use by many threads; no other lock is taken under its own but that of a session's
 * queue.
 */
final class Pace {

	private final LocalSession session;

	private final WriterPool writers;

	/** When the last message was queued, in nanoseconds; {@code null} if none was. */
	private @Nullable Long sentAt;

	private @Nullable OutboundMessage waiting;

	private boolean timed;

	private boolean ended;

	Pace(LocalSession session, WriterPool writers) {
		this.session = session;
		this.writers = writers;
	}

	/**
	 * Keep a message for later, in place of one that was kept before.
	 * @param message the message
	 * @param limits the limits of the channel's queue, which have an interval
	 * @return whether it was kept; otherwise it is to be queued now
	 */
	synchronized boolean holds(OutboundMessage message, QueueLimits limits) {
		long now = System.nanoTime();
		Long sentAt = this.sentAt;
		if (this.ended) {
			return true;
		}
		if (!this.timed) {
			long wait = (sentAt != null) ? limits.interval().toNanos() - (now - sentAt) : 0;
			if (wait <= 0) {
				this.sentAt = now;
				return false;
			}
			this.timed = true;
			this.writers.later(() -> release(limits), Duration.ofNanos(wait));
		}
		if (this.waiting != null) {
			this.writers.countDrop(DropReason.REPLACED);
		}
		this.waiting = message;
		return true;
	}

	private void release(QueueLimits limits) {
		boolean ready = false;
		synchronized (this) {
			this.timed = false;
			OutboundMessage message = this.waiting;
			this.waiting = null;
			if (message != null && !this.ended) {
				this.sentAt = System.nanoTime();
				ready = this.session.offer(message, limits) == LocalSession.Queued.READY;
			}
		}
		if (ready) {
			this.session.shard().wake();
		}
	}

	/**
	 * Drop what is kept, because the session has left the channel.
	 */
	synchronized void end() {
		this.ended = true;
		this.waiting = null;
	}

}
