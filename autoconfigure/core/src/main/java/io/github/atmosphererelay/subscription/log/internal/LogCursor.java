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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

/**
 * The position of this node in the log of one channel. The cursor gets the publications
 * that arrive from the relay and those that were read from the log, and delivers each of
 * them once, in the order of the log. It decides what to ask the relay for, but the
 * follower asks. All of it is guarded by its follower's lock.
 * <p>
 * If a page is not complete, the log does not continue from the node's position: its
 * epoch has changed, or its older part is gone. The relay then returns the position from
 * which the node continues. If no publication is missing up to there, sessions without
 * positions just get what follows. If some are missing, these sessions are closed before
 * anything that follows is queued for them. The subscriptions of sessions with positions
 * end in both cases, because their positions are no longer valid.
 */
final class LogCursor {

	/** The maximum size of one read. */
	static final PageLimit PAGE = new PageLimit(500, 1024 * 1024);

	private static final int MAX_HELD = 4096;

	private static final long MAX_HELD_BYTES = 4 * 1024 * 1024;

	private final String channel;

	private final boolean consecutive;

	private final LogSubscriptions subscriptions;

	private final LocalDelivery delivery;

	private final LogStatistics statistics;

	/** Publications that arrived while the log was being read. */
	private final Deque<Arrival> held = new ArrayDeque<>();

	private long heldBytes;

	/**
	 * Whether a publication was not held for want of room, so that the log has to be read
	 * again.
	 */
	private boolean overrun;

	/**
	 * The position up to which every publication was delivered; {@code null} until the
	 * log's end is known.
	 */
	private @Nullable Position delivered;

	/**
	 * The position of the first publication that arrived while {@link #delivered} was
	 * {@code null}.
	 */
	private @Nullable Position earliest;

	/** Whether a read is under way or due. Meanwhile arriving publications are held. */
	private boolean reading;

	/** Whether the log has to be read again after the present read. */
	private boolean suspected;

	/** Whether the log cannot be read on from {@link #delivered}. */
	private boolean broken;

	/** The number of reads that have begun. */
	private long readings;

	private final EpochReviews reviews = new EpochReviews();

	/** Whether a read has failed and has to be retried. */
	private boolean failed;

	/**
	 * The fraction by which this cursor prolongs the quiet time, so that cursors do not
	 * all check at once.
	 */
	private final double jitter = ThreadLocalRandom.current().nextDouble(0.5);

	private long quietSince = System.nanoTime();

	private boolean mismatched;

	private boolean checking;

	/**
	 * Create a cursor without a position.
	 * @param consecutive whether the log's offsets are consecutive, so that a gap in them
	 * means a missing publication
	 * @param subscriptions the subscriptions with positions
	 */
	LogCursor(String channel, boolean consecutive, LogSubscriptions subscriptions, LocalDelivery delivery,
			LogStatistics statistics) {
		this.channel = channel;
		this.consecutive = consecutive;
		this.subscriptions = subscriptions;
		this.delivery = delivery;
		this.statistics = statistics;
	}

	/**
	 * Return the position up to which every publication was delivered; {@code null} until
	 * the log's end is known.
	 */
	@Nullable Position delivered() {
		return this.delivered;
	}

	/**
	 * Begin a read.
	 * @return the question for the relay
	 */
	Question next() {
		this.readings++;
		Position delivered = this.delivered;
		if (delivered == null) {
			return new Question.Where();
		}
		return this.broken ? new Question.Resume(delivered, reached(delivered)) : new Question.Since(delivered);
	}

	/**
	 * Return the greatest offset in the epoch of a position that the node has seen,
	 * delivered or held, and at least that of the position.
	 */
	long reached(Position position) {
		Position delivered = this.delivered;
		long reached = position.offset();
		if (delivered != null && delivered.epoch().equals(position.epoch())) {
			reached = Math.max(reached, delivered.offset());
		}
		for (Arrival arrival : this.held) {
			if (arrival.position.epoch().equals(position.epoch())) {
				reached = Math.max(reached, arrival.position.offset());
			}
		}
		return reached;
	}

	/**
	 * Note that publications may have been missed.
	 * @return whether to read the log now; if not, the log is read again after the
	 * present read
	 */
	boolean suspect() {
		if (this.reading) {
			this.suspected = true;
			return false;
		}
		this.reading = true;
		return true;
	}

	/**
	 * Deliver a publication that has arrived, or hold it.
	 * @return whether to read the log now, because a publication before this one is
	 * missing, or the epoch has changed
	 */
	boolean take(Envelope envelope, Position position) {
		return take(new Arrival(envelope, position, this.readings));
	}

	private boolean take(Arrival arrival) {
		Position position = arrival.position;
		this.quietSince = System.nanoTime();
		this.mismatched = false;
		Position delivered = this.delivered;
		if (this.reading || delivered == null) {
			hold(arrival);
			return false;
		}
		boolean sameEpoch = delivered.epoch().equals(position.epoch());
		if (sameEpoch && position.offset() <= delivered.offset()) {
			this.statistics.countDuplicate();
			return false;
		}
		if (!sameEpoch || (this.consecutive && position.offset() > delivered.offset() + 1)) {
			// Another epoch may be newer or older than the node's; reading the log tells
			// which
			if (sameEpoch) {
				this.statistics.countHole();
			}
			hold(arrival);
			this.reading = true;
			return true;
		}
		deliver(Publication.of(arrival.envelope, this.channel, position), position);
		return false;
	}

	private void hold(Arrival arrival) {
		if (this.delivered == null && this.earliest == null) {
			this.earliest = arrival.position;
		}
		this.heldBytes += arrival.envelope.payload().size();
		if (this.overrun || this.held.size() >= MAX_HELD || this.heldBytes > MAX_HELD_BYTES) {
			// Nothing is lost, because the log has it
			this.overrun = true;
			this.held.clear();
			this.heldBytes = 0;
			return;
		}
		this.held.add(arrival);
	}

	private void deliver(Publication publication, Position position) {
		this.delivered = position;
		this.delivery.deliver(publication, position);
	}

	/**
	 * Move to a position without delivering what is before it. Only this method and
	 * {@link #deliver} change the epoch.
	 */
	private void moveTo(Position position) {
		this.delivered = position;
		this.subscriptions.moved(position);
		this.delivery.moved(this.channel);
	}

	/**
	 * Begin at the log's end, after it was asked for.
	 * @param end the end of the log
	 * @return whether to read the log now
	 */
	boolean begin(Position end) {
		// Publications may have arrived since the end was asked for. Sessions have been
		// told that they get these, so begin before the first of them.
		Position earliest = this.earliest;
		moveTo((earliest != null && earliest.epoch().equals(end.epoch()) && earliest.offset() <= end.offset())
				? new Position(end.epoch(), earliest.offset() - 1) : end);
		return resume();
	}

	/**
	 * Deliver a page that was read, and what has arrived meanwhile.
	 * @param page the page after {@link #delivered()}, of at most {@link #PAGE}
	 * @param lost receives the subscriptions that have missed something, to be told
	 * without the lock
	 * @return whether to read the log again now
	 */
	boolean advance(LogPage page, List<LogSubscription> lost) {
		if (!page.complete()) {
			this.broken = true;
			return true;
		}
		renew(page.end().epoch(), lost);
		page.publications().forEach(this::deliverRead);
		if (page.more()) {
			return true;
		}
		Position delivered = this.delivered;
		if (delivered == null || page.end().offset() > delivered.offset()) {
			this.delivered = page.end();
		}
		return resume();
	}

	/**
	 * Change to the epoch of a complete page. A complete page of another epoch means that
	 * nothing was published in the node's epoch, because the channel had no log yet. No
	 * session has missed anything. But the subscriptions of sessions with positions must
	 * end, because these have to learn the new epoch, which a publication does not
	 * contain.
	 */
	private void renew(String epoch, List<LogSubscription> lost) {
		Position delivered = this.delivered;
		if (delivered != null && !delivered.epoch().equals(epoch)) {
			this.subscriptions.endLive(lost);
			moveTo(new Position(epoch, delivered.offset()));
		}
	}

	private void deliverRead(Publication publication) {
		Position position = publication.position();
		Position delivered = this.delivered;
		if (position != null && delivered != null && position.offset() > delivered.offset()) {
			deliver(publication, position);
		}
	}

	/**
	 * Continue from the position that the relay has returned, because the log cannot be
	 * read on from the node's position.
	 * @param continuation the position, and whether no publication is missing up to there
	 * @param lost receives the subscriptions that have missed something, to be told
	 * without the lock
	 * @return whether to read the log now
	 */
	boolean advance(LogContinuation continuation, List<LogSubscription> lost) {
		Position former = this.delivered;
		long reached = (former != null) ? reached(former) : 0;
		this.broken = false;
		this.statistics.countReset();
		this.statistics.countMissedSubscriptions(this.subscriptions.endLive(lost));
		if (!continuation.complete()) {
			this.reviews.clear();
			closePlain();
			// Publications between that position and the log's end are older than the
			// next subscriptions
		}
		else if (former != null && !former.epoch().equals(continuation.position().epoch())) {
			this.reviews.begin(former, reached, System.nanoTime());
		}
		moveTo(continuation.position());
		return true;
	}

	/**
	 * Handle the loss of publications that reading the log does not show.
	 * @param position the position from which sessions can recover again. From earlier
	 * positions it cannot be told which sessions have received the lost publications.
	 * Everything before it has arrived
	 * @param missed whether this node has missed some of the lost publications
	 * @param lost receives the subscriptions that have missed something, to be told
	 * without the lock
	 */
	void lost(Position position, boolean missed, List<LogSubscription> lost) {
		Position delivered = this.delivered;
		if (!this.reading && delivered != null && delivered.epoch().equals(position.epoch())
				&& position.offset() > delivered.offset()) {
			// Sessions that subscribe from now on get a position from which they can
			// recover
			this.delivered = position;
		}
		if (missed) {
			this.statistics.countMissedSubscriptions(this.subscriptions.endLive(lost));
			this.subscriptions.endRecovering();
			closePlain();
			this.delivery.lost(this.channel);
		}
	}

	private void closePlain() {
		this.statistics.countMissedSubscriptions(this.delivery.closePlain(this.channel));
	}

	/**
	 * Deliver the publications that have arrived while the log was being read.
	 * @return whether to read the log again
	 */
	private boolean resume() {
		this.reading = false;
		this.failed = false;
		Position delivered = this.delivered;
		while (!this.held.isEmpty()) {
			Arrival arrival = this.held.remove();
			this.heldBytes -= arrival.envelope.payload().size();
			if (delivered != null && delivered.epoch().equals(arrival.position.epoch())) {
				if (arrival.position.offset() <= delivered.offset()) {
					// It was delivered from the page; not a duplicate of the relay
					continue;
				}
			}
			else if (arrival.readings < this.readings) {
				// The log was read after this publication had arrived, and had another
				// epoch by then. So the publication's epoch has ended, and what remains
				// of it was read.
				continue;
			}
			if (take(arrival)) {
				// The rest stays held, too; reading the log returns all of it
				break;
			}
			delivered = this.delivered;
		}
		if (this.overrun || this.suspected) {
			this.overrun = false;
			this.suspected = false;
			this.reading = true;
		}
		return this.reading;
	}

	/**
	 * Handle an exception in a delivery. It is not known which sessions got the message,
	 * so all sessions that may lack it are told, and the log is read from the next
	 * message on.
	 * @param lost receives the subscriptions that have missed something, to be told
	 * without the lock
	 */
	void deliveryFailed(List<LogSubscription> lost) {
		this.reading = true;
		this.failed = true;
		this.statistics.countMissedSubscriptions(this.subscriptions.endLive(lost));
		Position delivered = this.delivered;
		if (delivered != null) {
			// What is held for subscriptions that are not live yet may lack the message,
			// too
			this.subscriptions.moved(delivered);
		}
		closePlain();
		this.delivery.moved(this.channel);
	}

	/**
	 * Note that the log, or its end, could not be read.
	 */
	void readFailed() {
		this.failed = true;
	}

	/**
	 * Return whether to retry a failed read now.
	 */
	boolean retry() {
		boolean retry = this.reading && this.failed;
		if (retry) {
			this.failed = false;
		}
		return retry;
	}

	/**
	 * Return the next question about a former epoch that is due.
	 * @param now the present time in nanoseconds
	 * @return the question, or {@code null} if none is due
	 */
	Question.@Nullable Resume review(long now) {
		return this.reading ? null : this.reviews.due(now);
	}

	/**
	 * Evaluate the answer about a former epoch.
	 * @param former the position up to which this node had delivered that epoch
	 * @param continuation the relay's answer, or {@code null} if the question has failed
	 */
	void reviewed(Position former, @Nullable LogContinuation continuation) {
		if (this.reviews.isMissing(former, continuation)) {
			this.reviews.clear();
			closePlain();
			this.delivery.lost(this.channel);
		}
	}

	/**
	 * Return whether to compare the node's position with the log's end now.
	 * @param now the present time in nanoseconds
	 * @param quietNanos the time without a message after which to compare
	 */
	boolean check(long now, long quietNanos) {
		if (this.reading || this.checking || this.delivered == null
				|| now - this.quietSince < (long) (quietNanos * (1 + this.jitter))) {
			return false;
		}
		this.checking = true;
		return true;
	}

	/**
	 * Compare the node's position with the log's end. A publication may be on its way at
	 * that moment, so a difference counts only if the next comparison finds one again.
	 * @param end the end of the log, or {@code null} if it could not be read
	 * @return whether a publication was missed
	 */
	boolean checked(@Nullable Position end) {
		this.checking = false;
		Position delivered = this.delivered;
		if (end == null || delivered == null) {
			return false;
		}
		boolean before = this.mismatched;
		// Not equal includes an end before the node's position: such a log has lost
		// messages
		this.mismatched = !end.epoch().equals(delivered.epoch())
				|| (this.consecutive && end.offset() != delivered.offset());
		if (this.mismatched && !before) {
			return false;
		}
		this.quietSince = System.nanoTime();
		return this.mismatched;
	}

	/**
	 * An envelope that has arrived from the relay.
	 *
	 * @param envelope the envelope
	 * @param position its position
	 * @param readings the number of reads that had begun when it arrived
	 */
	private record Arrival(Envelope envelope, Position position, long readings) {
	}

	/**
	 * A question that the follower asks the relay.
	 */
	sealed interface Question {

		/**
		 * What is the position of the log's end?
		 */
		record Where() implements Question {
		}

		/**
		 * Which publications follow a position?
		 *
		 * @param position the position
		 */
		record Since(Position position) implements Question {
		}

		/**
		 * From which position does the node continue, if it cannot read on from its own?
		 *
		 * @param delivered the position up to which the node has delivered all
		 * publications
		 * @param reached the greatest offset of that position's epoch that the node has
		 * seen
		 */
		record Resume(Position delivered, long reached) implements Question {
		}

	}

}
