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

package io.github.atmosphererelay.autoconfigure;

/**
 * The relays that can be chosen by property.
 */
public enum RelayType {

	/**
	 * This node only, without a broker.
	 */
	LOCAL("no further module", "no connection bean"),

	/**
	 * Redis publish and subscribe.
	 */
	REDIS("spring-boot-starter-data-redis", "RedisConnectionFactory"),

	/**
	 * A Kafka topic that every node reads.
	 */
	KAFKA("spring-boot-starter-kafka", "ProducerFactory and ConsumerFactory"),

	/**
	 * Tables of the application's database.
	 */
	JDBC("spring-boot-starter-jdbc", "DataSource"),

	/**
	 * Requests between the nodes, without a broker.
	 */
	HTTP("spring-boot-starter-websocket", "no connection bean");

	private final String starter;

	private final String beans;

	RelayType(String starter, String beans) {
		this.starter = starter;
		this.beans = beans;
	}

	String starter() {
		return this.starter;
	}

	String beans() {
		return this.beans;
	}

}
