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

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.test.MachineTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.spy;

/**
 * Tests for {@link WriterPool}.
 */
@Timeout(120)
class WriterPoolTests {

	private static final QueueLimits PLENTY = new QueueLimits(1_000_000, 1L << 30, SlowConsumerPolicy.DISCONNECT);

	private static final Duration NEVER = Duration.ofHours(1);

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final ExecutorService publishers = Executors.newFixedThreadPool(4);

	private final SessionStatistics statistics = new SessionStatistics();

	private final List<FakeTransport> transports = new CopyOnWriteArrayList<>();

	private final List<DisconnectReason> ends = new CopyOnWriteArrayList<>();

	private final AtomicInteger ids = new AtomicInteger();

	private WriterPool writers = writers(1, 32, NEVER);

	@AfterEach
	void stop() {
		this.transports.forEach(FakeTransport::release);
		this.writers.stop();
		this.publishers.shutdownNow();
		this.scheduler.shutdownNow();
	}

	@Test
	void everySessionGetsEachPublishersMessagesInTheirOrder() throws Exception {
		this.writers = writers(2, 32, NEVER);
		this.writers.start();
		int messages = 2_000;
		int threads = 4;
		List<LocalSession> sessions = IntStream.range(0, 20).mapToObj((i) -> open(new FakeTransport())).toList();
		publishConcurrently(threads, (publisher) -> {
			for (int i = 0; i < messages; i++) {
				send(publisher + ":" + i, PLENTY, sessions);
			}
		});
		MachineTime.await(Duration.ofSeconds(60))
			.until(() -> this.statistics.deliveries() == (long) messages * threads * sessions.size());
		for (FakeTransport transport : this.transports) {
			assertThat(transport.hasOverlapped()).isFalse();
			assertThat(transport.events()).hasSize(messages * threads);
			int[] next = new int[threads];
			for (String event : transport.events()) {
				String[] parts = event.split(":");
				int publisher = Integer.parseInt(parts[0]);
				assertThat(Integer.parseInt(parts[1])).isEqualTo(next[publisher]);
				next[publisher]++;
			}
		}
		assertThat(drops()).isZero();
	}

	@Test
	void aBlockedTransportDoesNotDelayTheOtherSessionsOfItsShard() {
		this.writers.start();
		FakeTransport blocked = new FakeTransport().block();
		FakeTransport other = new FakeTransport();
		List<LocalSession> sessions = List.of(open(blocked), open(other));
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			expected.add("m" + i);
			send("m" + i, PLENTY, sessions);
		}
		await().until(() -> other.messages() == 100);
		assertThat(blocked.isWaiting()).isTrue();
		assertThat(this.writers.stuckWriters()).isOne();
		assertThat(this.statistics.stuckWrites()).isOne();
		blocked.release();
		await().until(() -> blocked.messages() == 100);
		await().until(() -> this.writers.stuckWriters() == 0);
		assertThat(blocked.events()).isEqualTo(expected);
		assertThat(other.events()).isEqualTo(expected);
		assertThat(this.ends).isEmpty();
	}

	@Test
	void aSocketThatTakesNoMoreKeepsItsSessionInOrderAndDelaysNobody() {
		this.writers.start();
		FakeTransport full = new FakeTransport().fill();
		FakeTransport other = new FakeTransport();
		List<LocalSession> sessions = List.of(open(full), open(other));
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			expected.add("m" + i);
			send("m" + i, PLENTY, sessions);
			if (i == 0) {
				await().until(() -> this.writers.blockedSessions() == 1);
			}
		}
		await().until(() -> other.messages() == 100);
		assertThat(full.messages()).isOne();
		assertThat(this.writers.stuckWriters()).isZero();
		full.drain();
		await().until(() -> full.messages() == 100);
		await().until(() -> this.writers.blockedSessions() == 0);
		assertThat(full.events()).isEqualTo(expected);
		assertThat(other.events()).isEqualTo(expected);
		assertThat(full.hasOverlapped()).isFalse();
	}

	@Test
	void aSocketThatTakesNoMoreForTooLongEndsItsSession() {
		this.writers = writers(1, 32, Duration.ofMillis(200));
		this.writers.start();
		FakeTransport full = new FakeTransport().fill();
		LocalSession session = open(full);
		send("m", PLENTY, List.of(session));
		await().until(() -> full.aborted() != null);
		assertThat(full.aborted()).isEqualTo(CloseReason.SLOW_CONSUMER);
		await().until(() -> this.writers.blockedSessions() == 0);
		assertThat(this.statistics.slowConsumers()).isOne();
	}

	/**
	 * A client that polls is often without a request for longer than a write may take.
	 */
	@Test
	void aTransportThatLimitsItsOwnWaitIsNotEndedByTheSendTimeoutUntilItIsClosed() {
		this.writers = writers(1, 32, Duration.ofMillis(200));
		this.writers.start();
		FakeTransport polled = new FakeTransport().fill().limitWait();
		FakeTransport full = new FakeTransport();
		LocalSession session = open(polled);
		send("m", PLENTY, List.of(session));
		await().until(() -> this.writers.blockedSessions() == 1);
		send("m", PLENTY, List.of(open(full.fill())));
		await().until(() -> full.aborted() != null);
		assertThat(polled.aborted()).isNull();
		session.close(new CloseReason(1000, "bye"));
		await().until(() -> polled.aborted() != null);
	}

	@Test
	void aCloseWaitsForASocketThatTakesNoMore() {
		this.writers.start();
		FakeTransport full = new FakeTransport().fill();
		LocalSession session = open(full);
		send("m", PLENTY, List.of(session));
		await().until(() -> this.writers.blockedSessions() == 1);
		session.close(new CloseReason(1000, "bye"));
		assertThat(full.events()).containsExactly("m");
		full.drain();
		await().until(() -> full.closed() != null);
		assertThat(full.events()).containsExactly("m", "close 1000");
	}

	@Test
	void aBlockedTransportIsNotReplacedWhileNobodyElseWaits() {
		this.writers.start();
		FakeTransport blocked = new FakeTransport().block();
		send("m", PLENTY, List.of(open(blocked)));
		await().until(blocked::isWaiting);
		AtomicInteger ticks = new AtomicInteger();
		this.scheduler.scheduleWithFixedDelay(ticks::incrementAndGet, 0, 50, TimeUnit.MILLISECONDS);
		await().until(() -> ticks.get() > 6);
		assertThat(this.statistics.stuckWrites()).isZero();
		assertThat(this.writers.stuckWriters()).isZero();
	}

	@Test
	void oneMoreStuckThanAllowedEndsTheOneThatIsStuckLongest() {
		this.writers = writers(1, 2, NEVER);
		this.writers.start();
		List<FakeTransport> stuck = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			FakeTransport each = new FakeTransport().block();
			stuck.add(each);
			send("m", PLENTY, List.of(open(each)));
			await().until(each::isWaiting);
		}
		assertThat(this.writers.stuckWriters()).isEqualTo(2);
		assertThat(stuck).allSatisfy((each) -> assertThat(each.aborted()).isNull());
		FakeTransport healthy = new FakeTransport();
		send("m", PLENTY, List.of(open(healthy)));
		await().until(() -> healthy.messages() == 1);
		assertThat(stuck.get(0).aborted()).isEqualTo(CloseReason.SLOW_CONSUMER);
		assertThat(stuck.get(1).aborted()).isNull();
		assertThat(stuck.get(2).aborted()).isNull();
		await().until(() -> this.ends.size() == 1);
		assertThat(this.statistics.slowConsumers()).isOne();
	}

	@Test
	void aWriteThatIsStuckEndsItsSessionAlsoWhenNoFurtherMessageComes() {
		this.writers = writers(1, 32, Duration.ofMillis(200));
		this.writers.start();
		FakeTransport blocked = new FakeTransport().block();
		LocalSession session = open(blocked);
		send("m", PLENTY, List.of(session));
		await().until(() -> this.ends.size() == 1);
		assertThat(this.ends).containsExactly(new DisconnectReason(DisconnectReason.Initiator.SERVER,
				CloseReason.SLOW_CONSUMER.code(), CloseReason.SLOW_CONSUMER.text()));
		assertThat(blocked.events()).containsExactly("abort 1013");
		assertThat(session.isOpen()).isFalse();
		await().until(() -> drops() == 1);
		assertThat(this.statistics.slowConsumers()).isOne();
		assertThat(this.statistics.ended()).isOne();
	}

	@Test
	void nothingMoreIsWrittenToASessionThatWasEndedDuringAWrite() {
		this.writers.start();
		FakeTransport blocked = new FakeTransport().ignoreAbort().block();
		LocalSession session = open(blocked);
		for (int i = 0; i < 5; i++) {
			session.offer(message("m" + i), PLENTY);
		}
		this.writers.wake(1);
		await().until(blocked::isWaiting);
		session.terminate(CloseReason.NO_PONG);
		await().until(() -> this.ends.size() == 1);
		await().until(() -> drops() == 5);
		assertThat(blocked.events()).containsExactlyInAnyOrder("abort 1011", "m0");
		assertThat(this.statistics.deliveries()).isZero();
	}

	static Collection<Throwable> failures() {
		return List.of(new IOException("broken pipe"), new IllegalStateException("closed"),
				new AssertionError("a container's bug"));
	}

	@ParameterizedTest
	@MethodSource("failures")
	void aTransportThatThrowsEndsOnlyItsSessionAndWhatItDidNotDeliverIsCounted(Throwable failure) {
		this.writers.start();
		FakeTransport broken = new FakeTransport().failWrite(3, failure);
		FakeTransport other = new FakeTransport();
		LocalSession brokenSession = open(broken);
		LocalSession otherSession = open(other);
		for (int i = 0; i < 10; i++) {
			brokenSession.offer(message("m" + i), PLENTY);
			otherSession.offer(message("m" + i), PLENTY);
		}
		this.writers.wake(1);
		await().until(() -> this.ends.size() == 1);
		send("later", PLENTY, List.of(brokenSession, otherSession));
		await().until(() -> other.messages() == 11);
		assertThat(brokenSession.isEnded()).isTrue();
		assertThat(otherSession.isOpen()).isTrue();
		assertThat(this.ends.get(0).initiator()).isEqualTo(DisconnectReason.Initiator.CLIENT);
		await().until(() -> this.statistics.deliveries() + drops() == 22);
		assertThat(this.statistics.deliveries()).isEqualTo(11);
		assertThat(this.statistics.drops(DropReason.SESSION_ENDED)).isEqualTo(11);
	}

	@Test
	void messagesThatWereKeptBackByATransportThatCannotFlushAreCounted() {
		this.writers.start();
		FakeTransport broken = new FakeTransport().failFlush(new IOException("broken pipe"));
		LocalSession session = open(broken);
		for (int i = 0; i < 7; i++) {
			session.offer(message("m" + i), PLENTY);
		}
		this.writers.wake(1);
		await().until(() -> this.ends.size() == 1);
		assertThat(this.statistics.deliveries()).isZero();
		assertThat(this.statistics.drops(DropReason.SESSION_ENDED)).isEqualTo(7);
	}

	@Test
	void closingWritesWhatIsQueuedAndThenClosesOnce() {
		this.writers.start();
		FakeTransport transport = new FakeTransport().block();
		LocalSession session = open(transport);
		for (int i = 0; i < 600; i++) {
			session.offer(message("m" + i), PLENTY);
		}
		session.close(CloseReason.GOING_AWAY);
		session.close(CloseReason.NO_PONG);
		assertThat(session.isOpen()).isFalse();
		send("too late", PLENTY, List.of(session));
		transport.release();
		await().until(() -> this.ends.size() == 1);
		assertThat(transport.events()).hasSize(601).endsWith("m599", "close 1001");
		assertThat(this.ends.get(0).initiator()).isEqualTo(DisconnectReason.Initiator.SERVER);
		assertThat(this.ends.get(0).code()).isEqualTo(1001);
		assertThat(this.statistics.deliveries()).isEqualTo(600);
		assertThat(this.statistics.drops(DropReason.SESSION_ENDED)).isOne();
		session.ended(1006, null);
		assertThat(this.ends).hasSize(1);
	}

	@Test
	void aFullQueueEndsItsSessionAndEveryMessageIsCounted() {
		this.writers.start();
		FakeTransport blocked = new FakeTransport().block();
		LocalSession session = open(blocked);
		QueueLimits limits = new QueueLimits(10, 1_000, SlowConsumerPolicy.DISCONNECT);
		send("first", limits, List.of(session));
		await().until(blocked::isWaiting);
		for (int i = 0; i < 20; i++) {
			send("m" + i, limits, List.of(session));
		}
		await().until(() -> this.ends.size() == 1);
		assertThat(this.ends.get(0).code()).isEqualTo(1013);
		assertThat(blocked.events()).containsExactly("abort 1013");
		await().until(() -> drops() == 21);
		assertThat(this.statistics.drops(DropReason.SLOW_CONSUMER)).isGreaterThanOrEqualTo(11);
		assertThat(this.statistics.slowConsumers()).isOne();
	}

	@Test
	void aSlowConsumerIsCountedOnceAlsoWhenSeveralPublishersMeetItsFullQueue() throws Exception {
		int rounds = 2_000;
		int threads = 4;
		this.writers.start();
		QueueLimits limits = new QueueLimits(1, 1_000, SlowConsumerPolicy.DISCONNECT);
		List<LocalSession> sessions = IntStream.range(0, rounds).mapToObj((i) -> {
			LocalSession session = open(new FakeTransport().countOnly());
			session.queue().offer(message("waits"), limits);
			return session;
		}).toList();
		CyclicBarrier barrier = new CyclicBarrier(threads);
		publishConcurrently(threads, (publisher) -> {
			for (LocalSession session : sessions) {
				meet(barrier);
				session.offer(message("m"), limits);
			}
		});
		await().until(() -> this.ends.size() == rounds);
		assertThat(this.statistics.slowConsumers()).isEqualTo(rounds);
		assertThat(drops()).isEqualTo((long) rounds * (threads + 1));
	}

	@Test
	void everyMessageOfferedIsDeliveredOrCountedAsDropped() throws Exception {
		this.writers = writers(2, 4, Duration.ofMillis(300));
		this.writers.start();
		int threads = 4;
		int messages = 3_000;
		List<QueueLimits> limits = Arrays.stream(SlowConsumerPolicy.values())
			.map((policy) -> new QueueLimits(50, 10_000, policy))
			.toList();
		Random setup = new Random(7);
		List<LocalSession> sessions = IntStream.range(0, 30).mapToObj((i) -> {
			FakeTransport transport = new FakeTransport().countOnly();
			switch (setup.nextInt(4)) {
				case 0 -> transport.block();
				case 1 -> transport.failWrite(setup.nextInt(500), new IOException("broken pipe"));
				default -> {
				}
			}
			return open(transport);
		}).toList();
		publishConcurrently(threads, (publisher) -> {
			Random random = new Random(publisher);
			for (int i = 0; i < messages; i++) {
				int kind = random.nextInt(limits.size());
				Fanout fanout = this.writers.fanout(
						new OutboundMessage(Payload.text("x".repeat(random.nextInt(100))), "channel" + kind),
						limits.get(kind));
				sessions.forEach(fanout::add);
				fanout.send();
				if (random.nextInt(500) == 0) {
					sessions.get(random.nextInt(sessions.size())).close(CloseReason.GOING_AWAY);
				}
			}
		});
		sessions.forEach((session) -> session.close(CloseReason.GOING_AWAY));
		MachineTime.await(Duration.ofSeconds(60)).until(() -> this.ends.size() == sessions.size());
		long offered = (long) threads * messages * sessions.size();
		await().until(() -> this.statistics.deliveries() + drops() == offered);
		assertThat(this.statistics.opened()).isEqualTo(sessions.size());
		assertThat(this.statistics.ended()).isEqualTo(sessions.size());
		assertThat(this.transports).noneMatch(FakeTransport::hasOverlapped);
	}

	@Test
	void writersCanBeStoppedAndStartedAgain() {
		this.writers = writers(3, 32, NEVER);
		FakeTransport transport = new FakeTransport();
		LocalSession session = open(transport);
		for (int i = 0; i < 3; i++) {
			send("waits" + i, PLENTY, List.of(session));
			assertThat(transport.messages()).isEqualTo(2 * i);
			this.writers.start();
			this.writers.start();
			send("m" + i, PLENTY, List.of(session));
			int expected = 2 * (i + 1);
			await().until(() -> transport.messages() == expected);
			List<Thread> threads = writerThreads();
			assertThat(threads).hasSize(3);
			this.writers.stop();
			this.writers.stop();
			await().until(() -> threads.stream().noneMatch(Thread::isAlive));
		}
		assertThat(transport.events()).containsExactly("waits0", "m0", "waits1", "m1", "waits2", "m2");
	}

	@Test
	void aPublisherDoesNotSufferFromWritersThatHaveStopped() {
		this.writers.start();
		LocalSession full = open(new FakeTransport());
		LocalSession other = open(new FakeTransport());
		this.writers.stop();
		QueueLimits limits = new QueueLimits(1, 100, SlowConsumerPolicy.DISCONNECT);
		send("one", limits, List.of(full));
		send("two", limits, List.of(full, other));
		assertThat(full.isOpen()).isFalse();
		assertThat(other.queuedMessages()).isOne();
	}

	@Test
	void noWakeUpIsLostInAHundredThousandRoundTrips() {
		this.writers.start();
		AtomicInteger written = new AtomicInteger();
		LocalSession session = open(new FakeTransport().countOnly().onFlush(written::incrementAndGet));
		for (int i = 0; i < 100_000; i++) {
			Fanout fanout = this.writers.fanout(message("m"), PLENTY);
			fanout.add(session);
			fanout.send();
			int spins = 0;
			long deadline = 0;
			while (written.get() <= i) {
				Thread.onSpinWait();
				if (++spins % 1_000 == 0) {
					Thread.yield();
					deadline = (deadline != 0) ? deadline : System.nanoTime() + 20_000_000_000L;
					assertThat(System.nanoTime() - deadline).as("waiting for message " + i).isNegative();
				}
			}
		}
		assertThat(this.statistics.deliveries()).isEqualTo(100_000);
	}

	@Test
	void aBatchIsFlushedOnce() {
		this.writers.start();
		FakeTransport transport = new FakeTransport().block();
		LocalSession session = open(transport);
		send("first", PLENTY, List.of(session));
		await().until(transport::isWaiting);
		for (int i = 0; i < 100; i++) {
			send("m" + i, PLENTY, List.of(session));
		}
		transport.release();
		await().until(() -> this.statistics.deliveries() == 101);
		assertThat(this.statistics.flushes()).isEqualTo(2);
		assertThat(this.statistics.deliveredBytes()).isEqualTo(5 + 10 * 2 + 90 * 3);
	}

	@Test
	void theWatchdogGoesOnAfterAnError() {
		SessionStatistics statistics = spy(new SessionStatistics());
		willThrow(new OutOfMemoryError("injected")).willCallRealMethod().given(statistics).countSlowConsumer();
		this.writers = new WriterPool(new WriterSettings(1, 32, Duration.ofMillis(100)), statistics, this.scheduler);
		this.writers.start();
		for (int i = 0; i < 2; i++) {
			FakeTransport blocked = new FakeTransport().block();
			send("m", PLENTY, List.of(open(blocked)));
			await().until(() -> CloseReason.SLOW_CONSUMER.equals(blocked.aborted()));
		}
		assertThat(this.writers.guards().of(Part.WRITERS_WATCHDOG).failures()).isOne();
	}

	/**
	 * Its client is not left with a hole, and the others have the message.
	 */
	@Test
	void aSessionThatCannotQueueAMessageIsEndedAndCountedAndTheOthersGetIt() {
		this.writers.start();
		FakeTransport before = new FakeTransport();
		FakeTransport failing = new FakeTransport();
		FakeTransport after = new FakeTransport();
		List<LocalSession> sessions = List.of(open(before), open(failing), open(after));
		OutboundQueue queue = spy(sessions.get(1).queue());
		willThrow(new InternalError("injected")).given(queue).offer(any(), any());
		ReflectionTestUtils.setField(sessions.get(1), "queue", queue);
		send("message", PLENTY, sessions);
		await().until(() -> before.events().contains("message") && after.events().contains("message"));
		await().until(() -> failing.aborted() != null);
		assertThat(failing.messages()).isZero();
		assertThat(sessions.get(0).isOpen()).isTrue();
		assertThat(this.writers.guards().of(Part.WRITERS).failures()).isOne();
	}

	@Test
	void aWriterGoesOnAfterAnErrorInWhatItDoesAboutAnError() {
		SessionStatistics statistics = spy(new SessionStatistics());
		AtomicBoolean failed = new AtomicBoolean();
		// The thread that closes the session counts too, and may be first
		willAnswer((count) -> {
			if (Thread.currentThread().getName().contains("writer") && failed.compareAndSet(false, true)) {
				throw new OutOfMemoryError("second");
			}
			return count.callRealMethod();
		}).given(statistics).countDrop(any(), anyInt());
		this.writers = new WriterPool(new WriterSettings(1, 32, NEVER), statistics, this.scheduler);
		this.writers.start();
		send("lost", PLENTY, List.of(open(new FakeTransport().failWrite(0, new OutOfMemoryError("first")))));
		await().until(() -> this.writers.guards().of(Part.WRITERS).failures() == 1);
		await().until(() -> this.ends.size() == 1);
		FakeTransport other = new FakeTransport();
		send("m", PLENTY, List.of(open(other)));
		await().until(() -> other.messages() == 1);
	}

	@Test
	void aSessionWhoseSocketCannotBeClosedForAnErrorEndsAllTheSame() {
		this.writers.start();
		FakeTransport transport = spy(new FakeTransport());
		willThrow(new OutOfMemoryError("injected")).given(transport).close(any());
		LocalSession session = open(transport);
		session.close(CloseReason.GOING_AWAY);
		await().until(() -> this.ends.size() == 1);
		assertThat(this.writers.guards().of(Part.CLOSERS).failures()).isOne();
		FakeTransport other = new FakeTransport();
		open(other).close(CloseReason.GOING_AWAY);
		await().until(() -> this.ends.size() == 2);
	}

	private WriterPool writers(int shards, int maxStuck, Duration sendTimeout) {
		return new WriterPool(new WriterSettings(shards, maxStuck, sendTimeout), this.statistics, this.scheduler);
	}

	private LocalSession open(FakeTransport transport) {
		this.transports.add(transport);
		return this.writers.open("session" + this.ids.incrementAndGet(), null, null, transport,
				(session, reason) -> this.ends.add(reason));
	}

	private void send(String text, QueueLimits limits, List<LocalSession> sessions) {
		Fanout fanout = this.writers.fanout(message(text), limits);
		sessions.forEach(fanout::add);
		assertThat(fanout.send()).isEqualTo(sessions.size());
	}

	private static OutboundMessage message(String text) {
		return new OutboundMessage(Payload.text(text), "channel");
	}

	private long drops() {
		return Arrays.stream(DropReason.values()).mapToLong(this.statistics::drops).sum();
	}

	private static List<Thread> writerThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("atmosphere-writer-"))
			.toList();
	}

	private void publishConcurrently(int threads, IntConsumer publisher) throws Exception {
		List<Callable<Void>> tasks = new ArrayList<>();
		for (int t = 0; t < threads; t++) {
			int number = t;
			tasks.add(() -> {
				publisher.accept(number);
				return null;
			});
		}
		for (Future<Void> future : this.publishers.invokeAll(tasks)) {
			future.get(60, TimeUnit.SECONDS);
		}
	}

	private static void meet(CyclicBarrier barrier) {
		try {
			barrier.await(20, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
