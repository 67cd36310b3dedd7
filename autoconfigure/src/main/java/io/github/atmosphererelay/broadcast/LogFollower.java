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

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.session.LocalSession;
import org.jspecify.annotations.Nullable;

/**
 * Follows the log of one channel: delivers every publication once and in the log's order,
 * reads what the relay has lost, and tells those who know positions when it cannot be
 * read any more. The relay is never called under the lock.
 */
final class LogFollower {

	private static final int PAGE = 500;

	private static final int MAX_HELD = 4096;

	private static final long MAX_HELD_BYTES = 4 * 1024 * 1024;

	private final String channel;

	private final ClusterRelay relay;

	private final LocalDelivery delivery;

	private final BroadcastStatistics statistics;

	private final boolean consecutive;

	private final ReentrantLock lock = new ReentrantLock();

	/** Subscriptions of sessions that know positions. */
	private final Map<LocalSession, LogSubscription> subscriptions = new ConcurrentHashMap<>(4);

	/** What came while the log was read. */
	private final Deque<Arrival> held = new ArrayDeque<>();

	private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

	/**
	 * Those who wait for it. Not as its dependents: it may stay open for long, and would
	 * collect all who have given up.
	 */
	private final Set<CompletableFuture<Boolean>> waiting = ConcurrentHashMap.newKeySet(1);

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

	/** When to try again to read; 0 if nothing waits for that. */
	private long retryAt;

	/** Which part of a quiet time this follower waits in addition to others. */
	private final double jitter = ThreadLocalRandom.current().nextDouble(0.5);

	private long quietSince = System.nanoTime();

	private boolean mismatched;

	private boolean checking;

	LogFollower(String channel, ClusterRelay relay, LocalDelivery delivery, BroadcastStatistics statistics) {
		this.channel = channel;
		this.relay = relay;
		this.delivery = delivery;
		this.statistics = statistics;
		this.consecutive = relay.capabilities().contains(RelayCapability.CONSECUTIVE_OFFSETS);
	}

	String channel() {
		return this.channel;
	}

	/**
	 * Tell when it is known where the channel is.
	 * @param timeout how long to wait
	 * @return completes with whether it is known
	 */
	CompletableFuture<Boolean> placed(Duration timeout) {
		if (this.ready.isDone()) {
			return CompletableFuture.completedFuture(true);
		}
		CompletableFuture<Boolean> waiter = new CompletableFuture<>();
		this.waiting.add(waiter);
		waiter.whenComplete((placed, ex) -> this.waiting.remove(waiter));
		if (this.ready.isDone()) {
			waiter.complete(true);
		}
		return waiter.completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	@Nullable Position delivered() {
		this.lock.lock();
		try {
			return this.delivered;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Compare with the log soon: the relay has begun to follow the channel, or may have
	 * missed something of it.
	 */
	void suspect() {
		this.lock.lock();
		try {
			if (this.reading) {
				this.suspected = true;
				return;
			}
			this.reading = true;
		}
		finally {
			this.lock.unlock();
		}
		read();
	}

	/**
	 * Take what the relay brings.
	 */
	void arrive(Envelope envelope, Position position) {
		boolean hole;
		List<LogSubscription> lost = new ArrayList<>(0);
		this.lock.lock();
		try {
			hole = take(new Arrival(envelope, position), lost);
			this.reading |= hole;
		}
		finally {
			this.lock.unlock();
		}
		tell(lost);
		if (hole) {
			this.statistics.countLogHole();
			read();
		}
	}

	/**
	 * Deliver what has arrived, or hold it.
	 * @return whether something before it is missing
	 */
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
			begin(new Position(position.epoch(), Math.max(0, position.offset() - 1)), lost);
		}
		else if (position.offset() <= delivered.offset()) {
			this.statistics.countDuplicate();
			return false;
		}
		else if (this.consecutive && position.offset() > delivered.offset() + 1) {
			hold(arrival);
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
			forgetHeld();
			return;
		}
		this.held.add(arrival);
	}

	private void forgetHeld() {
		this.held.clear();
		this.heldBytes = 0;
	}

	private void deliver(Publication publication, Position position, @Nullable String exceptSession) {
		this.delivered = position;
		this.delivery.deliver(publication, exceptSession, (session) -> {
			LogSubscription subscription = this.subscriptions.get(session);
			return subscription == null || subscription.takes(publication, position);
		});
	}

	/**
	 * Begin anew from a position: what is before it is lost to whoever has not had it.
	 */
	private void begin(Position position, List<LogSubscription> lost) {
		this.statistics.countLogReset();
		this.delivered = position;
		for (LogSubscription subscription : this.subscriptions.values()) {
			if (subscription.isLive()) {
				subscription.end();
				lost.add(subscription);
			}
		}
	}

	private static void tell(List<LogSubscription> lost) {
		// Outside of the lock: it ends subscriptions.
		lost.forEach((subscription) -> subscription.request().lost().run());
	}

	private void read() {
		Position since = delivered();
		try {
			if (since == null) {
				this.relay.position(this.channel).whenComplete(this::found);
			}
			else {
				this.relay.read(this.channel, since, PAGE, ReadDirection.FORWARD).whenComplete(this::readOn);
			}
		}
		catch (RuntimeException ex) {
			// A relay of the application's own may throw.
			retryLater();
		}
	}

	private void found(@Nullable Position position, @Nullable Throwable failure) {
		if (position == null) {
			retryLater();
			return;
		}
		boolean again;
		List<LogSubscription> lost = new ArrayList<>(0);
		this.lock.lock();
		try {
			this.delivered = begin(position);
			again = resume(lost);
		}
		finally {
			this.lock.unlock();
		}
		this.ready.complete(null);
		this.waiting.forEach((waiter) -> waiter.complete(true));
		tell(lost);
		if (again) {
			read();
		}
	}

	/**
	 * Return where to begin: at the end of the log, but not after what has come while it
	 * was asked for. Sessions have been told that they get that.
	 */
	private Position begin(Position end) {
		Position earliest = this.earliest;
		return (earliest != null && earliest.epoch().equals(end.epoch()) && earliest.offset() <= end.offset())
				? new Position(end.epoch(), earliest.offset() - 1) : end;
	}

	private void readOn(@Nullable LogPage page, @Nullable Throwable failure) {
		if (page == null) {
			retryLater();
			return;
		}
		boolean again;
		List<LogSubscription> lost = new ArrayList<>(0);
		this.lock.lock();
		try {
			if (!page.complete()) {
				begin(page.end(), lost);
				again = resume(lost);
			}
			else {
				page.publications().forEach(this::deliverRead);
				again = page.publications().size() >= PAGE;
				if (!again) {
					Position delivered = this.delivered;
					if (delivered == null || page.end().offset() > delivered.offset()) {
						this.delivered = page.end();
					}
					again = resume(lost);
				}
			}
		}
		finally {
			this.lock.unlock();
		}
		tell(lost);
		if (again) {
			read();
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
		this.retryAt = 0;
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
				this.reading = true;
			}
			delivered = this.delivered;
			if (this.reading) {
				// The rest waits with the one that shows the hole: the log has it all.
				break;
			}
		}
		if (this.overrun || this.suspected) {
			this.overrun = false;
			this.suspected = false;
			this.reading = true;
		}
		return this.reading;
	}

	private void retryLater() {
		this.lock.lock();
		try {
			this.retryAt = System.nanoTime() | 1;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Look whether something is to be done: a read that has failed, or a comparison with
	 * the log after a time without a message. Called by the one scheduler.
	 * @param now the present time in nanoseconds
	 * @param quietNanos after which time without a message to compare
	 * @return whether the relay was asked for something
	 */
	boolean tick(long now, long quietNanos) {
		boolean retry;
		this.lock.lock();
		try {
			retry = this.reading && this.retryAt != 0;
			if (retry) {
				this.retryAt = 0;
			}
			else if (this.reading || this.checking || this.delivered == null
					|| now - this.quietSince < (long) (quietNanos * (1 + this.jitter))) {
				return false;
			}
			else {
				this.checking = true;
			}
		}
		finally {
			this.lock.unlock();
		}
		if (retry) {
			read();
		}
		else {
			check();
		}
		return true;
	}

	/**
	 * A publication may be on its way while the position is asked for: so the position
	 * counts only if it is still ahead a second time.
	 */
	private void check() {
		try {
			this.relay.position(this.channel).whenComplete((position, ex) -> {
				if (checked(position)) {
					this.statistics.countPositionMismatch();
					suspect();
				}
			});
		}
		catch (RuntimeException ex) {
			checked(null);
		}
	}

	private boolean checked(@Nullable Position position) {
		this.lock.lock();
		try {
			this.checking = false;
			Position delivered = this.delivered;
			if (position == null || delivered == null) {
				return false;
			}
			boolean before = this.mismatched;
			this.mismatched = !position.epoch().equals(delivered.epoch())
					|| (this.consecutive && position.offset() > delivered.offset());
			if (this.mismatched && !before) {
				return false;
			}
			this.quietSince = System.nanoTime();
			return this.mismatched;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Begin to keep what comes for a session that is about to ask the log.
	 * @return the subscription, or {@code null} if the session has one already
	 */
	@Nullable LogSubscription subscribe(LocalSession session, SubscribeRequest request, ChannelOptions options) {
		this.lock.lock();
		try {
			LogSubscription subscription = new LogSubscription(session, request, options.queue(), this.delivered);
			return (this.subscriptions.putIfAbsent(session, subscription) == null) ? subscription : null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return whether a subscription is the one that its session has.
	 */
	boolean isCurrent(LogSubscription subscription) {
		return this.subscriptions.get(subscription.session()) == subscription;
	}

	/**
	 * Forget a session.
	 */
	void unsubscribe(LocalSession session) {
		this.lock.lock();
		try {
			LogSubscription subscription = this.subscriptions.remove(session);
			if (subscription != null) {
				subscription.end();
			}
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
	Subscribed goLive(LogSubscription subscription, @Nullable LogPage page, int limit) {
		this.lock.lock();
		try {
			Position delivered = this.delivered;
			if (subscription.isEnded() || delivered == null) {
				throw tryAgain("the subscription has ended");
			}
			if (page != null && !page.end().epoch().equals(delivered.epoch())) {
				throw tryAgain("the log has just changed");
			}
			Position position = (page != null && page.end().offset() > delivered.offset()) ? page.end() : delivered;
			RecoveryOutcome outcome = outcome(page, limit);
			List<Publication> publications = List.of();
			if (page != null && outcome == RecoveryOutcome.RECOVERED) {
				Position from = subscription.from();
				if (subscription.isOverflowed() || (from != null && from.epoch().equals(page.end().epoch())
						&& page.end().offset() < from.offset())) {
					throw tryAgain("too much is published meanwhile");
				}
				publications = merge(page, subscription.release(position));
			}
			else {
				subscription.release(position);
			}
			Subscribed result = new Subscribed(SubscriptionState.CONFIRMED, position, outcome, publications);
			reply(subscription, result);
			this.statistics.countRecovery(outcome);
			return result;
		}
		finally {
			this.lock.unlock();
		}
	}

	private static void reply(LogSubscription subscription, Subscribed result) {
		try {
			subscription.request().reply().accept(result);
		}
		catch (RuntimeException ex) {
			// What comes next would seem to be all that there is.
			subscription.end();
			throw ex;
		}
	}

	private static RecoveryOutcome outcome(@Nullable LogPage page, int limit) {
		if (page == null) {
			return RecoveryOutcome.FRESH;
		}
		return (page.complete() && page.publications().size() <= limit) ? RecoveryOutcome.RECOVERED
				: RecoveryOutcome.UNRECOVERED;
	}

	private static List<Publication> merge(LogPage page, List<Publication> held) {
		List<Publication> all = new ArrayList<>(page.publications());
		for (Publication publication : held) {
			Position position = publication.position();
			if (position != null && position.epoch().equals(page.end().epoch())
					&& position.offset() > page.end().offset()) {
				all.add(publication);
			}
		}
		return all;
	}

	private static RequestRefusedException tryAgain(String reason) {
		return new RequestRefusedException(ErrorCode.INTERNAL, reason + ", try again");
	}

	/**
	 * What the relay has brought.
	 */
	private record Arrival(Envelope envelope, Position position) {
	}

}
