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

package io.github.atmosphererelay.listening.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SharedQuestionTests {

	private final List<Duration> asked = new ArrayList<>();

	private final List<CompletableFuture<RecentAnswers>> answers = new ArrayList<>();

	private final SharedQuestion question = new SharedQuestion((age) -> {
		this.asked.add(age);
		CompletableFuture<RecentAnswers> answer = new CompletableFuture<>();
		this.answers.add(answer);
		return answer;
	});

	private static RecentAnswers channels(String name) {
		return new RecentAnswers(new RecentChannels(List.of(name), true), Set.of());
	}

	@Test
	void thoseThatAskWhileAnAnswerIsAwaitedShareTheNextQuestion() {
		CompletableFuture<RecentAnswers> first = this.question.ask(Duration.ofSeconds(1));
		CompletableFuture<RecentAnswers> second = this.question.ask(Duration.ofSeconds(5));
		CompletableFuture<RecentAnswers> third = this.question.ask(Duration.ofSeconds(3));
		assertThat(this.asked).containsExactly(Duration.ofSeconds(1));
		this.answers.get(0).complete(channels("a"));
		assertThat(first).isCompletedWithValue(channels("a"));
		assertThat(this.asked).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(5));
		assertThat(second).isNotDone();
		this.answers.get(1).complete(channels("b"));
		assertThat(second).isCompletedWithValue(channels("b"));
		assertThat(third).isCompletedWithValue(channels("b"));
		assertThat(this.asked).hasSize(2);
	}

	@Test
	void aQuestionThatFailsDoesNotHoldUpTheNextOne() {
		CompletableFuture<RecentAnswers> first = this.question.ask(Duration.ofSeconds(1));
		CompletableFuture<RecentAnswers> second = this.question.ask(Duration.ofSeconds(1));
		this.answers.get(0).completeExceptionally(new IllegalStateException("gone"));
		assertThat(first).isCompletedExceptionally();
		this.answers.get(1).complete(channels("b"));
		assertThat(second).isCompletedWithValue(channels("b"));
		SharedQuestion failing = new SharedQuestion((age) -> {
			throw new IllegalStateException("stopped");
		});
		assertThat(failing.ask(Duration.ZERO)).isCompletedExceptionally();
		assertThat(failing.ask(Duration.ZERO)).isCompletedExceptionally();
	}

}
