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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.feed.FeedMessage;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.internal.MemoryStateStore;
import io.github.atmosphererelay.test.MachineTime;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StoredState} and {@link FeedState}.
 */
@Timeout(60)
class StoredStateTests {

	private static final Duration LIMIT = Duration.ofSeconds(10);

	private static final TopicInfo TOPIC = TopicInfo.of(Uuid.randomUuid(), 3);

	private final HeldStore store = new HeldStore();

	private final StoredState stored = new StoredState(this.store, "prices", 4000, new Guards().of(Part.FEEDS));

	@AfterEach
	void stop() {
		this.store.held.countDown();
		this.stored.stop();
	}

	private static MappedRecord record(String channel, long offset, String value) {
		return new MappedRecord(offset, 7, channel, Payload.text(value), Map.of("currency", "CHF"));
	}

	private static MappedRecord tombstone(String channel, long offset) {
		return new MappedRecord(offset, 7, channel, Payload.text("null"),
				Map.of(FeedMessage.EVENT, FeedMessage.TOMBSTONE));
	}

	private @Nullable MappedRecord find(String channel) throws Exception {
		return this.stored.find(TOPIC, channel).get(10, TimeUnit.SECONDS);
	}

	private void awaitWritten() {
		MachineTime.await(LIMIT).until(() -> this.stored.bytes() == 0);
	}

	@Test
	void aValueIsFoundAsItWasWhenOnlyTheStoreHasIt() throws Exception {
		this.stored.start();
		MappedRecord binary = new MappedRecord(9, 7, "prices/b", Payload.binary(new byte[] { 0, -1 }), Map.of());
		this.stored.put(TOPIC, record("prices/a", 5, "grün"), false);
		this.stored.put(TOPIC, binary, false);
		awaitWritten();
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 5, "grün"));
		assertThat(find("prices/b")).isEqualTo(binary);
		assertThat(find("prices/none")).isNull();
	}

	@Test
	void theNewestValueIsFoundWhileItWaitsAndWhileItIsWritten() throws Exception {
		this.store.hold();
		this.stored.start();
		this.stored.put(TOPIC, record("prices/a", 1, "one"), false);
		assertThat(this.store.writing.await(10, TimeUnit.SECONDS)).isTrue();
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 1, "one"));
		this.stored.put(TOPIC, record("prices/a", 2, "two"), false);
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 2, "two"));
		this.store.held.countDown();
		awaitWritten();
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 2, "two"));
	}

	@Test
	void aKeyThatWasRemovedHasNoValueAndAnOlderRecordDoesNotBringItBack() throws Exception {
		this.stored.start();
		this.stored.put(TOPIC, record("prices/a", 1, "one"), false);
		this.stored.put(TOPIC, tombstone("prices/a", 3), false);
		awaitWritten();
		this.stored.put(TOPIC, record("prices/a", 2, "late"), false);
		awaitWritten();
		assertThat(find("prices/a")).isNull();
	}

	@Test
	void valuesWaitWhileTheStoreIsAwayAndWhatFindsNoRoomIsNotInvented() throws Exception {
		this.store.away = true;
		this.stored.start();
		assertThat(this.stored.put(TOPIC, record("prices/a", 1, "one"), false)).isTrue();
		MachineTime.await(LIMIT).until(() -> this.store.failures > 0);
		assertThat(this.stored.put(TOPIC, record("prices/large", 2, "x".repeat(5000)), true)).isFalse();
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 1, "one"));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> find("prices/large"))
			.withMessageContaining("found no room");
		this.store.away = false;
		awaitWritten();
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 1, "one"));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> find("prices/large"));
		this.stored.put(TOPIC, record("prices/large", 3, "small"), false);
		assertThat(find("prices/large")).isEqualTo(record("prices/large", 3, "small"));
	}

	@Test
	void aStoreThatDoesNotAnswerIsAFailureAndNoMissingValue() {
		this.store.away = true;
		this.stored.start();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> find("prices/a"))
			.withMessageContaining("away");
	}

	@Test
	void whatIsNewerWinsOverAnotherNodeThatIsBehind() throws Exception {
		this.stored.start();
		StoredState behind = new StoredState(this.store, "prices", 4000, new Guards().of(Part.FEEDS));
		behind.start();
		this.stored.put(TOPIC, record("prices/a", 8, "new"), false);
		awaitWritten();
		behind.put(TOPIC, record("prices/a", 4, "old"), false);
		MachineTime.await(LIMIT).until(() -> behind.bytes() == 0);
		assertThat(find("prices/a")).isEqualTo(record("prices/a", 8, "new"));
		behind.stop();
	}

	@Test
	void ofACompactedTopicTheStoreHasNothingUntilMemoryHasNoRoom() throws Exception {
		FeedState state = new FeedState(1500, this.stored);
		state.start();
		state.put(TOPIC, record("prices/0", 0, "0"), false);
		assertThat(this.stored.bytes()).isZero();
		for (int i = 1; i < 10; i++) {
			assertThat(state.put(TOPIC, record("prices/" + i, i, "" + i), true)).isTrue();
		}
		awaitWritten();
		assertThat(this.store.find(TOPIC.id() + ":prices", List.of("prices/0", "prices/9"))).hasSize(2);
		for (int i = 0; i < 10; i++) {
			assertThat(state.current(TOPIC, "prices/" + i).get(10, TimeUnit.SECONDS))
				.isEqualTo(record("prices/" + i, i, "" + i));
		}
		assertThat(state.isFull()).isFalse();
	}

	@Test
	void ofATopicThatIsNotCompactedValuesAreFoundThatTheTopicHasNoMore() throws Exception {
		FeedState before = new FeedState(100_000, this.stored);
		before.compacted(false);
		before.start();
		before.put(TOPIC, record("prices/a", 1, "one"), true);
		before.put(TOPIC, record("prices/b", 2, "two"), true);
		awaitWritten();
		FeedState after = new FeedState(100_000, this.stored);
		after.compacted(false);
		after.put(TOPIC, record("prices/b", 3, "three"), true);
		assertThat(after.current(TOPIC, "prices/a").get(10, TimeUnit.SECONDS)).isEqualTo(record("prices/a", 1, "one"));
		assertThat(after.current(TOPIC, "prices/b").get(10, TimeUnit.SECONDS))
			.isEqualTo(record("prices/b", 3, "three"));
	}

	/**
	 * A store that can be held, and be away.
	 */
	private static final class HeldStore implements StateStore {

		private final MemoryStateStore memory = new MemoryStateStore(1024 * 1024, 100_000, Duration.ofHours(1));

		private final CountDownLatch writing = new CountDownLatch(1);

		private volatile CountDownLatch held = new CountDownLatch(0);

		private volatile boolean away;

		private volatile int failures;

		private void hold() {
			this.held = new CountDownLatch(1);
		}

		@Override
		public String name() {
			return "held";
		}

		@Override
		public int maxValueBytes() {
			return this.memory.maxValueBytes();
		}

		@Override
		public List<StateResult> putIfNewer(String space, List<StateEntry> entries) {
			this.writing.countDown();
			try {
				this.held.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			if (this.away) {
				this.failures++;
				return entries.stream()
					.map((entry) -> StateResult.failed(new IllegalStateException("The store is away")))
					.toList();
			}
			return this.memory.putIfNewer(space, entries);
		}

		@Override
		public Map<String, StateEntry> find(String space, Collection<String> keys) {
			if (this.away) {
				throw new IllegalStateException("The store is away");
			}
			return this.memory.find(space, keys);
		}

	}

}
