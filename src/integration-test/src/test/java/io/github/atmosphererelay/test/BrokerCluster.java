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

package io.github.atmosphererelay.test;

import java.util.Arrays;
import java.util.stream.Stream;

import io.github.atmosphererelay.testkit.RelayCluster;

/**
 * Clusters of the test kit whose nodes are the application of {@link TestNode} and share
 * a real broker.
 */
public final class BrokerCluster {

	private BrokerCluster() {
	}

	/**
	 * Begin to make a cluster.
	 * @param properties where the broker is, and what else holds for all nodes
	 * @param configuration what the application has
	 */
	public static RelayCluster.Builder of(String[] properties, Class<?>... configuration) {
		RelayCluster.Builder builder = inMemory(configuration).realBroker();
		Arrays.stream(properties).forEach(builder::property);
		return builder;
	}

	/**
	 * Begin to make a cluster with a broker in memory.
	 * @param configuration what the application has
	 */
	public static RelayCluster.Builder inMemory(Class<?>... configuration) {
		Class<?>[] sources = Stream.concat(Arrays.stream(configuration), Stream.of(TestNode.Application.class))
			.toArray(Class<?>[]::new);
		return RelayCluster.of(sources)
			// Of one cluster with any node that a test starts itself
			.property("spring.application.name=test")
			.property("logging.level.root=WARN")
			.property("management.endpoints.web.exposure.include=*")
			.property("management.endpoint.health.show-details=always");
	}

}
