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

package io.github.atmosphererelay.session.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReplayBudget}, and for the messages that hold a part of it.
 */
class ReplayBudgetTests {

	private static final QueueLimits LIMITS = new QueueLimits(10, 100, SlowConsumerPolicy.DISCONNECT);

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final WriterPool writers = new WriterPool(new WriterSettings(1, 4, Duration.ofHours(1), 1000, 600),
			new SessionStatistics(), this.scheduler);

	private final ReplayBudget budget = this.writers.replays();

	private final AtomicInteger ids = new AtomicInteger();

	@AfterEach
	void stop() {
		this.writers.stop();
		this.scheduler.shutdownNow();
	}

	private LocalSession open(FakeTransport transport) {
		return this.writers.open("s" + this.ids.incrementAndGet(), null, null, transport, (session, reason) -> {
		});
	}

	private void send(LocalSession session, OutboundMessage message, QueueLimits limits) {
		Fanout fanout = this.writers.fanout(message, limits);
		fanout.add(session);
		fanout.send();
	}

	private Reservation reserve(LocalSession session, long bytes) {
		Reservation reservation = this.budget.reserve(session, bytes);
		assertThat(reservation).isNotNull();
		return reservation;
	}

	@Test
	void noMoreIsReservedThanThereIsAndAllOfItComesBack() {
		LocalSession one = open(new FakeTransport());
		LocalSession two = open(new FakeTransport());
		Reservation first = reserve(one, 600);
		assertThat(this.budget.reserve(two, 401)).isNull();
		Reservation second = reserve(two, 100);
		assertThat(second.grow(301)).isFalse();
		assertThat(second.grow(300)).isTrue();
		assertThat(this.budget.bytes()).isEqualTo(1000);
		assertThat(two.replayBytes()).isEqualTo(400);
		first.release();
		assertThat(first.grow(1)).as("it is released").isFalse();
		second.release();
		assertThat(this.budget.bytes()).isZero();
		assertThat(one.replayBytes() + two.replayBytes()).isZero();
		assertThat(this.budget.highestBytes()).isEqualTo(1000);
		assertThat(this.budget.refused()).isEqualTo(2);
	}

	@Test
	void aSessionHasOneLargeReplyOrSeveralSmallOnes() {
		LocalSession session = open(new FakeTransport());
		Reservation large = reserve(session, 900);
		assertThat(this.budget.reserve(session, 1)).isNull();
		large.release();
		Reservation small = reserve(session, 300);
		Reservation another = reserve(session, 300);
		assertThat(this.budget.reserve(session, 1)).isNull();
		small.release();
		another.release();
		assertThat(this.budget.bytes()).isZero();
	}

	@Test
	void aReplyCountsUntilTheSocketHasTakenIt() {
		FakeTransport transport = new FakeTransport().fill();
		LocalSession session = open(transport);
		Reservation reservation = reserve(session, 500);
		for (int i = 0; i < 3; i++) {
			send(session, OutboundMessage.replay(1000, () -> Payload.text("reply"), reservation.hold()), LIMITS);
		}
		reservation.release();
		// After all are queued: a full socket would take the first one alone
		this.writers.start();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> transport.events().size() == 3);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.writers.blockedSessions() == 1);
		assertThat(this.budget.bytes()).isEqualTo(500);
		transport.drain();
		assertThat(this.budget.bytes()).isZero();
		send(session, OutboundMessage.replay(1000, () -> Payload.text("next"), reserve(session, 200)::release), LIMITS);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.budget.bytes() == 0);
		assertThat(transport.events()).endsWith("next");
	}

	@Test
	void aReplyCountsNoMoreWhenItsSessionEndsOrDidNotTakeIt() {
		LocalSession waiting = open(new FakeTransport());
		send(waiting, OutboundMessage.replay(10, () -> Payload.text("waits"), reserve(waiting, 100)::release), LIMITS);
		assertThat(this.budget.bytes()).isEqualTo(100);
		waiting.ended(1006, null);
		assertThat(this.budget.bytes()).isZero();
		send(waiting, OutboundMessage.replay(10, () -> Payload.text("late"), reserve(waiting, 100)::release), LIMITS);
		assertThat(this.budget.bytes()).isZero();
		this.writers.start();
		FakeTransport full = new FakeTransport().fill();
		LocalSession blocked = open(full);
		send(blocked, OutboundMessage.replay(10, () -> Payload.text("stuck"), reserve(blocked, 100)::release), LIMITS);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> this.writers.blockedSessions() == 1);
		assertThat(this.budget.bytes()).isEqualTo(100);
		blocked.ended(1006, null);
		assertThat(this.budget.bytes()).isZero();
		LocalSession failing = open(new FakeTransport().failWrite(0, new OutOfMemoryError("no room to encode it")));
		send(failing, OutboundMessage.replay(10, () -> Payload.text("fails"), reserve(failing, 100)::release), LIMITS);
		MachineTime.await(Duration.ofSeconds(10)).until(failing::isEnded);
		assertThat(this.budget.bytes()).isZero();
	}

	@Test
	void whatFollowsTheEndOfAReplyMayFailWithoutHarm() {
		this.writers.start();
		FakeTransport transport = new FakeTransport();
		LocalSession session = open(transport);
		send(session, OutboundMessage.replay(10, () -> Payload.text("first"), () -> {
			throw new IllegalStateException("a fault");
		}), LIMITS);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> transport.events().contains("first"));
		send(session, OutboundMessage.frame(Payload.text("second")), LIMITS);
		MachineTime.await(Duration.ofSeconds(10)).until(() -> transport.events().contains("second"));
		assertThat(session.isOpen()).isTrue();
	}

	@Test
	void repliesTakeNothingFromTheRoomForMessagesAndAreNotDroppedForThem() {
		OutboundQueue queue = new OutboundQueue(new SessionStatistics());
		QueueLimits dropping = new QueueLimits(3, 100, SlowConsumerPolicy.DROP_OLDEST);
		assertThat(queue.offer(OutboundMessage.replay(5_000, () -> Payload.text("reply"), () -> {
		}), LIMITS)).isEqualTo(OutboundQueue.Offer.ACCEPTED);
		assertThat(queue.offer(OutboundMessage.frame(Payload.text("frame")), LIMITS))
			.isEqualTo(OutboundQueue.Offer.ACCEPTED);
		for (int i = 0; i < 5; i++) {
			assertThat(queue.offer(new OutboundMessage(Payload.text("message " + i), null), dropping))
				.isEqualTo(OutboundQueue.Offer.ACCEPTED);
		}
		assertThat(queue.bytes()).isEqualTo("frame".length() + "message 4".length());
		List<OutboundMessage> drained = new ArrayList<>();
		queue.drain(drained, 100, 1_000_000);
		assertThat(drained).extracting((message) -> message.payload().asText())
			.containsExactly("reply", "frame", "message 4");
	}

}
