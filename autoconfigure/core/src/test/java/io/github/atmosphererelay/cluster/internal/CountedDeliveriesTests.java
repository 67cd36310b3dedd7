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

package io.github.atmosphererelay.cluster.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link CountedDeliveries}.
 */
class CountedDeliveriesTests {

	private static final int TIMEOUT_MILLIS = 60_000;

	private final SessionRegistry registry = mock();

	private final List<Runnable> elsewhere = new ArrayList<>();

	private final CountedDeliveries deliveries = new CountedDeliveries(this.registry, this.elsewhere::add);

	/**
	 * A delivery holds locks, and whoever hears the answer may want them.
	 */
	@Test
	void anAnswerThatWaitedForItsMessageIsGivenOnAnotherThread() {
		UUID message = UUID.randomUUID();
		given(this.registry.countInChannel("chat")).willReturn(3);
		CompletableFuture<byte[]> answer = count(message);
		this.deliveries.delivered(message, 2);
		assertThat(answer).isNotDone();
		assertThat(this.elsewhere).hasSize(1);
		this.elsewhere.get(0).run();
		assertTold(answer, 2);
	}

	@Test
	void aKnownCountIsAnsweredAtOnce() {
		UUID message = UUID.randomUUID();
		this.deliveries.delivered(message, 2);
		assertTold(count(message), 2);
		// Of a channel without sessions
		assertTold(count(UUID.randomUUID()), 0);
		assertThat(this.elsewhere).isEmpty();
	}

	private static void assertTold(CompletableFuture<byte[]> answer, int sessions) {
		assertThat(answer).isDone();
		assertThat(answer.join()).isEqualTo(SessionCommandHandler.encode(sessions));
	}

	private CompletableFuture<byte[]> count(UUID message) {
		return this.deliveries.count(new WireReader(CountedDeliveries.encode(message, "chat")), TIMEOUT_MILLIS);
	}

}
