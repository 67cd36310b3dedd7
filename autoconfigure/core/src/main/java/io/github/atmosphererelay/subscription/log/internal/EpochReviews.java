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
 * The changes of a log's epoch about which this node asks the relay again. When a node
 * continues in a new epoch, a loss may not be known yet: the broker has lost a message of
 * the former epoch, and another node that has delivered it was suspended, or has to
 * reconnect before it can report the message. So the node asks the relay again for a
 * minute, first after half a second, later every five seconds.
 * <p>
 * The answer about an epoch holds for all that followed, so only the oldest change is
 * asked about. Guarded by the follower's lock.
 */
final class EpochReviews {

	private static final long FIRST_NANOS = Duration.ofMillis(500).toNanos();

	private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();

	private static final long DURATION_NANOS = Duration.ofMinutes(1).toNanos();

	/** The maximum number of changes; no relay remembers more epochs. */
	private static final int MAX_CHANGES = 8;

	private final Deque<Change> changes = new ArrayDeque<>(1);

	private long interval = FIRST_NANOS;

	private long dueAt;

	/**
	 * Note that the node continues in another epoch.
	 * @param former the position up to which it has delivered the former epoch
	 * @param reached the greatest offset of the former epoch that it has seen
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
	 * Forget all changes.
	 */
	void clear() {
		this.changes.clear();
	}

	/**
	 * Return the next question that is due.
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
	 * Evaluate an answer.
	 * @param former the position up to which this node had delivered the epoch in
	 * question
	 * @param continuation the relay's answer, or {@code null} if the question has failed
	 * @return whether publications of that epoch are missing. It is {@code false} if the
	 * relay does not know the epoch, which may have ended too long ago
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
	 * One change of the epoch.
	 *
	 * @param former the position up to which the node had delivered the former epoch
	 * @param reached the greatest offset of it that the node had seen
	 * @param endsAt when to stop asking about it, in nanoseconds
	 */
	private record Change(Position former, long reached, long endsAt) {
	}

}
