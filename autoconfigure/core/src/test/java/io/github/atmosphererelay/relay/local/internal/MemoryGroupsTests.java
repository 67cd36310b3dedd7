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

package io.github.atmosphererelay.relay.local.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.GroupLane;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MemoryGroups} whose logs expire and are discarded.
 */
@Reconciles
class MemoryGroupsTests {

	private static final String CHANNEL = "orders/1";

	private static final LogOptions OPTIONS = new LogOptions(100, Duration.ofMinutes(1), null, Duration.ofMinutes(1));

	private final MemoryLogs logs = new MemoryLogs(() -> {
	});

	private final MemoryGroups groups = new MemoryGroups(this.logs);

	private final Member member = join();

	private Member join() {
		Member member = new Member();
		this.groups.join(
				new GroupOptions("billing", (channel) -> channel.startsWith("orders/"), GroupOptions.Start.EARLIEST),
				member);
		return member;
	}

	private void append(int count) {
		for (int i = 0; i < count; i++) {
			this.logs.append(
					new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
							new Audience.Channel(CHANNEL, null), Map.of(), Payload.text("text"), null, OPTIONS),
					OPTIONS, (envelope, position) -> {
					});
			this.groups.appended(CHANNEL);
		}
	}

	private void discardLogs() {
		this.logs.sweep(System.nanoTime() + Duration.ofHours(2).toNanos());
		assertThat(this.logs.hasLog(CHANNEL)).isFalse();
	}

	private static List<Publication> publications(List<ChannelItem> items) {
		return items.stream().filter(Publication.class::isInstance).map(Publication.class::cast).toList();
	}

	private static List<Long> missing(List<ChannelItem> items) {
		return items.stream()
			.filter(Discontinuity.class::isInstance)
			.map((item) -> ((Discontinuity) item).missing())
			.toList();
	}

	@Test
	void whatExpiresInAPausedChannelIsReportedAlthoughTheLogWasDiscarded() {
		append(10);
		List<Publication> read = publications(this.member.read());
		assertThat(read).hasSize(10);
		GroupLane lane = this.member.lane();
		lane.pause(CHANNEL, Objects.requireNonNull(read.get(4).position()));
		discardLogs();
		append(3);
		lane.resume(CHANNEL);
		List<ChannelItem> items = this.member.read();
		assertThat(missing(items)).containsExactly(5L);
		assertThat(publications(items)).hasSize(3);
		assertThat(items.get(0)).isInstanceOf(Discontinuity.class);
	}

	@Test
	void theNextOwnerReportsWhatHasExpiredEvenIfNothingWasPublishedOrCommitted() {
		append(10);
		this.member.read();
		discardLogs();
		this.member.lane().release();
		List<ChannelItem> items = this.member.read();
		assertThat(missing(items)).containsExactly(10L);
		assertThat(items).hasSize(1);
		// Until it is committed, each owner reports it
		this.member.lane().release();
		items = this.member.read();
		assertThat(missing(items)).containsExactly(10L);
		this.member.lane().commit(Map.of(CHANNEL, Objects.requireNonNull(items.get(0).position()))).join();
		this.member.lane().release();
		assertThat(this.member.read()).isEmpty();
		append(2);
		assertThat(publications(this.member.read())).hasSize(2);
	}

	@Test
	void aPartOfTheProgressIsReportedAndAllOfItIsForgotten() {
		append(10);
		List<Publication> read = publications(this.member.read());
		this.member.lane().commit(Map.of(CHANNEL, Objects.requireNonNull(read.get(3).position()))).join();
		discardLogs();
		this.member.lane().release();
		List<ChannelItem> items = this.member.read();
		assertThat(missing(items)).containsExactly(6L);
		this.member.lane().commit(Map.of(CHANNEL, Objects.requireNonNull(items.get(0).position()))).join();
		append(4);
		read = publications(this.member.read());
		assertThat(read).hasSize(4);
		this.member.lane().commit(Map.of(CHANNEL, Objects.requireNonNull(read.get(3).position()))).join();
		discardLogs();
		append(2);
		items = this.member.read();
		assertThat(missing(items)).isEmpty();
		assertThat(items).hasSize(2);
	}

	@Test
	void whatWasReadBeforeItExpiredIsNotMissing() {
		append(10);
		List<Publication> read = publications(this.member.read());
		discardLogs();
		assertThat(this.member.read()).isEmpty();
		this.member.lane().commit(Map.of(CHANNEL, Objects.requireNonNull(read.get(9).position()))).join();
		append(2);
		List<ChannelItem> items = this.member.read();
		assertThat(missing(items)).isEmpty();
		assertThat(items).hasSize(2);
	}

	/**
	 * A member that reads when a test says so.
	 */
	private static final class Member implements GroupLaneListener {

		private final Map<Integer, GroupLane> lanes = new TreeMap<>();

		private List<ChannelItem> read() {
			List<ChannelItem> items = new ArrayList<>();
			for (GroupLane lane : List.copyOf(this.lanes.values())) {
				items.addAll(lane.read(new PageLimit(100, 100_000)).join());
			}
			return items;
		}

		private GroupLane lane() {
			return Objects.requireNonNull(this.lanes.get(MemoryGroup.laneOf(CHANNEL)));
		}

		@Override
		public void assigned(GroupLane lane) {
			this.lanes.put(lane.number(), lane);
		}

		@Override
		public void revoked(GroupLane lane) {
		}

		@Override
		public void lost(GroupLane lane) {
		}

		@Override
		public void available(GroupLane lane) {
		}

	}

}
