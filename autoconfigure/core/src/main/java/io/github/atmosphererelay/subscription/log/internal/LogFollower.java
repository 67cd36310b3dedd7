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
 * Follows the log of one channel: asks the relay what its cursor needs, and tells
 * sessions with positions if publications are lost to them. A follower exists exactly as
 * long as the node follows the channel's address, see {@link LogFollowerRegistry}.
 * <p>
 * Threads: called by the relay's threads, the scheduler and threads of the doors. One
 * lock guards the cursor and the subscriptions, and only this class takes it. The lock of
 * a session's subscriptions may be held when it is taken, but not the other way round.
 * While the lock is held, messages are queued, sessions are closed and subscriptions are
 * answered; none of that blocks or takes another lock. The relay is called, and sessions
 * with positions are told of a loss, after the lock is released. The cursor ensures that
 * at most one read is under way.
 */
public final class LogFollower {

	private final String channel;

	private final ChannelLog log;

	private final LogStatistics statistics;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	private final LogSubscriptions subscriptions;

	private final LogCursor cursor;

	/** Whether to look at the end of a log that is quiet. */
	private final boolean checks;

	/** Whether the node no longer follows the channel. Guarded by the lock. */
	private boolean closed;

	/** Whether the position of the log's end is known. */
	private volatile boolean placed;

	private final Awaited<Boolean> ready = new Awaited<>();

	LogFollower(String channel, ChannelLog log, LocalDelivery delivery, LogStatistics statistics, Guard guard) {
		this.guard = guard;
		this.channel = channel;
		this.log = log;
		this.statistics = statistics;
		this.subscriptions = new LogSubscriptions(statistics);
		this.cursor = new LogCursor(channel, log.hasConsecutiveOffsets(), this.subscriptions, delivery, statistics);
		this.checks = !log.reportsNewEpochs();
	}

	public String channel() {
		return this.channel;
	}

	/**
	 * Wait, without a thread, until the position of the log's end is known.
	 * @param timeout how long to wait
	 * @return completes with {@code true} when it is known, or with {@code false} after
	 * the timeout
	 */
	public CompletableFuture<Boolean> placed(Duration timeout) {
		return this.ready.within(timeout, false);
	}

	/**
	 * Return the position up to which the channel was delivered.
	 * @return the position, or {@code null} if it is not known yet
	 */
	public @Nullable Position delivered() {
		this.lock.lock();
		try {
			return this.cursor.delivered();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return the greatest offset in the epoch of a position that this node has seen,
	 * delivered or not.
	 * @param position the position
	 * @return the offset, which is that of the position if nothing greater is known
	 */
	public long reached(Position position) {
		this.lock.lock();
		try {
			return this.cursor.reached(position);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Stop delivering and reading, because the node no longer follows the channel. After
	 * this has returned, no delivery is under way.
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
	 * Read the log now, or after the present read, because the relay has just subscribed
	 * to the channel or may have missed publications.
	 */
	public void suspect() {
		step((lost) -> this.cursor.suspect());
	}

	/**
	 * Handle the loss of publications that reading the log does not show.
	 * @param position the position from which sessions can recover again
	 * @param missed whether this node has missed some of the lost publications
	 */
	public void lost(Position position, boolean missed) {
		step((lost) -> {
			this.cursor.lost(position, missed, lost);
			return false;
		});
	}

	/**
	 * Handle an envelope from the relay.
	 * @param envelope the envelope
	 * @param position its position in the log
	 */
	public void arrive(Envelope envelope, Position position) {
		step((lost) -> this.cursor.take(envelope, position));
	}

	/**
	 * Run a step of the cursor under the lock. Then tell the subscriptions that have
	 * missed something, and ask the relay what the cursor needs next.
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
				// Otherwise this node would deliver nothing more of the channel. Its
				// clients are disconnected, and reconnect.
				this.guard.failed(ex);
				this.cursor.deliveryFailed(lost);
			}
		}
		finally {
			this.lock.unlock();
		}
		// Without the lock, because this ends subscriptions. Each one is guarded by
		// itself, so that the others are told and the log is read on even if one fails.
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
	 * Do what is due: retry a failed read, ask again after a change of the epoch, or
	 * compare with the log after a time without a message. Called by the one scheduler.
	 * @param now the present time in nanoseconds
	 * @param quietNanos the time without a message after which to compare
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
			check = retry == null && review == null && this.checks && this.cursor.check(now, quietNanos);
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
			// The next tick retries
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
	 * Start to hold the channel's publications for a session whose client subscribes with
	 * positions.
	 * @param session the session
	 * @param request the client's request
	 * @param options the channel's options
	 * @return the gate of the session's subscription, which holds the publications
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
	 * Remove a subscription: from now on it holds nothing and lets nothing through.
	 * @param subscription the gate of the subscription
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
	 * Read the current value of the channel.
	 * @return completes with a page of at most one publication, or {@code null} if the
	 * log has no current values
	 */
	public @Nullable CompletableFuture<LogPage> snapshot() {
		return this.log.snapshot(this.channel);
	}

	/**
	 * Answer a session's client, and let the session get the channel's publications from
	 * then on.
	 * @param subscription the session's subscription
	 * @param page the publications that it has missed, or {@code null} if it does not
	 * recover
	 * @param limit the maximum number of publications that it may have missed
	 * @param snapshot the current value, for a client that has not recovered;
	 * {@code null} if there is none
	 * @return the answer
	 * @throws RequestRefusedException if the client has to try again
	 */
	public Subscribed goLive(LogSubscription subscription, @Nullable LogPage page, int limit,
			@Nullable LogPage snapshot) {
		this.lock.lock();
		try {
			return this.subscriptions.goLive(subscription, page, limit, this.cursor.delivered(), snapshot);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A step of the cursor, run under the lock.
	 */
	private interface Step {

		/**
		 * Run the step.
		 * @param lost receives the subscriptions that have missed something
		 * @return whether to read the log now
		 */
		boolean take(List<LogSubscription> lost);

	}

}
