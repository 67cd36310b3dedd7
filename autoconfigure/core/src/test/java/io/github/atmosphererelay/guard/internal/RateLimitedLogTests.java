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

package io.github.atmosphererelay.guard.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.apache.commons.logging.impl.NoOpLog;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RateLimitedLog}.
 */
class RateLimitedLogTests {

	private final List<String> lines = new ArrayList<>();

	private final NoOpLog target = new NoOpLog() {

		@Override
		public void error(Object message, Throwable ex) {
			RateLimitedLogTests.this.lines.add(message + ": " + ex.getMessage());
		}

	};

	@Test
	void thereIsOneLineInEachInterval() {
		RateLimitedLog log = new RateLimitedLog(this.target, Duration.ofHours(1));
		for (int i = 0; i < 1000; i++) {
			log.error("failed", new IllegalStateException("number " + i));
		}
		assertThat(this.lines).containsExactly("failed: number 0");
	}

	@Test
	void theNextLineContainsTheNumberOfSuppressedOnes() {
		RateLimitedLog log = new RateLimitedLog(this.target, Duration.ofMillis(1));
		int[] errors = { 0 };
		await().pollInterval(Duration.ofMillis(5)).until(() -> {
			for (int i = 0; i < 100_000 && this.lines.size() < 3; i++) {
				log.error("failed", new IllegalStateException("once more"));
				errors[0]++;
			}
			return this.lines.size() >= 3;
		});
		int told = this.lines.size();
		for (String line : this.lines) {
			int begin = line.indexOf('(');
			told += (begin > 0) ? Integer.parseInt(line.substring(begin + 1, line.indexOf(' ', begin))) : 0;
		}
		assertThat(told).isEqualTo(errors[0]);
	}

}
