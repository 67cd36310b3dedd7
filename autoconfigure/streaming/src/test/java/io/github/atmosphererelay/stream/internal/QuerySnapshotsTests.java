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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.StreamRefusedException.Reason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link QuerySnapshots}, {@link SnapshotCollector} and
 * {@link StreamPositions}.
 */
class QuerySnapshotsTests {

	private static final long GENERATION = TopicGenerations.number(0, 2);

	private static final InterestId INTEREST = InterestId.ofKey("tally", "a", new Variant("\"plain\"", "plain"));

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final MemoryChannels channels = new MemoryChannels();

	private final StreamWire wire = new StreamWire(this.mapper);

	private final StreamLanes lanes = new StreamLanes(Guards.UNREPORTED.of(Part.FEEDS));

	private final StreamOutlet outlet = new StreamOutlet(this.channels, this.wire, 100_000);

	private long now;

	private final QuerySnapshots snapshots = new QuerySnapshots(this.channels, this.wire, this.mapper, this.lanes,
			new QuerySnapshots.Settings(4000, Duration.ofSeconds(5), Duration.ofSeconds(2)), () -> this.now);

	private final List<SnapshotRequest> asked = new ArrayList<>();

	private final List<StreamSnapshot> answers = new ArrayList<>();

	@BeforeEach
	void listen() {
		this.channels.listen(SnapshotRequest.CHANNEL, new InternalChannels.Listener() {

			@Override
			public void received(Map<String, String> headers, Payload payload) {
				SnapshotRequest request = QuerySnapshotsTests.this.mapper.readValue(payload.bytes(),
						SnapshotRequest.class);
				QuerySnapshotsTests.this.asked.add(request);
				QuerySnapshotsTests.this.answers
					.forEach((answer) -> QuerySnapshotsTests.this.outlet.publish(request.id(), answer));
			}

			@Override
			public void missed() {
			}

		});
	}

	@AfterEach
	void stop() {
		this.lanes.stop();
	}

	@Test
	void theStatesOfAllPartitionsComeTogetherWithPositions() throws Exception {
		answer(0, 7, true, state("b", 5, "2"));
		answer(1, 9, false, state("x", 9, "0"));
		answer(1, 9, true, state("a", 8, "1"));
		QuerySnapshot snapshot = get(query(1));
		assertThat(new String(snapshot.body(), StandardCharsets.UTF_8)).isEqualTo("{\"since\":\"2/7,9\",\"states\":["
				+ "{\"key\":\"a\",\"version\":\"2/8\",\"view\":1},{\"key\":\"b\",\"version\":\"2/5\",\"view\":2}]}");
		assertThat(this.asked).singleElement().satisfies((request) -> {
			assertThat(request.query()).isEqualTo(new QueryInstance("by-group", "{\"group\":1}"));
			assertThat(request.subscription().option("format", "")).isEqualTo("plain");
		});
		assertThat(this.channels.listened()).containsExactly(SnapshotRequest.CHANNEL);
	}

	@Test
	void theSameIsAskedForOnceInAWhile() throws Exception {
		answer(0, 7, true, state("b", 5, "2"));
		answer(1, 9, true);
		String tag = get(query(1)).tag();
		assertThat(get(query(1)).tag()).isEqualTo(tag);
		assertThat(this.asked).hasSize(1);
		get(query(2));
		assertThat(this.asked).hasSize(2);
		this.now += Duration.ofSeconds(5).toNanos();
		this.answers.clear();
		answer(0, 8, true, state("b", 5, "2"));
		answer(1, 10, true);
		assertThat(get(query(1)).tag()).isEqualTo(tag);
		assertThat(this.asked).hasSize(3);
		this.now += Duration.ofSeconds(5).toNanos();
		this.answers.set(0, snapshot(0, 9, true, state("b", 9, "3")));
		assertThat(get(query(1)).tag()).isNotEqualTo(tag);
	}

	@Test
	void whatIsTooLargeOrNotAnsweredIsRefused() throws Exception {
		answer(0, 7, true,
				IntStream.range(0, 100).mapToObj((i) -> state("key-" + i, i, "2")).toArray(StreamMessage[]::new));
		answer(1, 9, true);
		assertRefused(Reason.LIMIT, "more than 4000 bytes");
		this.answers.clear();
		assertRefused(Reason.UNAVAILABLE, "try again");
		assertThat(this.channels.listened()).containsExactly(SnapshotRequest.CHANNEL);
		answer(0, 7, true);
		answer(1, 9, true);
		get(query(1));
	}

	@Test
	void requestsThatWaitAreBounded() {
		for (int i = 0; i < 16; i++) {
			this.snapshots.get(query(i));
		}
		assertThatExceptionOfType(StreamRefusedException.class).isThrownBy(() -> this.snapshots.get(query(16)));
	}

	@Test
	void positionsAreReadAsTheyWereWritten() {
		StreamPositions positions = new StreamPositions(GENERATION, List.of(7L, -1L));
		assertThat(StreamPositions.parse(positions.toString())).isEqualTo(positions);
		for (String wrong : List.of("", "2/7", "2/7,8,9", "2/7,a", "a/7", "-1/7", "2/7,-2", "7,8",
				"2/" + "7".repeat(StreamPositions.MAX_LENGTH))) {
			assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> StreamPositions.parse(wrong));
		}
	}

	private void assertRefused(Reason reason, String message) {
		CompletableFuture<QuerySnapshot> answer = this.snapshots.get(query(1));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
			.havingCause()
			.isInstanceOfSatisfying(StreamRefusedException.class,
					(refusal) -> assertThat(refusal.reason()).isEqualTo(reason))
			.withMessageContaining(message);
	}

	private QuerySnapshot get(StreamDefinition query) throws Exception {
		return this.snapshots.get(query).get(10, TimeUnit.SECONDS);
	}

	private void answer(int partition, long asOf, boolean complete, StreamMessage... states) {
		this.answers.add(snapshot(partition, asOf, complete, states));
	}

	private static StreamSnapshot snapshot(int partition, long asOf, boolean complete, StreamMessage... states) {
		return new StreamSnapshot(1, partition, new StateVersion(GENERATION, asOf), complete, List.of(states));
	}

	private static StreamMessage state(String key, long offset, String view) {
		return new StreamMessage(INTEREST, 0, key, new StateVersion(GENERATION, offset),
				view.getBytes(StandardCharsets.UTF_8));
	}

	private static StreamDefinition query(int group) {
		return new StreamDefinition("tally", new StreamSubscription(null, Map.of("format", "plain")), "\"plain\"",
				new Selection.Matching(new QueryInstance("by-group", "{\"group\":" + group + "}")), false);
	}

}
