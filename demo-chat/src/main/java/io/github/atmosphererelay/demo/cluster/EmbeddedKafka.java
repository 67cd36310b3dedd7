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

package io.github.atmosphererelay.demo.cluster;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * A Kafka broker in this process, which removes its directories when it is closed.
 */
final class EmbeddedKafka implements Broker {

	private final EmbeddedKafkaBroker broker;

	private EmbeddedKafka(EmbeddedKafkaBroker broker) {
		this.broker = broker;
	}

	static EmbeddedKafka start() {
		EmbeddedKafkaBroker broker = new EmbeddedKafkaKraftBroker(1, 1)
			.brokerProperties(Map.of("offsets.topic.replication.factor", "1"));
		PrintStream out = System.out;
		// It prints what it formats, past every logging configuration
		System.setOut(new PrintStream(OutputStream.nullOutputStream(), true));
		try {
			broker.afterPropertiesSet();
		}
		finally {
			System.setOut(out);
		}
		return new EmbeddedKafka(broker);
	}

	@Override
	public Map<String, String> properties() {
		return Map.of("atmosphere.relay.type", "kafka", "spring.kafka.bootstrap-servers",
				this.broker.getBrokersAsString());
	}

	@Override
	public String description() {
		return "Kafka at " + this.broker.getBrokersAsString();
	}

	@Override
	public void close() {
		this.broker.destroy();
	}

}
