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

package io.github.atmosphererelay.routing.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AskedTickets}.
 */
class AskedTicketsTests {

	private final AskedTickets asked = new AskedTickets();

	private List<Runnable> takeAll(UUID issuer) {
		List<Runnable> taken = new ArrayList<>();
		for (Runnable each = this.asked.take(issuer); each != null; each = this.asked.take(issuer)) {
			taken.add(each);
		}
		return taken;
	}

	@Test
	void nodesThatDoNotAnswerLeaveThreadsToClientsWithOtherTokens() {
		int threads = 8;
		int taken = 0;
		for (int i = 0; i < 5; i++) {
			taken += takeAll(UUID.randomUUID()).size();
		}
		assertThat(taken).isEqualTo(AskedTickets.MAX_ASKED).isLessThan(threads);
	}

	@Test
	void oneNodeThatDoesNotAnswerLeavesQuestionsToTheOthers() {
		assertThat(takeAll(UUID.randomUUID())).hasSize(AskedTickets.MAX_ASKED_OF_ISSUER);
		assertThat(this.asked.take(UUID.randomUUID())).isNotNull();
	}

	@Test
	void placesAreGivenBackAlsoThoseOfANodeThatIsGone() {
		UUID issuer = UUID.randomUUID();
		for (int i = 0; i < 3; i++) {
			List<Runnable> taken = takeAll(issuer);
			assertThat(taken).hasSize(AskedTickets.MAX_ASKED_OF_ISSUER);
			this.asked.retain(Set.of());
			assertThat(takeAll(UUID.randomUUID())).hasSize(AskedTickets.MAX_ASKED - taken.size())
				.allSatisfy(Runnable::run);
			taken.forEach(Runnable::run);
		}
	}

}
