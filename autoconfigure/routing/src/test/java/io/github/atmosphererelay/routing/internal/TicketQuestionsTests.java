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

package io.github.atmosphererelay.routing.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.routing.internal.TicketOffice.Holder;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link TicketQuestions}.
 */
class TicketQuestionsTests {

	private static final Holder ADA = new Holder("ada", List.of("ROLE_USER"), null);

	private final UUID issuer = UUID.randomUUID();

	private final UUID asker = UUID.randomUUID();

	private final AtomicLong clock = new AtomicLong();

	private final TicketOffice office = new TicketOffice(this.issuer, mock(SessionRegistry.class), this.clock::get,
			new RoutingStatistics(), (link) -> {
			});

	private final Deque<Question> asked = new ArrayDeque<>();

	private final TicketQuestions questions = new TicketQuestions(this::send, this.clock::get);

	private CompletableFuture<byte[]> send(UUID node, byte[] body) {
		Question question = new Question(node, body, new CompletableFuture<>());
		this.asked.add(question);
		return question.answer();
	}

	private byte[] answer(byte[] body) {
		return (body[0] == TicketQuestions.REDEEM_ALL) ? TicketQuestions.answer(this.office, this.asker, body)
				: answerOfAnEarlierRelease(body);
	}

	/**
	 * As nodes answered that know single tickets only.
	 */
	private byte[] answerOfAnEarlierRelease(byte[] body) {
		return this.office.answer(this.asker, new String(body, 1, body.length - 1, StandardCharsets.UTF_8));
	}

	private int answerAll() {
		int count = 0;
		for (Question next = this.asked.poll(); next != null; next = this.asked.poll()) {
			next.answer().complete(answer(next.body()));
			count++;
		}
		return count;
	}

	private List<CompletableFuture<Holder>> ask(int count, Holder holder) {
		List<CompletableFuture<Holder>> results = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			Holder each = new Holder(holder.user() + i, holder.authorities(), null);
			results.add(this.questions.ask(this.issuer, this.office.issue(each, null)));
		}
		return results;
	}

	@Test
	void ticketsThatComeAtOnceAreAllAskedAboutInFewQuestions() {
		List<CompletableFuture<Holder>> results = ask(1_000, ADA);
		assertThat(this.asked).hasSize(TicketQuestions.MAX_QUESTIONS);
		assertThat(answerAll()).isLessThan(20);
		for (int i = 0; i < results.size(); i++) {
			assertThat(results.get(i)).isCompletedWithValue(new Holder("ada" + i, List.of("ROLE_USER"), null));
		}
	}

	@Test
	void aTicketIsGivenOutOnceAndForgedOnesBesideItAreNotValid() {
		ask(4, ADA);
		String ticket = this.office.issue(ADA, null);
		CompletableFuture<Holder> first = this.questions.ask(this.issuer, ticket);
		CompletableFuture<Holder> forged = this.questions.ask(this.issuer, ticket.replaceAll(".{4}$", "AAAA"));
		CompletableFuture<Holder> second = this.questions.ask(this.issuer, ticket);
		answerAll();
		assertThat(first).isCompletedWithValue(ADA);
		assertThat(forged).isCompletedWithValue(null);
		assertThat(second).isCompletedWithValue(null);
	}

	@Test
	void aNodeOfAnEarlierReleaseIsAskedAboutOneTicketAtATime() {
		List<CompletableFuture<Holder>> results = ask(300, ADA);
		int count = 0;
		for (Question next = this.asked.poll(); next != null; next = this.asked.poll()) {
			next.answer().complete(answerOfAnEarlierRelease(next.body()));
			count++;
		}
		assertThat(results).allMatch((each) -> each.isDone() && each.join() != null);
		assertThat(count).isBetween(300, 310);
	}

	@Test
	void anAnswerThatWouldBeTooLargeIsGivenInParts() {
		Holder large = new Holder("ada", List.of("x".repeat(16_000)), null);
		List<CompletableFuture<Holder>> results = ask(50, large);
		int largest = 0;
		for (Question next = this.asked.poll(); next != null; next = this.asked.poll()) {
			byte[] answer = answer(next.body());
			largest = Math.max(largest, answer.length);
			next.answer().complete(answer);
		}
		assertThat(results).allMatch((each) -> each.isDone() && each.join() != null);
		assertThat(largest).isBetween(100_000, 200_000);
	}

	@Test
	void anIssuerThatDoesNotAnswerDelaysNoTicketOfAnother() {
		UUID silent = UUID.randomUUID();
		for (int i = 0; i < TicketQuestions.MAX_WAITING_OF_ISSUER; i++) {
			this.questions.ask(silent, "forged");
		}
		this.asked.clear();
		List<CompletableFuture<Holder>> results = ask(10, ADA);
		answerAll();
		assertThat(results).allMatch((each) -> each.isDone() && each.join() != null);
	}

	@Test
	void whatWaitsHasABoundAndADeadlineAndThePlacesAreGivenBack() {
		for (int round = 0; round < 10; round++) {
			List<CompletableFuture<Holder>> results = new ArrayList<>();
			for (int i = 0; i < 4 * TicketQuestions.MAX_WAITING_OF_ISSUER; i++) {
				results.add(this.questions.ask(this.issuer, "forged"));
			}
			assertThat(results.stream().filter((each) -> !each.isDone()))
				.hasSize(TicketQuestions.MAX_WAITING_OF_ISSUER + TicketQuestions.MAX_QUESTIONS);
			this.clock.addAndGet(TicketQuestions.PATIENCE.toNanos() + 1);
			this.questions.tick(Set.of(this.issuer));
			assertThat(results.stream().filter((each) -> !each.isDone())).as("asked, and not answered yet")
				.hasSize(TicketQuestions.MAX_QUESTIONS);
			this.asked.forEach((each) -> each.answer().completeExceptionally(new IllegalStateException("late")));
			this.asked.clear();
			assertThat(results).allMatch(CompletableFuture::isCompletedExceptionally);
			assertThat(reasons(results)).containsExactlyInAnyOrder(TicketRefusal.NO_ANSWER, TicketRefusal.TOO_MANY);
		}
	}

	@Test
	void allIssuersTogetherHaveABound() {
		int waiting = 0;
		for (int node = 0; node < 10; node++) {
			UUID silent = UUID.randomUUID();
			for (int i = 0; i < TicketQuestions.MAX_WAITING_OF_ISSUER; i++) {
				waiting += this.questions.ask(silent, "forged").isDone() ? 0 : 1;
			}
		}
		assertThat(waiting).isBetween(TicketQuestions.MAX_WAITING, TicketQuestions.MAX_WAITING + 100);
	}

	@Test
	void aClusterThatTakesNoQuestionFailsEachTicketWithoutRecursion() {
		TicketQuestions failing = new TicketQuestions((node, body) -> {
			throw new IllegalStateException("stopped");
		}, this.clock::get);
		List<CompletableFuture<Holder>> results = new ArrayList<>();
		for (int i = 0; i < 3_000; i++) {
			results.add(failing.ask(this.issuer, "ticket"));
		}
		assertThat(reasons(results)).containsExactly(TicketRefusal.NO_ANSWER);
	}

	@Test
	void anAnswerThatIsBrokenFailsItsTicketsAndTheNextOnesAreAsked() {
		List<CompletableFuture<Holder>> results = ask(200, ADA);
		List<Question> broken = List.copyOf(this.asked);
		this.asked.clear();
		broken.forEach((each) -> each.answer().complete(new byte[] { 3 }));
		broken = List.copyOf(this.asked);
		this.asked.clear();
		broken.forEach((each) -> each.answer().complete(new byte[] { 3, 0, 1 }));
		answerAll();
		assertThat(results).allMatch(CompletableFuture::isDone);
		assertThat(ask(1, ADA)).noneMatch(CompletableFuture::isDone);
		answerAll();
	}

	private static Set<TicketRefusal> reasons(List<CompletableFuture<Holder>> results) {
		Set<TicketRefusal> reasons = new HashSet<>();
		results.forEach((each) -> each.whenComplete((holder, failure) -> {
			assertThat(failure).isInstanceOf(TicketNotCheckedException.class);
			reasons.add(((TicketNotCheckedException) failure).reason());
		}));
		return reasons;
	}

	/**
	 * The vector follows {@code src/docs/wire-format.md}, and was made without the code.
	 */
	@Test
	void aQuestionHasTheDocumentedBytes() throws IOException {
		String hex = "03000000020000000161000000026262";
		assertThat(TicketQuestions.question(Arrays.asList("a", "bb"))).isEqualTo(HexFormat.of().parseHex(hex));
		assertThat(TicketQuestions.answer(this.office, this.asker, HexFormat.of().parseHex(hex)))
			.isEqualTo(HexFormat.of().parseHex("030000"));
		assertThat(Files.readString(Path.of("..", "..", "src", "docs", "wire-format.md"))).contains(hex);
	}

	private record Question(UUID node, byte[] body, CompletableFuture<byte[]> answer) {
	}

}
