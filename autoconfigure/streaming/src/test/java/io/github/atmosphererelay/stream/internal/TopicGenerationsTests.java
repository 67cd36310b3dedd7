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
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link TopicGenerations}.
 */
class TopicGenerationsTests {

	private final TopicGenerations generations = new TopicGenerations();

	@Test
	void aTopicThatIsMadeAgainOrGetsPartitionsHasALargerNumber() {
		this.generations.apply("odds", List.of("first"));
		long before = number("first", 12);
		long grown = number("first", 13);
		this.generations.apply("odds", List.of("first", "second"));
		assertThat(before).isEqualTo(12).isLessThan(grown);
		assertThat(number("first", 12)).isEqualTo(before);
		long made = number("second", 3);
		assertThat(made).isGreaterThan(grown);
		assertThat(TopicGenerations.partitions(made)).isEqualTo(3);
		assertThat(TopicGenerations.withPartitions(made, 2)).isEqualTo(number("second", 2));
		assertThat(TopicGenerations.isOfEarlierTopic(grown, made)).isTrue();
		assertThat(TopicGenerations.isOfEarlierTopic(before, grown)).isFalse();
		assertThat(TopicGenerations.isOfEarlierTopic(made, before)).isFalse();
	}

	@Test
	void aTopicHasNoNumberBeforeItsIdWasRead() {
		assertThat(this.generations.find("odds", new TopicLayout("first", 1))).isNull();
		assertThat(this.generations.toWrite("odds", "first")).containsExactly("first");
		this.generations.apply("odds", List.of("first"));
		assertThat(this.generations.toWrite("odds", "first")).isNull();
		assertThat(this.generations.toWrite("odds", "second")).containsExactly("first", "second");
		assertThat(this.generations.find("other", new TopicLayout("first", 1))).isNull();
	}

	@Test
	void whatTwoMembersHaveWrittenAtTheSameTimeIsPutTogetherAndWrittenAgain() {
		this.generations.apply("odds", List.of("first", "second"));
		this.generations.apply("odds", List.of("first", "third"));
		long second = number("second", 1);
		long third = number("third", 1);
		assertThat(third).isGreaterThan(second);
		List<String> all = this.generations.toWrite("odds", "third");
		assertThat(all).containsExactly("first", "second", "third");
		this.generations.apply("odds", all);
		assertThat(this.generations.toWrite("odds", "third")).isNull();
		// A process that comes later reads only what compaction has left
		TopicGenerations later = new TopicGenerations();
		later.apply("odds", all);
		assertThat(later.find("odds", new TopicLayout("third", 1))).isEqualTo(third);
	}

	@Test
	void aTopicThatWasMadeTooOftenIsRefused() {
		this.generations.apply("odds",
				IntStream.range(0, TopicGenerations.MAX_MADE).mapToObj(Integer::toString).toList());
		assertThatIllegalStateException().isThrownBy(() -> this.generations.toWrite("odds", "more"))
			.withMessageContaining("'odds'")
			.withMessageContaining("Reducer.named");
	}

	private long number(String id, int partitions) {
		Long number = this.generations.find("odds", new TopicLayout(id, partitions));
		assertThat(number).isNotNull();
		return number;
	}

}
