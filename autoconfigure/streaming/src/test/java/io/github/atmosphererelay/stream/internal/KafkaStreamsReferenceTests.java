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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import io.github.atmosphererelay.stream.internal.Tally.Item;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares what reducers make of a topic with what Kafka Streams makes of the same
 * records.
 */
class KafkaStreamsReferenceTests {

	private static final int PARTITIONS = 4;

	private static final int RECORDS = 5_000;

	private static final int KEYS = 300;

	private final JsonMapper mapper = JsonMapper.builder().build();

	private final Random random = new Random(18);

	@Test
	void statesAreThoseOfAnAggregationByKafkaStreams() {
		List<Map.Entry<String, String>> records = new ArrayList<>();
		for (int i = 0; i < RECORDS; i++) {
			Item item = new Item(this.random.nextInt(5), 1 + this.random.nextInt(12));
			records.add(Map.entry("key-" + this.random.nextInt(KEYS), this.mapper.writeValueAsString(item)));
			if (this.random.nextInt(20) == 0) {
				// A producer that has sent a record twice
				records.add(records.get(records.size() - 1));
			}
		}
		Map<String, Tally> expected = aggregate(records);
		assertThat(expected).hasSize(KEYS);
		assertThat(reduce(records)).isEqualTo(expected);
	}

	private Map<String, Tally> aggregate(List<Map.Entry<String, String>> records) {
		StreamsBuilder builder = new StreamsBuilder();
		builder.stream("items", Consumed.with(Serdes.String(), Serdes.String()))
			.groupByKey()
			.aggregate(() -> "", (key, value, state) -> add(value, state),
					Materialized.<String, String>as(Stores.inMemoryKeyValueStore("tally"))
						.withKeySerde(Serdes.String())
						.withValueSerde(Serdes.String()));
		Properties properties = new Properties();
		properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "reference");
		properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
		Map<String, Tally> states = new HashMap<>();
		try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), properties)) {
			TestInputTopic<String, String> topic = driver.createInputTopic("items", new StringSerializer(),
					new StringSerializer());
			records.forEach((record) -> topic.pipeInput(record.getKey(), record.getValue()));
			KeyValueStore<String, String> store = driver.getKeyValueStore("tally");
			store.all()
				.forEachRemaining((entry) -> states.put(entry.key, this.mapper.readValue(entry.value, Tally.class)));
		}
		return states;
	}

	private String add(String value, String state) {
		Tally before = state.isEmpty() ? null : this.mapper.readValue(state, Tally.class);
		return this.mapper.writeValueAsString(Tally.fold(before, this.mapper.readValue(value, Item.class)));
	}

	/**
	 * Reduce the records in batches, some of which are read again by another process
	 * after their effects, or a part of them.
	 */
	private Map<String, Tally> reduce(List<Map.Entry<String, String>> records) {
		ReducerStatistics statistics = new ReducerStatistics();
		ReducerFunctions<Tally> functions = new ReducerFunctions<>(Tally.reducer(false), this.mapper, statistics);
		MemoryStates states = new MemoryStates();
		ReducerEngine<Tally> engine = new ReducerEngine<>(functions,
				new StreamTable(List.of(functions), new StreamTable.Limits(1, 1, 1)), states,
				(message) -> CompletableFuture.completedFuture(null), statistics,
				new ReducerEngine.Settings(10_000, Duration.ofSeconds(5)));
		List<List<DataRecord>> topic = new ArrayList<>();
		for (int i = 0; i < PARTITIONS; i++) {
			topic.add(new ArrayList<>());
		}
		for (Map.Entry<String, String> record : records) {
			List<DataRecord> partition = topic.get(functions.reducer().partition(record.getKey(), PARTITIONS));
			partition.add(new DataRecord(partition.size(), record.getKey(),
					record.getValue().getBytes(StandardCharsets.UTF_8), Instant.EPOCH, Map.of()));
		}
		for (int i = 0; i < PARTITIONS; i++) {
			reduce(engine, i, topic.get(i));
		}
		assertThat(statistics.repeated()).isPositive();
		Map<String, Tally> found = new HashMap<>();
		states.scan((state) -> {
			if (!state.key().startsWith("\0")) {
				found.put(state.key(), this.mapper.readValue(state.json(), Tally.class));
			}
		});
		return found;
	}

	private void reduce(ReducerEngine<Tally> engine, int number, List<DataRecord> records) {
		PartitionEngine<Tally> partition = engine.partition(new PartitionRun(number, PARTITIONS, PARTITIONS, 0, null));
		int position = (int) partition.open(0);
		while (position < records.size()) {
			int end = Math.min(records.size(), position + 1 + this.random.nextInt(200));
			assertThat(partition.process(records.subList(position, end))).isEqualTo(BatchResult.done(end));
			if (this.random.nextInt(4) == 0) {
				int committed = position + this.random.nextInt(end - position);
				partition = engine
					.partition(new PartitionRun(number, PARTITIONS, PARTITIONS, committed, partition.attestation()));
				end = (int) partition.open(0);
				assertThat(end).isEqualTo(committed);
			}
			position = end;
		}
	}

}
