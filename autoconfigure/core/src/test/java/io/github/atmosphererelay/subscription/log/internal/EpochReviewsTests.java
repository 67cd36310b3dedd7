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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.LogContinuation;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EpochReviews}.
 */
class EpochReviewsTests {

	private static final Position ANYWHERE = new Position("Z", 9);

	private final EpochReviews reviews = new EpochReviews();

	private static long after(double seconds) {
		return 100 + (long) (seconds * 1e9);
	}

	private List<Double> asked(double from, double to) {
		List<Double> times = new ArrayList<>();
		for (double time = from; time < to; time += 0.5) {
			if (this.reviews.due(after(time)) != null) {
				times.add(time);
			}
		}
		return times;
	}

	@Test
	void theRelayIsAskedSoonThenLessOftenAndForAMinute() {
		this.reviews.begin(new Position("A", 2), 3, after(0));
		List<Double> times = asked(0, 120);
		assertThat(times).startsWith(0.5, 1.0, 2.0, 4.0, 8.0, 13.0);
		assertThat(times.get(times.size() - 1)).isBetween(55.0, 60.0);
	}

	@Test
	void onlyTheOldestChangeIsAskedAboutUntilItIsOver() {
		this.reviews.begin(new Position("A", 2), 3, after(0));
		this.reviews.begin(new Position("B", 5), 5, after(30));
		assertThat(this.reviews.due(after(59))).isEqualTo(new LogCursor.Question.Resume(new Position("A", 2), 3));
		assertThat(this.reviews.due(after(70))).isEqualTo(new LogCursor.Question.Resume(new Position("B", 5), 5));
		assertThat(this.reviews.due(after(Duration.ofMinutes(2).toSeconds()))).isNull();
	}

	@Test
	void anAnswerCountsForTheChangeThatWasAskedAbout() {
		Position former = new Position("A", 2);
		this.reviews.begin(former, 3, after(0));
		assertThat(this.reviews.isMissing(former, null)).isFalse();
		assertThat(this.reviews.isMissing(former, new LogContinuation(ANYWHERE, true))).isFalse();
		assertThat(this.reviews.isMissing(new Position("X", 1), new LogContinuation(ANYWHERE, false))).isFalse();
		assertThat(this.reviews.isMissing(former, new LogContinuation(ANYWHERE, false))).isTrue();
		assertThat(this.reviews.isMissing(former, new LogContinuation(ANYWHERE, false, false))).isFalse();
		assertThat(this.reviews.due(after(5))).isNull();
	}

	@Test
	void changesOfALogWhoseServerRestartsForEverAreBounded() {
		for (int i = 0; i < 100; i++) {
			this.reviews.begin(new Position("E" + i, i), i, after(i * 0.01));
		}
		assertThat(this.reviews.due(after(5))).isEqualTo(new LogCursor.Question.Resume(new Position("E92", 92), 92));
	}

}
