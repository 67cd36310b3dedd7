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
 * The subscriptions to one channel whose clients know positions, and what each of them
 * gets. Guarded by the follower's lock, so that nothing is delivered between a session's
 * answer and what the session gets from then on.
 */
final class LogSubscriptions {

	private final LogStatistics statistics;

	private final Set<LogSubscription> subscriptions = new HashSet<>();

	LogSubscriptions(LogStatistics statistics) {
		this.statistics = statistics;
	}

	/**
	 * Begin to keep what comes for a session that is about to ask the log.
	 * @param delivered how far the channel has come, or {@code null} if that is unknown
	 */
	LogSubscription add(LocalSession session, SubscribeRequest request, ChannelOptions options,
			@Nullable Position delivered) {
		LogSubscription subscription = new LogSubscription(session, request, options.queue(), delivered);
		this.subscriptions.add(subscription);
		return subscription;
	}

	/**
	 * Keep nothing any more, and let nothing through.
	 */
	void remove(LogSubscription subscription) {
		this.subscriptions.remove(subscription);
		subscription.end();
	}

	/**
	 * The channel goes on at another position, and nothing between is delivered: what
	 * waits for sessions that are not answered yet has a gap, and is kept anew from
	 * there.
	 * @param position the position
	 */
	void moved(Position position) {
		this.subscriptions.forEach((subscription) -> subscription.beginAnew(position));
	}

	/**
	 * End those that are live: the channel has lost what comes next for them.
	 * @param lost to where those are added that have to be told so, without the lock
	 * @return how many there were
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
	 * End those that have asked for what they have missed and are not answered yet: what
	 * was read for them does not show that something is gone. They are told to try again.
	 */
	void endRecovering() {
		for (LogSubscription subscription : this.subscriptions) {
			if (!subscription.isLive() && subscription.request().since() != null) {
				subscription.end();
			}
		}
	}

	/**
	 * Answer a session, and let it have what comes from then on.
	 * @param subscription the session's subscription
	 * @param page what it has missed, or {@code null} if it has asked for nothing
	 * @param limit how much it may have missed
	 * @param delivered how far the channel has come, or {@code null} if that is unknown
	 * @return the answer
	 * @throws RequestRefusedException if it has to try again
	 */
	Subscribed goLive(LogSubscription subscription, @Nullable LogPage page, int limit, @Nullable Position delivered) {
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
			if (subscription.isOverflowed() || from == null || !from.epoch().equals(page.end().epoch())
					|| page.end().offset() < from.offset()) {
				// What was kept does not follow on the page without a gap.
				throw tryAgain("too much is published meanwhile");
			}
			List<Publication> held = subscription.release(position);
			reserve(subscription, held);
			publications = merge(page, subscription.session().id(), held);
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
	 * Count what came while the log was read with what was read.
	 */
	private static void reserve(LogSubscription subscription, List<Publication> held) {
		Reservation reservation = subscription.reservation();
		if (reservation != null && !held.isEmpty() && !reservation.grow(ReplayReader.cost(held))) {
			subscription.end();
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, "too much waits to be sent, try again");
		}
	}

	private static void reply(LogSubscription subscription, Subscribed result) {
		try {
			subscription.request().subscriber().answer(result);
		}
		catch (RuntimeException | Error ex) {
			// What comes next would seem to be all that there is.
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
