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

import java.util.List;

import io.github.atmosphererelay.stream.internal.HistoryStep.Fault;
import io.github.atmosphererelay.stream.internal.HistoryStep.Kind;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import tools.jackson.databind.json.JsonMapper;

/**
 * Schedules of members that fail in part, die, stand still and are overtaken, between any
 * two of their effects, as generated from a seed: {@link ReducerHistory} runs and checks
 * them.
 */
class ReducerHistoryTests {

	private static final ReducerFunctions<Tally> EVERY = functions(false);

	private static final ReducerFunctions<Tally> SKIPPABLE = functions(true);

	private static ReducerFunctions<Tally> functions(boolean skippable) {
		return new ReducerFunctions<>(Tally.reducer(skippable), JsonMapper.builder().build(), new ReducerStatistics());
	}

	@Property(seed = "18", tries = 400, shrinking = ShrinkingMode.BOUNDED)
	void everyStateAndEveryStreamIsThatOfThePlainFold(@ForAll("schedules") List<HistoryStep> schedule) {
		new ReducerHistory(EVERY, 100).run(schedule);
	}

	@Property(seed = "19", tries = 400, shrinking = ShrinkingMode.BOUNDED)
	void skippedChangesAreNotMissed(@ForAll("schedules") List<HistoryStep> schedule) {
		new ReducerHistory(SKIPPABLE, 100).run(schedule);
	}

	@Property(seed = "20", tries = 400, shrinking = ShrinkingMode.BOUNDED)
	void subscribersThatRememberOneRemovedKeyAskAgain(@ForAll("schedules") List<HistoryStep> schedule) {
		new ReducerHistory(EVERY, 1).run(schedule);
	}

	@Provide
	Arbitrary<List<HistoryStep>> schedules() {
		Arbitrary<Integer> number = Arbitraries.integers().between(0, 20);
		Arbitrary<Kind> kinds = Arbitraries.frequency(Tuple.of(30, Kind.PRODUCE), Tuple.of(30, Kind.PROCESS),
				Tuple.of(5, Kind.MOVE), Tuple.of(3, Kind.HAND_OVER), Tuple.of(6, Kind.BEGIN), Tuple.of(5, Kind.CHANGE),
				Tuple.of(2, Kind.END), Tuple.of(3, Kind.SNAPSHOT), Tuple.of(2, Kind.CLEAR));
		Arbitrary<Fault> faults = Arbitraries.frequencyOf(Tuple.of(1, Arbitraries.just(Fault.NONE)),
				Tuple.of(1, Arbitraries.of(Fault.class)));
		return Combinators
			.combine(kinds, number, number, Arbitraries.integers().between(0, 15), faults,
					Arbitraries.integers().between(0, 7))
			.as(HistoryStep::new)
			.list()
			.ofMinSize(10)
			.ofMaxSize(90);
	}

}
