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

package io.github.atmosphererelay.door.atmosphere.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * A session whose client polls, without a web server.
 */
class PollSessionTests {

	private static final String KEY = "0123456789abcdef";

	private static final Runnable NOTHING = () -> {
	};

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final AtomicInteger ends = new AtomicInteger();

	private final PollStatistics statistics = new PollStatistics();

	private final AtomicLong clock = new AtomicLong();

	private PollSession session = open(false, Duration.ofMinutes(1), Duration.ofMinutes(1));

	private PollToken token = new PollToken(UUID.randomUUID(), KEY, 0, null);

	private PollSession open(boolean lengths, Duration timeout, Duration gap) {
		return new PollSession((ended) -> this.ends.incrementAndGet(), new Timers(this.scheduler, new Guards()),
				new PollSettings(timeout, gap), new PollIdentity(UUID.randomUUID(), KEY, "id", null, "c"),
				new AtmosphereParameters(Transport.POLLING, false, lengths, "0", null, null),
				lengths ? AtmosphereFormat.TEXT_WITH_LENGTH : AtmosphereFormat.TEXT, this.statistics, null, 0, null,
				this.clock::get);
	}

	@AfterEach
	void stop() {
		this.scheduler.shutdownNow();
	}

	/**
	 * Ask, with what the last answer has brought.
	 */
	private Request poll() {
		Request request = new Request();
		boolean known = this.session
			.poll(new PollQuestion(KEY, null, "c", this.token.number(), this.token.position(), "0"), request);
		assertThat(known).isTrue();
		return request;
	}

	private String take(Request request) {
		PollAnswer answer = request.answer();
		this.token = Objects.requireNonNull(PollToken.parse(answer.token()));
		return new String(answer.body(), StandardCharsets.UTF_8);
	}

	private boolean send(String... messages) throws IOException {
		for (String message : messages) {
			this.session.write(new OutboundMessage(Payload.text(message), "c"));
		}
		return this.session.flush(NOTHING);
	}

	private void begin() {
		Request first = new Request();
		this.session.begin(first, false, false);
		assertThat(take(first)).isEmpty();
	}

	@Test
	void theFirstRequestIsAnsweredAtOnceAndTheNextOneWaits() throws IOException {
		begin();
		Request request = poll();
		assertThat(request.answers).isEmpty();
		send("a");
		assertThat(take(request)).isEqualTo("a");
	}

	@Test
	void inARecordedChannelTheFirstAnswerHasThePositionAtWhichTheSubscriptionBegins() {
		Request first = new Request();
		this.session.begin(first, false, true);
		assertThat(first.answers).isEmpty();
		this.session.began("c", new Position("e", 7));
		await().until(() -> !first.answers.isEmpty());
		assertThat(take(first)).isEmpty();
		assertThat(this.token.position()).isEqualTo(new Position("e", 7));
	}

	@Test
	void aClientWithoutARequestIsToldWithTheNextOneWhyItsSessionHasEnded() throws IOException {
		this.session = new PollSession((ended) -> this.ends.incrementAndGet(), new Timers(this.scheduler, new Guards()),
				new PollSettings(Duration.ofMinutes(1), Duration.ofMinutes(1)),
				new PollIdentity(UUID.randomUUID(), KEY, "id", null, "c"), AtmosphereParameters.NONE, new Lines(),
				this.statistics, null, 0, null, this.clock::get);
		begin();
		send("a", "b");
		this.session.close(CloseReason.GOING_AWAY);
		assertThat(this.ends).hasValue(0);
		assertThat(take(poll())).isEqualTo("a\nb\n1001\n");
		assertThat(this.ends).hasValue(1);
		assertThat(this.session.poll(new PollQuestion(KEY, null, "c", this.token.number(), null, "0"), new Request()))
			.isFalse();
	}

	@Test
	void withoutLengthsEachAnswerHasOneMessage() throws IOException {
		begin();
		send("a", "b");
		assertThat(take(poll())).isEqualTo("a");
		assertThat(take(poll())).isEqualTo("b");
		assertThat(poll().answers).isEmpty();
	}

	@Test
	void withLengthsAnAnswerHasAllMessages() throws IOException {
		this.session = open(true, Duration.ofMinutes(1), Duration.ofMinutes(1));
		begin();
		send("a", "b|");
		assertThat(take(poll())).isEqualTo("1|a2|b|");
		assertThat(poll().answers).isEmpty();
	}

	@Test
	void anAnswerThatTheClientHasNotReceivedIsSentAgain() throws IOException {
		begin();
		send("a", "b");
		PollToken before = this.token;
		assertThat(take(poll())).isEqualTo("a");
		this.token = before;
		// The client may have met a failure: one answer without messages
		assertThat(take(poll())).isEmpty();
		assertThat(take(poll())).isEqualTo("a");
		assertThat(take(poll())).isEqualTo("b");
		assertThat(poll().answers).isEmpty();
	}

	@Test
	void aClientThatAsksAfterAPauseMayHaveMetAFailureAndIsAnsweredAtOnce() throws IOException {
		begin();
		send("a", "b");
		assertThat(take(poll())).isEqualTo("a");
		this.clock.addAndGet(500_000_000);
		assertThat(take(poll())).isEmpty();
		this.clock.addAndGet(500_000_000);
		assertThat(take(poll())).isEqualTo("b");
	}

	/**
	 * After the fourth loss the client got 409 and empty answers in turn, for as long as
	 * it asked, and neither this message nor any later one.
	 */
	@Test
	void anAnswerThatIsLostManyTimesIsSentUntilItIsReceived() throws IOException {
		begin();
		send("a", "b");
		PollToken before = this.token;
		for (int i = 0; i < 20; i++) {
			this.token = before;
			assertThat(poll().answer().status()).isEqualTo(200);
		}
		this.token = before;
		String body = take(poll());
		assertThat(body.isEmpty() ? take(poll()) : body).isEqualTo("a");
		assertThat(take(poll())).isEqualTo("b");
	}

	@Test
	void theSessionOfAClientThatNeverReceivesAnAnswerEnds() throws IOException {
		begin();
		send("a");
		PollToken before = this.token;
		take(poll());
		this.token = before;
		this.clock.addAndGet(Duration.ofMinutes(1).toNanos() + 1);
		assertThat(this.session.poll(new PollQuestion(KEY, null, "c", before.number(), before.position(), "0"),
				new Request()))
			.isFalse();
		assertThat(this.ends.get()).isOne();
	}

	private static OutboundMessage recorded(String text, long offset) {
		return OutboundMessage.of(new Publication(UUID.randomUUID(), UUID.randomUUID(), "c", 0, Map.of(),
				Payload.text(text), new Position("e", offset)));
	}

	/**
	 * The broker was late, so that the client knows no position when its first answer
	 * with messages is lost.
	 */
	@Test
	void aClientWithoutAPositionGetsTheLostAnswerThatBringsIt() throws IOException {
		begin();
		Request lost = poll();
		this.session.write(recorded("a", 1));
		this.session.flush(NOTHING);
		assertThat(lost.answer().body()).isNotEmpty();
		String body = take(poll());
		assertThat(body.isEmpty() ? take(poll()) : body).isEqualTo("a");
		assertThat(this.token.position()).isEqualTo(new Position("e", 1));
	}

	@Test
	void thePositionAtWhichTheSubscriptionBeginsIsKeptBehindAFrameOfTheDoor() throws IOException {
		Request first = new Request();
		this.session.begin(first, true, true);
		send("frame");
		this.session.began("c", new Position("e", 7));
		await().until(() -> !first.answers.isEmpty());
		take(first);
		assertThat(this.token.position()).isEqualTo(new Position("e", 7));
		String body = take(poll());
		assertThat(body.isEmpty() ? take(poll()) : body).isEqualTo("frame");
	}

	@Test
	void theOlderOfTwoRequestsEnds() throws IOException {
		begin();
		Request older = poll();
		Request newer = poll();
		assertThat(older.answer().status()).isEqualTo(409);
		assertThat(older.answer().body()).isEmpty();
		assertThat(take(newer)).isEmpty();
		Request last = poll();
		send("a");
		assertThat(take(last)).isEqualTo("a");
	}

	@Test
	void whatDoesNotFitWaitsUntilTheClientAsks() throws IOException {
		this.session = open(true, Duration.ofMinutes(1), Duration.ofMinutes(1));
		begin();
		AtomicInteger flushed = new AtomicInteger();
		this.session.write(new OutboundMessage(Payload.text("x".repeat(70_000)), "c"));
		assertThat(this.session.flush(flushed::incrementAndGet)).isFalse();
		assertThat(flushed).hasValue(0);
		assertThat(take(poll())).hasSize(70_006);
		assertThat(flushed).hasValue(1);
	}

	@Test
	void aRequestWithoutMessagesIsAnsweredAfterSomeTime() {
		this.session = open(false, Duration.ofMillis(50), Duration.ofMinutes(1));
		begin();
		Request request = poll();
		await().atMost(Duration.ofSeconds(10)).until(() -> !request.answers.isEmpty());
		assertThat(take(request)).isEmpty();
		assertThat(this.ends).hasValue(0);
	}

	@Test
	void aSessionWithoutRequestsEndsAndTakesNothingMore() {
		this.session = open(false, Duration.ofMinutes(1), Duration.ofMillis(50));
		begin();
		await().atMost(Duration.ofSeconds(10)).until(() -> this.ends.get() == 1);
		assertThat(this.session.poll(new PollQuestion(KEY, null, "c", 0, null, "0"), new Request())).isFalse();
		assertThatThrownBy(() -> send("a")).isInstanceOf(IOException.class);
	}

	@Test
	void theEndOfASessionAnswersItsRequest() {
		begin();
		Request request = poll();
		this.session.close(CloseReason.GOING_AWAY);
		assertThat(request.answer().status()).isEqualTo(200);
		assertThat(this.ends).hasValue(1);
	}

	/**
	 * A request, with its answers.
	 */
	private static final class Request implements PollWaiter {

		private final List<PollAnswer> answers = new ArrayList<>();

		@Override
		public synchronized void answer(PollAnswer answer) {
			this.answers.add(answer);
		}

		PollAnswer answer() {
			assertThat(this.answers).hasSize(1);
			return this.answers.get(0);
		}

	}

	/**
	 * Tells clients why sessions end.
	 */
	private static final class Lines implements PollFormat {

		@Override
		public byte[] bytes(OutboundMessage message) {
			return (message.payload().asText() + "\n").getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public boolean isSeparated() {
			return true;
		}

		@Override
		public byte[] end(CloseReason reason) {
			return (reason.code() + "\n").getBytes(StandardCharsets.UTF_8);
		}

	}

}
