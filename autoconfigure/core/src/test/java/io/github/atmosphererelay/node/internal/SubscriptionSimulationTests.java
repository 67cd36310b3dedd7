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

package io.github.atmosphererelay.node.internal;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link SubscriptionSimulation}.
 */
class SubscriptionSimulationTests {

	private static final int SEEDS = 50;

	@ParameterizedTest
	@ValueSource(ints = { 0, 50, 100, 150 })
	void everySubscriptionGetsWhatItWasPromisedInWhateverOrderThingsHappen(int first) {
		int delivered = 0;
		for (int seed = first; seed < first + SEEDS; seed++) {
			SubscriptionSimulation simulation = new SubscriptionSimulation(seed);
			try {
				simulation.run(600);
				delivered += simulation.delivered();
			}
			catch (Throwable ex) {
				throw new AssertionError("Seed " + seed + ": " + ex.getMessage(), ex);
			}
			finally {
				simulation.stop();
			}
		}
		assertThat(delivered).isGreaterThan(SEEDS * 100);
	}

}
