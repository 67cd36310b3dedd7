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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.feed.BackChannel;
import io.github.atmosphererelay.feed.InterestChange;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link InterestPublisher}.
 */
class InterestPublisherTests {

	private static final UUID NODE = UUID.randomUUID();

	private final FeedInterest known = new FeedInterest();

	private InterestPublisher publisher(boolean evenNothing) {
		InterestPublisher publisher = new InterestPublisher("prices", NODE, new Telling(this.known),
				new ForwardingStatistics(), evenNothing);
		publisher.start();
		return publisher;
	}

	@Test
	void aNodeThatWasStoppedAndStartedAgainIsTakenForNewerThanBefore() {
		long begun = System.currentTimeMillis();
		InterestPublisher before = publisher(false);
		for (int i = 0; i < 100; i++) {
			SharedChannel channel = new SharedChannel("c" + i);
			before.add(channel);
			before.remove(channel);
		}
		before.add(new SharedChannel("old"));
		before.stop();
		Long last = this.known.version(NODE);
		assertThat(this.known.nodes()).isEqualTo(Map.of(NODE, 1));
		// No node is started again within a millisecond
		MachineTime.await(Duration.ofSeconds(5)).until(() -> System.currentTimeMillis() > begun + 1);
		InterestPublisher after = publisher(false);
		SharedChannel first = new SharedChannel("new");
		after.add(first);
		after.add(new SharedChannel("other"));
		assertThat(this.known.nodes()).isEqualTo(Map.of(NODE, 2));
		assertThat(first.added()).isGreaterThan(last);
		assertThat(this.known.version(NODE)).isEqualTo(first.added() + 1);
	}

	@Test
	void thatANodeWantsNothingIsPublishedOnlyIfItIsToHearOfPartitions() {
		publisher(false).tick();
		assertThat(this.known.nodes()).isEmpty();
		publisher(true).tick();
		assertThat(this.known.nodes()).isEqualTo(Map.of(NODE, 0));
	}

	/**
	 * The channel has begun with the version of the publication that is said to have
	 * failed. With a later one, what is chosen with that version would be left out, and
	 * nobody would know.
	 */
	@Test
	void aChannelThatHasBegunWithAPublicationThatFailedAfterItTookEffectLosesNothing() {
		AtomicBoolean failing = new AtomicBoolean();
		InterestPublisher publisher = new InterestPublisher("prices", NODE, new Telling(this.known) {

			@Override
			public CompletableFuture<@Nullable Void> publish(InterestChange change) {
				super.publish(change);
				return failing.get() ? CompletableFuture.failedFuture(new IllegalStateException("no answer"))
						: CompletableFuture.completedFuture(null);
			}

		}, new ForwardingStatistics(), false);
		publisher.start();
		publisher.add(new SharedChannel("first"));
		failing.set(true);
		SharedChannel channel = new SharedChannel("a");
		List<Long> delivered = new ArrayList<>();
		SharedPartition partition = new SharedPartition(SharedFixture.run(true), new OffsetSink(delivered),
				SharedFixture.EPOCH, 0, -1, (each) -> each.arrives().complete(null));
		partition.add(channel);
		publisher.add(channel);
		long effective = this.known.version(NODE);
		partition.take(SharedFixture.range(10, 10, effective, "a"));
		assertThat(channel.arrives()).isCompleted();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> {
			publisher.tick();
			return this.known.version(NODE) > effective;
		});
		partition.take(SharedFixture.range(10, 20, effective, "a", 12));
		partition.take(SharedFixture.range(20, 30, this.known.version(NODE), "a", 21));
		assertThat(delivered).containsExactly(12L, 21L);
	}

	/**
	 * Notes the offsets of records.
	 */
	private record OffsetSink(List<Long> offsets) implements FeedSink {

		@Override
		public void record(String epoch, int partition, MappedRecord record) {
			this.offsets.add(record.offset());
		}

		@Override
		public void gap(int partition) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void gap(String channel) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void changed() {
			throw new UnsupportedOperationException();
		}

	}

	/**
	 * Tells one redistributor at once.
	 */
	private static class Telling implements BackChannel {

		private final FeedInterest known;

		Telling(FeedInterest known) {
			this.known = known;
		}

		@Override
		public String name() {
			return "telling";
		}

		@Override
		public CompletableFuture<@Nullable Void> publish(InterestChange change) {
			this.known.changed(change);
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public CompletableFuture<@Nullable Void> replace(String feed, UUID node, long version, Set<String> channels) {
			assertThat(version).isGreaterThan((this.known.version(node) != null) ? this.known.version(node) : 0);
			this.known.replaced(node, version, channels);
			return CompletableFuture.completedFuture(null);
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
			throw new UnsupportedOperationException();
		}

	}

}
