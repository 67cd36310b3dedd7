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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.LaneLostException;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.test.Reconciles;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What a lane hands out, and what it commits.
 */
@Reconciles
class KafkaLaneTests {

	private static final KafkaLaneCommit BEGINNING = KafkaLaneCommit.at(0, 1, 5);

	private final KafkaLaneFixture partition = new KafkaLaneFixture();

	private static List<String> texts(List<ChannelItem> items) {
		return items.stream().map((item) -> ((Publication) item).payload().asText()).toList();
	}

	private static Position position(ChannelItem item) {
		return Objects.requireNonNull(item.position());
	}

	private static KafkaLaneCommit commit(KafkaLane lane, ChannelItem... handled) {
		Map<String, Position> positions = new HashMap<>();
		for (ChannelItem item : handled) {
			positions.put(item.channel(), position(item));
		}
		lane.commit(positions);
		OffsetAndMetadata offset = lane.takeCommit();
		lane.commitEnded(null);
		return KafkaLaneCommit.of(offset);
	}

	@Test
	void theOldestMessageThatIsNotHandledIsCommittedAndTheOthersAreNotHandledAgain() {
		for (int i = 0; i < 6; i++) {
			this.partition.append("slow", "slow " + i);
			this.partition.append("quick", "quick " + i);
			this.partition.append("other", "other " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		assertThat(items).hasSize(12);
		KafkaLaneCommit commit = commit(lane, items.get(2), items.get(9));
		// Slow 2 has offset 6
		assertThat(commit.base()).isEqualTo(6);
		assertThat(commit.unfinished()).hasSize(2);
		this.partition.append("quick", "quick 6");
		List<String> again = texts(this.partition.drain(this.partition.lane(commit)));
		assertThat(again).containsExactlyInAnyOrder("slow 2", "slow 3", "slow 4", "slow 5", "quick 5", "quick 6");
		KafkaLaneCommit all = commit(lane, items.get(10), items.get(11));
		assertThat(all.unfinished()).isEmpty();
		assertThat(all.base()).isEqualTo(18);
	}

	@Test
	void theCommitsOfAnOwnerThatHasNotComeFarKeepWhatAnEarlierOneHasHandled() {
		for (int i = 0; i < 20; i++) {
			this.partition.append("quick " + (i % 4), "quick " + i);
			this.partition.append("slow", "slow " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		ChannelItem[] last = items.stream()
			.filter((item) -> item.channel().startsWith("quick"))
			.toArray(ChannelItem[]::new);
		KafkaLaneCommit commit = commit(lane, last);
		assertThat(commit.unfinished()).hasSize(1);
		KafkaLane next = this.partition.lane(commit);
		this.partition.fetch(next, 4);
		List<ChannelItem> first = next.read(PageLimit.of(10)).join();
		assertThat(texts(first)).containsExactly("slow 0", "slow 1");
		KafkaLaneCommit second = commit(next, first.get(0));
		List<String> third = texts(this.partition.drain(this.partition.lane(second)));
		assertThat(third).hasSize(19).allMatch((text) -> text.startsWith("slow")).doesNotContain("slow 0");
	}

	@Test
	void aRepeatedMessageIsNotHandedOutAlsoIfTheFirstOneWasHandledByAnother() {
		this.partition.append("a", "first", "key");
		this.partition.append("b", "between");
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		KafkaLaneCommit commit = commit(lane, items.get(0), items.get(1));
		assertThat(commit.base()).isEqualTo(2);
		this.partition.append("a", "again", "key");
		this.partition.append("b", "another", "key");
		this.partition.append("a", "next");
		KafkaLane next = this.partition.lane(commit);
		List<ChannelItem> found = this.partition.drain(next);
		assertThat(texts(found)).containsExactlyInAnyOrder("another", "next");
		assertThat(next.lag().join()).isEqualTo(2);
		// And by the owner itself, after a pause
		next.pause("a", new Position(position(found.get(0)).epoch(), 2));
		next.resume("a");
		assertThat(texts(this.partition.drain(next))).containsExactly("next");
	}

	@Test
	void aKeyIsForgottenAfterItsWindow() {
		this.partition.append("a", "first", "key");
		for (int i = 0; i < 400; i++) {
			this.partition.append("other", "a second later");
		}
		this.partition.append("a", "much later", "key");
		assertThat(texts(this.partition.drain(this.partition.lane(BEGINNING)))).containsExactly("first", "much later");
	}

	@Test
	void aChannelThatIsPausedHoldsNoOtherAndComesAgainInOrder() {
		for (int i = 0; i < 10; i++) {
			this.partition.append("paused", "paused " + i);
			this.partition.append("b", "b " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		this.partition.fetch(lane, 4);
		List<ChannelItem> first = lane.read(PageLimit.of(1)).join();
		assertThat(texts(first)).containsExactly("paused 0");
		lane.pause("paused", position(first.get(0)));
		assertThat(texts(this.partition.drain(lane))).hasSize(10).allMatch((text) -> text.startsWith("b"));
		assertThat(lane.lag().join()).isEqualTo(20);
		lane.resume("paused");
		this.partition.append("paused", "paused 10");
		assertThat(texts(this.partition.drain(lane))).hasSize(10)
			.startsWith("paused 1")
			.endsWith("paused 10")
			.doesNotHaveDuplicates();
	}

	/**
	 * The owner has 6 messages in hand, and the new leader has 4 of them.
	 */
	@Test
	void aLaneWhoseRecordsWereReplacedEndsSoThatNothingOldIsCommitted() {
		for (int i = 0; i < 6; i++) {
			this.partition.append("a", "text " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		commit(lane, items.get(2));
		lane.cut(4);
		assertThat(lane.commit(Map.of("a", position(items.get(5))))).isCompletedExceptionally();
		assertThat(lane.read(PageLimit.of(1))).isCompletedExceptionally();
		assertThat(this.partition.cuts).singleElement().satisfies((kept) -> {
			assertThat(kept.base()).isEqualTo(3);
			assertThat(kept.frontier()).isEqualTo(4);
			assertThat(texts(this.partition.drain(this.partition.lane(kept)))).containsExactly("text 3", "text 4",
					"text 5");
		});
	}

	@Test
	void aReadFailsWhileTheReaderFails() {
		this.partition.append("a", "text");
		KafkaLane lane = this.partition.lane(BEGINNING);
		lane.unreadable(new IllegalStateException("expected"));
		assertThat(lane.read(PageLimit.of(1))).isCompletedExceptionally();
		lane.readable();
		assertThat(texts(this.partition.drain(lane))).containsExactly("text");
	}

	@Test
	void moreChannelsThanACommitNamesAreNotRead() {
		for (int i = 0; i < 2 * KafkaLaneCommit.MAX_UNFINISHED; i++) {
			this.partition.append("channel-" + i, "text " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		assertThat(items).hasSize(KafkaLaneCommit.MAX_UNFINISHED);
		commit(lane, items.toArray(ChannelItem[]::new));
		assertThat(this.partition.drain(lane)).hasSize(KafkaLaneCommit.MAX_UNFINISHED);
	}

	@Test
	void aBrokerThatAllowsLessGetsCommitsThatNameFewerChannels() {
		for (int i = 0; i < 20; i++) {
			this.partition.append("channel-" + i % 10, "text " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		lane.commit(Map.of());
		int max = lane.commitLess();
		while (max > 3) {
			max = lane.commitLess();
		}
		ChannelItem[] odd = items.stream()
			.filter((item) -> item.channel().charAt(item.channel().length() - 1) % 2 == 1)
			.toArray(ChannelItem[]::new);
		KafkaLaneCommit commit = commit(lane, odd);
		// Channels 0 and 2 are named, and everything from the first message of channel 4
		// on comes again
		assertThat(max).isEqualTo(2);
		assertThat(commit.unfinished()).hasSize(2);
		assertThat(commit.base()).isZero();
		List<String> again = texts(this.partition.drain(this.partition.lane(commit)));
		assertThat(again).contains("text 0", "text 2", "text 4", "text 5", "text 6", "text 19")
			.doesNotContain("text 1", "text 3");
	}

	@Test
	void whatTheBrokerHasRemovedIsReportedOnce() {
		for (int i = 0; i < 10; i++) {
			this.partition.append("a", "a " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		lane.trimmed(7);
		List<ChannelItem> items = this.partition.drain(lane);
		assertThat(items).hasSize(4);
		assertThat(items.get(0)).isEqualTo(new Discontinuity(KafkaLane.ALL_CHANNELS, Discontinuity.Reason.LOG_TRIMMED,
				Discontinuity.UNKNOWN, items.get(0).position()));
		assertThat(texts(items.subList(1, 4))).containsExactly("a 7", "a 8", "a 9");
		assertThat(commit(lane, items.get(0), items.get(3)).base()).isEqualTo(10);
	}

	@Test
	void aPausedChannelWhoseMessagesWereRemovedReportsIt() {
		for (int i = 0; i < 10; i++) {
			this.partition.append("a", "a " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		List<ChannelItem> items = this.partition.drain(lane);
		lane.pause("a", position(items.get(1)));
		lane.resume("a");
		lane.trimmed(5);
		List<ChannelItem> again = this.partition.drain(lane);
		assertThat(again.get(0)).isInstanceOf(Discontinuity.class).extracting(ChannelItem::channel).isEqualTo("a");
		assertThat(texts(again.subList(1, again.size()))).containsExactly("a 5", "a 6", "a 7", "a 8", "a 9");
	}

	@Test
	void whatIsNotOfTheGroupIsCommittedAfterAWhile() {
		for (int i = 0; i < 20; i++) {
			this.partition.append("other", "other " + i);
		}
		KafkaLane lane = this.partition.lane(BEGINNING);
		assertThat(this.partition.drain(lane)).isEmpty();
		long now = System.nanoTime();
		assertThat(lane.hasCommit(now)).isFalse();
		long later = now + Duration.ofSeconds(11).toNanos();
		assertThat(lane.hasCommit(later)).isTrue();
		assertThat(lane.takeCommit().offset()).isEqualTo(20);
		assertThat(lane.hasCommit(later + Duration.ofSeconds(11).toNanos())).isFalse();
		lane.commitEnded(null);
		assertThat(lane.hasCommit(later + Duration.ofSeconds(11).toNanos())).isFalse();
	}

	@Test
	void aLaneThatHasEndedRefusesEverything() {
		this.partition.append("a", "a");
		KafkaLane lane = this.partition.lane(BEGINNING);
		var waiting = lane.commit(Map.of());
		assertThat(lane.end()).isTrue();
		assertThat(lane.end()).isFalse();
		assertThatThrownBy(waiting::join).isInstanceOf(CompletionException.class)
			.hasCauseInstanceOf(LaneLostException.class);
		assertThatThrownBy(lane.commit(Map.of())::join).hasCauseInstanceOf(LaneLostException.class);
		assertThatThrownBy(lane.read(PageLimit.of(1))::join).hasCauseInstanceOf(LaneLostException.class);
		assertThatThrownBy(lane.lag()::join).hasCauseInstanceOf(LaneLostException.class);
		assertThat(lane.wanted()).isEqualTo(KafkaLane.NOTHING);
	}

	/**
	 * Owners that pause, resume, commit and go at random.
	 */
	@Test
	void everyMessageIsHandledInOrderAndTwiceOnlyIfItWasNotCommitted() {
		for (int seed = 0; seed < 60; seed++) {
			new Run(new Random(seed)).run();
		}
	}

	private static final class Run {

		private final Random random;

		private final KafkaLaneFixture partition = new KafkaLaneFixture();

		private final Map<String, Integer> appended = new HashMap<>();

		/** By channel, the number of the last message that is in a commit. */
		private final Map<String, Integer> committed = new HashMap<>();

		/** By channel, what this owner has got and not handled. */
		private final Map<String, List<Publication>> queues = new HashMap<>();

		private final Map<String, Integer> handled = new HashMap<>();

		private final Map<String, Position> positions = new HashMap<>();

		private final Set<String> paused = new HashSet<>();

		private KafkaLaneCommit commit = BEGINNING;

		private KafkaLane lane;

		Run(Random random) {
			this.random = random;
			this.lane = this.partition.lane(this.commit);
		}

		void run() {
			for (int i = 0; i < 1500; i++) {
				step(this.random.nextInt(100));
			}
			this.paused.forEach(this.lane::resume);
			this.paused.clear();
			boolean more = true;
			while (more) {
				more = this.partition.fetch(this.lane, 7) | read();
				List.copyOf(this.queues.keySet()).forEach(this::handle);
				more |= this.queues.values().stream().anyMatch((queue) -> !queue.isEmpty());
			}
			assertThat(this.handled).isEqualTo(this.appended);
			commit();
			assertThat(this.commit.base()).isEqualTo(this.partition.size());
			assertThat(this.commit.unfinished()).isEmpty();
		}

		private void step(int chance) {
			String channel = "c" + this.random.nextInt(12);
			if (chance < 25) {
				int number = this.appended.merge(channel, 1, Integer::sum);
				this.partition.append(channel, Integer.toString(number));
			}
			else if (chance < 50) {
				this.partition.fetch(this.lane, 1 + this.random.nextInt(6));
			}
			else if (chance < 70) {
				read();
			}
			else if (chance < 85) {
				handle(channel);
			}
			else if (chance < 90) {
				pause(channel);
			}
			else if (chance < 94 && this.paused.remove(channel)) {
				this.lane.resume(channel);
			}
			else if (chance < 98) {
				commit();
			}
			else if (chance == 98) {
				takeOver();
			}
		}

		private boolean read() {
			List<ChannelItem> items = this.lane.read(PageLimit.of(1 + this.random.nextInt(8))).join();
			for (ChannelItem item : items) {
				assertThat(this.paused).doesNotContain(item.channel());
				List<Publication> queue = this.queues.computeIfAbsent(item.channel(), (name) -> new ArrayList<>());
				int expected = this.handled.getOrDefault(item.channel(), 0) + queue.size() + 1;
				assertThat(number((Publication) item)).as(item.channel()).isEqualTo(expected);
				queue.add((Publication) item);
			}
			return !items.isEmpty();
		}

		private static int number(Publication publication) {
			return Integer.parseInt(publication.payload().asText());
		}

		private void handle(String channel) {
			List<Publication> queue = this.queues.getOrDefault(channel, List.of());
			if (!queue.isEmpty()) {
				Publication first = queue.remove(0);
				this.handled.put(channel, number(first));
				this.positions.put(channel, position(first));
			}
		}

		/**
		 * Pause after some message of the queue, and drop those behind it.
		 */
		private void pause(String channel) {
			List<Publication> queue = this.queues.getOrDefault(channel, List.of());
			if (!queue.isEmpty() && this.paused.add(channel)) {
				int kept = 1 + this.random.nextInt(queue.size());
				this.lane.pause(channel, position(queue.get(kept - 1)));
				queue.subList(kept, queue.size()).clear();
			}
		}

		private void commit() {
			this.lane.commit(Map.copyOf(this.positions));
			this.positions.clear();
			this.commit = KafkaLaneCommit.of(this.lane.takeCommit());
			this.lane.commitEnded(null);
			this.committed.putAll(this.handled);
		}

		/**
		 * The next owner begins with what is committed, and exactly that.
		 */
		private void takeOver() {
			this.lane.end();
			this.lane = this.partition.lane(this.commit);
			this.queues.clear();
			this.positions.clear();
			this.paused.clear();
			this.handled.clear();
			this.handled.putAll(this.committed);
		}

	}

}
