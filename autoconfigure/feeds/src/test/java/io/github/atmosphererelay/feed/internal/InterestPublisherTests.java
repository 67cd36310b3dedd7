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
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

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
	 * Tells one redistributor at once.
	 *
	 * @param known what the redistributor knows
	 */
	private record Telling(FeedInterest known) implements BackChannel {

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
