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

package io.github.atmosphererelay.benchmark.node;

import java.util.Map;

import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * A Kafka broker, which ends with the program that has started it. Keeps its log among
 * the temporary files.
 */
public final class KafkaBroker {

	private KafkaBroker() {
	}

	/**
	 * Start the broker.
	 * @param args none
	 */
	public static void main(String[] args) {
		EmbeddedKafkaBroker broker = new EmbeddedKafkaKraftBroker(1, 1)
			.brokerProperties(Map.of("offsets.topic.replication.factor", "1"));
		broker.afterPropertiesSet();
		String servers = broker.getBrokersAsString();
		NodeControl.start(Integer.parseInt(servers.substring(servers.lastIndexOf(':') + 1)));
	}

}
