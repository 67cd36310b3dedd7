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

package io.github.atmosphererelay.recovery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.contract.broker.Broker;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;

/**
 * The npm client {@code centrifuge} and nodes on Kafka.
 */
class CentrifugeOnKafkaTests extends AbstractCentrifugeFaultTests {

	@Override
	Broker startBroker() {
		return new Broker.Kafka();
	}

	/** As retention does, which only time can bring about. */
	@Override
	int trim(String channel, int published) throws Exception {
		try (Admin admin = ((Broker.Kafka) broker()).server().admin()) {
			String topic = admin.listTopics()
				.names()
				.get()
				.stream()
				.filter((name) -> name.endsWith("-log"))
				.findFirst()
				.orElseThrow();
			Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
			admin.describeTopics(List.of(topic))
				.allTopicNames()
				.get()
				.get(topic)
				.partitions()
				.forEach((each) -> ends.put(new TopicPartition(topic, each.partition()), OffsetSpec.latest()));
			Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
			admin.listOffsets(ends)
				.all()
				.get()
				.forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end.offset())));
			admin.deleteRecords(all).all().get();
		}
		return published;
	}

}
