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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.ForwardedRange;
import io.github.atmosphererelay.feed.InterestChange;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Random histories of one partition, three redistributors and a node: redistributors
 * begin again at what was committed, stand still and go on, and do not know what the node
 * wants; ranges are lost, doubled and reordered; publications of interest fail, with or
 * without effect. Each channel has all records from its begin on, once and in order.
 */
class RedistributionHistoryTests {

	private static final UUID NODE = new UUID(0, 99);

	private static final List<String> CHANNELS = List.of("a", "b", "c", "d");

	@Property(seed = "17", shrinking = ShrinkingMode.OFF)
	void eachChannelHasAllRecordsFromItsBeginOnOnceAndInOrder(@ForAll long seed) {
		History history = new History(new Random(seed));
		for (int i = 0; i < 300; i++) {
			history.step();
		}
		history.settle();
		history.check();
	}

	private static final class History implements BackChannel, FeedSink {

		private final Random random;

		/** The channel of the record at each offset; {@code null} for none. */
		private final List<@Nullable String> topic = new ArrayList<>();

		/** What was published, in the order of the back channel. */
		private final List<Object> published = new ArrayList<>();

		private final List<Sender> senders = new ArrayList<>();

		private final List<ForwardedRange> network = new ArrayList<>();

		private final Map<String, SharedChannel> wanted = new HashMap<>();

		private final Map<String, Follower> followers = new HashMap<>();

		private final SharedPartition partition;

		private final InterestPublisher publisher;

		private boolean faults = true;

		private long committed;

		History(Random random) {
			this.random = random;
			FeedRun run = SharedFixture.run(true);
			this.partition = new SharedPartition(run, this, SharedFixture.EPOCH, 0, -1, this::arrived);
			this.publisher = new InterestPublisher("prices", NODE, this, run.statistics().forwarding(), false,
					Duration.ZERO);
			this.publisher.start();
			for (int i = 0; i < 3; i++) {
				this.senders.add(new Sender());
			}
		}

		void step() {
			String channel = CHANNELS.get(this.random.nextInt(CHANNELS.size()));
			Sender sender = this.senders.get(this.random.nextInt(this.senders.size()));
			switch (this.random.nextInt(12)) {
				case 0, 1, 2 -> write((this.random.nextInt(8) > 0) ? channel : null);
				case 3 -> subscribe(channel);
				case 4 -> unsubscribe(channel);
				case 5, 6 -> sender.read(this.random.nextInt(4));
				case 7 -> sender.learn();
				case 8, 9 -> transport();
				case 10 -> this.publisher.tick();
				default -> rare(sender);
			}
		}

		private void write(@Nullable String channel) {
			this.topic.add(channel);
		}

		private void rare(Sender sender) {
			switch (this.random.nextInt(4)) {
				case 0 -> sender.restart();
				case 1 -> sender.interest.forgotten(NODE);
				case 2 -> this.publisher.renew();
				default -> sender.commit();
			}
		}

		private void subscribe(String name) {
			if (!this.wanted.containsKey(name)) {
				SharedChannel channel = new SharedChannel(name);
				this.wanted.put(name, channel);
				this.partition.add(channel);
				this.publisher.add(channel);
			}
		}

		private void unsubscribe(String name) {
			SharedChannel channel = this.wanted.remove(name);
			if (channel != null) {
				this.followers.remove(name);
				this.partition.remove(channel);
				this.publisher.remove(channel);
			}
		}

		private void arrived(SharedChannel channel) {
			channel.arrives().complete(null);
			this.followers.put(channel.name(), new Follower(place()));
		}

		private long place() {
			PartitionPlace place = this.partition.place();
			return (place != null) ? place.offset() : 0;
		}

		private void transport() {
			if (this.network.isEmpty()) {
				return;
			}
			int fault = this.faults ? this.random.nextInt(10) : 9;
			if (fault == 0) {
				this.network.remove(this.random.nextInt(this.network.size()));
			}
			else if (fault == 1) {
				this.network.add(this.network.get(this.random.nextInt(this.network.size())));
			}
			else {
				this.partition.take(this.network.remove((fault == 2) ? this.random.nextInt(this.network.size()) : 0));
			}
		}

		/**
		 * Let everything come to its end, without further faults.
		 */
		void settle() {
			this.faults = false;
			this.publisher.renew();
			this.publisher.tick();
			while (!this.network.isEmpty()) {
				transport();
			}
			for (Sender sender : this.senders) {
				while (sender.learnt < this.published.size()) {
					sender.learn();
				}
				sender.read(1000);
				while (!this.network.isEmpty()) {
					transport();
				}
			}
		}

		void check() {
			if (this.wanted.isEmpty()) {
				return;
			}
			assertThat(place()).isEqualTo(this.topic.size());
			assertThat(this.followers.keySet()).isEqualTo(this.wanted.keySet());
			this.followers
				.forEach((channel, follower) -> assertThat(follower.got).as("%s from %s", channel, follower.begin)
					.isEqualTo(log(channel, follower.begin, this.topic.size())));
		}

		private List<Long> log(String channel, long from, long to) {
			List<Long> offsets = new ArrayList<>();
			for (long offset = from; offset < to; offset++) {
				if (channel.equals(this.topic.get((int) offset))) {
					offsets.add(offset);
				}
			}
			return offsets;
		}

		@Override
		public void record(String epoch, int partition, MappedRecord record) {
			Follower follower = this.followers.get(record.channel());
			if (follower != null && record.offset() >= follower.next) {
				follower.got.add(record.offset());
				follower.next = record.offset() + 1;
			}
		}

		@Override
		public void gap(String channel) {
			Follower follower = this.followers.get(channel);
			if (follower != null && place() > follower.next) {
				follower.got.addAll(log(channel, follower.next, place()));
				follower.next = place();
			}
		}

		@Override
		public void gap(int partition) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void changed() {
			throw new UnsupportedOperationException();
		}

		@Override
		public String name() {
			return "test";
		}

		@Override
		public CompletableFuture<@Nullable Void> publish(InterestChange change) {
			return publish((Object) change);
		}

		@Override
		public CompletableFuture<@Nullable Void> replace(String feed, UUID node, long version, Set<String> channels) {
			return publish(new Replacement(version, channels));
		}

		private CompletableFuture<@Nullable Void> publish(Object what) {
			int fault = this.faults ? this.random.nextInt(6) : 5;
			if (fault != 0) {
				this.published.add(what);
			}
			return (fault < 2) ? CompletableFuture.failedFuture(new IllegalStateException("fault"))
					: CompletableFuture.completedFuture(null);
		}

		@Override
		public CompletableFuture<@Nullable Void> forget(UUID node) {
			throw new UnsupportedOperationException();
		}

		@Override
		public CompletableFuture<@Nullable Void> listen(Listener listener) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void stop() {
			// Nothing to stop
		}

		private final class Sender {

			private final UUID id = UUID.randomUUID();

			private FeedInterest interest = new FeedInterest();

			private PartitionSpans spans = spans(0);

			private int learnt;

			private long now;

			private PartitionSpans spans(long position) {
				return new PartitionSpans("prices", this.id, SharedFixture.EPOCH, 0, position);
			}

			void read(int count) {
				long from = this.spans.position();
				long to = Math.min(History.this.topic.size(), from + count);
				List<PartitionSpans.Candidate> candidates = new ArrayList<>();
				for (long offset = from; offset < to; offset++) {
					String channel = History.this.topic.get((int) offset);
					if (channel != null) {
						candidates.add(SharedFixture.candidate(channel, offset));
					}
				}
				this.now += PartitionSpans.INTERVAL_NANOS / 3;
				Map<UUID, List<ForwardedRange>> out = new HashMap<>();
				this.spans.take(candidates, to, this.interest, this.now, out);
				History.this.network.addAll(out.getOrDefault(NODE, List.of()));
			}

			void commit() {
				History.this.committed = Math.max(History.this.committed, this.spans.position());
			}

			void learn() {
				if (this.learnt < History.this.published.size()) {
					apply(History.this.published.get(this.learnt++));
				}
			}

			private void apply(Object published) {
				if (published instanceof InterestChange change) {
					this.interest.changed(change);
				}
				else if (published instanceof Replacement all) {
					this.interest.replaced(NODE, all.version, all.channels);
				}
			}

			/**
			 * Begin again with another share of the partitions, and know everything that
			 * was published.
			 */
			void restart() {
				this.interest = new FeedInterest();
				this.learnt = 0;
				while (this.learnt < History.this.published.size()) {
					learn();
				}
				this.spans = spans(History.this.committed);
			}

		}

		private record Replacement(long version, Set<String> channels) {
		}

		/**
		 * What the subscribers of a channel have.
		 */
		private static final class Follower {

			private final long begin;

			private final List<Long> got = new ArrayList<>();

			private long next;

			Follower(long begin) {
				this.begin = begin;
				this.next = begin;
			}

		}

	}

}
