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

package io.github.atmosphererelay.broadcast;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import org.jspecify.annotations.Nullable;

/**
 * Where this node is in the log of one channel. Takes what comes and what was read,
 * delivers every publication once and in the log's order, and says when the log has to be
 * read; it asks the relay for nothing itself. Guarded by its follower's lock, all of it.
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

	private final BroadcastStatistics statistics;

	/** What came while the log was read. */
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
			BroadcastStatistics statistics) {
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
	 * Deliver what has come, or hold it.
	 * @param lost to where those are added for whom something is lost
	 * @return whether something before it is missing, and so is to be read now
	 */
	boolean take(Envelope envelope, Position position, List<LogSubscription> lost) {
		return take(new Arrival(envelope, position), lost);
	}

	private boolean take(Arrival arrival, List<LogSubscription> lost) {
		Position position = arrival.position;
		this.quietSince = System.nanoTime();
		this.mismatched = false;
		Position delivered = this.delivered;
		if (this.reading || delivered == null) {
			hold(arrival);
			return false;
		}
		if (!delivered.epoch().equals(position.epoch())) {
			beginAnew(new Position(position.epoch(), Math.max(0, position.offset() - 1)), lost);
		}
		else if (position.offset() <= delivered.offset()) {
			this.statistics.countDuplicate();
			return false;
		}
		else if (this.consecutive && position.offset() > delivered.offset() + 1) {
			hold(arrival);
			this.reading = true;
			return true;
		}
		Envelope envelope = arrival.envelope;
		deliver(publication(envelope, position), position, envelope.audience().exceptSession());
		return false;
	}

	private Publication publication(Envelope envelope, Position position) {
		return new Publication(envelope.id(), envelope.origin(), this.channel, envelope.time(), envelope.headers(),
				envelope.payload(), position);
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

	private void deliver(Publication publication, Position position, @Nullable String exceptSession) {
		this.delivered = position;
		this.delivery.deliver(publication, exceptSession,
				(session) -> this.subscriptions.takes(session, publication, position));
	}

	/**
	 * Begin anew from a position: what is before it is lost to whoever has not had it.
	 */
	private void beginAnew(Position position, List<LogSubscription> lost) {
		this.statistics.countLogReset();
		this.delivered = position;
		this.subscriptions.endLive(lost);
	}

	/**
	 * Begin where the log was found to be.
	 * @param end the end of the log
	 * @param lost to where those are added for whom something is lost
	 * @return whether to read now
	 */
	boolean begin(Position end, List<LogSubscription> lost) {
		// Not after what has come while it was asked for: sessions have been told that
		// they get that.
		Position earliest = this.earliest;
		this.delivered = (earliest != null && earliest.epoch().equals(end.epoch()) && earliest.offset() <= end.offset())
				? new Position(end.epoch(), earliest.offset() - 1) : end;
		return resume(lost);
	}

	/**
	 * Deliver what was read, and what came meanwhile.
	 * @param page what follows after {@link #delivered()}, within {@link #PAGE}
	 * @param lost to where those are added for whom something is lost
	 * @return whether to read on or again now
	 */
	boolean advance(LogPage page, List<LogSubscription> lost) {
		if (!page.complete()) {
			beginAnew(page.end(), lost);
			return resume(lost);
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
		return resume(lost);
	}

	/**
	 * A complete page of another epoch: it is known that nothing was published before, as
	 * of a log that was unborn. Nothing is lost to anybody, but sessions that know
	 * positions have to learn the epoch, which a publication does not tell.
	 */
	private void renew(String epoch, List<LogSubscription> lost) {
		Position delivered = this.delivered;
		if (delivered != null && !delivered.epoch().equals(epoch)) {
			this.delivered = new Position(epoch, delivered.offset());
			this.subscriptions.endLive(lost);
		}
	}

	private void deliverRead(Publication publication) {
		Position position = publication.position();
		Position delivered = this.delivered;
		if (position != null && delivered != null && position.offset() > delivered.offset()) {
			deliver(publication, position, null);
		}
	}

	/**
	 * Deliver what came while the log was read.
	 * @return whether to read again
	 */
	private boolean resume(List<LogSubscription> lost) {
		this.reading = false;
		this.failed = false;
		Position delivered = this.delivered;
		while (!this.held.isEmpty()) {
			Arrival arrival = this.held.remove();
			this.heldBytes -= arrival.envelope.payload().size();
			if (delivered != null && delivered.epoch().equals(arrival.position.epoch())
					&& arrival.position.offset() <= delivered.offset()) {
				// It was read, and is no double.
				continue;
			}
			if (take(arrival, lost)) {
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
		this.mismatched = !end.epoch().equals(delivered.epoch())
				|| (this.consecutive && end.offset() > delivered.offset());
		if (this.mismatched && !before) {
			return false;
		}
		this.quietSince = System.nanoTime();
		return this.mismatched;
	}

	/**
	 * What the relay has brought.
	 */
	private record Arrival(Envelope envelope, Position position) {
	}

}
