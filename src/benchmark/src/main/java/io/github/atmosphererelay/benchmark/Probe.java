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

import java.util.Locale;

import io.github.atmosphererelay.benchmark.load.LoadResult;
import org.HdrHistogram.Histogram;

/**
 * What Kafka took by itself while messages went through it.
 *
 * @param messages the messages
 * @param alone how long Kafka's own records took, in nanoseconds
 */
record Probe(LoadResult messages, Histogram alone) {

	/**
	 * Return what Kafka took by itself.
	 */
	double millis(double percentile) {
		return this.alone.getValueAtPercentile(percentile) / 1e6;
	}

	/**
	 * Return how much longer the messages took than Kafka by itself.
	 */
	double addedMillis(double percentile) {
		return this.messages.latencyMillis(percentile) - millis(percentile);
	}

	@Override
	public String toString() {
		return String.format(Locale.ROOT, "Kafka alone: p50 %.2f ms, p99 %.2f ms", millis(50), millis(99));
	}

}
