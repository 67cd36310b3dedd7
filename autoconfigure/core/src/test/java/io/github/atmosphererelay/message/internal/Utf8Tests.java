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

package io.github.atmosphererelay.message.internal;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Utf8}.
 */
class Utf8Tests {

	@Test
	void textOfAnyLengthIsValid() {
		for (int length = 0; length < 40; length++) {
			assertThat(Utf8.isValid("x".repeat(length).getBytes(StandardCharsets.UTF_8))).isTrue();
			assertThat(Utf8.isValid(("x".repeat(length) + "\u00E4\uD83D\uDE00").getBytes(StandardCharsets.UTF_8)))
				.isTrue();
		}
	}

	@Test
	void anInvalidByteIsFoundAtEveryIndex() {
		for (int length = 1; length < 40; length++) {
			for (int index = 0; index < length; index++) {
				byte[] bytes = "x".repeat(length).getBytes(StandardCharsets.UTF_8);
				bytes[index] = (byte) 0xFF;
				assertThat(Utf8.isValid(bytes)).as("%d of %d", index, length).isFalse();
			}
		}
	}

}
