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

package io.github.atmosphererelay.node.internal;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.PublishResult;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DefaultBroadcaster} and what stands behind it on a node.
 */
class DefaultBroadcasterTests {

	private final FakeRelay relay = new FakeRelay();

	private final NodeFixture fixture = new NodeFixture(this.relay);

	private final DefaultBroadcaster broadcaster = this.fixture.node.broadcaster();

	private final FakeTransport socket = new FakeTransport();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	void aMessageThatTheBrokerHasIsRelayed() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		Receipt receipt = this.broadcaster
			.broadcast("chat/lobby", "hello", PublishOptions.DEFAULTS.header("trace", "abc"))
			.join();
		assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
		awaitReceived("hello");
		assertThat(this.relay.published()).hasSize(1);
		Envelope envelope = this.relay.published().get(0);
		assertThat(envelope.id()).isEqualTo(receipt.messageId());
		assertThat(envelope.id().version()).isEqualTo(7);
		assertThat(envelope.origin()).isEqualTo(this.fixture.node.identity().id());
		assertThat(envelope.audience()).isEqualTo(new Audience.Channel("chat/lobby", null));
		assertThat(envelope.headers()).isEqualTo(Map.of("trace", "abc"));
		assertThat(envelope.payload()).isEqualTo(Payload.text("hello"));
		assertThat(published(PublishResult.RELAYED)).isOne();
	}

	@Test
	void whileTheRelayIsDownMessagesStayOnThisNodeAndAreNumbered() {
		this.relay.silent();
		this.fixture.start();
		this.fixture.connect(null, this.socket, "chat/lobby");
		assertThat(outcome("one")).isEqualTo(Outcome.LOCAL_ONLY);
		assertThat(outcome("two")).isEqualTo(Outcome.LOCAL_ONLY);
		awaitReceived("one", "two");
		assertThat(this.relay.published()).isEmpty();
		assertThat(published(PublishResult.LOCAL_ONLY)).isEqualTo(2);
		this.relay.answering();
		await().until(() -> this.fixture.node.monitor().isUp());
		assertThat(outcome("three")).isEqualTo(Outcome.RELAYED);
		Sequence sequence = this.relay.published().get(0).sequence();
		assertThat(sequence).isNotNull();
		assertThat(sequence.number()).isEqualTo(3);
	}

	@Test
	void aMessageThatWasCertainlyNotSentIsLocalOnly() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		this.relay.fail(new RelayUnavailableException("fake", null));
		assertThat(outcome("hello")).isEqualTo(Outcome.LOCAL_ONLY);
		awaitReceived("hello");
		assertThat(published(PublishResult.LOCAL_ONLY)).isOne();
	}

	@Test
	void aMessageWithoutAnAnswerIsUnconfirmed() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		this.relay.answer(Outcome.UNCONFIRMED);
		assertThat(outcome("hello")).isEqualTo(Outcome.UNCONFIRMED);
		awaitReceived("hello");
		assertThat(published(PublishResult.UNCONFIRMED)).isOne();
	}

	/**
	 * As in a Kafka that has fewer replicas than it must: it answers probes, and confirms
	 * nothing.
	 */
	@Test
	void aLogThatConfirmsNothingIsFailingUntilItDoes() {
		this.relay.recorded();
		this.fixture.startUp();
		Guard appends = this.fixture.node.timers().guards().of(Part.LOG_APPENDS);
		this.relay.answer(Outcome.UNCONFIRMED);
		for (int i = 0; i < 3; i++) {
			assertThat(appends.isFailing()).isFalse();
			assertThat(this.broadcaster.broadcast("log/a", "hello").join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
		}
		assertThat(appends.isFailing()).isTrue();
		this.relay.answer(Outcome.RELAYED);
		assertThat(this.broadcaster.broadcast("log/a", "hello").join().outcome()).isEqualTo(Outcome.RELAYED);
		assertThat(appends.isFailing()).isFalse();
	}

	@Test
	void messagesThatCannotBeRecordedAsTheyAreDoNotMakeTheLogFailing() {
		this.relay.recorded();
		this.fixture.startUp();
		this.relay.fail(new IllegalArgumentException("The message is too large for Kafka"));
		for (int i = 0; i < 5; i++) {
			assertThat(this.broadcaster.broadcast("log/a", "large")).isCompletedExceptionally();
		}
		assertThat(published(PublishResult.FAILED)).isEqualTo(5);
		assertThat(this.fixture.node.timers().guards().of(Part.LOG_APPENDS).failures()).isZero();
	}

	@Test
	void anOverloadedRelayFailsTyped() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		this.relay.fail(new RelayOverloadedException("fake", 5));
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", "hello").get())
			.havingCause()
			.isInstanceOf(RelayOverloadedException.class)
			.withMessageContaining("atmosphere.relay.max-pending");
		awaitReceived("hello");
		assertThat(published(PublishResult.OVERLOADED)).isOne();
	}

	@Test
	void anyOtherFailureIsHandedOn() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		this.relay.fail(new IllegalStateException("broken"));
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", "hello").get())
			.havingCause()
			.isInstanceOf(IllegalStateException.class);
		awaitReceived("hello");
		assertThat(published(PublishResult.FAILED)).isOne();
	}

	@Test
	void theReceiptComesWhenTheBrokerAnswersAndNobodyWaitsForIt() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		CompletableFuture<Receipt> answer = new CompletableFuture<>();
		this.relay.answer((envelope) -> answer);
		CompletableFuture<Receipt> receipt = this.broadcaster.broadcast("chat/lobby", "hello");
		awaitReceived("hello");
		assertThat(receipt).isNotDone();
		answer.complete(Receipt.of(this.relay.published().get(0).id(), Outcome.RELAYED));
		assertThat(receipt).isCompleted();
	}

	@Test
	void whatIsWrongWithTheCallIsThrownAndNothingIsSent() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		assertThatExceptionOfType(MessageTooLargeException.class)
			.isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", "ü".repeat(501)))
			.withMessageContaining("1002")
			.withMessageContaining("atmosphere.relay.max-message-size");
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> this.broadcaster.broadcast("nowhere", "hello"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.broadcaster.broadcast("chat//lobby", "hello"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", 42));
		PublishOptions manyHeaders = PublishOptions.DEFAULTS;
		for (int i = 0; i < 65; i++) {
			manyHeaders = manyHeaders.header("header" + i, "value");
		}
		PublishOptions tooMany = manyHeaders;
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", "hello", tooMany))
			.withMessageContaining("64");
		PublishOptions tooLong = PublishOptions.DEFAULTS.header("header", "x".repeat(17_000));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.broadcaster.broadcast("chat/lobby", "hello", tooLong));
		assertThat(outcome("ü".repeat(500))).isEqualTo(Outcome.RELAYED);
		awaitReceived("ü".repeat(500));
		assertThat(this.relay.published()).hasSize(1);
	}

	@Test
	void aChannelOfThisNodeAloneNeverTouchesTheRelay() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "local/cache");
		assertThat(this.broadcaster.broadcast("local/cache", "hello").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		awaitReceived("hello");
		assertThat(this.relay.published()).isEmpty();
		assertThat(published(PublishResult.NODE)).isOne();
	}

	@Test
	void everySessionOfAUserIsReachedAndNobodyElse() {
		this.fixture.startUp();
		FakeTransport second = new FakeTransport();
		FakeTransport other = new FakeTransport();
		this.fixture.connect("ann", this.socket);
		this.fixture.connect("ann", second);
		this.fixture.connect("bob", other);
		assertThat(this.broadcaster.toUser("ann", "hello").join().outcome()).isEqualTo(Outcome.RELAYED);
		this.broadcaster.toUser("bob", "last");
		awaitReceived("hello");
		await().until(() -> second.events().equals(List.of("hello")) && other.events().equals(List.of("last")));
		assertThat(this.relay.published().get(0).audience()).isEqualTo(new Audience.User("ann", null));
	}

	@Test
	void aSessionOfThisNodeIsReachedWithoutTheRelay() {
		this.fixture.startUp();
		LocalSession session = this.fixture.connect(null, this.socket);
		assertThat(this.broadcaster.toSession(session.id(), "hello").join().outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		awaitReceived("hello");
		assertThat(this.relay.published()).isEmpty();
		session.ended(1000, null);
		for (String unknown : List.of(session.id(), "no-node", "not-a-uuid.1")) {
			assertThatExceptionOfType(ExecutionException.class)
				.isThrownBy(() -> this.broadcaster.toSession(unknown, "hello").get())
				.havingCause()
				.isInstanceOf(UnknownSessionException.class);
		}
	}

	@Test
	void aSessionOfAnotherNodeIsReachedThroughTheRelay() {
		this.fixture.startUp();
		UUID node = UUID.randomUUID();
		assertThat(this.broadcaster.toSession(node + ".1", "hello").join().outcome()).isEqualTo(Outcome.RELAYED);
		assertThat(this.relay.published().get(0).audience()).isEqualTo(new Audience.Session(node, node + ".1"));
	}

	@Test
	void oneSessionCanBeLeftOut() {
		this.fixture.startUp();
		FakeTransport left = new FakeTransport();
		LocalSession leftOut = this.fixture.connect(null, left, "chat/lobby");
		this.fixture.connect(null, this.socket, "chat/lobby");
		PublishOptions options = PublishOptions.DEFAULTS.exceptSession(leftOut.id());
		this.broadcaster.broadcast("chat/lobby", "one", options);
		this.broadcaster.toEveryone("two", options);
		this.broadcaster.toEveryone("three");
		awaitReceived("one", "two", "three");
		await().until(() -> left.events().equals(List.of("three")));
		assertThat(this.relay.published()).extracting((envelope) -> envelope.audience().exceptSession())
			.containsExactly(leftOut.id(), leftOut.id(), null);
	}

	@Test
	void clientsPublishOnlyWhereTheyMay() {
		this.fixture.startUp();
		FakeTransport other = new FakeTransport();
		LocalSession sender = this.fixture.connect(null, this.socket, "chat/lobby", "quiet/room", "news/today");
		this.fixture.connect(null, other, "chat/lobby", "quiet/room", "news/today");
		ClientMessageReceiver in = this.fixture.node.clientMessages();
		assertThat(in.receive(sender, "news/today", Payload.text("fake"))).isCompletedExceptionally();
		assertThat(in.receive(sender, "nowhere", Payload.text("fake"))).isCompletedExceptionally();
		assertThat(in.receive(sender, "quiet/room", Payload.text("quiet"))).isCompleted();
		assertThat(in.receive(sender, "chat/lobby", Payload.text("loud"))).isCompleted();
		awaitReceived("loud");
		await().until(() -> other.events().equals(List.of("quiet", "loud")));
		assertThat(this.fixture.statistics.inbound().refused()).isEqualTo(2);
		assertThat(this.fixture.statistics.inbound().clientMessages()).isEqualTo(2);
		assertThat(this.fixture.statistics.inbound().clientBytes()).isEqualTo("quietloud".length());
	}

	@Test
	void whoIsTakenOutOfAChannelPublishesThereNoMore() {
		this.fixture.startUp();
		LocalSession sender = this.fixture.connect(null, this.socket, "chat/lobby");
		ClientMessageReceiver in = this.fixture.node.clientMessages();
		assertThat(in.receive(sender, "chat/lobby", Payload.text("in"))).isCompleted();
		this.fixture.node.subscriptions().unsubscribe(sender, "chat/lobby");
		assertThat(in.receive(sender, "chat/lobby", Payload.text("out"))).isCompletedExceptionally();
		assertThat(this.relay.published()).filteredOn((envelope) -> envelope.kind() == Envelope.Kind.MESSAGE)
			.extracting((envelope) -> envelope.payload().asText())
			.containsExactly("in");
	}

	@Test
	void messagesOfOtherNodesAreDeliveredOnce() {
		this.fixture.startUp();
		this.fixture.connect("ann", this.socket, "chat/lobby");
		UUID other = UUID.randomUUID();
		receive(other, new Audience.Channel("chat/lobby", null), "one", new Sequence(1, 1));
		receive(other, new Audience.Channel("chat/lobby", null), "one", new Sequence(1, 1));
		receive(other, new Audience.Channel("chat/unfollowed", null), "not here", new Sequence(1, 1));
		receive(other, new Audience.Channel("chat/lobby", null), "four", new Sequence(1, 4));
		receive(other, new Audience.User("ann", null), "to ann", new Sequence(1, 1));
		receive(other, new Audience.Everyone(null), "to all", new Sequence(1, 1));
		receive(this.fixture.node.identity().id(), new Audience.Channel("chat/lobby", null), "echo",
				new Sequence(1, 1));
		awaitReceived("one", "four", "to ann", "to all");
		MessagingStatistics statistics = this.fixture.statistics;
		assertThat(statistics.deliveries().relayed()).isEqualTo(4);
		assertThat(statistics.deliveries().lagCount()).isEqualTo(4);
		assertThat(statistics.deliveries().duplicates()).isOne();
		assertThat(statistics.deliveries().missed()).isEqualTo(2);
		assertThat(statistics.deliveries().echoes()).isOne();
		assertThat(this.relay.published()).isEmpty();
	}

	@Test
	void whatIsPublishedWhileANodeIsStoppedIsNotCountedAsMissed() {
		this.fixture.startUp();
		UUID other = UUID.randomUUID();
		receive(other, new Audience.Everyone(null), "one", new Sequence(1, 1));
		this.fixture.node.stop();
		this.fixture.startUp();
		receive(other, new Audience.Everyone(null), "ninety", new Sequence(1, 90));
		assertThat(this.fixture.statistics.deliveries().relayed()).isEqualTo(2);
		assertThat(this.fixture.statistics.deliveries().missed()).isZero();
	}

	@Test
	void concurrentPublishersAreSeenInTheSameOrderHereAndOnTheRelay() {
		this.fixture.startUp();
		this.fixture.connect(null, this.socket, "chat/lobby");
		int messages = 4_000;
		IntStream.range(0, messages)
			.parallel()
			.forEach((i) -> this.broadcaster.broadcast("chat/lobby", String.valueOf(i)));
		await().until(() -> this.socket.messages() == messages);
		assertThat(this.relay.published().stream().map((envelope) -> envelope.payload().asText()).toList())
			.isEqualTo(this.socket.events());
		assertThat(this.relay.published()).extracting((envelope) -> envelope.sequence().number())
			.isEqualTo(IntStream.rangeClosed(1, messages).mapToObj(Long::valueOf).toList());
		assertThat(published(PublishResult.RELAYED)).isEqualTo(messages);
		assertThat(this.fixture.drops()).isZero();
	}

	private void receive(UUID origin, Audience audience, String text, Sequence sequence) {
		this.relay.listener()
			.received(new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, System.currentTimeMillis(),
					audience, Map.of(), Payload.text(text), sequence, null), null);
	}

	private Outcome outcome(String text) {
		return this.broadcaster.broadcast("chat/lobby", text).join().outcome();
	}

	private long published(PublishResult result) {
		return this.fixture.statistics.publishing().published(result);
	}

	private void awaitReceived(String... texts) {
		await().untilAsserted(() -> assertThat(this.socket.events()).containsExactly(texts));
	}

}
