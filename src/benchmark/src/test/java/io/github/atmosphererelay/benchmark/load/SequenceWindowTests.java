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

package io.github.atmosphererelay.benchmark.load;

import io.github.atmosphererelay.benchmark.load.SequenceWindow.Verdict;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SequenceWindow}.
 */
class SequenceWindowTests {

	private final SequenceWindow window = new SequenceWindow();

	@Test
	void growingNumbersAreInOrderAlsoIfSomeAreMissing() {
		assertThat(this.window.note(1)).isEqualTo(Verdict.IN_ORDER);
		assertThat(this.window.note(2)).isEqualTo(Verdict.IN_ORDER);
		assertThat(this.window.note(5)).isEqualTo(Verdict.IN_ORDER);
		assertThat(this.window.note(500)).isEqualTo(Verdict.IN_ORDER);
	}

	@Test
	void aNumberAfterALaterOneIsLateAndCountsOnce() {
		this.window.note(1);
		this.window.note(3);
		assertThat(this.window.note(2)).isEqualTo(Verdict.LATE);
		assertThat(this.window.note(2)).isEqualTo(Verdict.DOUBLE);
		assertThat(this.window.note(4)).isEqualTo(Verdict.IN_ORDER);
	}

	@Test
	void theSameNumberOnceMoreIsADouble() {
		this.window.note(1);
		this.window.note(2);
		assertThat(this.window.note(2)).isEqualTo(Verdict.DOUBLE);
		assertThat(this.window.note(1)).isEqualTo(Verdict.DOUBLE);
	}

	@Test
	void theWindowRemembersSixtyFourNumbers() {
		this.window.note(1);
		this.window.note(64);
		assertThat(this.window.note(1)).isEqualTo(Verdict.DOUBLE);
		this.window.note(65);
		assertThat(this.window.note(2)).isEqualTo(Verdict.LATE);
		// Too long ago to know
		assertThat(this.window.note(1)).isEqualTo(Verdict.LATE);
	}

}
