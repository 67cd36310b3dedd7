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

package io.github.atmosphererelay.broadcast.internal;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RecentPublishing} and {@link RecentChannels}.
 */
class RecentPublishingTests {

	@Test
	void theNumberOfChannelsIsLimitedAndTheAnswerSaysSo() {
		RecentPublishing recent = new RecentPublishing();
		for (int i = 0; i < RecentPublishing.MAX_CHANNELS; i++) {
			recent.published("orders/" + i);
		}
		assertThat(recent.since(Duration.ofMinutes(1)).complete()).isTrue();
		recent.published("orders/new");
		RecentChannels channels = recent.since(Duration.ofMinutes(1));
		assertThat(channels.complete()).isFalse();
		assertThat(channels.names()).hasSize(RecentPublishing.MAX_CHANNELS)
			.startsWith("orders/new")
			.doesNotContain("orders/0");
	}

	@Test
	void anAnswerThatIsTooLongIsCutAndSaysSo() {
		List<String> names = IntStream.range(0, 1000).mapToObj((i) -> "x".repeat(100) + i).toList();
		RecentChannels read = RecentChannels.of(new RecentChannels(names, true).toText());
		assertThat(read.complete()).isFalse();
		assertThat(read.names()).hasSizeBetween(500, 600);
		assertThat(names).startsWith(read.names().toArray(String[]::new));
	}

	@Test
	void theAnswersOfAllNodesAreCompleteTogetherOrNot() {
		RecentChannels one = new RecentChannels(List.of("a", "b"), true);
		RecentChannels other = new RecentChannels(List.of("b", "c"), true);
		assertThat(RecentChannels.merge(List.of(one, other), true))
			.isEqualTo(new RecentChannels(List.of("a", "b", "c"), true));
		assertThat(RecentChannels.merge(List.of(one), false).complete()).isFalse();
		assertThat(RecentChannels.merge(List.of(one, new RecentChannels(List.of(), false)), true).complete()).isFalse();
		assertThat(RecentChannels.of("").complete()).isFalse();
	}

}
