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

package io.github.atmosphererelay.delivery.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SequenceTracker}.
 */
class SequenceTrackerTests {

	private static final UUID NODE = UUID.randomUUID();

	private final DeliveryStatistics statistics = new DeliveryStatistics();

	private final SequenceTracker tracker = new SequenceTracker(this.statistics);

	private final List<Sequence> delivered = new ArrayList<>();

	@Test
	void duplicatesAreDroppedAndCounted() {
		track(NODE, "a", 1, 1);
		track(NODE, "a", 1, 2);
		track(NODE, "a", 1, 2);
		track(NODE, "a", 1, 1);
		track(NODE, "a", 1, 3);
		assertThat(this.delivered).extracting(Sequence::number).containsExactly(1L, 2L, 3L);
		assertThat(this.statistics.duplicates()).isEqualTo(2);
		assertThat(this.statistics.missed()).isZero();
	}

	@Test
	void whatIsMissingInBetweenIsCountedExactly() {
		track(NODE, "a", 1, 5);
		track(NODE, "a", 1, 6);
		track(NODE, "a", 1, 10);
		track(NODE, "a", 1, 11);
		track(NODE, "a", 1, 13);
		assertThat(this.statistics.missed()).isEqualTo(4);
		assertThat(this.statistics.duplicates()).isZero();
		assertThat(this.delivered).hasSize(5);
	}

	@Test
	void aNewSeriesIsAcceptedWithoutAGapAndAnOldOneIsNot() {
		track(NODE, "a", 1, 500);
		track(NODE, "a", 2, 7);
		track(NODE, "a", 2, 8);
		track(NODE, "a", 1, 501);
		assertThat(this.delivered).extracting(Sequence::number).containsExactly(500L, 7L, 8L);
		assertThat(this.statistics.missed()).isZero();
		assertThat(this.statistics.duplicates()).isOne();
	}

	@Test
	void originsAndAddressesAreApart() {
		UUID other = UUID.randomUUID();
		track(NODE, "a", 1, 1);
		track(other, "a", 1, 1);
		track(NODE, "b", 1, 1);
		assertThat(this.delivered).hasSize(3);
		assertThat(this.statistics.duplicates()).isZero();
	}

	@Test
	void envelopesWithoutASequenceAreDelivered() {
		this.tracker.track(envelope(NODE, "a", null), () -> this.delivered.add(new Sequence(0, 1)));
		assertThat(this.delivered).hasSize(1);
		assertThat(this.tracker.size()).isZero();
	}

	@Test
	void aDuplicateDoesNotMakeALossSeemYoung() {
		track(NODE, "a", 1, 5);
		long accepted = System.nanoTime();
		await().until(() -> System.nanoTime() - accepted > Duration.ofMillis(200).toNanos());
		track(NODE, "a", 1, 5);
		List<Duration> since = new ArrayList<>();
		this.tracker.track(envelope(NODE, "a", new Sequence(1, 7)), () -> {
		}, (number, age) -> since.add(age));
		assertThat(since).singleElement().satisfies((age) -> assertThat(age).isGreaterThan(Duration.ofMillis(200)));
	}

	@Test
	void anAddressThatIsForgottenBeginsAnew() {
		track(NODE, "a", 1, 1);
		track(NODE, "b", 1, 1);
		this.tracker.forget(new Address.Channel("a"));
		assertThat(this.tracker.size()).isOne();
		track(NODE, "a", 1, 90);
		assertThat(this.statistics.missed()).isZero();
		this.tracker.clear();
		assertThat(this.tracker.size()).isZero();
	}

	@Test
	void originsThatSpokeLatelyAreKept() {
		track(NODE, "a", 1, 1);
		this.tracker.sweep();
		track(NODE, "a", 1, 1);
		assertThat(this.statistics.duplicates()).isOne();
		assertThat(this.tracker.size()).isOne();
	}

	private void track(UUID origin, String channel, long series, long number) {
		Sequence sequence = new Sequence(series, number);
		this.tracker.track(envelope(origin, channel, sequence), () -> this.delivered.add(sequence));
	}

	private static Envelope envelope(UUID origin, String channel, @Nullable Sequence sequence) {
		return new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, 0, new Audience.Channel(channel, null),
				Map.of(), Payload.text("m"), sequence, null);
	}

}
