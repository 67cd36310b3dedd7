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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.RelayProbe;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What waits to be written, and for how long.
 */
class WriterQueueTests {

	private static final long HOLD = TimeUnit.HOURS.toNanos(1);

	private final Signal signal = new Signal();

	private final WriterQueue queue = new WriterQueue(10, HOLD, this.signal);

	WriterQueueTests() {
		this.queue.open();
	}

	private JdbcPending add(Hurry hurry, long deadline) {
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
				new Audience.Channel("room", null), Map.of(), Payload.text("x"), null, null);
		JdbcPending pending = new JdbcPending(envelope, new byte[1], hurry, deadline, new CompletableFuture<>());
		assertThat(this.queue.add(pending)).isNull();
		return pending;
	}

	private static long now() {
		return System.nanoTime();
	}

	@Test
	void whatNobodyWaitsForIsHeldForAsLongAsTheFirstMayWait() {
		assertThat(this.queue.delay(now())).isEqualTo(Long.MAX_VALUE);
		add(Hurry.NONE, now() + 2 * HOLD);
		long first = now();
		add(Hurry.NONE, now() + 2 * HOLD);
		assertThat(this.queue.delay(now())).isPositive().isLessThanOrEqualTo(HOLD);
		assertThat(this.queue.delay(first + HOLD)).isNotPositive();
	}

	@Test
	void whatSomebodyWaitsForTakesTheRestWithItAndNothingOvertakes() {
		JdbcPending heartbeat = add(Hurry.NONE, now() + HOLD);
		JdbcPending probe = add(Hurry.HERE, now() + HOLD);
		JdbcPending digest = add(Hurry.NONE, now() + HOLD);
		assertThat(this.queue.delay(now())).isZero();
		assertThat(this.queue.take(10, 100)).containsExactly(heartbeat, probe, digest);
		this.queue.written();
		assertThat(this.queue.delay(now())).isEqualTo(Long.MAX_VALUE);
		JdbcPending next = add(Hurry.NONE, now() + HOLD);
		assertThat(this.queue.delay(now())).as("held anew").isPositive();
		JdbcPending message = add(Hurry.EVERYWHERE, now() + HOLD);
		assertThat(this.queue.delay(now())).isZero();
		assertThat(this.queue.take(10, 100)).containsExactly(next, message);
	}

	@Test
	void aReaderThatIsAboutToPollHasWhatIsHeldWritten() throws Exception {
		assertThat(this.queue.flush()).isFalse();
		add(Hurry.NONE, now() + HOLD);
		assertThat(this.signal.await(0)).isTrue();
		assertThat(this.queue.flush()).isTrue();
		assertThat(this.signal.await(0)).isTrue();
		assertThat(this.queue.delay(now())).isZero();
		this.queue.take(10, 100);
		this.queue.written();
		add(Hurry.NONE, now() + HOLD);
		assertThat(this.queue.delay(now())).as("held anew").isPositive();
	}

	@Test
	void oneWhoseTimeIsOverIsTakenBackFromBehindOneThatHasMore() {
		JdbcPending heartbeat = add(Hurry.NONE, now() + HOLD);
		JdbcPending message = add(Hurry.EVERYWHERE, now() - 1);
		assertThat(this.queue.removeOverdue(now())).containsExactly(message);
		assertThat(this.queue.delay(now())).as("nobody waits any more").isPositive();
		assertThat(this.queue.close()).containsExactly(heartbeat);
	}

	@Test
	void aProbeTellsItsRoundTripWithoutTheTimeThatItWasHeld() {
		ProbeWatch watch = new ProbeWatch();
		Probe probe = new Probe();
		long begun = now();
		assertThat(watch.begin(probe)).as("before anything is known").isFalse();
		JdbcPending pending = new JdbcPending(probe.envelope(), new byte[1], Hurry.NONE, 0, new CompletableFuture<>());
		while (now() - begun < TimeUnit.MILLISECONDS.toNanos(20)) {
			Thread.onSpinWait();
		}
		watch.writing(List.of(pending));
		watch.read(new Probe().envelope());
		assertThat(probe.roundTrip).isNull();
		watch.read(probe.envelope());
		assertThat(probe.roundTrip).isNotNull().isBetween(Duration.ZERO, Duration.ofNanos(now() - begun - 20_000_000));
		assertThat(watch.begin(new Probe())).as("it works").isTrue();
		watch.suspect();
		assertThat(watch.begin(new Probe())).as("on new connections").isFalse();
	}

	private static final class Probe implements RelayProbe {

		private final UUID node = UUID.randomUUID();

		private final Envelope envelope = new Envelope(UUID.randomUUID(), this.node, Envelope.Kind.PROBE, 0,
				new Audience.Node(this.node), Map.of(), Payload.binary(new byte[0]), null, null);

		private @Nullable Duration roundTrip;

		@Override
		public Envelope envelope() {
			return this.envelope;
		}

		@Override
		public void answered() {
			throw new AssertionError("It was measured");
		}

		@Override
		public void answered(Duration roundTrip) {
			this.roundTrip = roundTrip;
		}

		@Override
		public void failed(Throwable failure) {
			throw new AssertionError(failure);
		}

	}

}
