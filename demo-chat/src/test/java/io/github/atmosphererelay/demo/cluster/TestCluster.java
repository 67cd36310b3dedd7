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

import java.util.List;
import java.util.Map;

/**
 * Clusters for tests, which do not care whether the first message takes long.
 */
final class TestCluster {

	private TestCluster() {
	}

	static Cluster start(Broker.Kind kind, List<Integer> ports) {
		return start(kind, false, ports);
	}

	static Cluster start(Broker.Kind kind, boolean outbox, List<Integer> ports) {
		return start(Plan.of(kind, outbox, ports));
	}

	static Cluster start(Plan plan) {
		return Cluster.start(plan, System.out::println, Map.of("demo.warm-up", "false"));
	}

}
