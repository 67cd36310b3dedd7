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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.ReplayBudget;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader.Replay;
import io.github.atmosphererelay.test.ScriptedLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ReplayReader}: however a read ends, it is answered, and leaves no room
 * of the budget taken, no turn and no timer.
 */
class ReplayReaderTests {

	private static final Position POSITION = new Position("epoch", 3);

	private static final LogPage EMPTY = new LogPage(List.of(), POSITION, true);

	private static final Error INJECTED = new InternalError("injected");

	private final ChannelLog channelLog = mock();

	private final ClusterRelay relay = mock();

	private final LocalSession session = session("session", null);

	private final ReplayBudget budget = new ReplayBudget(100_000, 10_000);

	private final ScheduledExecutorService scheduler = mock();

	/** What the scheduler is to run, and nobody has cancelled. */
	private final List<Runnable> timers = new ArrayList<>();

	private final AtomicLong nanoTime = new AtomicLong();

	private final ReplayReader reader = new ReplayReader(new ChannelLogs(this.relay, new ChannelCatalog(List.of())),
			this.budget, this.scheduler, new Guards().of(Part.CLIENT_TIMERS), this.nanoTime::get);

	private final ScriptedLog log = new ScriptedLog("log/a");

	/** Steps that the relay is at, oldest first. */
	private final Deque<CompletableFuture<LogPage>> steps = new ArrayDeque<>();

	private int publications;

	private final Supplier<CompletableFuture<Replay>> page = () -> this.reader.readPage(this.session, "log/a", POSITION,
			10, ReadDirection.FORWARD);

	private final Supplier<CompletableFuture<Replay>> all = () -> this.reader.readAll(this.session, "log/a", POSITION,
			new PageLimit(10, 1_000));

	@BeforeEach
	void useRelay() {
		given(this.relay.log()).willReturn(this.channelLog);
		given(this.scheduler.schedule(any(Runnable.class), anyLong(), any())).willAnswer((call) -> {
			Runnable task = call.getArgument(0);
			this.timers.add(task);
			ScheduledFuture<?> timer = mock();
			given(timer.cancel(false)).willAnswer((cancel) -> this.timers.remove(task));
			return timer;
		});
	}

	private static LocalSession session(String id, @Nullable String address) {
		LocalSession session = mock();
		given(session.id()).willReturn(id);
		given(session.isOpen()).willReturn(true);
		given(session.remoteAddress()).willReturn((address != null) ? new InetSocketAddress(address, 1) : null);
		return session;
	}

	/**
	 * Let each step of a recovery wait until the test answers it.
	 */
	private void answerStepByStep() {
		given(this.channelLog.read(any(), any(), any(), any())).willAnswer((call) -> {
			CompletableFuture<LogPage> step = new CompletableFuture<>();
			this.steps.add(step);
			return step;
		});
	}

	private CompletableFuture<Replay> readAll(LocalSession session) {
		return this.reader.readAll(session, "log/a", POSITION, new PageLimit(10, 1_000));
	}

	/**
	 * Answer the oldest step with one publication of several.
	 */
	private void answerWithMore(Duration after) {
		this.nanoTime.addAndGet(after.toNanos());
		String position = "A" + ++this.publications;
		this.steps.remove()
			.complete(new LogPage(List.of(this.log.publication(position, null)), ScriptedLog.at(position), true, true));
	}

	private void runTimers() {
		this.nanoTime.addAndGet(ReplayReader.MAX_TIME.toNanos());
		List<Runnable> due = List.copyOf(this.timers);
		this.timers.clear();
		due.forEach(Runnable::run);
	}

	private void assertIsTooMuch(CompletableFuture<Replay> replay) {
		assertThat(replay).isCompleted();
		assertThat(replay.join().page().publications()).isEmpty();
		assertThat(replay.join().page().more()).isTrue();
		replay.join().reservation().release();
	}

	private static void assertHasToTryAgain(CompletableFuture<Replay> replay) {
		assertThat(replay).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.havingCause()
			.isInstanceOfSatisfying(RequestRefusedException.class,
					(refusal) -> assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
	}

	private void assertNothingIsLeft() {
		assertThat(this.steps).isEmpty();
		assertThat(this.budget.bytes()).as("bytes reserved").isZero();
		assertThat(this.reader.underWay()).as("turns").isZero();
		assertThat(this.timers).as("timers").isEmpty();
	}

	/**
	 * Return a page that fails when it is looked into.
	 */
	private static LogPage failing() {
		LogPage page = mock();
		given(page.complete()).willReturn(true);
		given(page.publications()).willThrow(INJECTED);
		return page;
	}

	private void assertFails(CompletableFuture<Replay> replay) {
		assertThat(replay).failsWithin(Duration.ZERO).withThrowableThat().withCause(INJECTED);
		assertThat(this.budget.bytes()).isZero();
	}

	private void assertReads(CompletableFuture<Replay> replay) {
		assertThat(replay).isCompleted();
		assertThat(this.budget.bytes()).isPositive();
		replay.join().reservation().release();
		assertThat(this.budget.bytes()).isZero();
	}

	@Test
	void aRecoveryFromBeforeAKnownLossIsNotCompleteAndAPageOfHistoryIs() {
		given(this.channelLog.read(any(), any(), any(), any())).willReturn(CompletableFuture.completedFuture(EMPTY));
		given(this.channelLog.hasLostSince("log/a", POSITION)).willReturn(true);
		Replay recovery = this.all.get().join();
		assertThat(recovery.page()).isEqualTo(new LogPage(List.of(), POSITION, false));
		recovery.reservation().release();
		Replay history = this.page.get().join();
		assertThat(history.page().complete()).isTrue();
		history.reservation().release();
		assertThat(this.reader.underWay()).isZero();
	}

	@Test
	void anErrorOfTheRelayGivesTheRoomBack() {
		for (Supplier<CompletableFuture<Replay>> read : List.of(this.page, this.all)) {
			given(this.channelLog.read(any(), any(), any(), any())).willThrow(INJECTED)
				.willReturn(CompletableFuture.completedFuture(EMPTY));
			assertFails(read.get());
			assertReads(read.get());
		}
	}

	@Test
	void anErrorWhenAPageIsTakenGivesTheRoomBackWhetherItComesAtOnceOrLater() {
		for (Supplier<CompletableFuture<Replay>> read : List.of(this.page, this.all)) {
			CompletableFuture<LogPage> later = new CompletableFuture<>();
			LogPage failing = failing();
			given(this.channelLog.read(any(), any(), any(), any()))
				.willReturn(CompletableFuture.completedFuture(failing))
				.willReturn(later)
				.willReturn(CompletableFuture.completedFuture(EMPTY));
			assertFails(read.get());
			CompletableFuture<Replay> waiting = read.get();
			assertThat(waiting).isNotDone();
			later.complete(failing);
			assertFails(waiting);
			assertReads(read.get());
		}
	}

	@Test
	void aRecoveryThatHasWaitedForTooLongIsRefusedForNowAndNeverBegins() {
		answerStepByStep();
		List<CompletableFuture<Replay>> underWay = new ArrayList<>();
		for (int i = 0; i < ReplayReader.MAX_OF_SESSION; i++) {
			underWay.add(this.all.get());
		}
		CompletableFuture<Replay> waiting = this.all.get();
		assertThat(waiting).isNotDone();
		assertThat(this.timers).hasSize(1);
		long before = this.budget.bytes();
		runTimers();
		assertHasToTryAgain(waiting);
		assertThat(this.budget.bytes()).isLessThan(before);
		assertThat(this.steps).hasSize(ReplayReader.MAX_OF_SESSION);
		while (!this.steps.isEmpty()) {
			this.steps.remove().complete(EMPTY);
		}
		underWay.forEach((replay) -> replay.join().reservation().release());
		assertNothingIsLeft();
	}

	@Test
	void aRecoveryThatGetsItsTurnInTimeIsReadAndItsTimerCancelled() {
		answerStepByStep();
		List<CompletableFuture<Replay>> recoveries = new ArrayList<>();
		for (int i = 0; i < ReplayReader.MAX_OF_SESSION + 1; i++) {
			recoveries.add(this.all.get());
		}
		assertThat(this.timers).hasSize(1);
		this.steps.remove().complete(EMPTY);
		assertThat(this.timers).isEmpty();
		while (!this.steps.isEmpty()) {
			this.steps.remove().complete(EMPTY);
		}
		recoveries.forEach((replay) -> replay.join().reservation().release());
		assertNothingIsLeft();
	}

	@Test
	void aRecoveryWaitsForNothingIfTheSchedulerHasEnded() {
		answerStepByStep();
		List<CompletableFuture<Replay>> underWay = new ArrayList<>();
		for (int i = 0; i < ReplayReader.MAX_OF_SESSION; i++) {
			underWay.add(this.all.get());
		}
		given(this.scheduler.schedule(any(Runnable.class), anyLong(), any()))
			.willThrow(new RejectedExecutionException("injected"));
		assertHasToTryAgain(this.all.get());
		while (!this.steps.isEmpty()) {
			this.steps.remove().complete(EMPTY);
		}
		underWay.forEach((replay) -> replay.join().reservation().release());
		assertNothingIsLeft();
	}

	@Test
	void aRecoveryThatTakesTooLongIsTooMuch() {
		answerStepByStep();
		CompletableFuture<Replay> replay = this.all.get();
		for (int i = 0; i < 5; i++) {
			assertThat(replay).isNotDone();
			answerWithMore(Duration.ofMillis(800));
		}
		assertIsTooMuch(replay);
		assertNothingIsLeft();
	}

	@Test
	void aLastPageThatComesLateIsStillAnAnswer() {
		answerStepByStep();
		CompletableFuture<Replay> replay = this.all.get();
		answerWithMore(Duration.ofMillis(3900));
		this.nanoTime.addAndGet(Duration.ofMillis(800).toNanos());
		this.steps.remove().complete(this.log.page("A9", "A9"));
		assertThat(replay.join().page().publications()).hasSize(2);
		assertThat(replay.join().page().more()).isFalse();
		replay.join().reservation().release();
		assertNothingIsLeft();
	}

	@Test
	void aRecoveryEndsAtTheNextStepWhenItsSessionHasBeenClosed() {
		answerStepByStep();
		CompletableFuture<Replay> replay = this.all.get();
		answerWithMore(Duration.ofMillis(800));
		given(this.session.isOpen()).willReturn(false);
		answerWithMore(Duration.ofMillis(800));
		assertThat(replay).isCompletedExceptionally();
		assertNothingIsLeft();
	}

	@Test
	void aRelayThatFailsOrThrowsAtALaterStepLeavesNothing() {
		answerStepByStep();
		CompletableFuture<Replay> failing = this.all.get();
		answerWithMore(Duration.ofMillis(800));
		this.steps.remove().completeExceptionally(INJECTED);
		assertFails(failing);
		assertNothingIsLeft();
		CompletableFuture<Replay> throwing = this.all.get();
		willThrow(INJECTED).given(this.channelLog).read(any(), any(), any(), any());
		answerWithMore(Duration.ofMillis(800));
		assertFails(throwing);
		assertNothingIsLeft();
	}

	@Test
	void quickRecoveriesDoNotWaitForLongOnesOfTheirAddress() {
		answerStepByStep();
		List<CompletableFuture<Replay>> longOnes = new ArrayList<>();
		for (int i = 0; i < ReplayReader.MAX_OF_ADDRESS; i++) {
			longOnes.add(readAll(session("long " + i, "127.0.0.1")));
		}
		CompletableFuture<Replay> quick = this.reader.readAll(session("quick", "127.0.0.1"), "log/quick", POSITION,
				new PageLimit(10, 1_000));
		for (int i = 0; i < ReplayReader.MAX_OF_ADDRESS; i++) {
			answerWithMore((i == 0) ? Duration.ofMillis(800) : Duration.ZERO);
		}
		assertThat(this.steps).as("of the long ones that have a turn, and the quick one")
			.hasSize(ReplayReader.MAX_LONG_OF_ADDRESS + 1);
		then(this.channelLog).should().read(eq("log/quick"), any(), any(), any());
		while (!this.steps.isEmpty()) {
			this.steps.remove().complete(EMPTY);
		}
		quick.join().reservation().release();
		longOnes.forEach((replay) -> replay.join().reservation().release());
		assertNothingIsLeft();
	}

	@Test
	void aLongRecoveryThatWaitsToGoOnIsTooMuchWhenTimeIsOver() {
		answerStepByStep();
		List<CompletableFuture<Replay>> longOnes = new ArrayList<>();
		for (int i = 0; i < ReplayReader.MAX_LONG_OF_ADDRESS + 1; i++) {
			longOnes.add(readAll(session("long " + i, "127.0.0.1")));
		}
		for (int i = 0; i < ReplayReader.MAX_LONG_OF_ADDRESS + 1; i++) {
			answerWithMore((i == 0) ? Duration.ofMillis(800) : Duration.ZERO);
		}
		CompletableFuture<Replay> waiting = longOnes.remove(ReplayReader.MAX_LONG_OF_ADDRESS);
		assertThat(this.timers).hasSize(1);
		runTimers();
		assertIsTooMuch(waiting);
		while (!this.steps.isEmpty()) {
			this.steps.remove().complete(EMPTY);
		}
		longOnes.forEach((replay) -> replay.join().reservation().release());
		assertNothingIsLeft();
	}

}
