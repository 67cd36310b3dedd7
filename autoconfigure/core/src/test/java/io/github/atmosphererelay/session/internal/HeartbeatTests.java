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

import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.Stream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;

/**
 * Tests for {@link Heartbeat}.
 */
class HeartbeatTests {

	private static final long HOUR = Duration.ofHours(1).toNanos();

	private static final long MINUTE = Duration.ofMinutes(1).toNanos();

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final ScheduledExecutorService ticker = mock();

	private final ScheduledFuture<?> ticks = mock();

	private final SessionStatistics statistics = new SessionStatistics();

	private final WriterPool writers = new WriterPool(new WriterSettings(1, 1, Duration.ofSeconds(5)), this.statistics,
			this.scheduler);

	private final SessionRegistry registry = new SessionRegistry();

	private final FakeTransport transport = new FakeTransport();

	private final List<DisconnectReason> ends = new CopyOnWriteArrayList<>();

	private LocalSession session;

	@BeforeEach
	void start() {
		this.writers.start();
		this.session = this.writers.open("1", null, null, this.transport, (session, reason) -> this.ends.add(reason));
		this.registry.add(this.session);
	}

	@AfterEach
	void stop() {
		this.writers.stop();
		this.scheduler.shutdownNow();
	}

	@Test
	void aQuietClientIsPingedAfterTheInterval() {
		long now = System.nanoTime();
		assertThat(check(now)).isTrue();
		assertThat(check(now + HOUR - 1)).isTrue();
		assertThat(this.session.takePing()).isFalse();
		assertThat(check(now + HOUR)).isTrue();
		await().until(() -> this.transport.pings() == 1);
	}

	@Test
	void aClientThatDoesNotAnswerIsGivenUp() {
		long now = System.nanoTime();
		check(now);
		check(now + HOUR);
		assertThat(check(now + HOUR + 10 * MINUTE - 1)).isTrue();
		assertThat(check(now + HOUR + 10 * MINUTE)).isFalse();
	}

	@Test
	void aClientThatAnswersIsPingedAgainAnIntervalLater() {
		long now = System.nanoTime();
		check(now);
		check(now + HOUR);
		await().until(() -> this.transport.pings() == 1);
		this.session.heard();
		assertThat(check(now + HOUR + 11 * MINUTE)).isTrue();
		assertThat(check(now + 2 * HOUR)).isTrue();
		await().until(() -> this.transport.pings() == 2);
		assertThat(check(now + 2 * HOUR + 10 * MINUTE)).isFalse();
	}

	@Test
	void aClientThatTalksByItselfIsNotPinged() {
		long now = System.nanoTime();
		this.session.checkAlive(now, HOUR, 10 * MINUTE, HOUR);
		this.session.heard();
		assertThat(check(now + 1)).isTrue();
		assertThat(this.session.takePing()).isFalse();
		assertThat(check(now + 11 * MINUTE)).isTrue();
	}

	@Test
	void aClientThatIsGivenUpIsClosedAndCountedOnce() {
		Runnable tick = startHeartbeat(Duration.ofMillis(1), Duration.ofMillis(1));
		await().until(() -> {
			tick.run();
			return !this.ends.isEmpty();
		});
		tick.run();
		assertThat(this.ends).hasSize(1);
		assertThat(this.ends.get(0).code()).isEqualTo(1011);
		assertThat(this.ends.get(0).text()).isEqualTo("no pong in time");
		assertThat(this.transport.aborted()).isEqualTo(CloseReason.NO_PONG);
		assertThat(this.statistics.missingPongs()).isOne();
	}

	@Test
	void aClientThatAnswersEveryPingStays() {
		Runnable tick = startHeartbeat(Duration.ofMillis(1), Duration.ofMinutes(10));
		for (int i = 1; i <= 5; i++) {
			int pings = i;
			await().until(() -> {
				tick.run();
				return this.transport.pings() == pings;
			});
			this.session.heard();
		}
		assertThat(this.session.isOpen()).isTrue();
		assertThat(this.statistics.missingPongs()).isZero();
	}

	@Test
	void aSessionEndsWhenItsProofExpiresAndIsCountedOnce() {
		Runnable tick = startHeartbeat(Duration.ofMinutes(1), Duration.ofMinutes(1));
		this.session.expireAt(Instant.now().plusSeconds(60));
		tick.run();
		assertThat(this.session.isOpen()).isTrue();
		this.session.expireAt(Instant.now().minusMillis(1));
		tick.run();
		tick.run();
		assertThat(this.session.isOpen()).isFalse();
		assertThat(this.statistics.expired()).isOne();
		await().until(() -> CloseReason.EXPIRED.equals(this.transport.closed()));
	}

	@Test
	void aNewProofOfTheSameUserCountsAndAnothersDoesNot() {
		LocalSession session = this.writers.open("2", () -> "ann", null, new FakeTransport(), (ended, reason) -> {
		});
		session.expireAt(Instant.EPOCH);
		Principal newer = () -> "ann";
		assertThatIllegalArgumentException().isThrownBy(() -> session.renew(() -> "bob", null));
		assertThat(session.isExpired(1)).isTrue();
		session.renew(newer, Instant.MAX);
		assertThat(session.principal()).isSameAs(newer);
		assertThat(session.isExpired(Long.MAX_VALUE - 1)).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> this.session.renew(newer, null));
	}

	@Test
	void anErrorEndsNeitherTheChecksNorThoseOfOtherSessions() {
		Guards guards = new Guards();
		SessionStatistics statistics = spy(new SessionStatistics());
		willThrow(new OutOfMemoryError("injected")).willCallRealMethod().given(statistics).countExpired();
		FakeTransport other = new FakeTransport();
		LocalSession second = this.writers.open("2", null, null, other, (session, reason) -> this.ends.add(reason));
		this.registry.add(second);
		willReturnTicks();
		new Heartbeat(this.registry, statistics, this.ticker, Duration.ofMinutes(1), Duration.ofMinutes(1), guards)
			.start();
		Runnable tick = tick();
		this.session.expireAt(Instant.EPOCH);
		second.expireAt(Instant.EPOCH);
		tick.run();
		assertThat(guards.of(Part.HEARTBEAT).failures()).isOne();
		assertThat(Stream.of(this.session, second).filter((each) -> !each.isOpen())).hasSize(1);
		tick.run();
		assertThat(this.session.isOpen()).isFalse();
		assertThat(second.isOpen()).isFalse();
	}

	@Test
	void stoppingEndsTheChecks() {
		Heartbeat heartbeat = new Heartbeat(this.registry, this.statistics, this.ticker, Duration.ofSeconds(1),
				Duration.ofSeconds(1));
		heartbeat.stop();
		willReturnTicks();
		heartbeat.start();
		heartbeat.stop();
		then(this.ticks).should().cancel(false);
	}

	private boolean check(long now) {
		return this.session.checkAlive(now, HOUR, 10 * MINUTE, 0);
	}

	private Runnable startHeartbeat(Duration interval, Duration pongTimeout) {
		willReturnTicks();
		new Heartbeat(this.registry, this.statistics, this.ticker, interval, pongTimeout).start();
		return tick();
	}

	private Runnable tick() {
		ArgumentCaptor<Runnable> tick = ArgumentCaptor.captor();
		then(this.ticker).should().scheduleWithFixedDelay(tick.capture(), anyLong(), anyLong(), any());
		return tick.getValue();
	}

	@SuppressWarnings({ "unchecked", "rawtypes" })
	private void willReturnTicks() {
		given(this.ticker.scheduleWithFixedDelay(any(), anyLong(), anyLong(), any()))
			.willReturn((ScheduledFuture) this.ticks);
	}

}
