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

package io.github.atmosphererelay.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What carries messages between nodes.
 */
enum Broker {

	/** Nothing: there is one node only. */
	NONE("") {

		@Override
		List<String> properties(int port) {
			return List.of();
		}

		@Override
		BrokerProcess start(Options options, Path directory) {
			throw new IllegalStateException("Nothing to start");
		}

	},

	/** Nothing: the nodes send each other messages. */
	PEERS("") {

		@Override
		List<String> properties(int port) {
			return List.of();
		}

		@Override
		BrokerProcess start(Options options, Path directory) {
			throw new IllegalStateException("Nothing to start");
		}

	},

	REDIS("org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration") {

		@Override
		List<String> properties(int port) {
			return List.of("--spring.data.redis.host=127.0.0.1", "--spring.data.redis.port=" + port);
		}

		@Override
		BrokerProcess start(Options options, Path directory) {
			return RedisProcess.start(directory);
		}

	},

	KAFKA("org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration") {

		@Override
		List<String> properties(int port) {
			return List.of("--spring.kafka.bootstrap-servers=127.0.0.1:" + port);
		}

		@Override
		BrokerProcess start(Options options, Path directory) throws IOException {
			return KafkaProcess.start(options.java(), directory);
		}

	},

	/** Not configured by Spring Boot, but by the node. */
	RABBIT("") {

		@Override
		List<String> properties(int port) {
			return List.of("--rabbit-port=" + port);
		}

		@Override
		BrokerProcess start(Options options, Path directory) {
			return RabbitProcess.start(directory);
		}

		@Override
		boolean isProcess() {
			return true;
		}

	};

	private final String autoConfiguration;

	Broker(String autoConfiguration) {
		this.autoConfiguration = autoConfiguration;
	}

	/**
	 * Return how a node finds the broker.
	 * @param port the port of the broker
	 * @return properties as command-line arguments
	 */
	abstract List<String> properties(int port);

	/**
	 * Start the broker and wait until it answers.
	 * @param options what the command line says
	 * @param directory for its files
	 * @return the running broker
	 */
	abstract BrokerProcess start(Options options, Path directory) throws IOException;

	/**
	 * Return whether it is a program of its own.
	 */
	boolean isProcess() {
		return !this.autoConfiguration.isEmpty();
	}

	/**
	 * Return what Spring Boot configures for the other brokers, which an application with
	 * this one would not have on its class path.
	 * @return names of auto-configurations
	 */
	List<String> foreign() {
		return Arrays.stream(values())
			.filter((broker) -> broker != this && !broker.autoConfiguration.isEmpty())
			.map((broker) -> broker.autoConfiguration)
			.toList();
	}

}
