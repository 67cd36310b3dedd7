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

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link SharedSecret}.
 */
class SharedSecretTests {

	private static final String OLD = "o".repeat(32);

	private static final String RENEWED = "n".repeat(32);

	@Test
	void nodesThatChangeTheirSecretOneByOneUnderstandEachOther() {
		List<SharedSecret> rounds = List.of(new SharedSecret(OLD), new SharedSecret(OLD, List.of(RENEWED)),
				new SharedSecret(RENEWED, List.of(OLD)), new SharedSecret(RENEWED));
		for (int i = 1; i < rounds.size(); i++) {
			SharedSecret before = rounds.get(i - 1);
			SharedSecret after = rounds.get(i);
			assertThat(before.isSignature(after.sign("a", "b"), "a", "b")).isTrue();
			assertThat(after.isSignature(before.sign("a", "b"), "a", "b")).isTrue();
		}
		assertThat(rounds.get(3).isSignature(rounds.get(0).sign("a", "b"), "a", "b")).isFalse();
		assertThat(rounds.get(0).isSignature(rounds.get(3).sign("a", "b"), "a", "b")).isFalse();
	}

	@Test
	void aSignatureOfOtherPartsIsNone() {
		SharedSecret secret = new SharedSecret(OLD, List.of(RENEWED));
		assertThat(secret.isSignature(secret.sign("a", "b"), "a", "c")).isFalse();
		assertThat(secret.isSignature(null, "a", "b")).isFalse();
		assertThat(secret.isSignature("", "a", "b")).isFalse();
	}

	@Test
	void eachSecretMustBeLongEnough() {
		assertThatIllegalArgumentException().isThrownBy(() -> new SharedSecret("short"));
		assertThatIllegalArgumentException().isThrownBy(() -> new SharedSecret(OLD, List.of("short")));
	}

}
