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

package io.github.atmosphererelay.feed.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DroppedValues}.
 */
class DroppedValuesTests {

	private final DroppedValues values = new DroppedValues(2);

	@Test
	void aChannelIsUnknownUntilItsNextValue() {
		this.values.dropped("a");
		assertThat(this.values.mayBeOld("a")).isTrue();
		assertThat(this.values.mayBeOld("b")).isFalse();
		this.values.kept("a");
		assertThat(this.values.mayBeOld("a")).isFalse();
	}

	/**
	 * As soon as one of those that are remembered had a value again, those that were not
	 * remembered were looked up in the store, which had what was there before it was
	 * away.
	 */
	@Test
	void whenThereWereTooManyOnlyChannelsWithAValueSinceAreKnown() {
		this.values.dropped("a");
		this.values.dropped("b");
		this.values.dropped("c");
		this.values.kept("a");
		assertThat(this.values.mayBeOld("a")).isFalse();
		assertThat(this.values.mayBeOld("b")).isTrue();
		assertThat(this.values.mayBeOld("c")).isTrue();
		assertThat(this.values.mayBeOld("d")).isTrue();
		this.values.dropped("a");
		assertThat(this.values.mayBeOld("a")).isTrue();
	}

	@Test
	void noMoreChannelsAreRememberedThanAllowed() {
		for (int i = 0; i < 10; i++) {
			this.values.dropped("dropped-" + i);
		}
		for (int i = 0; i < 10; i++) {
			this.values.kept("kept-" + i);
		}
		assertThat(this.values.mayBeOld("kept-1")).isFalse();
		assertThat(this.values.mayBeOld("kept-9")).isTrue();
		this.values.clear();
		assertThat(this.values.mayBeOld("kept-9")).isFalse();
	}

}
