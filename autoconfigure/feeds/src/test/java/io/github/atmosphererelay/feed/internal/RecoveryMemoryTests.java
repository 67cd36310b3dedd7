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

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.relay.PageLimit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecoveryMemory}.
 */
class RecoveryMemoryTests {

	private static final PageLimit LIMIT = PageLimit.of(100);

	private final AtomicLong now = new AtomicLong();

	private RecoveryMemory memory(long bytes) {
		return new RecoveryMemory(Duration.ofNanos(100), bytes, this.now::get);
	}

	private static MappedRecord record(long offset, String channel, int size) {
		return new MappedRecord(offset, 0, channel, Payload.binary(new byte[size]), Map.of());
	}

	private static List<Long> offsets(FeedPage page) {
		return page.records().stream().map(MappedRecord::offset).toList();
	}

	@Test
	void aChannelIsReadFromAnOffsetAndUpToThePlace() {
		RecoveryMemory memory = memory(10_000);
		memory.begin(0, 5);
		memory.add(0, record(5, "a", 1));
		memory.add(0, record(7, "b", 1));
		memory.add(0, record(8, "a", 1));
		memory.add(0, record(9, "a", 1));
		FeedPage page = new FeedPage();
		assertThat(memory.read(0, "a", 6, 9, page, LIMIT)).isFalse();
		assertThat(offsets(page)).containsExactly(8L);
		assertThat(memory.read(0, "a", 4, 9, new FeedPage(), LIMIT)).isNull();
		assertThat(memory.read(1, "a", 5, 9, new FeedPage(), LIMIT)).isNull();
		assertThat(memory.newest(0, "a", 9)).extracting(MappedRecord::offset).containsExactly(8L, 5L);
	}

	@Test
	void aPartitionIsReadUpToWhereItWasAddedAndNotAfterItsEnd() {
		RecoveryMemory memory = memory(10_000);
		memory.begin(0, 5);
		memory.begin(1, 5);
		memory.add(0, record(5, "a", 1));
		memory.add(1, record(5, "b", 1));
		assertThat(memory.read(0, "a", 5, 7, new FeedPage(), LIMIT)).isNull();
		memory.reached(0, 7);
		FeedPage page = new FeedPage();
		assertThat(memory.read(0, "a", 5, 7, page, LIMIT)).isFalse();
		assertThat(offsets(page)).containsExactly(5L);
		memory.end(0);
		memory.reached(0, 9);
		assertThat(memory.read(0, "a", 5, 7, new FeedPage(), LIMIT)).isNull();
		assertThat(memory.from(0)).isEqualTo(Long.MAX_VALUE);
		assertThat(memory.size()).isOne();
	}

	@Test
	void aPageThatIsFullSaysThatThereIsMore() {
		RecoveryMemory memory = memory(10_000);
		memory.begin(0, 0);
		for (int i = 0; i < 4; i++) {
			memory.add(0, record(i, "a", 10));
		}
		FeedPage page = new FeedPage();
		assertThat(memory.read(0, "a", 0, 4, page, new PageLimit(100, 25))).isTrue();
		assertThat(offsets(page)).containsExactly(0L, 1L);
	}

	@Test
	void whatIsTooOldIsForgottenAndReadsFromBeforeAreRefused() {
		RecoveryMemory memory = memory(10_000);
		memory.begin(0, 0);
		memory.add(0, record(0, "a", 1));
		this.now.set(90);
		memory.add(0, record(3, "a", 1));
		this.now.set(120);
		memory.forget();
		assertThat(memory.from(0)).isOne();
		assertThat(memory.read(0, "a", 0, 4, new FeedPage(), LIMIT)).isNull();
		FeedPage page = new FeedPage();
		assertThat(memory.read(0, "a", 1, 4, page, LIMIT)).isFalse();
		assertThat(offsets(page)).containsExactly(3L);
	}

	@Test
	void theOldestOfAllPartitionsIsForgottenWhereBytesDoNotSuffice() {
		RecoveryMemory memory = memory(1000);
		memory.begin(0, 0);
		memory.begin(1, 0);
		memory.add(0, record(0, "a", 200));
		memory.add(1, record(0, "b", 200));
		memory.add(1, record(1, "b", 200));
		assertThat(memory.size()).isEqualTo(2);
		assertThat(memory.bytes()).isLessThanOrEqualTo(1000);
		assertThat(memory.from(0)).isOne();
		assertThat(memory.from(1)).isZero();
		memory.begin(1, 7);
		assertThat(memory.size()).isZero();
		assertThat(memory.bytes()).isZero();
		assertThat(memory.from(1)).isEqualTo(7);
	}

}
