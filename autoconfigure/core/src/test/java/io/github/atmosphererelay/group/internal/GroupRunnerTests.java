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

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.event.GroupMessageSetAside;
import io.github.atmosphererelay.event.MessagesMissed;
import io.github.atmosphererelay.group.internal.GroupStatistics.Event;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.relay.GroupTransactionException;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GroupRunner}.
 */
@Timeout(240)
@Reconciles
class GroupRunnerTests {

	private static final Duration LIMIT = Duration.ofSeconds(30);

	private final GroupFixture node = new GroupFixture();

	@AfterEach
	void stop() throws InterruptedException {
		this.node.close();
		assertThat(this.node.guards.of(Part.LISTENERS).failures()).isZero();
	}

	private static GroupSettings attempts(int attempts) {
		return new GroupSettings(8, attempts, Duration.ofMillis(50), Duration.ofMillis(200), 50, 1000, 1024 * 1024,
				Duration.ofSeconds(5));
	}

	private void awaitCount(int count) {
		MachineTime.await(LIMIT).alias("handled messages").until(() -> this.node.count() >= count);
	}

	@Test
	void channelsAreHandledSideBySideAndEachInItsOrder() {
		AtomicInteger running = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		for (int i = 0; i < 100; i++) {
			this.node.publish("orders/" + i, 0, 10);
		}
		CountDownLatch sideBySide = new CountDownLatch(8);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			most.accumulateAndGet(running.incrementAndGet(), Math::max);
			sideBySide.countDown();
			sideBySide.await(20, TimeUnit.SECONDS);
			running.decrementAndGet();
			return null;
		});
		for (int i = 0; i < 100; i++) {
			this.node.publish("orders/" + i, 10, 10);
			this.node.publish("others/" + i, 0, 1);
		}
		awaitCount(2000);
		for (int i = 0; i < 100; i++) {
			assertThat(this.node.handled("orders/" + i)).isEqualTo(GroupFixture.texts(0, 20));
		}
		assertThat(this.node.count()).isEqualTo(2000);
		assertThat(most).hasValue(8);
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 0);
		assertThat(runner.statistics().count(Event.HANDLED)).isEqualTo(2000);
		assertThat(runner.statistics().bufferedBytes()).isZero();
		assertThat(runner.describe().lanes()).hasSize(8);
	}

	@Test
	void aChannelWhoseMessageFailsDelaysNoOther() {
		GroupRunner runner = this.node.start(attempts(1_000_000), (channel, text) -> {
			if (channel.equals("orders/13")) {
				throw new IllegalStateException("expected");
			}
			return null;
		});
		for (int round = 0; round < 10; round++) {
			int expected = 99 * (round + 1);
			for (int i = 0; i < 100; i++) {
				this.node.publish("orders/" + i, round, 1);
			}
			MachineTime.await(LIMIT).until(() -> this.node.count() == expected);
		}
		MachineTime.await(LIMIT).until(() -> runner.statistics().count(Event.FAILED) >= 5);
		assertThat(this.node.handled("orders/13")).isEmpty();
		// The nine that follow are not read for each retry
		long failed = runner.statistics().count(Event.FAILED);
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 1);
		MachineTime.await(LIMIT).until(() -> {
			assertThat(runner.statistics().bufferedMessages()).isOne();
			return runner.statistics().count(Event.FAILED) >= failed + 3;
		});
		assertThat(runner.statistics().count(Event.SET_ASIDE)).isZero();
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 10);
	}

	@Test
	void aMessageThatFailsIsTriedAgainBeforeThoseThatFollow() {
		AtomicInteger attempts = new AtomicInteger();
		this.node.publish("orders/1", 0, 300);
		this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (text.equals("7") && attempts.incrementAndGet() < 3) {
				throw new IllegalStateException("expected");
			}
			return null;
		});
		awaitCount(300);
		assertThat(this.node.handled("orders/1")).isEqualTo(GroupFixture.texts(0, 300));
		assertThat(attempts).hasValue(3);
	}

	@Test
	void whileTheDatabaseOfATransactionIsAwayNothingIsSetAside() {
		AtomicInteger failures = new AtomicInteger();
		this.node.publish("orders/1", 0, 3);
		GroupRunner runner = this.node.start(attempts(2), (channel, text) -> {
			if (text.equals("0") && failures.incrementAndGet() <= 3) {
				throw new GroupTransactionException(new IllegalStateException("expected"));
			}
			return null;
		});
		awaitCount(3);
		assertThat(this.node.handled("orders/1")).containsExactly("0", "1", "2");
		assertThat(runner.countSetAside().join()).isZero();
		assertThat(runner.statistics().count(Event.FAILED)).isZero();
		assertThat(runner.statistics().count(Event.STORE_FAILED)).isEqualTo(3);
		MachineTime.await(LIMIT).until(() -> runner.statistics().parked() == 0);
	}

	@Test
	void afterTheLastAttemptAMessageIsSetAsideAndCanBeReplayedOrDiscarded() {
		AtomicBoolean broken = new AtomicBoolean(true);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (broken.get() && (text.equals("1") || text.equals("2"))) {
				throw new IllegalStateException("expected " + text);
			}
			return null;
		});
		this.node.publish("orders/1", 0, 5);
		awaitCount(3);
		assertThat(this.node.handled("orders/1")).containsExactly("0", "3", "4");
		MachineTime.await(LIMIT).until(() -> runner.statistics().count(Event.HANDLED) == 3);
		List<GroupMessageSetAside> events = this.node.events(GroupMessageSetAside.class);
		assertThat(events).hasSize(2);
		assertThat(events.get(0).attempts()).isEqualTo(3);
		assertThat(events.get(0).reason()).contains("expected 1");
		assertThat(runner.statistics().count(Event.FAILED)).isEqualTo(6);
		assertThat(runner.statistics().count(Event.SET_ASIDE)).isEqualTo(2);
		MachineTime.await(LIMIT).until(() -> runner.statistics().setAside() == 2);
		assertThat(runner.setAside(0, 10).join()).extracting((message) -> message.publication().payload().asText())
			.containsExactly("1", "2");
		UUID first = events.get(0).messageId().value();
		GroupRunner.Replay failed = runner.replay(first).join();
		assertThat(failed.handled()).isFalse();
		assertThat(failed.reason()).contains("expected 1");
		broken.set(false);
		assertThat(runner.replay(first).join()).isEqualTo(new GroupRunner.Replay(true, null));
		assertThat(runner.replay(first).join().handled()).isFalse();
		assertThat(runner.discard(events.get(1).messageId().value()).join()).isTrue();
		assertThat(runner.discard(events.get(1).messageId().value()).join()).isFalse();
		assertThat(this.node.handled("orders/1")).containsExactly("0", "3", "4", "1");
		assertThat(runner.countSetAside().join()).isZero();
		assertThat(runner.statistics().count(Event.REPLAYED)).isOne();
		assertThat(runner.statistics().count(Event.DISCARDED)).isOne();
	}

	@Test
	void replaysThatHangLeaveThreadsToTheMessages() {
		AtomicBoolean broken = new AtomicBoolean(true);
		GroupSettings two = new GroupSettings(2, 1, Duration.ofMillis(50), Duration.ofMillis(200), 50, 1000,
				1024 * 1024, Duration.ofSeconds(1));
		GroupRunner runner = this.node.start(two, (channel, text) -> {
			if (broken.get()) {
				throw new IllegalStateException("expected");
			}
			return channel.equals("orders/1") ? new CompletableFuture<>() : null;
		});
		this.node.publish("orders/1", 0, 2);
		MachineTime.await(LIMIT).until(() -> this.node.events(GroupMessageSetAside.class).size() == 2);
		broken.set(false);
		List<UUID> ids = this.node.events(GroupMessageSetAside.class)
			.stream()
			.map((event) -> event.messageId().value())
			.toList();
		CompletableFuture<GroupRunner.Replay> hanging = runner.replay(ids.get(0));
		assertThat(runner.replay(ids.get(1)).join().reason()).contains("'atmosphere.groups.threads'");
		this.node.publish("orders/2", 2, 3);
		MachineTime.await(LIMIT).until(() -> this.node.handled("orders/2").size() == 3);
		assertThat(hanging).isNotDone();
	}

	@Test
	void aSlowChannelIsReadAgainLaterAndLosesNothing() throws InterruptedException {
		CountDownLatch gate = new CountDownLatch(1);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (channel.equals("orders/slow")) {
				gate.await();
			}
			return null;
		});
		this.node.publish("orders/slow", 0, 3000);
		this.node.publish("orders/quick", 0, 3000);
		MachineTime.await(LIMIT).until(() -> this.node.handled("orders/quick").size() == 3000);
		assertThat(runner.statistics().bufferedMessages()).isLessThan(400);
		gate.countDown();
		awaitCount(6000);
		assertThat(this.node.handled("orders/slow")).isEqualTo(GroupFixture.texts(0, 3000));
		assertThat(this.node.handled("orders/quick")).isEqualTo(GroupFixture.texts(0, 3000));
	}

	@Test
	void whileTooManyChannelsParkNothingIsReadAndLaterEverythingIs() {
		AtomicBoolean broken = new AtomicBoolean(true);
		GroupRunner runner = this.node.start(attempts(1_000_000), (channel, text) -> {
			if (broken.get()) {
				throw new IllegalStateException("expected");
			}
			return null;
		});
		IntStream.range(0, 500).forEach((i) -> this.node.publish("orders/" + i, 0, 2));
		MachineTime.await(LIMIT).until(() -> runner.statistics().parked() >= 50);
		// A page of each of the eight lanes may come after the limit is reached
		assertThat(runner.statistics().bufferedMessages()).isLessThanOrEqualTo(1000);
		broken.set(false);
		awaitCount(1000);
		IntStream.range(0, 500).forEach((i) -> assertThat(this.node.handled("orders/" + i)).containsExactly("0", "1"));
		MachineTime.await(LIMIT).until(() -> runner.statistics().parked() == 0);
	}

	@Test
	void whatTheLogHasLostBeforeItWasHandledIsCountedAndAnEvent() {
		CountDownLatch gate = new CountDownLatch(1);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> {
			if (text.equals("0")) {
				gate.await();
				throw new IllegalStateException("expected");
			}
			return null;
		});
		this.node.publish("orders/1", 0, 1, 3);
		MachineTime.await(LIMIT).until(() -> runner.statistics().bufferedMessages() == 1);
		this.node.publish("orders/1", 1, 500, 3);
		gate.countDown();
		MachineTime.await(LIMIT).until(() -> this.node.handled("orders/1").contains("500"));
		List<MessagesMissed> missed = this.node.events(MessagesMissed.class);
		assertThat(missed).hasSize(1);
		assertThat(missed.get(0).listener()).isEqualTo("Test.handle");
		assertThat(missed.get(0).discontinuity().reason()).isEqualTo(Discontinuity.Reason.LOG_TRIMMED);
		assertThat(runner.statistics().count(Event.DISCONTINUITY)).isOne();
		// Each message was handled, set aside, or is among those that are missing
		assertThat(this.node.handled("orders/1").size() + 1 + missed.get(0).discontinuity().missing()).isEqualTo(501);
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 0);
	}

	@Test
	void progressSurvivesAStopWhichWaitsForWhatIsBeingHandled() {
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, (channel, text) -> null);
		for (int round = 0; round < 5; round++) {
			for (int i = 0; i < 20; i++) {
				this.node.publish("orders/" + i, round * 20, 20);
			}
			runner.stop();
			assertThat(runner.statistics().lanes()).isZero();
			assertThat(runner.statistics().bufferedMessages()).isZero();
			runner.start();
		}
		awaitCount(2000);
		for (int i = 0; i < 20; i++) {
			assertThat(this.node.handled("orders/" + i)).isEqualTo(GroupFixture.texts(0, 100));
		}
	}

	@Test
	void aSecondNodeTakesItsShareAndNothingIsHandledTwice() {
		GroupRunner one = this.node.start(GroupFixture.SETTINGS, (channel, text) -> null);
		GroupRunner two = null;
		for (int round = 0; round < 20; round++) {
			for (int i = 0; i < 20; i++) {
				this.node.publish("orders/" + i, round * 10, 10);
			}
			if (round == 5) {
				two = this.node.start(GroupFixture.SETTINGS, (channel, text) -> null);
			}
		}
		GroupRunner second = two;
		MachineTime.await(LIMIT)
			.until(() -> one.statistics().lanes() == 4 && second != null && second.statistics().lanes() == 4);
		for (int i = 0; i < 20; i++) {
			this.node.publish("orders/" + i, 200, 10);
		}
		awaitCount(4200);
		for (int i = 0; i < 20; i++) {
			assertThat(this.node.handled("orders/" + i)).isEqualTo(GroupFixture.texts(0, 210));
		}
		MachineTime.await(LIMIT)
			.until(() -> one.statistics().count(Event.HANDLED) + second.statistics().count(Event.HANDLED) == 4200);
		assertThat(second.statistics().count(Event.HANDLED)).isPositive();
	}

	@Test
	void whatAHandlerFinishesAfterItsNodeHasLeftIsHandledAgainAndChangesNothing() throws InterruptedException {
		CompletableFuture<Void> late = new CompletableFuture<>();
		AtomicInteger first = new AtomicInteger();
		GroupSettings impatient = new GroupSettings(8, 3, Duration.ofMillis(50), Duration.ofMillis(200), 50, 1000,
				1024 * 1024, Duration.ofMillis(100));
		GroupRunner zombie = this.node.start(impatient, (channel, text) -> {
			first.incrementAndGet();
			return late;
		});
		this.node.publish("orders/1", 0, 1);
		MachineTime.await(LIMIT).until(() -> first.get() == 1);
		zombie.stop();
		GroupRunner next = this.node.start(attempts(1_000_000), (channel, text) -> {
			if (!late.isDone()) {
				throw new IllegalStateException("expected");
			}
			return null;
		});
		MachineTime.await(LIMIT).until(() -> next.statistics().count(Event.FAILED) >= 2);
		late.complete(null);
		awaitCount(2);
		// By the zombie, and by the new owner
		assertThat(this.node.handled("orders/1")).containsExactly("0", "0");
		assertThat(zombie.statistics().count(Event.HANDLED)).isZero();
		MachineTime.await(LIMIT).until(() -> next.statistics().lag() == 0);
	}

	@Test
	void callsOfTheBrokerThatFailAreRepeated() {
		FailingGroups groups = new FailingGroups(this.node.groups());
		groups.reads.set(8);
		groups.commits.set(3);
		groups.asides.set(1);
		this.node.publish("orders/1", 0, 20);
		this.node.publish("orders/2", 0, 20);
		GroupRunner runner = this.node.start(GroupFixture.SETTINGS, groups, (channel, text) -> {
			if (channel.equals("orders/1") && text.equals("5")) {
				throw new IllegalStateException("expected");
			}
			return null;
		});
		awaitCount(39);
		MachineTime.await(LIMIT).until(() -> runner.statistics().lag() == 0 && runner.countSetAside().join() == 1);
		assertThat(this.node.count()).isEqualTo(39);
		assertThat(runner.statistics().count(Event.READ_FAILED)).isEqualTo(8);
		assertThat(runner.statistics().count(Event.STORE_FAILED)).isEqualTo(4);
	}

	@Test
	void aHandlerThatAnswersLaterKeepsTheOrderOfItsChannel() {
		this.node.publish("orders/1", 0, 50);
		this.node.start(GroupFixture.SETTINGS, (channel, text) -> CompletableFuture.runAsync(() -> {
		}, CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS)));
		awaitCount(50);
		assertThat(this.node.handled("orders/1")).isEqualTo(GroupFixture.texts(0, 50));
	}

}
