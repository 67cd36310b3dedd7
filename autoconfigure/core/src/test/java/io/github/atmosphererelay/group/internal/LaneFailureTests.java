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

package io.github.atmosphererelay.group.internal;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for a {@link GroupRunner} that fails at a step, or whose lanes go to others.
 */
@Timeout(60)
@Reconciles
class LaneFailureTests {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private final GroupFixture node = new GroupFixture();

	private final FailingGroups groups = new FailingGroups(this.node.groups());

	@AfterEach
	void stop() throws InterruptedException {
		this.node.close();
	}

	private void await(String channel, int count) {
		MachineTime.await(LIMIT).until(() -> this.node.handled(channel).stream().distinct().count() == count);
	}

	private void awaitEach(String channels) {
		MachineTime.await(LIMIT)
			.until(() -> IntStream.range(0, 40).noneMatch((i) -> this.node.handled(channels + i).isEmpty()));
	}

	@Test
	void whatFollowsAStepThatFailsIsHandledNevertheless() {
		this.groups.pages.set(1);
		this.node.publish("orders/1", 0, 250);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, this.groups, (channel, text) -> null);
		await("orders/1", 250);
		assertThat(this.node.handled("orders/1").stream().distinct())
			.containsExactlyElementsOf(GroupFixture.texts(0, 250));
		assertThat(this.node.guards.of(Part.LISTENERS).failures()).isOne();
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 0);
		assertThat(runner.statistics().lanes()).isEqualTo(8);
		assertThat(runner.statistics().parked()).isZero();
	}

	@Test
	void lanesThatAreLostAreLeftAndTheirNextOwnerGoesOnWithWhatIsCommitted() {
		CompletableFuture<Void> late = new CompletableFuture<>();
		AtomicInteger calls = new AtomicInteger();
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, this.groups,
				(channel, text) -> (text.equals("3") && calls.incrementAndGet() == 1) ? late : null);
		this.node.publish("orders/1", 0, 10);
		MachineTime.await(LIMIT).until(() -> calls.get() == 1);
		this.groups.lose(true);
		await("orders/1", 10);
		MachineTime.await(LIMIT).until(() -> runner.statistics().count(Event.LANE_LOST) == 8);
		assertThat(this.node.handled("orders/1").stream().distinct())
			.containsExactlyElementsOf(GroupFixture.texts(0, 10));
		assertThat(runner.statistics().lanes()).isEqualTo(8);
		assertThat(runner.describe().lanes()).hasSize(8).allMatch((lane) -> lane.token() > 8);
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 0);
		long handled = runner.statistics().count(Event.HANDLED);
		late.complete(null);
		MachineTime.await(LIMIT).until(() -> this.node.handled("orders/1").size() > 10);
		this.node.publish("orders/1", 10, 1);
		await("orders/1", 11);
		MachineTime.await(LIMIT).until(() -> runner.statistics().count(Event.HANDLED) == handled + 1);
	}

	@Test
	void aMemberThatFindsOutByACommitLeavesTheLane() {
		CountDownLatch gate = new CountDownLatch(1);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, this.groups, (channel, text) -> {
			gate.await();
			return null;
		});
		this.node.publish("orders/1", 0, 5);
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 5);
		this.groups.lose(false);
		gate.countDown();
		await("orders/1", 5);
		MachineTime.await(LIMIT).until(() -> runner.statistics().count(Event.LANE_LOST) == 1);
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 0);
		assertThat(this.node.handled("orders/1").stream().distinct())
			.containsExactlyElementsOf(GroupFixture.texts(0, 5));
	}

	/**
	 * As when the table of handled messages is missing: nothing else shows that the group
	 * does nothing.
	 */
	@Test
	void aGroupThatCannotStoreForWantOfATableIsFailing() {
		AtomicBoolean missing = new AtomicBoolean(true);
		this.node.publish("orders/1", 0, 3);
		this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (missing.get()) {
				throw new GroupTransactionException(
						new IllegalStateException("bad SQL grammar", new SQLException("no such table", "42S02")));
			}
			return null;
		});
		MachineTime.await(LIMIT).until(() -> this.node.guards.of(Part.LISTENERS).isFailing());
		assertThat(this.node.guards.of(Part.LISTENERS).lastFailure()).contains("no such table");
		missing.set(false);
		await("orders/1", 3);
		assertThat(this.node.handled("orders/1")).containsExactly("0", "1", "2");
	}

	@Test
	void anExceptionThatCannotBePrintedIsAFailureLikeOthers() {
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (text.equals("1")) {
				throw new Unprintable();
			}
			return null;
		});
		this.node.publish("orders/1", 0, 4);
		await("orders/1", 3);
		assertThat(this.node.handled("orders/1")).containsExactly("0", "2", "3");
		assertThat(runner.setAside(0, 10).join()).hasSize(1)
			.allMatch((message) -> message.reason().endsWith("Unprintable"));
		assertThat(this.node.guards.of(Part.LISTENERS).failures()).isZero();
	}

	@Test
	void aMethodThatDoesNotReturnHoldsNoOtherChannelOfALaneThatIsToMove() throws InterruptedException {
		CountDownLatch gate = new CountDownLatch(1);
		GroupSettings settings = new GroupSettings(64, 3, Duration.ofMillis(50), Duration.ofMillis(200), 50, 1000,
				1024 * 1024, Duration.ofMillis(100));
		GroupRunner one = this.node.start(settings, (channel, text) -> {
			if (channel.startsWith("orders/slow")) {
				gate.await();
			}
			return null;
		});
		for (int i = 0; i < 40; i++) {
			this.node.publish("orders/slow/" + i, 0, 1);
		}
		MachineTime.await(LIMIT).until(() -> one.statistics().bufferedMessages() == 40);
		GroupRunner two = this.node.start(settings, (channel, text) -> null);
		for (int i = 0; i < 40; i++) {
			this.node.publish("orders/quick/" + i, 0, 1);
		}
		awaitEach("orders/quick/");
		assertThat(one.statistics().lanes()).isEqualTo(4);
		assertThat(two.statistics().lanes()).isEqualTo(4);
		gate.countDown();
		awaitEach("orders/slow/");
		MachineTime.await(LIMIT).until(() -> one.statistics().lag() == 0 && two.statistics().lag() == 0);
	}

	@Test
	void whileALaneDoesNotAnswerTheLagIsWhatItWas() {
		AtomicBoolean broken = new AtomicBoolean(true);
		GroupRunner runner = this.node.start(new GroupSettings(8, 1_000_000, Duration.ofMillis(50),
				Duration.ofMillis(200), 50, 1000, 1024 * 1024, Duration.ofSeconds(5)), this.groups, (channel, text) -> {
					if (broken.get()) {
						throw new IllegalStateException("expected");
					}
					return null;
				});
		this.node.publish("orders/1", 0, 7);
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 7);
		this.groups.lags.set(4);
		MachineTime.await(LIMIT).until(() -> {
			assertThat(runner.statistics().lag()).isEqualTo(7);
			return this.groups.lags.get() < 0;
		});
		broken.set(false);
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 0);
	}

	@Test
	void aMessageIsInReplayOnceAtATime() throws Exception {
		AtomicBoolean broken = new AtomicBoolean(true);
		CountDownLatch gate = new CountDownLatch(1);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (broken.get()) {
				throw new IllegalStateException("expected");
			}
			gate.await();
			return null;
		});
		this.node.publish("orders/1", 0, 1);
		MachineTime.await(LIMIT).until(() -> runner.countSetAside().join() == 1);
		broken.set(false);
		UUID id = runner.setAside(0, 1).join().get(0).publication().id();
		CompletableFuture<GroupRunner.Replay> first = runner.replay(id);
		GroupRunner.Replay second = runner.replay(id).get(10, TimeUnit.SECONDS);
		assertThat(second.handled()).isFalse();
		assertThat(second.reason()).contains("is being replayed");
		gate.countDown();
		assertThat(first.get(10, TimeUnit.SECONDS).handled()).isTrue();
		assertThat(this.node.handled("orders/1")).isEqualTo(List.of("0"));
		MachineTime.await(LIMIT).until(() -> "there is no such message".equals(runner.replay(id).join().reason()));
	}

	@Test
	void severalGroupsWhoseMethodsDoNotReturnStopTogether() {
		CountDownLatch running = new CountDownLatch(4);
		GroupSettings settings = new GroupSettings(8, 3, Duration.ofMillis(50), Duration.ofMillis(200), 50, 1000,
				1024 * 1024, Duration.ofSeconds(3));
		GroupRunners runners = new GroupRunners();
		for (int i = 0; i < 4; i++) {
			runners.add(this.node.runner("group-" + i, settings, this.node.groups(), (channel, text) -> {
				running.countDown();
				return new CompletableFuture<>();
			}));
		}
		runners.start();
		this.node.publish("orders/1", 0, 1);
		MachineTime.await(LIMIT).until(() -> running.getCount() == 0);
		long begin = System.nanoTime();
		runners.stop();
		// One after another they would take 12 seconds
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
		assertThat(runners.all()).allMatch((runner) -> runner.statistics().lanes() == 0);
	}

	private static final class Unprintable extends RuntimeException {

		@Override
		public String getMessage() {
			throw new IllegalStateException("expected");
		}

	}

}
