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

package io.github.atmosphererelay.stomp.internal;

import org.junit.jupiter.api.Test;

import org.springframework.util.AntPathMatcher;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DestinationInterest}.
 */
class DestinationInterestTests {

	private final DestinationInterest interest = new DestinationInterest(new AntPathMatcher());

	@Test
	void aDestinationIsWantedFromItsFirstToItsLastSubscription() {
		this.interest.add("s1", "1", "/topic/a");
		this.interest.add("s2", "1", "/topic/a");
		assertThat(this.interest.mayWant("/topic/a")).isTrue();
		assertThat(this.interest.mayWant("/topic/b")).isFalse();
		this.interest.remove("s1", "1");
		this.interest.remove("s1", "1");
		assertThat(this.interest.wants("/topic/a")).isTrue();
		this.interest.remove("s2", "1");
		assertThat(this.interest.wants("/topic/a")).isFalse();
		assertThat(this.interest.size()).isZero();
	}

	@Test
	void aPatternWantsWhatItMatches() {
		this.interest.add("s1", "1", "/topic/news/**");
		assertThat(this.interest.mayWant("/topic/b")).isTrue();
		assertThat(this.interest.wants("/topic/b")).isFalse();
		assertThat(this.interest.wants("/topic/news/a/b")).isTrue();
		this.interest.removeAll("s1");
		assertThat(this.interest.mayWant("/topic/news/a")).isFalse();
	}

	@Test
	void bothDestinationsOfAnIdThatAClientUsesTwiceAreWanted() {
		this.interest.add("s1", "1", "/topic/a");
		this.interest.add("s1", "1", "/topic/b");
		assertThat(this.interest.wants("/topic/a")).isTrue();
		assertThat(this.interest.wants("/topic/b")).isTrue();
		this.interest.remove("s1", "1");
		assertThat(this.interest.size()).isZero();
	}

	@Test
	void pathsMayBeSeparatedByDots() {
		DestinationInterest dots = new DestinationInterest(new AntPathMatcher("."));
		dots.add("s1", "1", "topic.news.*");
		assertThat(dots.wants("topic.news.a")).isTrue();
		assertThat(dots.wants("topic.news.a.b")).isFalse();
	}

}
