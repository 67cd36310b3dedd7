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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Awaited;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.session.internal.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * Follows the log of one channel: reads from the relay what its cursor asks for, and
 * tells sessions with positions when that cannot be read any more. Lives exactly as long
 * as the node's interest in the channel, see {@link LogFollowerRegistry}.
 * <p>
 * Called by the relay's threads, the scheduler and threads of the doors. Its one lock
 * guards cursor and subscriptions, and is taken in this class alone. Under it messages
 * are queued at sessions, sessions are closed and subscriptions are answered, none of
 * which blocks or takes another lock; the relay is asked, and sessions with positions are
 * told of a loss, without it. At most one read is under way at a time: the cursor lets
 * nobody begin another.
 */
public final class LogFollower {

	private final String channel;

	private final ChannelLog log;

	private final LogStatistics statistics;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	private final LogSubscriptions subscriptions;

	private final LogCursor cursor;

	/** Whether the node has left the channel. Guarded by the lock. */
	private boolean closed;

	/** Whether it is known where the channel is. */
	private volatile boolean placed;

	private final Awaited<Boolean> ready = new Awaited<>();

	LogFollower(String channel, ChannelLog log, LocalDelivery delivery, LogStatistics statistics, Guard guard) {
		this.guard = guard;
		this.channel = channel;
		this.log = log;
		this.statistics = statistics;
		this.subscriptions = new LogSubscriptions(statistics);
		this.cursor = new LogCursor(channel, log.hasConsecutiveOffsets(), this.subscriptions, delivery, statistics);
	}

	public String channel() {
		return this.channel;
	}

	/**
	 * Tell when it is known where the channel is.
	 * @param timeout how long to wait
	 * @return completes with whether it is known
	 */
	public CompletableFuture<Boolean> placed(Duration timeout) {
		return this.ready.within(timeout, false);
	}

	@Nullable Position delivered() {
		this.lock.lock();
		try {
			return this.cursor.delivered();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Deliver nothing any more, and ask for nothing: the node no longer follows the
	 * channel. When this returns no delivery is under way.
	 */
	void close() {
		this.lock.lock();
		try {
			this.closed = true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Compare with the log soon: the relay has begun to follow the channel, or may have
	 * missed something of it.
	 */
	public void suspect() {
		step((lost) -> this.cursor.suspect());
	}

	/**
	 * Publications are gone, though the log does not show it.
	 * @param position up to where positions do not tell who has had them
	 * @param missed whether this node has not delivered all of them
	 */
	public void lost(Position position, boolean missed) {
		step((lost) -> {
			this.cursor.lost(position, missed, lost);
			return false;
		});
	}

	/**
	 * Take what the relay brings.
	 * @param envelope what has arrived
	 * @param position its place in the log
	 */
	public void arrive(Envelope envelope, Position position) {
		step((lost) -> this.cursor.take(envelope, position));
	}

	/**
	 * Take a step of the cursor, tell those who have missed something, and ask the relay
	 * for what the cursor needs next.
	 */
	private void step(Step step) {
		List<LogSubscription> lost = new ArrayList<>(0);
		LogCursor.Question question = null;
		this.lock.lock();
		try {
			if (this.closed) {
				return;
			}
			try {
				question = step.take(lost) ? this.cursor.next() : null;
			}
			catch (Throwable ex) {
				// Otherwise the channel would stand still on this node from now on. Its
				// clients are sent away to come back.
				this.guard.failed(ex);
				this.cursor.deliveryFailed(lost);
			}
		}
		finally {
			this.lock.unlock();
		}
		// Outside of the lock: it ends subscriptions.
		// Each by itself: the others are told all the same, and the log is read on.
		lost.forEach((subscription) -> this.guard.run(subscription.request().subscriber()::lost));
		if (question != null) {
			ask(question);
		}
	}

	private void ask(LogCursor.Question question) {
		try {
			if (question instanceof LogCursor.Question.Since since) {
				this.log.read(this.channel, since.position(), LogCursor.PAGE, ReadDirection.FORWARD)
					.whenComplete(this::readOn);
			}
			else if (question instanceof LogCursor.Question.Resume resume) {
				this.log.resume(this.channel, resume.delivered(), resume.reached()).whenComplete(this::resumed);
			}
			else {
				this.log.position(this.channel).whenComplete(this::found);
			}
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
			retryLater();
		}
	}

	private void found(@Nullable Position position, @Nullable Throwable failure) {
		if (position == null) {
			retryLater();
			return;
		}
		step((lost) -> {
			try {
				return this.cursor.begin(position);
			}
			finally {
				this.placed = this.cursor.delivered() != null;
			}
		});
		if (this.placed) {
			this.ready.complete(true);
		}
	}

	private void readOn(@Nullable LogPage page, @Nullable Throwable failure) {
		if (page == null) {
			retryLater();
			return;
		}
		step((lost) -> this.cursor.advance(page, lost));
	}

	private void resumed(@Nullable LogContinuation continuation, @Nullable Throwable failure) {
		if (continuation == null) {
			retryLater();
			return;
		}
		step((lost) -> this.cursor.advance(continuation, lost));
	}

	private void retryLater() {
		this.lock.lock();
		try {
			this.cursor.readFailed();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Look whether something is to be done: a read that has failed, a question after a
	 * change of the epoch, or a comparison with the log after a time without a message.
	 * Called by the one scheduler.
	 * @param now the present time in nanoseconds
	 * @param quietNanos after which time without a message to compare
	 * @return whether the relay was asked for something
	 */
	boolean tick(long now, long quietNanos) {
		LogCursor.Question retry;
		LogCursor.Question.Resume review;
		boolean check;
		this.lock.lock();
		try {
			if (this.closed) {
				return false;
			}
			retry = this.cursor.retry() ? this.cursor.next() : null;
			review = (retry != null) ? null : this.cursor.review(now);
			check = retry == null && review == null && this.cursor.check(now, quietNanos);
		}
		finally {
			this.lock.unlock();
		}
		if (retry != null) {
			ask(retry);
		}
		else if (review != null) {
			review(review);
		}
		else if (check) {
			check();
		}
		return retry != null || review != null || check;
	}

	private void review(LogCursor.Question.Resume review) {
		try {
			this.log.resume(this.channel, review.delivered(), review.reached())
				.whenComplete((continuation, ex) -> step((lost) -> {
					this.cursor.reviewed(review.delivered(), continuation);
					return false;
				}));
		}
		catch (Throwable ex) {
			// It is asked again after a while.
			this.guard.failed(ex);
		}
	}

	private void check() {
		try {
			this.log.position(this.channel).whenComplete((position, ex) -> {
				if (checked(position)) {
					this.statistics.countMismatch();
					suspect();
				}
			});
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
			checked(null);
		}
	}

	private boolean checked(@Nullable Position position) {
		this.lock.lock();
		try {
			return this.cursor.checked(position);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Begin to keep what comes for a session that is about to ask the log.
	 * @param session the session
	 * @param request what the session asks for
	 * @param options the channel's options
	 * @return what keeps it, the gate of the session's subscription
	 */
	public LogSubscription subscribe(LocalSession session, SubscribeRequest request, ChannelOptions options) {
		this.lock.lock();
		try {
			return this.subscriptions.add(session, request, options, this.cursor.delivered());
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Keep nothing for a subscription any more, and let nothing through.
	 * @param subscription the subscription's part of the log
	 */
	public void unsubscribe(LogSubscription subscription) {
		this.lock.lock();
		try {
			this.subscriptions.remove(subscription);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Answer a session, and let it have what comes from then on.
	 * @param subscription the session's subscription
	 * @param page what it has missed, or {@code null} if it has asked for nothing
	 * @param limit how much it may have missed
	 * @return the answer
	 * @throws RequestRefusedException if it has to try again
	 */
	public Subscribed goLive(LogSubscription subscription, @Nullable LogPage page, int limit) {
		this.lock.lock();
		try {
			return this.subscriptions.goLive(subscription, page, limit, this.cursor.delivered());
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A step of the cursor, taken under the lock.
	 */
	private interface Step {

		/**
		 * Take it.
		 * @param lost to where the subscriptions are added that have to be told
		 * @return whether the log is to be read now
		 */
		boolean take(List<LogSubscription> lost);

	}

}
