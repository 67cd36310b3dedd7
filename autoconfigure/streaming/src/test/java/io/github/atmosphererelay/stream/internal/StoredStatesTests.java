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

package io.github.atmosphererelay.stream.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.state.internal.MemoryStateStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StoredStates}.
 */
class StoredStatesTests {

	private final MemoryStateStore store = new MemoryStateStore(10_000, 100, Duration.ofMinutes(1));

	private final StoredStates states = new StoredStates(this.store, "odds");

	@Test
	void statesAndMarksAreApart() {
		assertThat(this.states.putIfNewer(List.of(state("0", 5, "state"), state("\0000", 7, "mark"))))
			.containsExactly(WriteOutcome.NEWER, WriteOutcome.NEWER);
		assertThat(this.states.get(List.of("0", "\0000", "1"))).hasSize(2)
			.allSatisfy((key, state) -> assertThat(state.key()).isEqualTo(key));
		assertThat(this.states.get(List.of("0")).get("0").version()).isEqualTo(new StateVersion(1, 5));
		assertThat(this.states.get(List.of("\0000")).get("\0000").json()).asString().isEqualTo("mark");
	}

	@Test
	void eachStateHasItsOwnOutcome() {
		this.states.putIfNewer(List.of(state("a", 5, "5"), state("b", 5, "5"), state("c", 5, "5")));
		assertThat(this.states.putIfNewer(List.of(state("a", 6, "6"), state("\0001", 1, "mark"), state("b", 5, "5"),
				state("c", 4, "4"), state("d", 1, "x".repeat(101)))))
			.containsExactly(WriteOutcome.NEWER, WriteOutcome.NEWER, WriteOutcome.EQUAL, WriteOutcome.OLDER,
					WriteOutcome.FAILED);
	}

	@Test
	void aRemovedStateKeepsItsVersion() {
		this.states.putIfNewer(List.of(new KeyedState("a", new StateVersion(1, 5), null)));
		assertThat(this.states.get(List.of("a")).get("a").json()).isNull();
		assertThat(this.states.putIfNewer(List.of(state("a", 4, "4")))).containsExactly(WriteOutcome.OLDER);
	}

	@Test
	void statesAreVisitedAndMarksAreNot() {
		this.states.putIfNewer(List.of(state("a", 5, "5"), state("m", 6, "6"), state("\0000", 7, "mark"),
				new KeyedState("b", new StateVersion(1, 5), null)));
		List<String> visited = new ArrayList<>();
		this.states.scan((state) -> visited.add(state.key()));
		assertThat(visited).containsExactlyInAnyOrder("a", "m");
	}

	@Test
	void theLongestKeyOfARecordFits() {
		String longest = "x".repeat(StoredStates.MAX_KEY_LENGTH);
		assertThat(this.states.putIfNewer(List.of(state(longest, 1, "1")))).containsExactly(WriteOutcome.NEWER);
		assertThat(this.states.get(List.of(longest))).containsOnlyKeys(longest);
	}

	@Test
	void reducersDoNotShareStates() {
		this.states.putIfNewer(List.of(state("a", 5, "5")));
		assertThat(new StoredStates(this.store, "other").get(List.of("a"))).isEmpty();
	}

	private static KeyedState state(String key, long offset, String json) {
		return new KeyedState(key, new StateVersion(1, offset), json.getBytes(StandardCharsets.UTF_8));
	}

}
