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

import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.jspecify.annotations.Nullable;

/**
 * One run of a workload on a contender.
 *
 * @param contender who was measured
 * @param workload what was run
 * @param result what the clients saw, or {@code null} if nothing was published
 * @param cpuMicros the processor time of all nodes and the broker while it was measured,
 * in microseconds
 * @param residentPerConnection memory of the process per connection, in bytes
 * @param heapPerConnection live heap per connection, in bytes
 * @param connectsPerSecond how many connections were opened a second
 * @param longestWait for how many seconds a message has waited at most for a client that
 * the nodes then closed because it did not read; not a number where they do not say
 */
record Measurement(Contender contender, Workload workload, @Nullable LoadResult result, double cpuMicros,
		double residentPerConnection, double heapPerConnection, double connectsPerSecond, double longestWait) {

	double cpuPerDelivery() {
		return (this.result != null) ? this.cpuMicros / Math.max(1, this.result.deliveries()) : Double.NaN;
	}

}
