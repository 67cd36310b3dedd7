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

package io.github.atmosphererelay.subscription.log.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.LogContinuation;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a log's epoch that are to be asked about again. When a node went on in a new
 * epoch, nobody may have known yet of a message of the former one that the broker has
 * lost and another node has delivered: that node may have stood still, or may have to
 * reconnect before it can report the message. So the relay is asked again for a minute,
 * at first after half a second and later every five seconds.
 * <p>
 * The answer about an epoch holds for all that followed, so only the oldest change is
 * asked about. Guarded by the follower's lock.
 */
final class EpochReviews {

	private static final long FIRST_NANOS = Duration.ofMillis(500).toNanos();

	private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();

	private static final long DURATION_NANOS = Duration.ofMinutes(1).toNanos();

	/** How many changes are kept; no relay remembers more epochs. */
	private static final int MAX_CHANGES = 8;

	private final Deque<Change> changes = new ArrayDeque<>(1);

	private long interval = FIRST_NANOS;

	private long dueAt;

	/**
	 * The node goes on in another epoch.
	 * @param former up to where it has delivered the former one
	 * @param reached the greatest offset of the former one that it has seen
	 * @param now the present time in nanoseconds
	 */
	void begin(Position former, long reached, long now) {
		if (this.changes.size() == MAX_CHANGES) {
			this.changes.remove();
		}
		this.changes.add(new Change(former, reached, now + DURATION_NANOS));
		this.interval = FIRST_NANOS;
		this.dueAt = now + FIRST_NANOS;
	}

	/**
	 * Ask about nothing any more.
	 */
	void clear() {
		this.changes.clear();
	}

	/**
	 * Return what to ask now.
	 * @param now the present time in nanoseconds
	 * @return the question, or {@code null} if there is nothing to ask now
	 */
	LogCursor.Question.@Nullable Resume due(long now) {
		while (!this.changes.isEmpty() && now - this.changes.element().endsAt() > 0) {
			this.changes.remove();
		}
		if (this.changes.isEmpty() || now - this.dueAt < 0) {
			return null;
		}
		this.dueAt = now + this.interval;
		this.interval = Math.min(2 * this.interval, LONGEST_NANOS);
		Change oldest = this.changes.element();
		return new LogCursor.Question.Resume(oldest.former(), oldest.reached());
	}

	/**
	 * Take an answer.
	 * @param former up to where this node had delivered the epoch that was asked about
	 * @param continuation what the relay has answered, or {@code null} if it has not
	 * @return whether something of that epoch is missing. An epoch that the relay no
	 * longer knows does not tell that: it may be too long ago.
	 */
	boolean isMissing(Position former, @Nullable LogContinuation continuation) {
		Change oldest = this.changes.peek();
		if (continuation == null || oldest == null || !oldest.former().equals(former)) {
			return false;
		}
		if (!continuation.known()) {
			this.changes.remove();
			return false;
		}
		return !continuation.complete();
	}

	/**
	 * A change of the epoch.
	 *
	 * @param former up to where the node had delivered the former epoch
	 * @param reached the greatest offset of it that the node had seen
	 * @param endsAt when to ask about it no more, in nanoseconds
	 */
	private record Change(Position former, long reached, long endsAt) {
	}

}
