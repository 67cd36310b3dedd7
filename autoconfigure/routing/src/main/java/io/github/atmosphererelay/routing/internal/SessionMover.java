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

package io.github.atmosphererelay.routing.internal;

import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.internal.RoutingSettings.Rebalance;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Asks sessions to move to the nodes where a new ring places their users. One plan exists
 * for the latest change. It begins after a delay in which gateways can learn of the ring,
 * with a random part so that nodes do not begin together. Each slice closes all sessions
 * that a user has on this node, and waits until the publisher has confirmed the ring.
 * <p>
 * A plan covers sessions that were opened before the middle of the delay. Sessions that
 * other nodes have asked to move arrive after the delay, so that nobody is asked twice
 * for one change. Used by one thread.
 */
final class SessionMover {

	private static final long SLICE_NANOS = Duration.ofSeconds(1).toNanos();

	private final SessionRegistry registry;

	private final RoutingSettings settings;

	private final BiPredicate<String, PublishedRing> inPlace;

	private final RoutingStatistics statistics;

	private final Random random;

	private @Nullable Plan plan;

	/**
	 * Create a mover.
	 * @param inPlace returns whether a user's sessions are in place on this node
	 */
	SessionMover(SessionRegistry registry, RoutingSettings settings, BiPredicate<String, PublishedRing> inPlace,
			RoutingStatistics statistics, Random random) {
		this.registry = registry;
		this.settings = settings;
		this.inPlace = inPlace;
		this.statistics = statistics;
		this.random = random;
	}

	/**
	 * Make a plan for a new ring, which replaces an earlier plan.
	 * @param ring the ring
	 * @param publishedAt when the ring's digest was first published, in nanoseconds
	 * @param now the time in nanoseconds
	 */
	void plan(PublishedRing ring, long publishedAt, long now) {
		if (this.settings.rebalance() == Rebalance.OFF) {
			return;
		}
		long delay = this.settings.moveDelay().toNanos();
		Instant openedBefore = Instant.now().minusNanos(now - publishedAt).plusNanos(delay / 2);
		this.plan = new Plan(ring, openedBefore, publishedAt + delay + (long) (this.random.nextDouble() * SLICE_NANOS));
	}

	/**
	 * Return whether a slice is due, for which the publisher has to confirm the ring.
	 */
	boolean isDue(long now) {
		Plan plan = this.plan;
		return plan != null && now - plan.nextAt >= 0;
	}

	/**
	 * Note that a slice waits for the publisher's confirmation. It is asked for again if
	 * that does not come.
	 */
	void asked(long now) {
		Plan plan = this.plan;
		if (plan != null) {
			if (plan.asked) {
				this.statistics.countSkippedSlice();
			}
			plan.asked = true;
			plan.nextAt = now + RingAgreement.FENCE_TIMEOUT.toNanos();
		}
	}

	/**
	 * Close the next slice of sessions. Called when the publisher has confirmed a ring.
	 * @param ring the ring
	 * @param now the time in nanoseconds
	 */
	void moveSlice(@Nullable PublishedRing ring, long now) {
		Plan plan = this.plan;
		if (plan == null || ring == null || !plan.asked
				|| !ring.version().digest().equals(plan.ring.version().digest())) {
			return;
		}
		plan.asked = false;
		Deque<String> users = plan.users;
		if (users == null) {
			users = users(plan);
			plan.users = users;
		}
		int moved = 0;
		while (!users.isEmpty()) {
			List<LocalSession> sessions = sessions(users.peek(), plan);
			if (moved > 0 && moved + sessions.size() > this.settings.movesPerSecond()) {
				break;
			}
			users.remove();
			for (LocalSession session : sessions) {
				session.close(CloseReason.MOVED);
				this.statistics.countMove();
			}
			moved += sessions.size();
		}
		if (users.isEmpty()) {
			this.plan = null;
		}
		else {
			plan.nextAt = now + (long) (SLICE_NANOS * (0.9 + 0.2 * this.random.nextDouble()));
		}
	}

	private Deque<String> users(Plan plan) {
		Set<String> users = new HashSet<>();
		for (LocalSession session : this.registry.sessions()) {
			Principal principal = session.principal();
			if (principal != null && session.openedAt().isBefore(plan.openedBefore)
					&& (this.settings.rebalance() == Rebalance.ALL
							|| !this.inPlace.test(principal.getName(), plan.ring))) {
				users.add(principal.getName());
			}
		}
		List<String> shuffled = new ArrayList<>(users);
		Collections.shuffle(shuffled, this.random);
		return new ArrayDeque<>(shuffled);
	}

	private List<LocalSession> sessions(String user, Plan plan) {
		return this.registry.ofUser(user)
			.stream()
			.filter((session) -> session.isOpen() && session.openedAt().isBefore(plan.openedBefore))
			.toList();
	}

	/**
	 * The moves for one change of the ring.
	 */
	private static final class Plan {

		private final PublishedRing ring;

		private final Instant openedBefore;

		private long nextAt;

		private boolean asked;

		/** The users who have to move, or {@code null} before the first slice. */
		private @Nullable Deque<String> users;

		Plan(PublishedRing ring, Instant openedBefore, long nextAt) {
			this.ring = ring;
			this.openedBefore = openedBefore;
			this.nextAt = nextAt;
		}

	}

}
