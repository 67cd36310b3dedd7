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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * Asks one question at a time for all subscribers of this node: those that ask while an
 * answer is awaited share the next question. For any thread.
 */
final class SharedQuestion implements RecentQuestion {

	/** Longer than the nodes have to answer. */
	private static final long TIMEOUT_SECONDS = 30;

	private final RecentQuestion question;

	private boolean asking;

	/** The answer to the next question. */
	private @Nullable CompletableFuture<RecentAnswers> next;

	/** How far the next question looks back. */
	private Duration age = Duration.ZERO;

	SharedQuestion(RecentQuestion question) {
		this.question = question;
	}

	@Override
	public CompletableFuture<RecentAnswers> ask(Duration age) {
		CompletableFuture<RecentAnswers> answer;
		synchronized (this) {
			// Not the present question: a node may have answered it before it published
			CompletableFuture<RecentAnswers> next = this.next;
			answer = (next != null) ? next : new CompletableFuture<>();
			this.next = answer;
			this.age = (age.compareTo(this.age) > 0) ? age : this.age;
		}
		askNext();
		return answer;
	}

	private void askNext() {
		CompletableFuture<RecentAnswers> answer;
		Duration age;
		synchronized (this) {
			answer = this.next;
			if (this.asking || answer == null) {
				return;
			}
			this.asking = true;
			this.next = null;
			age = this.age;
			this.age = Duration.ZERO;
		}
		try {
			this.question.ask(age)
				.orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
				.whenComplete((recent, ex) -> answered(answer, recent, ex));
		}
		catch (Throwable ex) {
			answered(answer, null, ex);
		}
	}

	private void answered(CompletableFuture<RecentAnswers> answer, @Nullable RecentAnswers recent,
			@Nullable Throwable failure) {
		synchronized (this) {
			this.asking = false;
		}
		if (recent != null) {
			answer.complete(recent);
		}
		else {
			answer.completeExceptionally((failure != null) ? failure : new IllegalStateException("No answer"));
		}
		askNext();
	}

}
