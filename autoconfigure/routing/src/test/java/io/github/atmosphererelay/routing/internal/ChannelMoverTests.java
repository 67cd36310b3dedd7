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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.atmosphererelay.routing.ChannelPlaces;
import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import io.github.atmosphererelay.routing.internal.RoutingSettings.Rebalance;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ChannelMover} on the node "a".
 */
class ChannelMoverTests {

	private static final Duration DELAY = Duration.ofSeconds(10);

	private static final PublishedRing RING = ring("a", "b", "c");

	private final SessionRegistry registry = new SessionRegistry();

	private final WriterPool writers = new WriterPool(new WriterSettings(2, 2, Duration.ofSeconds(5)),
			new SessionStatistics(), mock(ScheduledExecutorService.class));

	private final RoutingStatistics statistics = new RoutingStatistics();

	private Map<String, String> places = Map.of("p1", "a", "p2", "a", "p3", "b");

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
	void sessionsMoveWhoseChannelsOneOtherNodeServesNowAfterTheDelay() {
		LocalSession moving = open("ada", "p1", "chat");
		LocalSession staying = open("bob", "p2");
		LocalSession elsewhere = open("eve", "p3");
		LocalSession unplaced = open("dan", "chat");
		LocalSession anonymous = open(null, "p1");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		this.places = Map.of("p1", "b", "p2", "a", "p3", "c");
		mover.tick(RING, this.now);
		assertThat(mover.isMoving()).isTrue();
		tick(mover, RING, 9);
		assertThat(moving.isOpen()).isTrue();
		tick(mover, RING, 5);
		assertThat(moving.isOpen()).isFalse();
		assertThat(List.of(staying, elsewhere, unplaced, anonymous)).allMatch(LocalSession::isOpen);
		assertThat(this.statistics.moves()).isOne();
		assertThat(mover.isMoving()).isFalse();
	}

	@Test
	void sessionsWithChannelsOfSeveralNodesStay() {
		LocalSession before = open("ada", "p1", "p3");
		LocalSession afterwards = open("bob", "p1", "p2");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		this.places = Map.of("p1", "b", "p2", "c", "p3", "b");
		tick(mover, RING, 15);
		assertThat(before.isOpen()).isTrue();
		assertThat(afterwards.isOpen()).isTrue();
		// Both are served by one node now, which was not so before
		this.places = Map.of("p1", "b", "p2", "b", "p3", "b");
		tick(mover, RING, 15);
		assertThat(before.isOpen()).isTrue();
	}

	@Test
	void whatComesBackBeforeTheDelayHasPassedDoesNotMove() {
		LocalSession session = open("ada", "p1");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		Map<String, String> before = this.places;
		this.places = Map.of("p1", "b", "p2", "a", "p3", "b");
		tick(mover, RING, 2);
		this.places = before;
		tick(mover, RING, 15);
		assertThat(session.isOpen()).isTrue();
		assertThat(mover.isMoving()).isFalse();
	}

	@Test
	void whatAnEarlierChangeHasNotMovedYetALaterOneMoves() {
		LocalSession session = open("ada", "p1");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		this.places = Map.of("p1", "b", "p2", "a", "p3", "b");
		tick(mover, RING, 2);
		this.places = Map.of("p1", "c", "p2", "a", "p3", "b");
		tick(mover, RING, 15);
		assertThat(session.isOpen()).isFalse();
	}

	@Test
	void soManyMovePerSecondAsThePropertySays() {
		List<LocalSession> sessions = IntStream.range(0, 10).mapToObj((i) -> open("user-" + i, "p1")).toList();
		ChannelMover mover = mover(4, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		this.places = Map.of("p1", "b");
		mover.tick(RING, this.now);
		this.now += DELAY.plusSeconds(2).toNanos();
		mover.tick(RING, this.now);
		assertThat(sessions.stream().filter(LocalSession::isOpen)).hasSize(6);
		mover.tick(RING, this.now);
		assertThat(sessions.stream().filter(LocalSession::isOpen)).hasSize(6);
		tick(mover, RING, 3);
		assertThat(sessions).noneMatch(LocalSession::isOpen);
		assertThat(this.statistics.moves()).isEqualTo(10);
	}

	@Test
	void nobodyMovesWithoutAnAgreedRingOrToANodeThatIsNotInItOrIfThePropertySaysSo() {
		LocalSession session = open("ada", "p1");
		LocalSession other = open("bob", "p2");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		ChannelMover off = mover(10, Rebalance.OFF);
		mover.tick(RING, this.now);
		off.tick(RING, this.now);
		this.places = Map.of("p1", "b", "p2", "gone");
		tick(off, RING, 15);
		tick(mover, null, 15);
		tick(mover, ring("b", "c"), 15);
		assertThat(session.isOpen()).isTrue();
		tick(mover, RING, 2);
		assertThat(session.isOpen()).isFalse();
		assertThat(other.isOpen()).isTrue();
	}

	@Test
	void aSessionIsInPlaceIfThisNodeServesOneOfItsChannels() {
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		assertThat(mover.isInPlace(open("ada", "p1", "p3"))).isTrue();
		assertThat(mover.isInPlace(open("ada", "p3", "chat"))).isFalse();
	}

	@Test
	void placesThatFailMoveNobodyAndAreCounted() {
		LocalSession session = open("ada", "p1");
		ChannelMover mover = mover(10, Rebalance.SELECTIVE);
		mover.tick(RING, this.now);
		this.places = Map.of("p1", "fails");
		tick(mover, RING, 15);
		assertThat(session.isOpen()).isTrue();
		assertThat(mover.isInPlace(session)).isFalse();
		assertThat(this.statistics.placementFailures()).isPositive();
	}

	private void tick(ChannelMover mover, @Nullable PublishedRing ring, int seconds) {
		for (int i = 0; i < 4 * seconds; i++) {
			mover.tick(ring, this.now);
			this.now += TimeUnit.MILLISECONDS.toNanos(250);
		}
	}

	private ChannelMover mover(int movesPerSecond, Rebalance rebalance) {
		return new ChannelMover(this.registry, new RoutingSettings(1, null, rebalance, DELAY, movesPerSecond, 0), "a",
				() -> new Places(this.places), (task) -> {
					task.run();
					return true;
				}, this.statistics, new Random(1));
	}

	private LocalSession open(@Nullable String user, String... channels) {
		LocalSession session = this.writers.open("session-" + this.registry.sessionCount(),
				(user != null) ? () -> user : null, null, new FakeTransport(), (ended, reason) -> {
				});
		this.registry.add(session);
		for (String channel : channels) {
			this.registry.add(new Subscription(session, channel), 100);
		}
		return session;
	}

	private static PublishedRing ring(String... names) {
		Ring ring = Ring.of(Stream.of(names).map((name) -> new RingMember(name, 1)).toList());
		return new PublishedRing(new RingVersion(1, 1, ring.digest()), ring);
	}

	/**
	 * Places by a table.
	 */
	private record Places(Map<String, String> nodes) implements ChannelPlaces.Snapshot {

		@Override
		public @Nullable String node(String channel) {
			String node = this.nodes.get(channel);
			if ("fails".equals(node)) {
				throw new IllegalStateException("The application's partitioner has failed");
			}
			return node;
		}

	}

}
