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

package io.github.atmosphererelay.stream;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import io.github.atmosphererelay.stream.TallyReducer.Item;
import io.github.atmosphererelay.stream.TallyReducer.Tally;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
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
import tools.jackson.databind.json.JsonMapper;

/**
 * What Kafka Streams makes of the records of a topic.
 */
final class TallyReference {

	private static final JsonMapper MAPPER = JsonMapper.builder().build();

	private TallyReference() {
	}

	/**
	 * Fold all records that a topic has.
	 */
	static Map<String, Tally> of(String servers, String topic) {
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
			TestInputTopic<String, String> input = driver.createInputTopic("items", new StringSerializer(),
					new StringSerializer());
			records(servers, topic).forEach((record) -> input.pipeInput(text(record.key()), text(record.value())));
			KeyValueStore<String, String> store = driver.getKeyValueStore("tally");
			store.all().forEachRemaining((entry) -> states.put(entry.key, MAPPER.readValue(entry.value, Tally.class)));
		}
		return states;
	}

	private static String add(String value, String state) {
		Tally before = state.isEmpty() ? null : MAPPER.readValue(state, Tally.class);
		return MAPPER.writeValueAsString(Tally.fold(before, MAPPER.readValue(value, Item.class)));
	}

	private static String text(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

	/**
	 * Read a topic from its beginning to its end.
	 */
	private static List<ConsumerRecord<byte[], byte[]>> records(String servers, String topic) {
		List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
		try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
				Map.of("bootstrap.servers", servers, "auto.offset.reset", "earliest"), new ByteArrayDeserializer(),
				new ByteArrayDeserializer())) {
			List<TopicPartition> partitions = consumer.partitionsFor(topic)
				.stream()
				.map((each) -> new TopicPartition(topic, each.partition()))
				.toList();
			consumer.assign(partitions);
			consumer.seekToBeginning(partitions);
			Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
			while (partitions.stream().anyMatch((each) -> consumer.position(each) < ends.get(each))) {
				consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
			}
		}
		records.sort(Comparator.comparingInt((ConsumerRecord<byte[], byte[]> record) -> record.partition())
			.thenComparingLong(ConsumerRecord::offset));
		return records;
	}

}
