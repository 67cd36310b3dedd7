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

package io.github.atmosphererelay.benchmark.load;

import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param seconds how long was measured
 * @param deliveries how many messages arrived in that time
 * @param published how many were published in that time
 * @param latency from when a message was due to be sent to when a client had it, in
 * nanoseconds
 * @param expected how many deliveries there should have been from the first message to
 * the last
 * @param lost how many of them did not arrive
 * @param doubled how many arrived once more
 * @param reordered how many arrived after a later one of the same publisher and room
 * @param closed how many connections the server closed of those that read
 * @param stalledClosed how many connections the server closed of those that did not read
 * @param connectsPerSecond how many connections were opened a second
 */
public record LoadResult(double seconds, long deliveries, long published, Histogram latency, long expected, long lost,
		long doubled, long reordered, long closed, long stalledClosed, double connectsPerSecond) {

	/**
	 * Return a percentile of the latency.
	 * @param percentile between 0 and 100
	 * @return milliseconds
	 */
	public double latencyMillis(double percentile) {
		return this.latency.getValueAtPercentile(percentile) / 1e6;
	}

}
