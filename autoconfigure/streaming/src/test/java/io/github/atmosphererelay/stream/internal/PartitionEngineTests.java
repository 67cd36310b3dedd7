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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PartitionEngine}, as far as {@link ReducerHistoryTests} do not show
 * it.
 */
class PartitionEngineTests {

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final ReducerStatistics statistics = new ReducerStatistics();

	private final MemoryStates states = new MemoryStates();

	private final List<StreamMessage> sent = new ArrayList<>();

	private final Reducer<String, Price> reducer = Reducer.named("prices")
		.topic("prices", Price.class)
		.fold((state, record) -> {
			Price price = record.value();
			if (price != null && price.amount < 0) {
				throw new IllegalArgumentException("Negative");
			}
			return price;
		})
		.query("above", Above.class, (state, query) -> {
			if (state.amount == 666) {
				throw new IllegalStateException("The query fails");
			}
			return state.amount > query.limit;
		})
		.view((subscription) -> subscription.option("format", "plain"), (format, key, state) -> {
			if (state.amount == 777) {
				throw new IllegalStateException("The view fails");
			}
			return format.equals("short") ? state.amount : state;
		})
		.build();

	private final ReducerFunctions<Price> functions = new ReducerFunctions<>(this.reducer, this.mapper,
			this.statistics);

	private final StreamTable table = new StreamTable(List.of(this.functions), new StreamTable.Limits(10, 10, 100));

	private PartitionEngine<Price> engine = engine(0, null);

	private PartitionEngine<Price> engine(long start, String attested) {
		return engine(new PartitionRun(0, 1, 1, start, attested));
	}

	private PartitionEngine<Price> engine(PartitionRun run) {
		ReducerEngine<Price> engine = new ReducerEngine<>(this.functions, this.table, this.states, (message) -> {
			this.sent.add(message);
			return CompletableFuture.completedFuture(null);
		}, this.statistics, new ReducerEngine.Settings(1_000_000, Duration.ofSeconds(5)));
		return engine.partition(run);
	}

	@Test
	void whatCannotBeFoldedIsCountedAndTheOthersGoOn() {
		this.engine.open(0);
		BatchResult result = this.engine
			.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, null, "{}"), record(2, "\0", "{\"amount\":1}"),
					record(3, "a", "no JSON"), record(4, "a", "{\"amount\":-1}"), record(5, "b", "{\"amount\":2}")));
		assertThat(result).isEqualTo(BatchResult.done(6));
		assertThat(this.statistics.setAside(SetAsideReason.KEY)).isEqualTo(2);
		assertThat(this.statistics.setAside(SetAsideReason.VALUE)).isEqualTo(1);
		assertThat(this.statistics.setAside(SetAsideReason.FOLD)).isEqualTo(1);
		assertThat(stored("a")).isEqualTo("1/0 {\"amount\":1}");
		assertThat(stored("b")).isEqualTo("1/5 {\"amount\":2}");
	}

	@Test
	void aTombstoneRemovesTheStateAndLeavesItsVersion() {
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, "a", null)));
		assertThat(stored("a")).isEqualTo("1/1 null");
	}

	@Test
	void aStateThatCannotBeReadIsLeftAsItIs() {
		this.engine.open(0);
		this.states.putIfNewer(List.of(new KeyedState("a", new StateVersion(1, 0), bytes("[1,2]"))));
		BatchResult result = this.engine.process(List.of(record(1, "a", "{\"amount\":1}"), record(2, "b", null)));
		assertThat(result).isEqualTo(BatchResult.done(3));
		assertThat(this.statistics.setAside(SetAsideReason.STATE)).isEqualTo(1);
		assertThat(stored("a")).isEqualTo("1/0 [1,2]");
	}

	@Test
	void allStreamsOfOneVariantShareAMessage() {
		for (int i = 0; i < 5; i++) {
			begin("plain-" + i, "plain", new Selection.Keys(Set.of("a")));
			begin("short-" + i, "short", new Selection.Keys(Set.of("a", "b")));
		}
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, "c", "{\"amount\":1}")));
		assertThat(views()).containsExactlyInAnyOrder("a {\"amount\":1}", "a 1");
	}

	@Test
	void streamsThatHaveNotBegunGetNothing() {
		StreamDefinition definition = new StreamDefinition("prices", subscription("plain"), "\"plain\"",
				new Selection.Keys(Set.of("a")), false);
		assertThat(this.table.apply("one", definition)).isNull();
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}")));
		assertThat(this.sent).isEmpty();
	}

	@Test
	void aKeyEntersAndLeavesTheResultsOfAQuery() {
		begin("above-5", "short", above(5));
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, "a", "{\"amount\":6}"),
				record(2, "a", "{\"amount\":7}"), record(3, "a", "{\"amount\":5}"), record(4, "a", "{\"amount\":4}"),
				record(5, "b", "{\"amount\":9}"), record(6, "b", null)));
		assertThat(views()).containsExactly("a 6", "a 7", "a removed", "b 9", "b removed");
	}

	@Test
	void aQueryThatThrowsDoesNotMatch() {
		begin("above-5", "short", above(5));
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":6}"), record(1, "a", "{\"amount\":666}"),
				record(2, "b", "{\"amount\":6}")));
		assertThat(views()).containsExactly("a 6", "a removed", "b 6");
		assertThat(this.statistics.setAside(SetAsideReason.QUERY)).isEqualTo(1);
	}

	@Test
	void whileTheViewThrowsSubscribersKeepWhatTheySaw() {
		begin("a", "short", new Selection.Keys(Set.of("a")));
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, "a", "{\"amount\":777}"),
				record(2, "a", "{\"amount\":3}")));
		assertThat(views()).containsExactly("a 1", "a 3");
		assertThat(this.statistics.setAside(SetAsideReason.VIEW)).isEqualTo(1);
	}

	@Test
	void recordsThatAreReadAgainWithoutAFaultAreNotPublishedAgain() {
		begin("a", "short", new Selection.Keys(Set.of("a")));
		this.engine.open(0);
		List<DataRecord> records = List.of(record(0, "a", "{\"amount\":1}"), record(1, "a", "{\"amount\":2}"));
		this.engine.process(records);
		this.engine.process(records);
		assertThat(views()).containsExactly("a 1", "a 2");
		assertThat(this.statistics.repeated()).isEqualTo(2);
	}

	@Test
	void theNextOwnerPublishesAgainWhatMayNotHaveBeenPublished() {
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":1}"), record(1, "b", "{\"amount\":2}")));
		begin("all", "short", new Selection.Keys(Set.of("a", "b")));
		this.engine = engine(1, this.engine.attestation());
		assertThat(this.engine.open(0)).isEqualTo(1);
		this.engine.process(List.of(record(1, "b", "{\"amount\":2}")));
		assertThat(views()).containsExactly("b 2");
	}

	@Test
	void lostStatesAreRebuiltWithoutPublishingWhatWasPublished() {
		this.engine.open(0);
		List<DataRecord> records = List.of(record(0, "a", "{\"amount\":1}"), record(1, "b", "{\"amount\":2}"));
		this.engine.process(records);
		String attestation = this.engine.attestation();
		begin("all", "short", new Selection.Keys(Set.of("a", "b", "c")));
		this.states.clear();
		assertThat(this.engine.process(List.of(record(2, "c", "{\"amount\":3}")))).isEqualTo(BatchResult.lost(2));
		this.engine = engine(2, attestation);
		assertThat(this.engine.open(0)).isZero();
		assertThat(this.engine.attestation()).isNull();
		this.engine.process(records);
		assertThat(this.sent).isEmpty();
		assertThat(this.engine.attestation()).isNotNull().isNotEqualTo(attestation);
		this.engine.process(List.of(record(2, "c", "{\"amount\":3}")));
		assertThat(views()).containsExactly("c 3");
		assertThat(stored("a")).isEqualTo("1/0 {\"amount\":1}");
	}

	@Test
	void lostStatesWhoseRecordsTheTopicHasNoMoreAreCounted() {
		this.engine = engine(2, null);
		assertThat(this.engine.open(2)).isEqualTo(2);
		assertThat(this.engine.isUnrecovered()).isFalse();
		this.engine.process(List.of(record(2, "a", "{\"amount\":1}"), record(3, "b", "{\"amount\":2}")));
		String attestation = this.engine.attestation();
		this.states.clear();
		this.engine = engine(4, attestation);
		assertThat(this.engine.open(3)).isEqualTo(3);
		assertThat(this.engine.isUnrecovered()).isTrue();
		this.engine.process(List.of(record(3, "b", "{\"amount\":2}")));
		assertThat(this.engine.attestation()).isNotNull();
		assertThat(stored("b")).isEqualTo("1/3 {\"amount\":2}");
		assertThat(this.statistics.unrecovered()).isOne();
	}

	@Test
	void recordsFromBeforePartitionsWereAddedAreOlderThanThoseAfterwards() {
		String moved = key(1, 0);
		String stays = key(0, 0);
		PartitionEngine<Price> former = engine(new PartitionRun(0, 1, 1, 0, null));
		former.open(0);
		former.process(List.of(record(0, moved, "{\"amount\":1}"), record(1, stays, "{\"amount\":1}")));

		PartitionEngine<Price> added = engine(new PartitionRun(1, 2, 2, 0, null));
		added.open(0);
		added.process(List.of(record(0, moved, "{\"amount\":3}")));
		PartitionEngine<Price> present = engine(new PartitionRun(0, 2, 2, 2, former.attestation()));
		assertThat(present.open(0)).isEqualTo(2);
		DataRecord late = record(2, moved, "{\"amount\":2}");
		assertThat(present.isElsewhere(late)).isTrue();
		assertThat(present.isElsewhere(record(3, stays, null))).isFalse();
		present.process(List.of(late, record(3, stays, "{\"amount\":2}")));
		assertThat(stored(moved)).isEqualTo("2/0 {\"amount\":3}");
		assertThat(stored(stays)).isEqualTo("2/3 {\"amount\":2}");
		assertThat(this.statistics.setAside(SetAsideReason.OVERTAKEN)).isEqualTo(1);
	}

	@Test
	void whatWasFoldedBeforePartitionsWereAddedIsNotFoldedAgain() {
		String stays = key(0, 0);
		List<DataRecord> records = List.of(record(0, stays, "{\"amount\":1}"), record(1, stays, "{\"amount\":2}"));
		PartitionEngine<Price> former = engine(new PartitionRun(0, 1, 1, 0, null));
		former.open(0);
		former.process(records);
		PartitionEngine<Price> present = engine(new PartitionRun(0, 2, 2, 0, former.attestation()));
		assertThat(present.open(0)).isZero();
		assertThat(present.process(records)).isEqualTo(BatchResult.done(2));
		assertThat(this.statistics.repeated()).isEqualTo(2);
		assertThat(stored(stays)).isEqualTo("1/1 {\"amount\":2}");
		present.process(List.of(record(2, stays, "{\"amount\":3}")));
		assertThat(stored(stays)).isEqualTo("2/2 {\"amount\":3}");
		assertThat(this.statistics.setAside(SetAsideReason.OVERTAKEN)).isZero();
	}

	@Test
	void aRecordThatThePartitionerDoesNotPutHereIsSetAside() {
		PartitionEngine<Price> second = engine(new PartitionRun(1, 2, 2, 0, null));
		second.open(0);
		assertThat(second.process(List.of(record(0, key(0, 0), "{\"amount\":1}")))).isEqualTo(BatchResult.done(1));
		assertThat(this.statistics.setAside(SetAsideReason.PARTITION)).isEqualTo(1);
		assertThat(this.states.get(List.of(key(0, 0)))).isEmpty();
	}

	@Test
	void aTopicThatWasMadeAgainBeginsWithoutStates() {
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":9}"), record(1, "b", "{\"amount\":9}")));
		begin("above-5", "short", above(5));
		long again = TopicGenerations.number(1, 1);
		PartitionEngine<Price> made = engine(new PartitionRun(0, 1, again, 0, null));
		made.open(0);
		Variant variant = new Variant("\"short\"", "short");
		StreamSnapshot empty = made.snapshot(above(5), variant);
		assertThat(empty.complete()).isTrue();
		assertThat(empty.messages()).isEmpty();
		made.process(List.of(record(0, "a", "{\"amount\":7}")));
		assertThat(views()).containsExactly("a 7");
		assertThat(stored("a")).isEqualTo(again + "/0 {\"amount\":7}");
		// What still has the former topic is late
		this.engine.process(List.of(record(2, "a", "{\"amount\":8}")));
		assertThat(stored("a")).isEqualTo(again + "/0 {\"amount\":7}");
	}

	/**
	 * Return a key that is in a partition of two.
	 */
	private String key(int partition, int which) {
		return IntStream.range(0, 1000)
			.mapToObj((i) -> "key-" + i)
			.filter((key) -> this.reducer.partition(key, 2) == partition)
			.skip(which)
			.findFirst()
			.orElseThrow();
	}

	@Test
	void aSnapshotOfLostStatesIsNotComplete() {
		this.engine.open(0);
		this.engine.process(List.of(record(0, "a", "{\"amount\":9}")));
		begin("above-5", "short", above(5));
		Variant variant = new Variant("\"short\"", "short");
		assertThat(this.engine.snapshot(above(5), variant).complete()).isTrue();
		assertThat(this.engine.snapshot(above(5), variant).messages()).hasSize(1);
		this.states.clear();
		assertThat(this.engine.snapshot(above(5), variant).complete()).isFalse();
	}

	private Selection above(int limit) {
		return new Selection.Matching(this.functions.query("above", this.mapper.valueToTree(new Above(limit))));
	}

	private void begin(String id, String format, Selection selection) {
		StreamDefinition definition = new StreamDefinition("prices", subscription(format), '"' + format + '"',
				selection, true);
		assertThat(this.table.apply(id, definition)).isNull();
	}

	private static StreamSubscription subscription(String format) {
		return new StreamSubscription(null, Map.of("format", format));
	}

	private List<String> views() {
		return this.sent.stream()
			.map((message) -> message.key() + " "
					+ ((message.view() != null) ? new String(message.view(), StandardCharsets.UTF_8) : "removed"))
			.toList();
	}

	private String stored(String key) {
		KeyedState state = this.states.get(List.of(key)).get(key);
		return state.version() + " "
				+ ((state.json() != null) ? new String(state.json(), StandardCharsets.UTF_8) : "null");
	}

	private static DataRecord record(long offset, String key, String value) {
		return new DataRecord(offset, key, (value != null) ? bytes(value) : null, Instant.EPOCH, Map.of());
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private record Price(int amount) {

	}

	private record Above(int limit) {

	}

}
