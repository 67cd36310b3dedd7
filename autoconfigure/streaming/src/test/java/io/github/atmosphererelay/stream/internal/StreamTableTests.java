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
import java.util.Map;
import java.util.Set;

import io.github.atmosphererelay.stream.StreamSubscription;
import io.github.atmosphererelay.stream.internal.StreamTable.Refusal;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link StreamTable}.
 */
class StreamTableTests {

	private final ReducerFunctions<Tally> functions = new ReducerFunctions<>(Tally.reducer(false),
			JsonMapper.builder().build(), new ReducerStatistics());

	private final StreamTable table = new StreamTable(List.of(this.functions), new StreamTable.Limits(3, 4, 6));

	@Test
	void aKeyIsWantedInTheVariantsOfItsStreams() {
		apply("one", stream(true, "plain", "a", "b"));
		apply("two", stream(true, "plain", "a"));
		apply("three", stream(true, "short", "a"));
		assertThat(variants("a")).containsExactlyInAnyOrder("plain", "short");
		apply("one", null);
		apply("three", null);
		assertThat(variants("a")).containsExactly("plain");
		assertThat(variants("b")).isEmpty();
		apply("two", null);
		assertThat(this.table.interest("tally").size()).isZero();
		assertThat(this.table.keys()).isZero();
	}

	@Test
	void aStreamChangesItsKeys() {
		apply("one", stream(true, "plain", "a", "b"));
		apply("one", stream(true, "plain", "b", "c"));
		assertThat(variants("a")).isEmpty();
		assertThat(variants("b")).containsExactly("plain");
		assertThat(variants("c")).containsExactly("plain");
		assertThat(this.table.keys()).isEqualTo(2);
	}

	@Test
	void theSameParametersAreTheSameQuery() {
		JsonMapper mapper = JsonMapper.builder().build();
		QueryInstance query = this.functions.query("by-group", mapper.readTree("{ \"group\" : 1 }"));
		assertThat(query.parameters()).isEqualTo("{\"group\":1}");
	}

	@Test
	void whatDoesNotFitIsRefused() {
		assertThat(apply("big", stream(true, "plain", "a", "b", "c", "d", "e"))).isEqualTo(Refusal.TOO_MANY_KEYS);
		assertThat(apply("one", stream(true, "plain", "a", "b", "c", "d"))).isNull();
		assertThat(apply("two", stream(true, "plain", "a", "b", "c"))).isEqualTo(Refusal.TOO_MANY_KEYS);
		assertThat(apply("two", stream(true, "plain", "a"))).isNull();
		assertThat(apply("three", stream(true, "plain", "a"))).isNull();
		assertThat(apply("four", stream(true, "plain", "a"))).isEqualTo(Refusal.TOO_MANY_STREAMS);
		assertThat(this.table.streams()).isEqualTo(3);
	}

	@Test
	void whatCannotBeReadIsRefusedAndReplacesWhatWasThere() {
		apply("one", stream(true, "plain", "a"));
		StreamDefinition unknown = new StreamDefinition("other", subscription("plain"), "\"plain\"",
				new Selection.Keys(Set.of("a")), true);
		assertThat(apply("one", unknown)).isEqualTo(Refusal.UNKNOWN_REDUCER);
		assertThat(variants("a")).isEmpty();
		for (QueryInstance query : List.of(new QueryInstance("by-color", "{}"), new QueryInstance("by-group", "no"),
				new QueryInstance("by-group", "null"))) {
			StreamDefinition unreadable = new StreamDefinition("tally", subscription("plain"), "\"plain\"",
					new Selection.Matching(query), true);
			assertThat(apply("two", unreadable)).isEqualTo(Refusal.UNREADABLE);
		}
		assertThat(this.table.streams()).isZero();
	}

	@Test
	void twoReducersOfOneNameAreRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new StreamTable(List.of(this.functions, this.functions), new StreamTable.Limits(1, 1, 1)))
			.withMessageContaining("'tally'");
	}

	private List<String> variants(String key) {
		return this.table.interest("tally")
			.variantsOf(key)
			.stream()
			.map((variant) -> (String) variant.value())
			.toList();
	}

	private Refusal apply(String id, StreamDefinition definition) {
		return this.table.apply(id, definition);
	}

	private static StreamDefinition stream(boolean begun, String format, String... keys) {
		return new StreamDefinition("tally", subscription(format), '"' + format + '"', new Selection.Keys(Set.of(keys)),
				begun);
	}

	private static StreamSubscription subscription(String format) {
		return new StreamSubscription(null, Map.of("format", format));
	}

}
