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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.stream.StreamSubscription;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StreamReaper}.
 */
class StreamReaperTests {

	private final StreamTable table = new StreamTable(List
		.of(new ReducerFunctions<>(Tally.reducer(false), JsonMapper.builder().build(), new ReducerStatistics())),
			new StreamTable.Limits(10, 5, 50));

	private final Set<String> subscribed = new HashSet<>();

	private final Set<String> alive = new HashSet<>(Set.of("self", "other"));

	private final List<String> freed = new ArrayList<>();

	private final List<String> offered = new ArrayList<>();

	private final List<String> taken = new ArrayList<>();

	private final StreamReaper reaper = new StreamReaper(this.table, "self", Duration.ofSeconds(30),
			this.subscribed::contains, () -> this.alive, new Steps());

	private long now = -100;

	@Test
	void aStreamIsFreedAfterTheGraceOfItsLastSubscriber() {
		this.alive.remove("other");
		hold("one", "self");
		this.subscribed.add("one");
		pass(60);
		this.subscribed.clear();
		pass(29);
		this.subscribed.add("one");
		pass(5);
		this.subscribed.clear();
		pass(30);
		assertThat(this.freed).isEmpty();
		pass(1);
		assertThat(this.freed).containsExactly("one");
	}

	/**
	 * The node whose subscriber had come last freed the stream when that one had left,
	 * though another node still had a subscriber.
	 */
	@Test
	void aStreamIsOfferedToOtherNodesBeforeItIsFreed() {
		hold("one", "self");
		pass(31);
		assertThat(this.offered).containsExactly("one");
		pass(5);
		assertThat(this.freed).isEmpty();
		pass(1);
		assertThat(this.freed).containsExactly("one");
	}

	@Test
	void aStreamThatNobodyHoldsIsTakenByANodeWithASubscriber() {
		hold("offered", null);
		hold("its", "other");
		this.subscribed.addAll(Set.of("offered", "its"));
		pass(10);
		assertThat(this.taken).containsExactly("offered");
		this.alive.remove("other");
		pass(60);
		assertThat(this.taken).containsExactly("offered", "its");
		assertThat(this.freed).isEmpty();
	}

	@Test
	void whatAnotherNodeHoldsIsFreedAfterTheGraceOfItsDeath() {
		hold("mine", "self");
		hold("its", "other");
		this.subscribed.add("mine");
		pass(10);
		this.alive.remove("other");
		pass(30);
		assertThat(this.freed).isEmpty();
		pass(1);
		assertThat(this.freed).containsExactly("its");
	}

	@Test
	void nothingIsFreedOfOthersWhileItIsNotKnownWhoIsAlive() {
		hold("its", "other");
		this.alive.clear();
		pass(100);
		this.alive.add("self");
		pass(30);
		assertThat(this.freed).isEmpty();
		this.alive.add("other");
		pass(100);
		assertThat(this.freed).isEmpty();
	}

	private void hold(String id, String holder) {
		assertThat(this.table.apply(id, new StreamDefinition("tally", new StreamSubscription(null, Map.of()),
				"\"plain\"", new Selection.Keys(Set.of("a")), true, holder, null)))
			.isNull();
	}

	/**
	 * Let seconds pass, in each of which the reaper looks once.
	 */
	private void pass(int seconds) {
		for (int i = 0; i < seconds; i++) {
			this.reaper.look(this.now);
			this.now += Duration.ofSeconds(1).toNanos();
		}
	}

	private final class Steps implements StreamReaper.Steps {

		@Override
		public void take(String id) {
			StreamReaperTests.this.taken.add(id);
			hold(id, "self");
		}

		@Override
		public void offer(String id) {
			StreamReaperTests.this.offered.add(id);
			hold(id, null);
		}

		@Override
		public void free(String id) {
			StreamReaperTests.this.freed.add(id);
			StreamReaperTests.this.table.apply(id, null);
		}

	}

}
