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

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import io.github.atmosphererelay.stream.Reducer;
import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import io.github.atmosphererelay.stream.internal.Tally.ByGroup;
import io.github.atmosphererelay.stream.internal.Tally.Item;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs a schedule of steps and faults in one thread: members that share a store and a
 * topic, and subscribers. A member that stands still lets the following steps run in the
 * middle of its own. Afterwards nothing fails any more, and states and subscribers are
 * compared with a plain fold of the topic.
 */
final class ReducerHistory {

	private static final int PARTITIONS = 3;

	private static final int MEMBERS = 3;

	static final List<String> KEYS = List.of("a", "b", "c", "d", "e", "f", "g");

	private static final StreamTable.Limits LIMITS = new StreamTable.Limits(100, 10, 1000);

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final Reducer<String, Tally> reducer;

	/** Shared by all histories, because it logs what is set aside once in a while. */
	private final ReducerFunctions<Tally> functions;

	private final StreamTable table;

	private final MemoryStates store = new MemoryStates();

	private final List<List<DataRecord>> topic = new ArrayList<>();

	private final List<HistoryMember> members = new ArrayList<>();

	private final List<@Nullable HistoryMember> owners = new ArrayList<>();

	private final List<Committed> committed = new ArrayList<>();

	private final Map<String, Stream> streams = new TreeMap<>();

	private final int maxRemoved;

	private Deque<HistoryStep> steps = new ArrayDeque<>();

	private int begun;

	@SuppressWarnings("unchecked")
	ReducerHistory(ReducerFunctions<Tally> functions, int maxRemoved) {
		this.reducer = (Reducer<String, Tally>) functions.reducer();
		this.functions = functions;
		this.table = new StreamTable(List.of(this.functions), LIMITS);
		this.maxRemoved = maxRemoved;
		for (int i = 0; i < PARTITIONS; i++) {
			this.topic.add(new ArrayList<>());
			this.owners.add(null);
			this.committed.add(new Committed(0, null));
		}
	}

	void run(List<HistoryStep> schedule) {
		this.steps = new ArrayDeque<>(schedule);
		while (!this.steps.isEmpty()) {
			step(this.steps.removeFirst());
		}
		recover();
		check();
	}

	/**
	 * Run some of the following steps while a member stands still.
	 */
	private void others(int count) {
		for (int i = 0; i < count && !this.steps.isEmpty(); i++) {
			step(this.steps.removeFirst());
		}
	}

	private void step(HistoryStep step) {
		int partition = step.partition() % PARTITIONS;
		switch (step.kind()) {
			case PRODUCE ->
				produce(KEYS.get(step.which() % KEYS.size()), new Item(step.partition() % 2, step.amount()));
			case PROCESS -> process(step, partition);
			case MOVE -> {
				HistoryMember member = idle(step.which());
				if (this.owners.get(partition) != member) {
					forget(member, partition);
					this.owners.set(partition, member);
				}
			}
			case HAND_OVER -> {
				HistoryMember owner = this.owners.get(partition);
				if (owner == null || !owner.busy) {
					forget(owner, partition);
					this.owners.set(partition, null);
				}
			}
			case BEGIN -> begin(step);
			case CHANGE -> change(step);
			case END -> end(step.which());
			case SNAPSHOT -> {
				HistoryMember member = idle(step.which());
				Stream stream = any(step.amount());
				if (member != null && stream != null) {
					snapshot(member, partition, stream);
				}
			}
			case CLEAR -> this.store.clear();
		}
		answer();
	}

	private void produce(String key, Item item) {
		int partition = this.reducer.partition(key, PARTITIONS);
		List<DataRecord> records = this.topic.get(partition);
		records.add(new DataRecord(records.size(), key, this.mapper.writeValueAsBytes(item), Instant.EPOCH, Map.of()));
	}

	/**
	 * Return a member that is not in the middle of something; a new one if there are too
	 * few.
	 */
	private @Nullable HistoryMember idle(int which) {
		this.members.removeIf((member) -> member.dead);
		while (this.members.size() < MEMBERS) {
			this.members.add(new HistoryMember(this.functions, this.table, this.store, this::publish, this::others));
		}
		HistoryMember member = this.members.get(which % MEMBERS);
		return member.busy ? null : member;
	}

	private static void forget(@Nullable HistoryMember member, int partition) {
		if (member != null) {
			member.partitions.remove(partition);
			member.positions.remove(partition);
		}
	}

	private void process(HistoryStep step, int partition) {
		HistoryMember owner = this.owners.get(partition);
		if (owner == null || owner.dead) {
			this.owners.set(partition, idle(step.which()));
			forget(this.owners.get(partition), partition);
		}
		HistoryMember member = idle(step.which());
		if (member == null) {
			return;
		}
		// One that has never had the partition has no records of it
		if (this.owners.get(partition) == member || member.partitions.containsKey(partition)) {
			member.run(step.fault(), step.when(), () -> read(member, partition, step.amount()));
		}
	}

	private void read(HistoryMember member, int partition, int count) {
		PartitionEngine<Tally> engine = member.partitions.get(partition);
		if (engine == null) {
			Committed committed = this.committed.get(partition);
			if (!open(member, partition, committed.offset, committed.attestation)) {
				return;
			}
			engine = member.partitions.get(partition);
		}
		long position = member.positions.get(partition);
		List<DataRecord> records = this.topic.get(partition);
		int end = (int) Math.min(records.size(), position + count);
		if (position >= end) {
			return;
		}
		boolean rebuilding = engine.attestation() == null;
		BatchResult result = engine.process(List.copyOf(records.subList((int) position, end)));
		assertThat(result.next()).isBetween(position, (long) end);
		if (result.status() == BatchResult.Status.LOST) {
			forget(member, partition);
			open(member, partition, position, null);
			return;
		}
		member.positions.put(partition, result.next());
		member.beforeCommit();
		String attestation = engine.attestation();
		if (rebuilding && attestation != null) {
			// What streams got meanwhile may have been from what was left
			this.streams.values().forEach((stream) -> stream.pending.add(partition));
		}
		// The broker takes commits of the owner only
		if (attestation != null && this.owners.get(partition) == member) {
			this.committed.set(partition, new Committed(result.next(), attestation));
		}
	}

	private boolean open(HistoryMember member, int partition, long start, @Nullable String attestation) {
		PartitionEngine<Tally> engine = member.engine()
			.partition(new PartitionRun(partition, PARTITIONS, PARTITIONS, start, attestation));
		try {
			member.positions.put(partition, engine.open(0));
			member.partitions.put(partition, engine);
			return true;
		}
		catch (IllegalStateException ex) {
			return false;
		}
	}

	private void begin(HistoryStep step) {
		boolean shortFormat = step.partition() % 2 == 1;
		String format = shortFormat ? "short" : "plain";
		Selection selection;
		if (step.which() % 3 == 0) {
			Set<String> keys = new HashSet<>();
			for (int i = 0; i <= step.amount() % 3; i++) {
				keys.add(KEYS.get((step.which() + i * 2) % KEYS.size()));
			}
			selection = new Selection.Keys(keys);
		}
		else {
			selection = new Selection.Matching(
					this.functions.query("by-group", this.mapper.valueToTree(new ByGroup(step.amount() % 2))));
		}
		String id = "stream-" + this.begun++;
		StreamDefinition definition = new StreamDefinition("tally",
				new StreamSubscription(null, Map.of("format", format)), this.functions.canonical(format), selection,
				true);
		Variant variant = new Variant(definition.variant(), format);
		this.streams.put(id,
				new Stream(definition, variant, new TestClient(selection, variant, this.maxRemoved), new HashSet<>()));
		assertThat(this.table.apply(id, definition)).isNull();
		for (int i = 0; i < PARTITIONS; i++) {
			this.streams.get(id).pending.add(i);
		}
	}

	/**
	 * Change the keys of a stream. Its node and the members hear of it one after the
	 * other, in any order.
	 */
	private void change(HistoryStep step) {
		List<String> ids = this.streams.keySet()
			.stream()
			.filter((id) -> this.streams.get(id).definition.selection() instanceof Selection.Keys)
			.toList();
		if (ids.isEmpty()) {
			return;
		}
		String id = ids.get(step.which() % ids.size());
		Stream before = this.streams.get(id);
		Set<String> keys = new HashSet<>();
		for (int i = 0; i <= step.amount() % 4; i++) {
			keys.add(KEYS.get((step.when() + i * 2) % KEYS.size()));
		}
		StreamDefinition definition = before.definition.with(new Selection.Keys(keys));
		if (step.partition() % 2 == 0) {
			before.client.select(definition.selection());
			others(step.amount() % 5);
		}
		if (this.streams.get(id) != before) {
			return;
		}
		assertThat(this.table.apply(id, definition)).isNull();
		if (step.partition() % 2 == 1) {
			others(step.amount() % 5);
			if (this.streams.get(id) != before) {
				return;
			}
			before.client.select(definition.selection());
		}
		Stream changed = new Stream(definition, before.variant, before.client, before.pending);
		this.streams.put(id, changed);
		for (int i = 0; i < PARTITIONS; i++) {
			changed.pending.add(i);
		}
	}

	private void end(int which) {
		List<String> ids = List.copyOf(this.streams.keySet());
		if (!ids.isEmpty()) {
			String id = ids.get(which % ids.size());
			this.streams.remove(id);
			this.table.apply(id, null);
		}
	}

	private @Nullable Stream any(int which) {
		List<Stream> all = List.copyOf(this.streams.values());
		return all.isEmpty() ? null : all.get(which % all.size());
	}

	/**
	 * Let the owners answer the streams that wait for current states.
	 */
	private void answer() {
		for (Stream stream : this.streams.values()) {
			stream.client.doubtful().forEach(stream.pending::add);
			for (int partition : List.copyOf(stream.pending)) {
				HistoryMember owner = this.owners.get(partition);
				if (owner != null && !owner.busy && !owner.dead && snapshot(owner, partition, stream)) {
					stream.pending.remove(partition);
				}
			}
		}
	}

	private boolean snapshot(HistoryMember member, int partition, Stream stream) {
		PartitionEngine<Tally> engine = member.partitions.get(partition);
		if (engine == null) {
			return false;
		}
		StreamSnapshot snapshot = engine.snapshot(stream.definition.selection(), stream.variant);
		stream.client.received(snapshot);
		return snapshot.complete();
	}

	private void publish(StreamMessage message) {
		this.streams.values().forEach((stream) -> stream.client.received(message));
	}

	/**
	 * Let a new member have all partitions, and nothing fail any more.
	 */
	private void recover() {
		this.members.forEach((member) -> member.dead = true);
		HistoryMember last = new HistoryMember(this.functions, this.table, this.store, this::publish, this::others);
		for (int partition = 0; partition < PARTITIONS; partition++) {
			this.owners.set(partition, last);
			for (int i = 0; i < 4; i++) {
				read(last, partition, Integer.MAX_VALUE);
			}
			assertThat(this.committed.get(partition).offset).isEqualTo(this.topic.get(partition).size());
		}
		answer();
	}

	private void check() {
		Map<String, Tally> expected = new HashMap<>();
		Map<String, Long> offsets = new HashMap<>();
		for (List<DataRecord> records : this.topic) {
			for (DataRecord record : records) {
				Item item = this.mapper.readValue(record.value(), Item.class);
				if (item.amount() != Tally.FAILS) {
					expected.put(record.key(), Tally.fold(expected.get(record.key()), item));
					offsets.put(record.key(), record.offset());
				}
			}
		}
		Map<String, KeyedState> stored = this.store.get(KEYS);
		assertThat(stored.keySet()).isEqualTo(offsets.keySet());
		stored.forEach((key, state) -> {
			assertThat(state.version()).as("stored version of %s", key)
				.isEqualTo(new StateVersion(PARTITIONS, offsets.get(key)));
			Tally tally = (state.json() != null) ? this.mapper.readValue(state.json(), Tally.class) : null;
			assertThat(tally).as("stored state of %s", key).isEqualTo(expected.get(key));
		});
		this.streams.forEach((id, stream) -> {
			assertThat(stream.pending).as("snapshots of %s", id).isEmpty();
			assertThat(stream.client.views()).as("%s: %s", id, stream.definition)
				.isEqualTo(expectedViews(expected, stream));
		});
		List.copyOf(this.streams.keySet()).forEach((id) -> this.table.apply(id, null));
		assertThat(this.table.interest("tally").size()).isZero();
		assertThat(this.table.streams()).isZero();
		assertThat(this.table.keys()).isZero();
	}

	private Map<String, String> expectedViews(Map<String, Tally> states, Stream stream) {
		Map<String, String> views = new TreeMap<>();
		states.forEach((key, state) -> {
			Selection selection = stream.definition.selection();
			if (state == null) {
				return;
			}
			boolean selected = (selection instanceof Selection.Keys named) ? named.keys().contains(key)
					: this.mapper.readValue(((Selection.Matching) selection).query().parameters(), ByGroup.class)
						.group() == state.group();
			if (selected) {
				views.put(key, this.mapper.writeValueAsString(state.view((String) stream.variant.value())));
			}
		});
		return views;
	}

	private record Committed(long offset, @Nullable String attestation) {

	}

	private record Stream(StreamDefinition definition, Variant variant, TestClient client, Set<Integer> pending) {

	}

}
