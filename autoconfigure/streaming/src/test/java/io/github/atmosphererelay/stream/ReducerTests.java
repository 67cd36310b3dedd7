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

package io.github.atmosphererelay.stream;

import java.util.Map;

import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link Reducer} and {@link ReducerBuilder}.
 */
class ReducerTests {

	@Test
	void statesAreOfTheTypeOfTheValuesUnlessAnotherIsNamed() {
		Reducer<String, Odds> odds = Reducer.named("odds")
			.topic("odds", Odds.class)
			.fold((state, record) -> record.value())
			.build();
		Reducer<String, Integer> counts = Reducer.named("counts")
			.topic("odds", Odds.class)
			.state(Integer.class)
			.fold((state, record) -> (state != null) ? state + 1 : 1)
			.build();
		assertThat(odds.stateType()).isEqualTo(Odds.class);
		assertThat(counts.stateType()).isEqualTo(Integer.class);
		assertThat(counts.valueType()).isEqualTo(Odds.class);
	}

	@Test
	void withoutAViewSubscribersSeeTheStateInOneVariant() {
		Reducer<String, Odds> reducer = minimal().build();
		Object variant = reducer.variant().apply(new StreamSubscription("alice", Map.of("format", "fractional")));
		assertThat(variant).isEqualTo(reducer.variant().apply(new StreamSubscription(null, Map.of())));
		Odds odds = new Odds("tennis", 1.5);
		assertThat(reducer.view().of(variant, "match-1", odds)).isSameAs(odds);
	}

	@Test
	void thePartitionIsThatOfKafkasClientsUnlessAPartitionerIsGiven() {
		assertThat(minimal().build().partition("match-1", 12)).isBetween(0, 11);
		assertThat(minimal().partitioner((key, partitions) -> key.length % partitions).build().partition("match-1", 12))
			.isEqualTo(7);
	}

	@Test
	void whatIsBuiltDoesNotChangeWithItsBuilder() {
		ReducerBuilder<Odds, Odds> builder = minimal();
		Reducer<String, Odds> reducer = builder.build();
		builder.skippable().query("all", Object.class, (state, query) -> true);
		assertThat(reducer.isSkippable()).isFalse();
		assertThat(reducer.queries()).isEmpty();
	}

	@Test
	void aDeserializerTakesThePlaceOfJson() {
		Reducer<String, String> reducer = Reducer.named("text")
			.topic("text", new StringDeserializer(), String.class)
			.fold((state, record) -> record.value())
			.build();
		assertThat(reducer.valueType()).isNull();
		assertThat(reducer.deserializer()).isInstanceOf(StringDeserializer.class);
	}

	@Test
	void namesThatCannotBePartsOfTopicsAndUrlsAreRefused() {
		for (String name : new String[] { "", "Odds", "a/b", "a b", "x".repeat(65) }) {
			assertThatIllegalArgumentException().isThrownBy(() -> Reducer.named(name))
				.withMessageContaining("The name of a reducer")
				.withMessageContaining("'" + name + "'");
			assertThatIllegalArgumentException()
				.isThrownBy(() -> minimal().query(name, Object.class, (state, query) -> true))
				.withMessageContaining("The name of a query");
		}
	}

	@Test
	void errorsNameTheMethodToCall() {
		assertThatIllegalArgumentException().isThrownBy(() -> Reducer.named("odds").topic(" ", Odds.class))
			.withMessageContaining("topic(..)");
		assertThatIllegalStateException().isThrownBy(() -> Reducer.named("odds").topic("odds", Odds.class).build())
			.withMessageContaining("'odds'")
			.withMessageContaining("fold(..)");
		assertThatIllegalStateException().isThrownBy(() -> minimal().fold((state, record) -> null))
			.withMessageContaining("fold(..) once");
		assertThatIllegalStateException().isThrownBy(() -> minimal().state(String.class))
			.withMessageContaining("state(..) before fold(..)");
		assertThatIllegalStateException()
			.isThrownBy(() -> minimal().view((subscription) -> "", (variant, key, state) -> state)
				.view((subscription) -> "", (variant, key, state) -> state))
			.withMessageContaining("view(..) once");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> minimal().query("all", Object.class, (state, query) -> true)
				.query("all", Object.class, (state, query) -> true))
			.withMessageContaining("two queries with the name 'all'");
	}

	private static ReducerBuilder<Odds, Odds> minimal() {
		return Reducer.named("odds").topic("odds", Odds.class).fold((state, record) -> record.value());
	}

	private record Odds(String sport, double price) {

	}

}
