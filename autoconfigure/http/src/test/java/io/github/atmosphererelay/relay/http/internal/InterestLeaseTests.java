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

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link InterestLease}.
 */
class InterestLeaseTests {

	private final InterestLease lease = new InterestLease(-1000);

	@Test
	void anAnswerWithAKnownVersionIsValidFromItsRequest() {
		assertThat(this.lease.isValid(0, 850)).isFalse();
		this.lease.answered(10, 3, 3);
		assertThat(this.lease.isValid(859, 850)).isTrue();
		assertThat(this.lease.isValid(860, 850)).isFalse();
		this.lease.answered(20, 3, 5);
		assertThat(this.lease.isValid(869, 850)).as("more is known than was answered").isTrue();
	}

	@Test
	void aVersionThatComesAfterTheAnswerMakesItValid() {
		this.lease.answered(10, 3, 2);
		assertThat(this.lease.isValid(11, 850)).isFalse();
		this.lease.known(3);
		assertThat(this.lease.isValid(859, 850)).isTrue();
	}

	@Test
	void itStaysValidWhileVersionsAreAlwaysBehindTheAnswers() {
		for (int i = 1; i < 10_000; i++) {
			this.lease.answered(i, 2 * i, 2 * i - 20);
			this.lease.known(2 * i - 10);
			assertThat(this.lease.isValid(i, 850)).isEqualTo(i > 5);
		}
	}

	@Test
	void whatIsNeverToldIsBounded() {
		for (int i = 1; i < 10_000; i++) {
			this.lease.answered(i, i, -1);
		}
		this.lease.known(10_000);
		assertThat(this.lease.isValid(63, 850)).isTrue();
		assertThat(this.lease.isValid(10_000, 850)).isFalse();
		this.lease.answered(10_001, 10_001, 10_001);
		assertThat(this.lease.isValid(10_002, 850)).isTrue();
	}

}
