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

package io.github.atmosphererelay.contract;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateResult.Outcome;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateVersion;
import io.github.atmosphererelay.test.MachineTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of what every store of states has to guarantee. The tests of a store extend this
 * class.
 */
public abstract class AbstractStateStoreTests {

	/** The maximum size of a value in the stores that are tested, in bytes. */
	protected static final int MAX_VALUE_BYTES = 100_000;

	/** How long the stores of {@link #forgetfulStore()} keep an entry. */
	protected static final Duration SHORT = Duration.ofMillis(300);

	private static final AtomicInteger SPACES = new AtomicInteger();

	private String space = "";

	@BeforeEach
	void useAnotherSpace() {
		this.space = getClass().getSimpleName() + SPACES.incrementAndGet();
	}

	/**
	 * Return a store that keeps entries for long.
	 * @return the store
	 */
	protected abstract StateStore store();

	/**
	 * Return a store that forgets entries that are not written for a short time.
	 * @return the store
	 */
	protected abstract StateStore forgetfulStore();

	protected static StateEntry entry(String key, long generation, long offset, @Nullable String value) {
		StateVersion version = new StateVersion(generation, offset);
		return (value != null) ? new StateEntry(key, version, value.getBytes(StandardCharsets.UTF_8))
				: StateEntry.removed(key, version);
	}

	private List<Outcome> put(StateEntry... entries) {
		return store().putIfNewer(this.space, List.of(entries)).stream().map(StateResult::outcome).toList();
	}

	private @Nullable StateEntry find(String key) {
		return store().find(this.space, List.of(key)).get(key);
	}

	@Test
	void whatIsWrittenIsFoundAsItWas() {
		StateEntry entry = entry("prices/Zürich € \uD83D\uDE00", 3, 1L << 60, "grün");
		StateEntry bytes = new StateEntry("binary", new StateVersion(0, 0), new byte[] { 0, -1, 13, 10, 0 });
		StateEntry empty = new StateEntry("empty", new StateVersion(0, 0), new byte[0]);
		assertThat(find(entry.key())).isNull();
		assertThat(put(entry, bytes, empty)).containsOnly(Outcome.NEWER);
		assertThat(store().find(this.space, List.of(entry.key(), "binary", "empty", "other")).values())
			.containsExactlyInAnyOrder(entry, bytes, empty);
	}

	@Test
	void onlyWhatIsNewerTakesThePlaceOfWhatIsThere() {
		assertThat(put(entry("a", 1, 9, "one"))).containsExactly(Outcome.NEWER);
		assertThat(put(entry("a", 1, 9, "again"))).containsExactly(Outcome.EQUAL);
		assertThat(put(entry("a", 1, 8, "older"))).containsExactly(Outcome.OLDER);
		assertThat(put(entry("a", 0, 10, "older generation"))).containsExactly(Outcome.OLDER);
		assertThat(find("a")).isEqualTo(entry("a", 1, 9, "one"));
		assertThat(put(entry("a", 1, 10, "two"))).containsExactly(Outcome.NEWER);
		assertThat(put(entry("a", 2, 0, "newer generation"))).containsExactly(Outcome.NEWER);
		assertThat(put(entry("a", 10, 0, "more digits"))).containsExactly(Outcome.NEWER);
		assertThat(put(entry("a", 10, 1L << 61, "many digits"))).containsExactly(Outcome.NEWER);
		assertThat(put(entry("a", 10, (1L << 61) - 1, "one less"))).containsExactly(Outcome.OLDER);
		assertThat(find("a")).isEqualTo(entry("a", 10, 1L << 61, "many digits"));
	}

	@Test
	void aStateThatWasRemovedStaysRemovedForOlderOnes() {
		assertThat(put(entry("a", 1, 1, "one"), entry("a", 1, 3, null))).containsOnly(Outcome.NEWER);
		assertThat(put(entry("a", 1, 2, "late"))).containsExactly(Outcome.OLDER);
		assertThat(find("a")).isEqualTo(entry("a", 1, 3, null));
		assertThat(put(entry("a", 1, 4, "back"))).containsExactly(Outcome.NEWER);
		assertThat(find("a")).isEqualTo(entry("a", 1, 4, "back"));
	}

	@Test
	void theEntriesOfOneKeyAreAppliedInTheirOrder() {
		assertThat(put(entry("b", 1, 1, "x"), entry("a", 1, 1, "1"), entry("a", 1, 3, "3"), entry("a", 1, 2, "2"),
				entry("a", 1, 3, "3")))
			.containsExactly(Outcome.NEWER, Outcome.NEWER, Outcome.NEWER, Outcome.OLDER, Outcome.EQUAL);
		assertThat(find("a")).isEqualTo(entry("a", 1, 3, "3"));
	}

	@Test
	void spacesKnowNothingOfEachOther() {
		store().putIfNewer(this.space + ":a", List.of(entry("b:c", 1, 1, "one")));
		store().putIfNewer(this.space, List.of(entry("a:b:c", 1, 5, "two")));
		store().putIfNewer(this.space + ":a:b", List.of(entry("c", 1, 9, "three")));
		assertThat(find("a:b:c")).isEqualTo(entry("a:b:c", 1, 5, "two"));
		assertThat(store().find(this.space + ":a", List.of("b:c"))).containsEntry("b:c", entry("b:c", 1, 1, "one"));
	}

	@Test
	void keysThatDifferInCaseAreDifferent() {
		put(entry("key", 1, 1, "lower"), entry("KEY", 1, 2, "upper"));
		assertThat(find("key")).isEqualTo(entry("key", 1, 1, "lower"));
		assertThat(find("KEY")).isEqualTo(entry("KEY", 1, 2, "upper"));
	}

	@Test
	void aValueThatIsTooLargeFailsAloneAndSaysWhy() {
		StateEntry largest = new StateEntry("large", new StateVersion(1, 1), new byte[MAX_VALUE_BYTES]);
		StateEntry tooLarge = new StateEntry("larger", new StateVersion(1, 1), new byte[MAX_VALUE_BYTES + 1]);
		assertThat(store().maxValueBytes()).isEqualTo(MAX_VALUE_BYTES);
		List<StateResult> results = store().putIfNewer(this.space, List.of(largest, tooLarge, entry("z", 1, 1, "z")));
		assertThat(results).extracting(StateResult::outcome)
			.containsExactly(Outcome.NEWER, Outcome.FAILED, Outcome.NEWER);
		assertThat(results.get(1).failure()).hasMessageContaining("'larger'")
			.hasMessageContaining("atmosphere.state.max-value-size");
		assertThat(find("large")).isEqualTo(largest);
		assertThat(find("larger")).isNull();
		assertThat(find("z")).isNotNull();
	}

	@Test
	void thousandsOfEntriesAreWrittenAndFoundInOneCall() {
		List<StateEntry> entries = IntStream.range(0, 3000)
			.mapToObj((i) -> entry("key " + i, 1, i, "value " + i))
			.toList();
		put(entry("key 7", 1, 100, "newer"));
		List<StateResult> results = store().putIfNewer(this.space, entries);
		assertThat(results).hasSize(3000)
			.extracting(StateResult::outcome)
			.filteredOn(Outcome.NEWER::equals)
			.hasSize(2999);
		assertThat(results.get(7)).isEqualTo(StateResult.OLDER);
		assertThat(store().find(this.space, entries.stream().map(StateEntry::key).toList())).hasSize(3000)
			.containsEntry("key 2999", entry("key 2999", 1, 2999, "value 2999"))
			.containsEntry("key 7", entry("key 7", 1, 100, "newer"));
	}

	@Test
	void ofWritersAtTheSameTimeTheNewestStaysAndEachVersionIsNewOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(4);
		try {
			List<Future<Long>> written = new ArrayList<>();
			for (int t = 0; t < 4; t++) {
				Random random = new Random(t);
				written.add(threads.submit(() -> write(random)));
			}
			long newer = 0;
			for (Future<Long> each : written) {
				newer += each.get(60, TimeUnit.SECONDS);
			}
			// Each of the 20 versions of the 20 keys is written once at most
			assertThat(newer).isBetween(20L, 400L);
			for (int key = 0; key < 20; key++) {
				assertThat(find("key" + key)).isEqualTo(entry("key" + key, 1, 20, "20"));
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	/**
	 * Write all versions of all keys in any order.
	 * @return how many were newer
	 */
	private long write(Random random) {
		List<StateEntry> entries = new ArrayList<>();
		for (int key = 0; key < 20; key++) {
			for (int version = 1; version <= 20; version++) {
				entries.add(entry("key" + key, 1, version, "" + version));
			}
		}
		Collections.shuffle(entries, random);
		long newer = 0;
		for (int from = 0; from < entries.size(); from += 50) {
			List<StateResult> results = store().putIfNewer(this.space, entries.subList(from, from + 50));
			assertThat(results).extracting(StateResult::failure).containsOnlyNulls();
			newer += results.stream().filter(StateResult.NEWER::equals).count();
		}
		return newer;
	}

	@Test
	void anEntryThatIsNotWrittenForLongIsForgotten() {
		StateStore store = forgetfulStore();
		store.putIfNewer(this.space, List.of(entry("a", 5, 5, "five")));
		assertThat(store.find(this.space, List.of("a"))).isNotEmpty();
		MachineTime.await(Duration.ofSeconds(10)).until(() -> store.find(this.space, List.of("a")).isEmpty());
		assertThat(store.putIfNewer(this.space, List.of(entry("a", 1, 1, "one")))).containsExactly(StateResult.NEWER);
		assertThat(store.find(this.space, List.of("a"))).containsEntry("a", entry("a", 1, 1, "one"));
	}

	@Test
	void aLastingStateIsNotForgottenAndItsRemovalIs() {
		StateStore store = forgetfulStore();
		LastingStates lasting = store.lasting(this.space);
		assertThat(lasting.putIfNewer(
				List.of(entry("kept", 1, 1, "kept"), entry("removed", 1, 1, "one"), entry("removed", 1, 2, null))))
			.containsOnly(StateResult.NEWER);
		store.putIfNewer(this.space, List.of(entry("kept", 1, 1, "other")));
		MachineTime.await(Duration.ofSeconds(10)).until(() -> lasting.find(List.of("removed")).isEmpty());
		MachineTime.await(Duration.ofSeconds(10)).until(() -> store.find(this.space, List.of("kept")).isEmpty());
		store.removeExpired(Instant.now());
		assertThat(lasting.find(List.of("kept"))).containsEntry("kept", entry("kept", 1, 1, "kept"));
		assertThat(scan(lasting)).containsExactly(entry("kept", 1, 1, "kept"));
	}

	@Test
	void onlyWhatIsNewerTakesThePlaceOfALastingState() {
		LastingStates lasting = store().lasting(this.space);
		StateEntry bytes = new StateEntry("a", new StateVersion(9, 1L << 60), new byte[] { 0, -1, 13, 10, 58, 0 });
		assertThat(lasting.putIfNewer(List.of(bytes, entry("a", 9, 5, "older"), bytes)))
			.containsExactly(StateResult.NEWER, StateResult.OLDER, StateResult.EQUAL);
		assertThat(lasting.find(List.of("a", "b"))).isEqualTo(Map.of("a", bytes));
		assertThat(lasting
			.putIfNewer(List.of(entry("a", 10, 0, null), entry("a", 9, 1L << 61, "late"), entry("a", 10, 0, "again"))))
			.containsExactly(StateResult.NEWER, StateResult.OLDER, StateResult.EQUAL);
		assertThat(lasting.find(List.of("a"))).isEqualTo(Map.of("a", entry("a", 10, 0, null)));
		assertThat(scan(lasting)).isEmpty();
		assertThat(lasting.putIfNewer(List.of(entry("a", 10, 1, "back")))).containsExactly(StateResult.NEWER);
		assertThat(scan(lasting)).containsExactly(entry("a", 10, 1, "back"));
	}

	@Test
	void allLastingStatesOfASpaceAreVisited() {
		LastingStates lasting = store().lasting(this.space);
		List<StateEntry> entries = IntStream.range(0, 1001)
			.mapToObj((i) -> entry(((i % 2 == 0) ? "KEY " : "key ") + i, 1, i, "value " + i))
			.toList();
		assertThat(lasting.putIfNewer(entries)).containsOnly(StateResult.NEWER);
		store().lasting(this.space + ":").putIfNewer(List.of(entry("other", 1, 1, "other")));
		store().putIfNewer(this.space, List.of(entry("other", 1, 1, "other")));
		assertThat(scan(lasting)).containsExactlyInAnyOrderElementsOf(entries);
		assertThat(scan(store().lasting(this.space + "{}%"))).isEmpty();
	}

	/** A store may visit an entry more than once. */
	private static Set<StateEntry> scan(LastingStates states) {
		Set<StateEntry> visited = new HashSet<>();
		states.scan(visited::add);
		return visited;
	}

	@Test
	void nothingIsFoundAndWrittenWhereNothingIsAskedFor() {
		assertThat(store().find(this.space, List.of())).isEmpty();
		assertThat(store().putIfNewer(this.space, List.of())).isEmpty();
	}

}
