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
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

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
 * for one change. With {@link Rebalance#SELECTIVE} it covers users who have got another
 * owner, and no others who are out of place.
 * <p>
 * A node that stands outside the ring closes nobody: it was cut off or stood still, and
 * its users are in place again when the ring takes it in. Until then its plan waits.
 * Sessions that are here for their channels stay.
 * <p>
 * Used by the routing thread. The application's placement is asked on another one,
 * because it may take any time.
 */
final class SessionMover {

	private static final long SLICE_NANOS = Duration.ofSeconds(1).toNanos();

	/** How many rings a plan compares with, if changes come faster than moves. */
	private static final int MAX_BASES = 8;

	private final SessionRegistry registry;

	private final RoutingSettings settings;

	private final UserPlaces places;

	private final Predicate<LocalSession> placedByChannel;

	private final Predicate<Runnable> placementThread;

	private final Predicate<Runnable> routingThread;

	private final RoutingStatistics statistics;

	private final Random random;

	private volatile @Nullable Plan plan;

	/**
	 * Create a mover.
	 * @param places returns where users belong
	 * @param placedByChannel returns whether a session is in place because of its
	 * channels, wherever its user belongs
	 * @param placementThread runs what asks the placement; returns false if it is busy
	 * @param routingThread runs what follows; returns false if it is busy
	 */
	SessionMover(SessionRegistry registry, RoutingSettings settings, UserPlaces places,
			Predicate<LocalSession> placedByChannel, Predicate<Runnable> placementThread,
			Predicate<Runnable> routingThread, RoutingStatistics statistics, Random random) {
		this.registry = registry;
		this.settings = settings;
		this.places = places;
		this.placedByChannel = placedByChannel;
		this.placementThread = placementThread;
		this.routingThread = routingThread;
		this.statistics = statistics;
		this.random = random;
	}

	/**
	 * Make a plan for a new ring, which replaces an earlier plan. What that one has not
	 * moved yet, the new one moves if it still has to.
	 * @param before the ring before, or {@code null} if there was none: then nobody has
	 * come by it, and nobody moves
	 * @param ring the ring
	 * @param publishedAt when the ring's digest was first published, in nanoseconds
	 * @param now the time in nanoseconds
	 */
	void plan(@Nullable PublishedRing before, PublishedRing ring, long publishedAt, long now) {
		if (this.settings.rebalance() == Rebalance.OFF || before == null) {
			return;
		}
		Plan unfinished = this.plan;
		Deque<PublishedRing> bases = new ArrayDeque<>((unfinished != null) ? unfinished.bases : List.of());
		bases.add(before);
		if (bases.size() > MAX_BASES) {
			bases.remove();
		}
		long delay = this.settings.moveDelay().toNanos();
		Instant openedBefore = Instant.now().minusNanos(now - publishedAt).plusNanos(delay / 2);
		this.plan = new Plan(List.copyOf(bases), ring, !this.places.isServing(ring), openedBefore,
				publishedAt + delay + (long) (this.random.nextDouble() * SLICE_NANOS));
	}

	/**
	 * Return whether there is a plan that has not ended. For any thread.
	 */
	boolean isMoving() {
		Plan plan = this.plan;
		return plan != null && !plan.waits;
	}

	/**
	 * Return whether a slice is due, for which the publisher has to confirm the ring.
	 */
	boolean isDue(long now) {
		Plan plan = this.plan;
		if (plan == null || plan.waits || now - plan.nextAt < 0) {
			return false;
		}
		if (plan.users == null && !plan.searching) {
			plan.searching = this.placementThread.test(() -> search(plan));
		}
		return plan.users != null;
	}

	/**
	 * Runs on the placement's thread.
	 */
	private void search(Plan plan) {
		Deque<String> users = users(plan);
		while (!this.routingThread.test(() -> plan.users = users) && this.plan == plan) {
			LockSupport.parkNanos(SLICE_NANOS / 10);
			if (Thread.currentThread().isInterrupted()) {
				return;
			}
		}
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
		Deque<String> users = plan.users;
		if (users == null) {
			return;
		}
		plan.asked = false;
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
			plan.nextAt = now + (long) (SLICE_NANOS * (1 + 0.2 * this.random.nextDouble()));
		}
	}

	private Deque<String> users(Plan plan) {
		Set<String> users = new HashSet<>();
		for (LocalSession session : this.registry.sessions()) {
			Principal principal = session.principal();
			if (principal == null || !session.openedAt().isBefore(plan.openedBefore)) {
				continue;
			}
			if (this.placedByChannel.test(session)) {
				plan.kept.add(session);
			}
			else if (!users.contains(principal.getName()) && hasToMove(principal.getName(), plan)) {
				users.add(principal.getName());
			}
		}
		List<String> shuffled = new ArrayList<>(users);
		Collections.shuffle(shuffled, this.random);
		return new ArrayDeque<>(shuffled);
	}

	private boolean hasToMove(String user, Plan plan) {
		if (this.settings.rebalance() == Rebalance.ALL) {
			return true;
		}
		try {
			return !this.places.isInPlace(user, plan.ring)
					&& plan.bases.stream().anyMatch((base) -> this.places.isChanged(user, base, plan.ring));
		}
		catch (RuntimeException ex) {
			this.statistics.countPlacementFailure();
			return false;
		}
	}

	private List<LocalSession> sessions(String user, Plan plan) {
		return this.registry.ofUser(user)
			.stream()
			.filter((session) -> session.isOpen() && session.openedAt().isBefore(plan.openedBefore)
					&& !plan.kept.contains(session))
			.toList();
	}

	/**
	 * The moves for one change of the ring.
	 */
	private static final class Plan {

		/** The rings by which clients may have come, the oldest first. */
		private final List<PublishedRing> bases;

		private final PublishedRing ring;

		/** Whether this node stands outside the ring. */
		private final boolean waits;

		private final Instant openedBefore;

		/** Sessions that stay, filled before {@link #users}. */
		private final Set<LocalSession> kept = new HashSet<>();

		private long nextAt;

		private boolean asked;

		/** Whether the placement's thread looks for the users. */
		private boolean searching;

		/** The users who have to move, or {@code null} while they are not known. */
		private @Nullable Deque<String> users;

		Plan(List<PublishedRing> bases, PublishedRing ring, boolean waits, Instant openedBefore, long nextAt) {
			this.bases = bases;
			this.ring = ring;
			this.waits = waits;
			this.openedBefore = openedBefore;
			this.nextAt = nextAt;
		}

	}

}
