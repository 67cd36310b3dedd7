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

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.delivery.internal.LogStatistics;
import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions with positions to one channel. Decides for each of them which
 * publications are held, replayed or let through. Guarded by the follower's lock, so that
 * no publication can be delivered between the answer to a client and the moment from
 * which its session gets publications.
 */
final class LogSubscriptions {

	private final LogStatistics statistics;

	private final Set<LogSubscription> subscriptions = new HashSet<>();

	LogSubscriptions(LogStatistics statistics) {
		this.statistics = statistics;
	}

	/**
	 * Add a subscription, and start to hold the channel's publications for it.
	 * @param delivered the position up to which the channel was delivered, or
	 * {@code null} if that is not known
	 */
	LogSubscription add(LocalSession session, SubscribeRequest request, ChannelOptions options,
			@Nullable Position delivered) {
		LogSubscription subscription = new LogSubscription(session, request, options.queue(), delivered);
		this.subscriptions.add(subscription);
		return subscription;
	}

	/**
	 * Remove a subscription: from now on it holds nothing and lets nothing through.
	 */
	void remove(LogSubscription subscription) {
		this.subscriptions.remove(subscription);
		subscription.end();
	}

	/**
	 * Note that the channel continues at another position, and that what lies between is
	 * not delivered. The publications that are held for unanswered clients then have a
	 * gap, so they are dropped, and holding begins again from the new position.
	 * @param position the position
	 */
	void moved(Position position) {
		this.subscriptions.forEach((subscription) -> subscription.beginAnew(position));
	}

	/**
	 * End the live subscriptions, because the next publications cannot be delivered to
	 * them.
	 * @param lost receives these subscriptions, which have to be told without the lock
	 * @return the number of subscriptions that were ended
	 */
	int endLive(List<LogSubscription> lost) {
		int before = lost.size();
		for (LogSubscription subscription : this.subscriptions) {
			if (subscription.isLive()) {
				subscription.end();
				lost.add(subscription);
			}
		}
		return lost.size() - before;
	}

	/**
	 * End the subscriptions that are recovering, because the pages that were read for
	 * them do not show the loss. Their clients are told to try again.
	 */
	void endRecovering() {
		for (LogSubscription subscription : this.subscriptions) {
			if (!subscription.isLive() && subscription.request().readsLog()) {
				subscription.end();
			}
		}
	}

	/**
	 * Answer a session's client, and let the session get the channel's publications from
	 * then on.
	 * @param subscription the session's subscription
	 * @param page the publications that it has missed, or {@code null} if it does not
	 * recover
	 * @param limit the maximum number of publications that it may have missed
	 * @param delivered the position up to which the channel was delivered, or
	 * {@code null} if that is not known
	 * @param snapshot the current value, for a client that has not recovered;
	 * {@code null} if there is none
	 * @return the answer
	 * @throws RequestRefusedException if the client has to try again
	 */
	Subscribed goLive(LogSubscription subscription, @Nullable LogPage page, int limit, @Nullable Position delivered,
			@Nullable LogPage snapshot) {
		if (subscription.isEnded() || delivered == null) {
			throw tryAgain("the subscription has ended");
		}
		RecoveryOutcome outcome = outcome(page, limit);
		LogPage first = (outcome == RecoveryOutcome.RECOVERED || snapshot == null) ? page : snapshot;
		if (first != null && !first.end().epoch().equals(delivered.epoch())) {
			throw tryAgain("the log has just changed");
		}
		Position position = (first != null && first.end().offset() > delivered.offset()) ? first.end() : delivered;
		List<Publication> publications = List.of();
		if (first != null && (outcome == RecoveryOutcome.RECOVERED || first == snapshot)) {
			Position from = subscription.from();
			if (subscription.isOverflowed() || from == null || !from.epoch().equals(first.end().epoch())
					|| first.end().offset() < from.offset()) {
				// There is a gap between the page and the held publications
				throw tryAgain("too much is published meanwhile");
			}
			List<Publication> held = subscription.release(position);
			reserve(subscription, held);
			publications = merge(first, subscription.session().id(), held);
			if (subscription.isConflated() && publications.size() > 1) {
				publications = publications.subList(publications.size() - 1, publications.size());
			}
		}
		else {
			subscription.release(position);
		}
		Subscribed result = new Subscribed(SubscriptionState.CONFIRMED, position, outcome, publications,
				subscription.reservation());
		reply(subscription, result);
		this.statistics.countRecovery(outcome);
		return result;
	}

	/**
	 * Add the held publications to the reservation of those that were read.
	 */
	private static void reserve(LogSubscription subscription, List<Publication> held) {
		Reservation reservation = subscription.reservation();
		if (reservation != null && !held.isEmpty() && !reservation.grow(ReplayReader.cost(held))) {
			subscription.end();
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits to be sent, try again");
		}
	}

	private void reply(LogSubscription subscription, Subscribed result) {
		try {
			subscription.request().subscriber().answer(result);
		}
		catch (RuntimeException | Error ex) {
			if (ex instanceof RequestRefusedException refusal && refusal.code() == ErrorCode.UNRECOVERABLE_POSITION) {
				// The client has made this outcome a reason not to subscribe
				this.statistics.countRecovery(result.recovery());
			}
			// Without an answer, the client would take the next messages for all that
			// there are
			subscription.end();
			throw ex;
		}
	}

	private static RecoveryOutcome outcome(@Nullable LogPage page, int limit) {
		if (page == null) {
			return RecoveryOutcome.FRESH;
		}
		return (page.complete() && !page.more() && page.publications().size() <= limit) ? RecoveryOutcome.RECOVERED
				: RecoveryOutcome.UNRECOVERED;
	}

	private static List<Publication> merge(LogPage page, String session, List<Publication> held) {
		List<Publication> all = new ArrayList<>(page.publications());
		all.removeIf((publication) -> session.equals(publication.exceptSession()));
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

}
