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

package io.github.atmosphererelay.relay.http.internal;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PublishedCount}.
 */
class PublishedCountTests {

	private static final long BEGIN = System.nanoTime();

	private final PublishedCount published = new PublishedCount();

	@Test
	void remembersWhatWasPublishedAtAMoment() {
		publish(0, 0);
		publish(300, 10);
		publish(400, 5);
		publish(600, 3);
		assertThat(this.published.total()).isEqualTo(18);
		assertThat(before(-1000)).isZero();
		assertThat(before(200)).isZero();
		assertThat(before(300)).isEqualTo(10);
		assertThat(before(599)).as("in steps of a quarter of a second").isEqualTo(10);
		assertThat(before(5000)).isEqualTo(18);
	}

	@Test
	void forgetsWhatIsLongerThanAMinuteAgo() {
		for (int i = 0; i < 1000; i++) {
			publish(i * 250, 1);
		}
		assertThat(before(999 * 250)).isEqualTo(1000);
		assertThat(before(999 * 250 - 60_000)).isEqualTo(760);
		assertThat(before(0)).as("the last one that was forgotten").isEqualTo(744);
	}

	private long before(long millis) {
		return this.published.before(BEGIN + Duration.ofMillis(millis).toNanos());
	}

	private void publish(long millis, int count) {
		for (int i = 0; i < count; i++) {
			this.published.add();
		}
		this.published.sample(BEGIN + Duration.ofMillis(millis).toNanos());
	}

}
