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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.routing.Placement;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RoutingSettings.Rebalance;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SessionMover}.
 */
class SessionMoverTests {

	private static final Duration DELAY = Duration.ofSeconds(10);

	private static final PublishedRing TWO = ring(1, "a", "b");

	private static final PublishedRing THREE = ring(2, "a", "b", "c");

	private final SessionRegistry registry = new SessionRegistry();

	private final WriterPool writers = new WriterPool(new WriterSettings(2, 2, Duration.ofSeconds(5)),
			new SessionStatistics(), mock(ScheduledExecutorService.class));

	private final Map<String, List<LocalSession>> sessions = new HashMap<>();

	private final RoutingStatistics statistics = new RoutingStatistics();

	private final List<Runnable> placing = new ArrayList<>();

	/** The sessions that are in place because of their channels. */
	private final Set<LocalSession> here = new HashSet<>();

	private long now = System.nanoTime();

	@BeforeEach
	void start() {
		this.writers.start();
	}

	@AfterEach
	void stop() {
		this.writers.stop();
	}

	@Test
	void onlyUsersWhoHaveGotAnotherOwnerMoveAlthoughOthersAreOutOfPlace() {
		for (int i = 0; i < 200; i++) {
			open("user-" + i);
		}
		SessionMover mover = mover(Rebalance.SELECTIVE, 1_000, Placement.BY_RING);
		mover.plan(TWO, THREE, this.now, this.now);
		slices(mover, THREE, 5);
		this.sessions.forEach((user, open) -> {
			boolean moves = owner(user, THREE).equals("c");
			assertThat(isMoved(open)).as(user).isEqualTo(moves);
		});
		assertThat(this.statistics.moves()).isBetween(30L, 110L);
	}

	@Test
	void whatAnEarlierPlanHasNotMovedTheNextOneMovesAndWhatIsAsBeforeStays() {
		for (int i = 0; i < 200; i++) {
			open("user-" + i);
		}
		SessionMover mover = mover(Rebalance.SELECTIVE, 1_000, Placement.BY_RING);
		PublishedRing other = ring(3, "a", "b", "d");
		mover.plan(TWO, THREE, this.now, this.now);
		mover.plan(THREE, other, this.now, this.now);
		slices(mover, other, 5);
		this.sessions.forEach((user, open) -> {
			boolean moves = !owner(user, other).equals("a")
					&& (!owner(user, TWO).equals(owner(user, other)) || !owner(user, THREE).equals(owner(user, other)));
			assertThat(isMoved(open)).as(user).isEqualTo(moves);
		});
	}

	/**
	 * As with a node that was cut off from the others for a while: they have published a
	 * ring without it, and take it in again later.
	 */
	@Test
	void aNodeThatStandsOutsideTheRingClosesNobodyAndIsInPlaceWhenItIsTakenInAgain() {
		for (int i = 0; i < 200; i++) {
			String user = "user-" + i;
			if (owner(user, TWO).equals("a")) {
				open(user);
			}
		}
		PublishedRing without = ring(2, "b");
		PublishedRing again = ring(3, "a", "b");
		SessionMover mover = mover(Rebalance.SELECTIVE, 1_000, Placement.BY_RING);
		mover.plan(TWO, without, this.now, this.now);
		slices(mover, without, 5);
		assertThat(mover.isMoving()).isFalse();
		mover.plan(without, again, this.now, this.now);
		slices(mover, again, 5);
		assertThat(this.statistics.moves()).isZero();
		PublishedRing grown = ring(4, "a", "b", "c");
		mover.plan(again, grown, this.now, this.now);
		slices(mover, grown, 5);
		assertThat(this.statistics.moves()).as("those of the node that joins").isBetween(5L, 60L);
	}

	@Test
	void nobodyMovesOnTheFirstRingOrWithRebalanceOff() {
		open("ada");
		SessionMover mover = mover(Rebalance.SELECTIVE, 10, Placement.BY_RING);
		mover.plan(null, TWO, this.now, this.now);
		this.now += DELAY.toNanos() * 2;
		assertThat(mover.isDue(this.now)).isFalse();
		SessionMover off = mover(Rebalance.OFF, 10, Placement.BY_RING);
		off.plan(TWO, THREE, this.now, this.now);
		this.now += DELAY.toNanos() * 2;
		assertThat(off.isDue(this.now)).isFalse();
	}

	@Test
	void withAllEachUserMovesAndAnonymousClientsStay() {
		for (int i = 0; i < 20; i++) {
			open("user-" + i);
		}
		open(null);
		SessionMover mover = mover(Rebalance.ALL, 1_000, Placement.BY_RING);
		mover.plan(TWO, THREE, this.now, this.now);
		slices(mover, THREE, 3);
		assertThat(this.statistics.moves()).isEqualTo(20);
		assertThat(isMoved(this.sessions.get("anonymous"))).isFalse();
	}

	@Test
	void aSliceHasAtMostSoManySessionsAndAllOfAUserAndTheNextComesASecondLater() {
		for (int i = 0; i < 30; i++) {
			String user = "user-" + i;
			open(user);
			open(user);
			open(user);
		}
		SessionMover mover = mover(Rebalance.ALL, 10, Placement.BY_RING);
		mover.plan(TWO, THREE, this.now, this.now);
		this.now += DELAY.toNanos() + TimeUnit.SECONDS.toNanos(1);
		long before = 0;
		for (int i = 0; i < 10; i++) {
			assertThat(mover.isDue(this.now)).isTrue();
			mover.asked(this.now);
			mover.moveSlice(THREE, this.now);
			assertThat(this.statistics.moves() - before).isEqualTo(9);
			before = this.statistics.moves();
			assertThat(this.sessions.values())
				.allSatisfy((open) -> assertThat(open.stream().map(LocalSession::isOpen).distinct()).hasSize(1));
			if (i < 9) {
				assertThat(mover.isDue(this.now + TimeUnit.MILLISECONDS.toNanos(999))).isFalse();
			}
			this.now += TimeUnit.MILLISECONDS.toNanos(1_200);
		}
		assertThat(mover.isDue(this.now)).isFalse();
		assertThat(this.statistics.moves()).isEqualTo(90);
	}

	@Test
	void aSessionThatIsHereForItsChannelsStaysAndTheOthersOfItsUserMove() {
		String moving = IntStream.range(0, 100)
			.mapToObj((i) -> "user-" + i)
			.filter((user) -> owner(user, TWO).equals("a") && owner(user, THREE).equals("c"))
			.findFirst()
			.orElseThrow();
		open(moving);
		open(moving);
		List<LocalSession> both = this.sessions.get(moving);
		this.here.add(both.get(0));
		SessionMover mover = mover(Rebalance.SELECTIVE, 10, Placement.BY_RING);
		mover.plan(TWO, THREE, this.now, this.now);
		slices(mover, THREE, 5);
		assertThat(both).extracting(LocalSession::isOpen).containsExactly(true, false);
	}

	@Test
	void aPlacementThatHangsMovesNobodyAndHoldsUpNobody() {
		open("ada");
		SessionMover mover = new SessionMover(this.registry, settings(Rebalance.SELECTIVE, 10),
				new UserPlaces("a", Placement.BY_RING), this.here::contains, this.placing::add, SessionMoverTests::run,
				this.statistics, new Random(1));
		mover.plan(TWO, THREE, this.now, this.now);
		this.now += DELAY.toNanos() * 2;
		assertThat(mover.isDue(this.now)).isFalse();
		assertThat(mover.isDue(this.now)).isFalse();
		assertThat(this.placing).hasSize(1);
		this.placing.get(0).run();
		assertThat(mover.isDue(this.now)).isTrue();
	}

	@Test
	void aPlacementThatThrowsMovesNobodyAndIsCounted() {
		open("ada");
		SessionMover mover = mover(Rebalance.SELECTIVE, 10, new Placement() {

			@Override
			public @Nullable RingMember ofUser(String user, Ring ring) {
				throw new IllegalStateException("broken");
			}

		});
		mover.plan(TWO, THREE, this.now, this.now);
		slices(mover, THREE, 2);
		assertThat(this.statistics.moves()).isZero();
		assertThat(this.statistics.placementFailures()).isOne();
	}

	private void slices(SessionMover mover, PublishedRing ring, int count) {
		this.now += DELAY.toNanos();
		for (int i = 0; i < count; i++) {
			this.now += TimeUnit.MILLISECONDS.toNanos(1_200);
			if (mover.isDue(this.now)) {
				mover.asked(this.now);
				mover.moveSlice(ring, this.now);
			}
		}
	}

	private SessionMover mover(Rebalance rebalance, int movesPerSecond, Placement placement) {
		return new SessionMover(this.registry, settings(rebalance, movesPerSecond), new UserPlaces("a", placement),
				this.here::contains, SessionMoverTests::run, SessionMoverTests::run, this.statistics, new Random(1));
	}

	private static RoutingSettings settings(Rebalance rebalance, int movesPerSecond) {
		return new RoutingSettings(1, null, rebalance, DELAY, movesPerSecond, 0);
	}

	private static boolean run(Runnable task) {
		task.run();
		return true;
	}

	private void open(@Nullable String user) {
		LocalSession session = this.writers.open("session-" + this.registry.sessionCount(),
				(user != null) ? () -> user : null, null, new FakeTransport(), (ended, reason) -> {
				});
		this.registry.add(session);
		this.sessions.computeIfAbsent((user != null) ? user : "anonymous", (same) -> new ArrayList<>()).add(session);
	}

	private static boolean isMoved(List<LocalSession> sessions) {
		return sessions.stream().noneMatch(LocalSession::isOpen);
	}

	private static String owner(String user, PublishedRing ring) {
		RingMember owner = ring.ring().owner(user);
		assertThat(owner).isNotNull();
		return owner.name();
	}

	private static PublishedRing ring(long counter, String... names) {
		List<RingMember> members = new ArrayList<>();
		for (String name : names) {
			members.add(new RingMember(name, 1));
		}
		Ring ring = Ring.of(members);
		return new PublishedRing(new RingVersion(1, counter, ring.digest()), ring);
	}

}
