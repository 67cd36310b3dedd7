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

package io.github.atmosphererelay.stream.internal;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.stream.internal.ProcessAcks.Ack;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProcessAcks}.
 */
class ProcessAcksTests {

	private final AtomicLong now = new AtomicLong(-5);

	private final ProcessAcks acks = new ProcessAcks(this.now::get);

	@Test
	void allProcessesWithTheReducerAreWaitedFor() {
		this.acks.received(new Ack("first", 7, Set.of("odds", "games")));
		this.acks.received(new Ack("second", 6, Set.of("odds")));
		this.acks.received(new Ack("node", 2, Set.of()));
		CompletableFuture<Boolean> known = this.acks.await("odds", 7, Duration.ofSeconds(5));
		this.acks.received(new Ack("first", 8, Set.of("odds", "games")));
		assertThat(known).isNotDone();
		this.acks.received(new Ack("second", 8, Set.of("odds")));
		assertThat(known).isCompletedWithValue(true);
		assertThat(this.acks.await("games", 7, Duration.ofSeconds(5))).isCompletedWithValue(true);
		assertThat(this.acks.await(null, 7, Duration.ofSeconds(5))).isNotDone();
		assertThat(this.acks.reducers()).containsExactlyInAnyOrder("odds", "games");
	}

	@Test
	void aProcessThatTellsNothingIsNotWaitedForAfterThreeSeconds() {
		this.acks.received(new Ack("first", 1, Set.of("odds")));
		this.acks.received(new Ack("second", 1, Set.of("odds")));
		CompletableFuture<Boolean> known = this.acks.await("odds", 4, Duration.ofSeconds(5));
		pass(2000);
		this.acks.received(new Ack("first", 5, Set.of("odds")));
		assertThat(known).isNotDone();
		pass(1001);
		assertThat(known).isCompletedWithValue(true);
		assertThat(this.acks.processes()).isEqualTo(1);
	}

	@Test
	void aProcessThatComesOrComesBackIsNoticed() {
		assertThat(this.acks.received(new Ack("node", 1, Set.of()))).isTrue();
		assertThat(this.acks.received(new Ack("node", 2, Set.of()))).isFalse();
		pass(3001);
		assertThat(this.acks.received(new Ack("node", 3, Set.of()))).isTrue();
	}

	@Test
	void withoutAnyProcessWithTheReducerTheAnswerIsNo() {
		this.acks.received(new Ack("node", 9, Set.of()));
		CompletableFuture<Boolean> known = this.acks.await("odds", 4, Duration.ofSeconds(5));
		pass(4999);
		assertThat(known).isNotDone();
		pass(1);
		assertThat(known).isCompletedWithValue(false);
	}

	private void pass(long millis) {
		this.now.addAndGet(Duration.ofMillis(millis).toNanos());
		this.acks.check();
	}

}
