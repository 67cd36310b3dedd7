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

package io.github.atmosphererelay.feed.internal;

import java.util.UUID;
import java.util.concurrent.CompletionException;

import io.github.atmosphererelay.feed.ForwardingOverloadedException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ForwardingStatistics}.
 */
class ForwardingStatisticsTests {

	private final ForwardingStatistics statistics = new ForwardingStatistics();

	@Test
	void failuresForWantOfRoomAreAlsoCountedByThemselves() {
		ForwardingOverloadedException full = new ForwardingOverloadedException(UUID.randomUUID(), 10);
		this.statistics.countFailure(full);
		this.statistics.countFailure(new CompletionException(full));
		this.statistics.countFailure(new IllegalStateException("The node is away"));
		assertThat(this.statistics.failures()).isEqualTo(3);
		assertThat(this.statistics.overloads()).isEqualTo(2);
	}

}
