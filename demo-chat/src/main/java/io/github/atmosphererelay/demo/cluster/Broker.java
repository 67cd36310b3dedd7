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

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A real broker that lives and dies with the cluster.
 */
interface Broker extends AutoCloseable {

	/**
	 * Return what the nodes have to be told to use this broker.
	 * @return names and values of properties
	 */
	Map<String, String> properties();

	/**
	 * Return what a program has to be told to hear the nodes and nothing else.
	 * @return names and values of properties
	 */
	default Map<String, String> relayProperties() {
		return properties();
	}

	/**
	 * Return a name for people.
	 * @return for example "Redis on port 1234"
	 */
	String description();

	@Override
	void close();

	/**
	 * What kinds there are.
	 */
	enum Kind {

		REDIS {

			@Override
			Broker start(Path directory, List<Integer> ports) {
				return EmbeddedRedis.start(directory);
			}

		},

		KAFKA {

			@Override
			Broker start(Path directory, List<Integer> ports) {
				return EmbeddedKafka.start();
			}

		},

		JDBC {

			@Override
			Broker start(Path directory, List<Integer> ports) {
				return EmbeddedDatabase.start(directory);
			}

		},

		/** None: the nodes talk to each other. */
		HTTP {

			@Override
			Broker start(Path directory, List<Integer> ports) {
				return new NoBroker(ports);
			}

		};

		/**
		 * Start it.
		 * @param directory where it may keep its data
		 * @param ports the ports of the nodes that will use it
		 */
		abstract Broker start(Path directory, List<Integer> ports);

	}

}
