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
 * Where this node is in the log of one channel. Takes what arrives and what was read,
 * delivers every publication once and in the log's order, and says what to ask the relay
 * for; it asks nothing itself. Guarded by its follower's lock, all of it.
 * <p>
 * When a page is not complete, the log does not continue from where the node is: its
 * epoch has changed, or its older part is gone. The relay then says where to go on. If
 * nothing is missing up to there, sessions without positions simply get what follows. If
 * something is missing, they are closed before anything that follows is queued for them.
 * The subscriptions of sessions with positions end in both cases, because their positions
 * are no longer valid.
 */
final class LogCursor {

	/** How much is read at once. */
	static final PageLimit PAGE = new PageLimit(500, 1024 * 1024);

	private static final int MAX_HELD = 4096;

	private static final long MAX_HELD_BYTES = 4 * 1024 * 1024;

	private final String channel;

	private final boolean consecutive;

	private final LogSubscriptions subscriptions;

	private final LocalDelivery delivery;

	private final LogStatistics statistics;

	/** What arrived while the log was read. */
	private final Deque<Arrival> held = new ArrayDeque<>();

	private long heldBytes;

	/** Whether something that came was not held, and so has to be read. */
	private boolean overrun;

	/** Up to where everything was delivered; {@code null} until that is known. */
	private @Nullable Position delivered;

	/** The first that came while it was not known, which is where the node begins. */
	private @Nullable Position earliest;

	/** Whether the log is being read, or waits to be, and nothing can be delivered. */
	private boolean reading;

	/** Whether it has to be read again once that is done. */
	private boolean suspected;

	/** Whether the log does not continue from {@link #delivered}. */
	private boolean broken;

	/** How many readings have begun. */
	private long readings;

	private final EpochReviews reviews = new EpochReviews();

	/** Whether reading has failed, and waits to be tried again. */
	private boolean failed;

	/** Which part of a quiet time is waited in addition to others. */
	private final double jitter = ThreadLocalRandom.current().nextDouble(0.5);

	private long quietSince = System.nanoTime();

	private boolean mismatched;

	private boolean checking;

	/**
	 * Create a cursor that does not know yet where it is.
	 * @param consecutive whether the offsets of the log have no holes of their own
	 * @param subscriptions say which sessions are to have a publication
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
	 * Return up to where everything was delivered; {@code null} until that is known.
	 */
	@Nullable Position delivered() {
		return this.delivered;
	}

	/**
	 * A reading begins.
	 * @return what to ask the relay for
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
	 * Return the greatest offset of the node's epoch that the node has seen.
	 */
	private long reached(Position delivered) {
		long reached = delivered.offset();
		for (Arrival arrival : this.held) {
			if (arrival.position.epoch().equals(delivered.epoch())) {
				reached = Math.max(reached, arrival.position.offset());
			}
		}
		return reached;
	}

	/**
	 * Something may have been missed.
	 * @return whether to read now; if not, that is done after the present reading
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
	 * Deliver what has arrived, or hold it.
	 * @return whether the log is to be read now, because something before it is missing
	 * or the epoch is another one
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
			// Another epoch may be newer or older than the node's: the log knows.
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
			// Nothing is lost: it stands in the log.
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
	 * Go to a position without delivering what is before it. Beside {@link #deliver} the
	 * only way to change the epoch.
	 */
	private void moveTo(Position position) {
		this.delivered = position;
		this.subscriptions.moved(position);
	}

	/**
	 * Begin where the log was found to be.
	 * @param end the end of the log
	 * @return whether to read now
	 */
	boolean begin(Position end) {
		// Not after what has arrived while it was asked for: sessions have been told that
		// they get that.
		Position earliest = this.earliest;
		moveTo((earliest != null && earliest.epoch().equals(end.epoch()) && earliest.offset() <= end.offset())
				? new Position(end.epoch(), earliest.offset() - 1) : end);
		return resume();
	}

	/**
	 * Deliver what was read, and what arrived meanwhile.
	 * @param page what follows after {@link #delivered()}, within {@link #PAGE}
	 * @param lost to where the subscriptions are added that have to be told
	 * @return whether to read on or again now
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
	 * A complete page of another epoch: it is known that nothing was published before, as
	 * of a log that was unborn. Nothing is lost to anybody, but sessions that know
	 * positions have to learn the epoch, which a publication does not tell.
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
	 * Go on where the relay says, because the log does not continue from where the node
	 * was.
	 * @param continuation where to go on, and whether nothing is missing up to there
	 * @param lost to where the subscriptions are added that have to be told
	 * @return whether to read on now
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
			// What is between there and the log's end was published before the next
			// subscribers come.
		}
		else if (former != null && !former.epoch().equals(continuation.position().epoch())) {
			this.reviews.begin(former, reached, System.nanoTime());
		}
		moveTo(continuation.position());
		return true;
	}

	/**
	 * Publications are gone, though the log does not show it.
	 * @param position up to where positions do not tell who has had them. Everything
	 * before it has arrived
	 * @param missed whether this node has not delivered all of them
	 * @param lost to where the subscriptions are added that have to be told
	 */
	void lost(Position position, boolean missed, List<LogSubscription> lost) {
		Position delivered = this.delivered;
		if (!this.reading && delivered != null && delivered.epoch().equals(position.epoch())
				&& position.offset() > delivered.offset()) {
			// Whoever subscribes from now on is told a position that can be recovered.
			this.delivered = position;
		}
		if (missed) {
			this.statistics.countMissedSubscriptions(this.subscriptions.endLive(lost));
			this.subscriptions.endRecovering();
			closePlain();
		}
	}

	private void closePlain() {
		this.statistics.countMissedSubscriptions(this.delivery.closePlain(this.channel));
	}

	/**
	 * Deliver what arrived while the log was read.
	 * @return whether to read again
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
					// It was read, and is no double.
					continue;
				}
			}
			else if (arrival.readings < this.readings) {
				// The log was read after it had arrived, and was found to be in another
				// epoch: so the arrival's epoch has ended. What is left of that was read.
				continue;
			}
			if (take(arrival)) {
				// The rest waits with the one that shows the hole: the log has it all.
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
	 * A delivery has failed, for whatever reason: it is not known which sessions have the
	 * message. Those that may lack it are told, and the log is read from the next one on.
	 * @param lost to where the subscriptions are added that have to be told
	 */
	void deliveryFailed(List<LogSubscription> lost) {
		this.reading = true;
		this.failed = true;
		this.statistics.countMissedSubscriptions(this.subscriptions.endLive(lost));
		Position delivered = this.delivered;
		if (delivered != null) {
			// What the others have kept so far may lack the message, too.
			this.subscriptions.moved(delivered);
		}
		closePlain();
	}

	/**
	 * The log could not be read, or found.
	 */
	void readFailed() {
		this.failed = true;
	}

	/**
	 * Return whether to try now what has failed.
	 */
	boolean retry() {
		boolean retry = this.reading && this.failed;
		if (retry) {
			this.failed = false;
		}
		return retry;
	}

	/**
	 * Return what to ask the relay again after a change of the epoch.
	 * @param now the present time in nanoseconds
	 * @return up to where this node had delivered the former epoch, or {@code null} if
	 * there is nothing to ask now
	 */
	Question.@Nullable Resume review(long now) {
		return this.reading ? null : this.reviews.due(now);
	}

	/**
	 * Take the answer.
	 * @param former up to where this node had delivered the former epoch
	 * @param continuation what the relay has answered, or {@code null} if it has not
	 */
	void reviewed(Position former, @Nullable LogContinuation continuation) {
		if (this.reviews.isMissing(former, continuation)) {
			this.reviews.clear();
			closePlain();
		}
	}

	/**
	 * Return whether to compare with the log now.
	 * @param now the present time in nanoseconds
	 * @param quietNanos after which time without a message to compare
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
	 * Compare with the log. A publication may be on its way while the position is asked
	 * for: so a difference counts only if it is still there a second time.
	 * @param end the end of the log, or {@code null} if it could not be had
	 * @return whether something was missed
	 */
	boolean checked(@Nullable Position end) {
		this.checking = false;
		Position delivered = this.delivered;
		if (end == null || delivered == null) {
			return false;
		}
		boolean before = this.mismatched;
		// An end before what was delivered would be a log that has lost messages.
		this.mismatched = !end.epoch().equals(delivered.epoch())
				|| (this.consecutive && end.offset() != delivered.offset());
		if (this.mismatched && !before) {
			return false;
		}
		this.quietSince = System.nanoTime();
		return this.mismatched;
	}

	/**
	 * What the relay has brought.
	 *
	 * @param envelope the envelope
	 * @param position its position
	 * @param readings how many readings had begun when it arrived
	 */
	private record Arrival(Envelope envelope, Position position, long readings) {
	}

	/**
	 * What the follower is to ask the relay for.
	 */
	sealed interface Question {

		/**
		 * Where the log ends.
		 */
		record Where() implements Question {
		}

		/**
		 * What follows after a position.
		 *
		 * @param position the position
		 */
		record Since(Position position) implements Question {
		}

		/**
		 * Where to go on, because the log does not continue from a position.
		 *
		 * @param delivered the position up to which the node has delivered everything
		 * @param reached the greatest offset of its epoch that the node has seen
		 */
		record Resume(Position delivered, long reached) implements Question {
		}

	}

}
