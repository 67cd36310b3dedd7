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

import io.github.atmosphererelay.message.Position;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MemoryEpochs}.
 */
class MemoryEpochsTests {

	private final MemoryEpochs epochs = new MemoryEpochs();

	private void end(String channel) {
		this.epochs.end(channel, new Position(this.epochs.next(channel), 7));
	}

	@Test
	void theEndOfAFormerLogIsRemembered() {
		assertThat(this.epochs.formerEnd("a")).isNull();
		Position end = new Position(this.epochs.next("a"), 7);
		end("a");
		assertThat(this.epochs.formerEnd("a")).isEqualTo(end);
		this.epochs.endAll();
		assertThat(this.epochs.formerEnd("a")).isNull();
	}

	@Test
	void aChannelHasOneEpochUntilItsLogEnds() {
		String first = this.epochs.next("a");
		end("b");
		assertThat(this.epochs.next("a")).isEqualTo(first);
		end("a");
		String second = this.epochs.next("a");
		assertThat(second).isNotEqualTo(first);
		end("b");
		assertThat(this.epochs.next("a")).isEqualTo(second);
		this.epochs.endAll();
		assertThat(this.epochs.next("a")).isNotIn(first, second);
	}

	@Test
	void forgettingAChannelGivesAllForgottenOnesANewEpoch() {
		String other = this.epochs.next("other");
		end("a");
		String before = this.epochs.next("a");
		for (int i = 1; i < MemoryEpochs.MAX_ENDED; i++) {
			end("channel " + i);
		}
		assertThat(this.epochs.next("a")).isEqualTo(before);
		assertThat(this.epochs.next("other")).isEqualTo(other);
		end("one too many");
		assertThat(this.epochs.next("a")).isNotEqualTo(before);
		assertThat(this.epochs.next("other")).isNotEqualTo(other);
	}

}
