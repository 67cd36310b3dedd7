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

/**
 * Delivers one message to many sessions: queues it at each session, and wakes each writer
 * once at the end. For use by one thread.
 */
public final class Fanout {

	private final WriterPool writers;

	private final OutboundMessage message;

	private final QueueLimits limits;

	private long shards;

	private int sessions;

	private int queued;

	Fanout(WriterPool writers, OutboundMessage message, QueueLimits limits) {
		this.writers = writers;
		this.message = message;
		this.limits = limits;
	}

	/**
	 * Queue the message at a session.
	 * @param session the session
	 */
	public void add(LocalSession session) {
		this.sessions++;
		LocalSession.Queued result = session.offer(this.message, this.limits);
		if (result == LocalSession.Queued.REFUSED) {
			return;
		}
		this.queued++;
		if (result == LocalSession.Queued.READY) {
			this.shards |= 1L << session.shard().index();
		}
	}

	/**
	 * Queue the message at the session of a subscription, or hold it there until the
	 * client has been told that it is subscribed, or until its channel may have another
	 * message.
	 * @param subscription the subscription
	 */
	public void add(Subscription subscription) {
		if (subscription.holds(this.message, this.limits)
				|| subscription.paces(this.message, this.limits, this.writers)) {
			this.sessions++;
			this.queued++;
			return;
		}
		add(subscription.session());
	}

	/**
	 * Wake the writers of the sessions.
	 * @return the number of sessions added
	 */
	public int send() {
		this.writers.wake(this.shards);
		return this.sessions;
	}

	/**
	 * Return how many of the sessions have accepted the message.
	 * @return the number of sessions at which it was queued or is held
	 */
	public int queued() {
		return this.queued;
	}

}
