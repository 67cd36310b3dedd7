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

package io.github.atmosphererelay.state.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import io.github.atmosphererelay.contract.AbstractStateStoreTests;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateResult.Outcome;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateStoreFullException;
import io.github.atmosphererelay.state.StateVersion;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link MemoryStateStore}.
 */
class MemoryStateStoreTests extends AbstractStateStoreTests {

	private final StateStore store = new MemoryStateStore(64 * 1024 * 1024, MAX_VALUE_BYTES, Duration.ofHours(1));

	private final StateStore forgetfulStore = new MemoryStateStore(10_000, MAX_VALUE_BYTES, SHORT);

	@Override
	protected StateStore store() {
		return this.store;
	}

	@Override
	protected StateStore forgetfulStore() {
		return this.forgetfulStore;
	}

	@Test
	void whatFindsNoRoomFailsAndNamesTheProperty() {
		StateStore small = new MemoryStateStore(1000, MAX_VALUE_BYTES, Duration.ofHours(1));
		StateEntry large = new StateEntry("a", new StateVersion(1, 1), new byte[800]);
		assertThat(small.putIfNewer("space", List.of(large))).containsExactly(StateResult.NEWER);
		StateResult full = small.putIfNewer("space", List.of(entry("b", 1, 1, "b"))).get(0);
		assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
		assertThat(full.failure()).isInstanceOf(StateStoreFullException.class)
			.hasMessageContaining("atmosphere.state.max-bytes");
		assertThat(small.putIfNewer("space", List.of(entry("a", 1, 2, "smaller"), entry("b", 1, 1, "b"))))
			.containsOnly(StateResult.NEWER);
		assertThat(small.removeExpired(Instant.now().plusSeconds(7200))).isEqualTo(2);
	}

}
