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

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.internal.RoutingSettings.Rebalance;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Asks sessions to move when another node serves their channels. As after a change of the
 * ring, it begins after a delay with a random part, closes at most so many sessions per
 * second, and leaves those alone that were opened after the middle of the delay.
 * <p>
 * A session moves if this node has served all of its placed channels, and one other node
 * serves all of them now. Sessions with channels of several nodes, anonymous ones, and
 * those that came by a balancer that does not know the places, stay: messages reach them
 * here.
 * <p>
 * The routing thread decides when; the places are asked on the placement's thread,
 * because the application may take part in them.
 */
final class ChannelMover {

	private static final long SLICE_NANOS = Duration.ofSeconds(1).toNanos();

	/** How many places a plan compares with, if changes come faster than moves. */
	private static final int MAX_BASES = 8;

	private final SessionRegistry registry;

	private final RoutingSettings settings;

	private final String self;

	private final ChannelPlaces places;

	private final Predicate<Runnable> placementThread;

	private final RoutingStatistics statistics;

	private final Random random;

	private ChannelPlaces.@Nullable Snapshot known;

	private volatile @Nullable Plan plan;

	/**
	 * Create a mover.
	 * @param self the name of this node
	 * @param places tells which node serves a channel
	 * @param placementThread runs what asks the places; returns false if it is busy
	 */
	ChannelMover(SessionRegistry registry, RoutingSettings settings, String self, ChannelPlaces places,
			Predicate<Runnable> placementThread, RoutingStatistics statistics, Random random) {
		this.registry = registry;
		this.settings = settings;
		this.self = self;
		this.places = places;
		this.placementThread = placementThread;
		this.statistics = statistics;
		this.random = random;
	}

	/**
	 * Look for a change, and move the next sessions if it is time to. Called by the
	 * routing thread now and then.
	 * @param ring the ring that this node agrees with, or {@code null} if it agrees with
	 * none: then nobody moves
	 * @param now the time in nanoseconds
	 */
	void tick(@Nullable PublishedRing ring, long now) {
		ChannelPlaces.Snapshot present;
		try {
			present = this.places.snapshot();
		}
		catch (RuntimeException ex) {
			this.statistics.countPlacementFailure();
			return;
		}
		ChannelPlaces.Snapshot before = this.known;
		if (!present.equals(before)) {
			this.known = present;
			plan(before, now);
		}
		Plan plan = this.plan;
		if (plan == null || plan.ended || plan.busy || ring == null || now - plan.nextAt < 0
				|| !serves(ring, this.self)) {
			return;
		}
		plan.busy = true;
		if (!this.placementThread.test(() -> moveSlice(plan, ring, present, now))) {
			plan.busy = false;
		}
	}

	private void plan(ChannelPlaces.@Nullable Snapshot before, long now) {
		if (this.settings.rebalance() == Rebalance.OFF || before == null) {
			return;
		}
		Plan unfinished = this.plan;
		Deque<ChannelPlaces.Snapshot> bases = new ArrayDeque<>(
				(unfinished != null && !unfinished.ended) ? unfinished.bases : List.of());
		bases.add(before);
		if (bases.size() > MAX_BASES) {
			bases.remove();
		}
		Duration delay = this.settings.moveDelay();
		this.plan = new Plan(List.copyOf(bases), Instant.now().plus(delay.dividedBy(2)),
				now + delay.toNanos() + (long) (this.random.nextDouble() * SLICE_NANOS));
	}

	private static boolean serves(PublishedRing ring, String node) {
		RingMember member = ring.ring().member(node);
		return member != null && member.weight() > 0;
	}

	/**
	 * Runs on the placement's thread.
	 */
	private void moveSlice(Plan plan, PublishedRing ring, ChannelPlaces.Snapshot present, long now) {
		try {
			int moved = 0;
			for (LocalSession session : this.registry.sessions()) {
				if (this.plan != plan) {
					return;
				}
				if (!hasToMove(session, plan, ring, present)) {
					continue;
				}
				if (moved == this.settings.movesPerSecond()) {
					plan.nextAt = now + (long) (SLICE_NANOS * (1 + 0.2 * this.random.nextDouble()));
					return;
				}
				session.close(CloseReason.MOVED);
				this.statistics.countMove();
				moved++;
			}
			plan.ended = true;
		}
		finally {
			plan.busy = false;
		}
	}

	private boolean hasToMove(LocalSession session, Plan plan, PublishedRing ring, ChannelPlaces.Snapshot present) {
		if (session.principal() == null || !session.isOpen() || !session.openedAt().isBefore(plan.openedBefore)) {
			return false;
		}
		Set<String> channels = session.channels();
		try {
			Set<String> nodes = nodes(channels, present);
			return nodes.size() == 1 && !nodes.contains(this.self) && serves(ring, nodes.iterator().next())
					&& plan.bases.stream().anyMatch((base) -> nodes(channels, base).equals(Set.of(this.self)));
		}
		catch (RuntimeException ex) {
			this.statistics.countPlacementFailure();
			return false;
		}
	}

	private static Set<String> nodes(Set<String> channels, ChannelPlaces.Snapshot places) {
		Set<String> nodes = new HashSet<>();
		for (String channel : channels) {
			String node = places.node(channel);
			if (node != null) {
				nodes.add(node);
			}
		}
		return nodes;
	}

	/**
	 * Return whether this node serves a channel of a session, so that the session is in
	 * place here wherever its user belongs.
	 */
	boolean isInPlace(LocalSession session) {
		if (this.places == ChannelPlaces.NONE) {
			return false;
		}
		try {
			return nodes(session.channels(), this.places.snapshot()).contains(this.self);
		}
		catch (RuntimeException ex) {
			this.statistics.countPlacementFailure();
			return false;
		}
	}

	/**
	 * Return whether there are moves that have not ended. For any thread.
	 */
	boolean isMoving() {
		Plan plan = this.plan;
		return plan != null && !plan.ended;
	}

	/**
	 * The moves for one change.
	 */
	private static final class Plan {

		/** The places by which clients may have come, the oldest first. */
		private final List<ChannelPlaces.Snapshot> bases;

		private final Instant openedBefore;

		private volatile long nextAt;

		/** Whether the placement's thread works for it. */
		private volatile boolean busy;

		private volatile boolean ended;

		Plan(List<ChannelPlaces.Snapshot> bases, Instant openedBefore, long nextAt) {
			this.bases = bases;
			this.openedBefore = openedBefore;
			this.nextAt = nextAt;
		}

	}

}
