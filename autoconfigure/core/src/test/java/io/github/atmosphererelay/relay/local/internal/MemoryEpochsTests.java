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

package io.github.atmosphererelay.relay.local.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MemoryEpochs}.
 */
class MemoryEpochsTests {

	private final MemoryEpochs epochs = new MemoryEpochs();

	@Test
	void aChannelHasOneEpochUntilItsLogEnds() {
		String first = this.epochs.next("a");
		this.epochs.end("b");
		assertThat(this.epochs.next("a")).isEqualTo(first);
		this.epochs.end("a");
		String second = this.epochs.next("a");
		assertThat(second).isNotEqualTo(first);
		this.epochs.end("b");
		assertThat(this.epochs.next("a")).isEqualTo(second);
		this.epochs.endAll();
		assertThat(this.epochs.next("a")).isNotIn(first, second);
	}

	@Test
	void forgettingAChannelGivesAllForgottenOnesANewEpoch() {
		String other = this.epochs.next("other");
		this.epochs.end("a");
		String before = this.epochs.next("a");
		for (int i = 1; i < MemoryEpochs.MAX_ENDED; i++) {
			this.epochs.end("channel " + i);
		}
		assertThat(this.epochs.next("a")).isEqualTo(before);
		assertThat(this.epochs.next("other")).isEqualTo(other);
		this.epochs.end("one too many");
		assertThat(this.epochs.next("a")).isNotEqualTo(before);
		assertThat(this.epochs.next("other")).isNotEqualTo(other);
	}

}
