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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LaneProgress}: random histories of a lane whose owner reads, leaves
 * channels out, commits, and is replaced by another one.
 */
class LaneProgressTests {

	private static final int CHANNELS = 60;

	private static final String SLOW = "channel 0";

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 })
	void eachMessageIsHandledInOrderAndWhatIsCommittedDoesNotComeAgain(long seed) {
		History history = new History(new Random(seed));
		for (int i = 0; i < 3000; i++) {
			history.step();
		}
		history.finish();
	}

	@Test
	void aRowThatATransactionStoresWhileAnotherIsRemovedIsRemovedLater() {
		LaneProgress progress = new LaneProgress("epoch", new GroupTables.StoredProgress("epoch", 0, new HashMap<>()),
				(channel) -> true);
		handleInTransaction(progress, 1);
		LaneProgress.Change first = progress.change();
		assertThat(first.removed()).containsOnlyKeys("channel");
		handleInTransaction(progress, 2);
		progress.stored(first);
		assertThat(progress.isToBeStored()).isTrue();
		LaneProgress.Change second = progress.change();
		assertThat(second.floor()).isEqualTo(2);
		assertThat(second.removed()).containsOnlyKeys("channel");
		progress.stored(second);
		assertThat(progress.isToBeStored()).isFalse();
	}

	private static void handleInTransaction(LaneProgress progress, long number) {
		progress.read("channel", number);
		progress.scanned(number);
		progress.storedByOthers("channel", number);
		progress.handled("channel", number);
	}

	/**
	 * A shard, its tables and its present owner.
	 */
	private static final class History {

		private final Random random;

		private final TreeMap<Long, String> rows = new TreeMap<>();

		/** What the owner has and has not handled yet, by channel. */
		private final Map<String, List<Long>> queues = new HashMap<>();

		private final Map<String, Long> handled = new HashMap<>();

		/** What the owner has told its progress. */
		private final Map<String, Long> reported = new HashMap<>();

		private final Map<String, Long> committed = new HashMap<>();

		private final Map<String, Long> paused = new HashMap<>();

		private final Map<String, Long> channels = new HashMap<>();

		private long floor;

		/**
		 * Up to where the owner's node has seen the rows, which others may have passed.
		 */
		private long seen;

		private int maxRows;

		private LaneProgress progress;

		private History(Random random) {
			this.random = random;
			this.progress = begin();
		}

		private LaneProgress begin() {
			return new LaneProgress("epoch",
					new GroupTables.StoredProgress("epoch", this.floor, new HashMap<>(this.channels)),
					(channel) -> true);
		}

		private String channel() {
			return "channel " + this.random.nextInt(CHANNELS);
		}

		private void step() {
			int choice = this.random.nextInt(100);
			if (choice < 38) {
				this.rows.put(this.rows.size() + 1L, channel());
			}
			else if (choice < 40) {
				this.seen = this.rows.size();
			}
			else if (choice < 60) {
				read(1 + this.random.nextInt(8));
			}
			else if (choice < 80) {
				handleSome();
			}
			else if (choice < 85) {
				handleInTransaction(channel());
			}
			else if (choice < 93) {
				commit();
			}
			else if (choice < 96) {
				pause(channel());
			}
			else if (choice < 99) {
				resume(channel());
			}
			else {
				replace();
			}
		}

		private void read(int limit) {
			long end = this.seen;
			int room = limit;
			for (String next = this.progress.nextBehind(); next != null
					&& room > 0; next = this.progress.nextBehind()) {
				String channel = next;
				long after = this.progress.readTo(channel);
				long reach = this.progress.reach(end);
				List<Long> found = this.rows.subMap(after, false, Math.max(after, reach), true)
					.entrySet()
					.stream()
					.filter((row) -> row.getValue().equals(channel))
					.map(Map.Entry::getKey)
					.toList();
				for (Long number : found.subList(0, Math.min(room, found.size()))) {
					read(channel, number);
				}
				if (found.size() <= room) {
					this.progress.caughtUp(channel, reach);
				}
				else {
					this.progress.readLater(channel, found.get(room - 1));
				}
				room -= found.size();
			}
			while (room > 0 && this.progress.scanned() < end) {
				long number = this.progress.scanned() + 1;
				String channel = this.rows.get(number);
				if (this.progress.isNew(channel, number)) {
					read(channel, number);
					room--;
				}
				this.progress.scanned(number);
			}
		}

		private void read(String channel, long number) {
			this.progress.read(channel, number);
			this.queues.computeIfAbsent(channel, (key) -> new ArrayList<>()).add(number);
		}

		/**
		 * Handle messages of many channels, and seldom a message of the slow channel, so
		 * that the stored number passes it.
		 */
		private void handleSome() {
			for (int i = 0; i < CHANNELS; i++) {
				String channel = channel();
				if (!channel.equals(SLOW) || this.random.nextInt(20) == 0) {
					handle(channel);
				}
			}
		}

		private void handle(String channel) {
			List<Long> queue = this.queues.getOrDefault(channel, List.of());
			if (queue.isEmpty()) {
				return;
			}
			long number = queue.remove(0);
			long next = this.rows.tailMap(this.handled.getOrDefault(channel, 0L), false)
				.entrySet()
				.stream()
				.filter((row) -> row.getValue().equals(channel))
				.map(Map.Entry::getKey)
				.findFirst()
				.orElse(0L);
			assertThat(number).as("the next message of %s", channel).isEqualTo(next);
			this.handled.put(channel, number);
		}

		/**
		 * As the application does whose transaction also stores the progress.
		 */
		private void handleInTransaction(String channel) {
			if (this.queues.getOrDefault(channel, List.of()).isEmpty()) {
				return;
			}
			handle(channel);
			long number = this.handled.getOrDefault(channel, 0L);
			this.channels.merge(channel, number, Math::max);
			this.committed.put(channel, number);
			if (this.random.nextInt(4) == 0) {
				// It is not known whether it was committed
				this.progress.mayBeStored(channel);
			}
			else {
				this.progress.storedByOthers(channel, number);
			}
		}

		private void commit() {
			this.handled.forEach((channel, number) -> {
				if (number > this.reported.getOrDefault(channel, 0L)) {
					this.progress.handled(channel, number);
				}
			});
			this.reported.putAll(this.handled);
			Map<String, Long> now = new HashMap<>(this.handled);
			store();
			now.forEach((channel, number) -> this.committed.merge(channel, number, Math::max));
		}

		private void store() {
			LaneProgress.Change change = this.progress.change();
			assertThat(change.floor()).isGreaterThanOrEqualTo(this.floor);
			if (this.random.nextInt(3) == 0) {
				handleInTransaction(channel());
			}
			this.floor = change.floor();
			change.changed().forEach((channel, number) -> this.channels.merge(channel, number, Math::max));
			change.removed()
				.keySet()
				.forEach((channel) -> this.channels.computeIfPresent(channel,
						(key, number) -> (number <= this.floor) ? null : number));
			if (this.random.nextInt(3) == 0) {
				handleInTransaction(channel());
			}
			this.progress.stored(change);
			this.maxRows = Math.max(this.maxRows, this.channels.size());
		}

		private void pause(String channel) {
			List<Long> queue = this.queues.getOrDefault(channel, List.of());
			if (queue.isEmpty()) {
				return;
			}
			int kept = 1 + this.random.nextInt(queue.size());
			queue.subList(kept, queue.size()).clear();
			this.progress.pause(channel, queue.get(kept - 1));
			this.paused.put(channel, queue.get(kept - 1));
		}

		private void resume(String channel) {
			if (this.paused.remove(channel) != null) {
				this.progress.resume(channel);
			}
		}

		/**
		 * Another node takes the lane, and goes on from what is stored.
		 */
		private void replace() {
			this.queues.clear();
			this.paused.clear();
			this.handled.clear();
			this.handled.putAll(this.committed);
			this.reported.clear();
			this.reported.putAll(this.committed);
			this.seen = this.random.nextLong(this.rows.size() + 1L);
			this.progress = begin();
		}

		private void finish() {
			List.copyOf(this.paused.keySet()).forEach(this::resume);
			this.seen = this.rows.size();
			read(Integer.MAX_VALUE);
			for (int i = 0; i < CHANNELS; i++) {
				while (!this.queues.getOrDefault("channel " + i, List.of()).isEmpty()) {
					handle("channel " + i);
				}
			}
			commit();
			// What the transactions during the last commits have stored
			while (!this.channels.isEmpty()) {
				int rows = this.channels.size();
				commit();
				assertThat(this.channels.size()).as("rows that nobody removes").isLessThan(rows);
			}
			this.rows.forEach((number, channel) -> assertThat(this.handled.get(channel)).as("row %s", number)
				.isGreaterThanOrEqualTo(number));
			assertThat(this.progress.open()).isZero();
			assertThat(this.floor).isEqualTo(this.rows.size());
			assertThat(this.channels).isEmpty();
			assertThat(this.maxRows).isLessThanOrEqualTo(CHANNELS);
		}

	}

}
