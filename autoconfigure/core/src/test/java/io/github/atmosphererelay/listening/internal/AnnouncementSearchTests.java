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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for how long nodes know what is searched. They know it for ten minutes, of which
 * a search may take four.
 */
class AnnouncementSearchTests {

	private static final long NOW = -1_000;

	private static long ago(Duration time) {
		return NOW - time.toNanos();
	}

	@Test
	void anAnnouncementThatIsSixMinutesOldAtMostIsFound() {
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofMinutes(6), null, NOW)).isFalse();
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofMinutes(6).plusSeconds(1), null, NOW)).isTrue();
	}

	@Test
	void afterAnInterruptionOnlyWhatWasSentSinceMayBeForgotten() {
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofDays(1), ago(Duration.ofSeconds(1)), NOW)).isFalse();
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofDays(1), ago(Duration.ofMinutes(6)), NOW)).isFalse();
	}

	@Test
	void anInterruptionMinutesAgoDoesNotHideThatAnAnnouncementMayBeForgotten() {
		// The stream began ten minutes ago, and the publisher is heard for the first time
		// since half a minute later
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofMinutes(9), ago(Duration.ofMinutes(9).plusSeconds(30)),
				NOW))
			.isTrue();
		assertThat(AnnouncementSearch.mayBeForgotten(Duration.ofMinutes(5), ago(Duration.ofDays(1)), NOW)).isFalse();
	}

}
