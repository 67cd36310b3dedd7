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

package io.github.atmosphererelay.relay.kafka.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KafkaLogRanges} and the judgement of {@link KafkaAdmin}.
 */
class KafkaLogRangesTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private final KafkaFakeAdmin admin = new KafkaFakeAdmin(3);

	private final AtomicInteger useless = new AtomicInteger();

	private final KafkaAdmin judge = new KafkaAdmin(() -> this.admin.admin, this.useless::incrementAndGet);

	private final KafkaLogRanges ranges = new KafkaLogRanges("topic-log", TIMEOUT, this.judge);

	@BeforeEach
	void connect() {
		this.admin.slow = true;
		for (int i = 0; i < 3; i++) {
			this.admin.ranges.put(i, new Range(0, 10));
		}
		this.ranges.connect(this.judge.get());
	}

	@Test
	void callsDuringARequestShareTheNextOne() {
		CompletableFuture<Range> first = this.ranges.ask(0);
		CompletableFuture<Range> second = this.ranges.ask(0);
		CompletableFuture<Range> third = this.ranges.ask(1);
		assertThat(this.ranges.ask(1)).isSameAs(third);
		assertThat(this.admin.open).hasSize(1);
		this.admin.answer(0, 0, 5);
		assertThat(first).isCompletedWithValue(new Range(0, 5, 1));
		assertThat(second).isNotDone();
		assertThat(this.admin.open).hasSize(2);
		assertThat(this.admin.asked(1)).containsExactlyInAnyOrder(0, 1);
		this.admin.answer(1, 0, 6);
		this.admin.answer(1, 1, 7);
		assertThat(second).isCompletedWithValue(new Range(0, 6, 1));
		assertThat(third).isCompletedWithValue(new Range(0, 7, 1));
		assertThat(this.admin.open).hasSize(2);
	}

	@Test
	void aPartitionWithoutALeaderDelaysOnlyOneRequestOfTheOthers() {
		this.ranges.ask(0);
		CompletableFuture<Range> healthy = this.ranges.ask(0);
		CompletableFuture<Range> leaderless = this.ranges.ask(1);
		this.admin.answer(0, 0, 1);
		CompletableFuture<Range> next = this.ranges.ask(0);
		CompletableFuture<Range> again = this.ranges.ask(1);
		this.admin.answer(1, 0, 2);
		assertThat(healthy).isCompletedWithValue(new Range(0, 2, 1));
		this.admin.fail(1, 1);
		assertFailed(leaderless);
		assertThat(this.admin.open).hasSize(4);
		int alone = this.admin.asked(2).contains(1) ? 2 : 3;
		assertThat(this.admin.asked(alone)).containsExactly(1);
		assertThat(this.admin.asked(5 - alone)).containsExactly(0);
		this.admin.answer(5 - alone, 0, 3);
		assertThat(next).isCompletedWithValue(new Range(0, 3, 1));
		CompletableFuture<Range> meanwhile = this.ranges.ask(0);
		this.admin.answer(4, 0, 4);
		assertThat(meanwhile).isCompletedWithValue(new Range(0, 4, 1));
		assertThat(again).isNotDone();
		this.admin.answer(alone, 1, 9);
		assertThat(again).isCompletedWithValue(new Range(0, 9, 1));
		// It has a leader again, and so is asked about with the others
		this.ranges.ask(2);
		this.ranges.ask(1);
		this.ranges.ask(0);
		this.admin.answer(5, 2, 1);
		assertThat(this.admin.asked(6)).containsExactlyInAnyOrder(0, 1);
	}

	@Test
	void aRequestThatFailsForAllPartitionsSeparatesNone() {
		this.ranges.ask(0);
		this.ranges.ask(1);
		this.ranges.ask(2);
		this.admin.answer(0, 0, 1);
		this.admin.fail(1, 1);
		this.admin.fail(1, 2);
		this.ranges.ask(0);
		this.ranges.ask(1);
		this.ranges.ask(2);
		this.admin.answer(2, 0, 1);
		assertThat(this.admin.asked(3)).containsExactlyInAnyOrder(1, 2);
	}

	@Test
	void requestsWorkAgainAfterAnError() {
		this.admin.error.set(new OutOfMemoryError("injected"));
		assertFailed(this.ranges.ask(0));
		CompletableFuture<Range> next = this.ranges.ask(0);
		this.admin.answer(0, 0, 3);
		assertThat(next).isCompletedWithValue(new Range(0, 3, 1));
	}

	@Test
	void aCallWhoseRequestNeverEndsIsRepeatedWithTheNextClient() {
		this.ranges.ask(0);
		CompletableFuture<Range> waiting = this.ranges.ask(1);
		KafkaFakeAdmin successor = new KafkaFakeAdmin(3);
		successor.slow = true;
		successor.ranges.putAll(this.admin.ranges);
		this.ranges.connect(successor.admin);
		successor.answer(0, 1, 4);
		assertThat(waiting).isCompletedWithValue(new Range(0, 4, 1));
		CompletableFuture<Range> next = this.ranges.ask(0);
		successor.answer(1, 0, 5);
		assertThat(next).isCompletedWithValue(new Range(0, 5, 1));
	}

	@Test
	void withoutAConnectionRequestsFail() {
		this.ranges.disconnect();
		assertFailed(this.ranges.ask(0));
		assertFailed(this.ranges.ask(0));
	}

	@Test
	void aClientThatFailsAtOnceTwiceInARowHasAFault() {
		for (int i = 0; i < 4; i++) {
			assertThat(this.useless).hasValue((i < 2) ? 0 : 1);
			this.ranges.ask(0);
			this.admin.fail(this.admin.open.size() - 1, 0);
			if (i == 0) {
				this.ranges.ask(0);
				this.admin.answer(1, 0, 1);
			}
			else if (i == 1) {
				assertThat(this.judge.fault()).isNull();
				this.ranges.ask(0);
				this.admin.fail(this.admin.open.size() - 1, 0);
			}
		}
		assertThat(this.judge.fault()).isInstanceOf(TimeoutException.class);
		this.judge.disconnect();
		this.judge.get();
		assertThat(this.judge.fault()).as("of a new one").isNull();
	}

	@Test
	void aClientThatIsSlowOrRefusedIsKept() {
		for (int i = 0; i < 5; i++) {
			this.judge.failed(this.admin.admin, new TimeoutException("too slow"), TIMEOUT, TIMEOUT);
			this.judge.failed(this.admin.admin, new TopicAuthorizationException("topic"), Duration.ZERO, TIMEOUT);
		}
		assertThat(this.useless).hasValue(0);
		assertThat(this.judge.fault()).isNull();
	}

	private static void assertFailed(CompletableFuture<Range> answer) {
		assertThat(answer).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
	}

}
