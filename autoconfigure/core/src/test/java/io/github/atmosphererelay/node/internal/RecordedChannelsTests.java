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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.Broadcaster;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.OutboundMessage;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for recorded channels: their order on a node, what a subscription recovers, and
 * what becomes of both when the relay loses messages, is away, or has lost its logs.
 */
@Reconciles
class RecordedChannelsTests {

	private static final String CHANNEL = "log/a";

	private final LossyRelay relay = new LossyRelay();

	private final NodeFixture fixture = new NodeFixture(this.relay).startUp();

	private final List<String> sent = new ArrayList<>();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	private Broadcaster broadcaster() {
		return this.fixture.node.broadcaster();
	}

	private Receipt publish() {
		String text = "message " + this.sent.size();
		this.sent.add(text);
		return broadcaster().broadcast(CHANNEL, text).orTimeout(5, TimeUnit.SECONDS).join();
	}

	private Position publish(int count) {
		Position position = null;
		for (int i = 0; i < count; i++) {
			position = publish().position();
		}
		assertThat(position).isNotNull();
		return position;
	}

	@Test
	@Covers(KnownFault.ENTRIES_BETWEEN_READS_ARE_MISSED)
	void everySessionGetsTheWholeLogInOrderAlthoughTheRelayLosesMessages() {
		Random random = new Random(42);
		this.relay.lose((envelope) -> random.nextInt(10) < 3);
		Client positioned = new Client();
		positioned.subscribed(null);
		FakeTransport plain = new FakeTransport();
		this.fixture.connect(null, plain, CHANNEL);
		publish(2000);
		positioned.awaitExactly("subscribed fresh", this.sent);
		await().untilAsserted(() -> assertThat(plain.events()).isEqualTo(this.sent));
		assertThat(this.fixture.statistics.log().holes()).isPositive();
		assertThat(positioned.lost).hasValue(0);
	}

	@Test
	void aLossThatNothingFollowsIsFoundByAComparisonAfterAQuietTime() {
		Client client = new Client();
		client.subscribed(null);
		publish(3);
		this.relay.lose((envelope) -> true);
		publish(2);
		client.awaitExactly("subscribed fresh", this.sent);
		assertThat(this.fixture.statistics.log().mismatches()).isOne();
		assertThat(this.fixture.statistics.log().holes()).isZero();
	}

	@Test
	@Covers(KnownFault.RECONNECT_IN_A_BURST_OF_TEN_PAGES)
	void whatWasMissedComesBeforeWhatIsLiveAlsoWhenTenTimesAPageIsPublishedMeanwhile() {
		Position since = publish(5);
		publish(200);
		CompletableFuture<Void> gate = new CompletableFuture<>();
		CompletableFuture<Void> asked = new CompletableFuture<>();
		// The follower of the channel is there already, so that this is the client's
		// read.
		new Client().subscribed(null);
		this.relay.beforeReply(() -> {
			asked.complete(null);
			return gate;
		});
		Client client = new Client();
		CompletableFuture<Subscribed> subscribed = CompletableFuture.supplyAsync(() -> client.subscribe(since))
			.thenCompose((future) -> future);
		asked.orTimeout(5, TimeUnit.SECONDS).join();
		publish(3000);
		assertThat(client.transport.events()).isEmpty();
		gate.complete(null);
		assertThat(subscribed.orTimeout(5, TimeUnit.SECONDS).join().isRecovered()).isTrue();
		publish(10);
		client.awaitExactly("subscribed recovered", this.sent.subList(5, this.sent.size()));
		assertThat(client.transport.events()).hasSize(1 + 200 + 3000 + 10);
	}

	@Test
	void recoveriesUnderLoadLoseNothingAndDoubleNothing() {
		Random random = new Random(7);
		this.relay.lose((envelope) -> random.nextInt(20) == 0);
		List<Position> positions = new ArrayList<>();
		positions.add(publish().position());
		List<Client> clients = new ArrayList<>();
		List<Integer> begins = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			publish(20);
			positions.add(publish().position());
			Client client = new Client();
			int missed = random.nextInt(1, 10);
			int index = Math.max(0, positions.size() - 1 - missed);
			Subscribed subscribed = client.subscribed(positions.get(index));
			assertThat(subscribed.isRecovered()).isTrue();
			clients.add(client);
			begins.add((int) positions.get(index).offset());
		}
		publish(20);
		for (int i = 0; i < clients.size(); i++) {
			clients.get(i).awaitExactly("subscribed recovered", this.sent.subList(begins.get(i), this.sent.size()));
		}
	}

	@Test
	void tooMuchThatWasMissedIsNotRecoveredInPart() {
		Position since = publish(1);
		publish(301);
		Client client = new Client();
		Subscribed subscribed = client.subscribed(since);
		assertThat(subscribed.recovery()).isEqualTo(RecoveryOutcome.UNRECOVERED);
		assertThat(subscribed.publications()).isEmpty();
		assertThat(subscribed.position()).isEqualTo(new Position(since.epoch(), 302));
		publish(1);
		client.awaitExactly("subscribed unrecovered", this.sent.subList(302, 303));
		Client other = new Client();
		assertThat(other.subscribed(new Position(since.epoch(), 3)).publications()).hasSize(300);
	}

	@Test
	void anUnknownEpochAndAPositionAheadOfTheLogAreNotRecovered() {
		Position last = publish(3);
		for (Position since : List.of(new Position("another", 2), new Position(last.epoch(), 100))) {
			Client client = new Client();
			assertThat(client.subscribed(since).recovery()).isEqualTo(RecoveryOutcome.UNRECOVERED);
			client.awaitExactly("subscribed unrecovered", List.of());
		}
	}

	@Test
	void aNewEpochIsToldToThoseWhoKnowPositionsAndTheOthersGoOn() {
		Client client = new Client();
		client.subscribed(null);
		FakeTransport plain = new FakeTransport();
		this.fixture.connect(null, plain, CHANNEL);
		Position since = publish(3);
		client.awaitExactly("subscribed fresh", this.sent);
		this.relay.newEpoch();
		publish(2);
		await().untilAsserted(() -> assertThat(client.lost).hasValue(1));
		await().untilAsserted(() -> assertThat(plain.events()).isEqualTo(this.sent));
		assertThat(client.transport.events()).as("nothing after the loss").hasSize(4);
		assertThat(client.session.channels()).isEmpty();
		Subscribed again = client.subscribed(since);
		assertThat(again.recovery()).isEqualTo(RecoveryOutcome.UNRECOVERED);
		assertThat(this.fixture.statistics.log().resets()).isOne();
	}

	@Test
	void aNewEpochOfAQuietChannelIsNoticed() {
		Client client = new Client();
		client.subscribed(null);
		publish(3);
		this.relay.newEpoch();
		await().untilAsserted(() -> assertThat(client.lost).hasValue(1));
	}

	@Test
	void clientsOfAChannelWithoutMessagesLearnItsNewEpochAndRecover() {
		Client client = new Client();
		Position since = client.subscribed(null).position();
		FakeTransport plain = new FakeTransport();
		this.fixture.connect(null, plain, CHANNEL);
		this.relay.renewUnborn();
		await().untilAsserted(() -> assertThat(client.lost).hasValue(1));
		publish(2);
		Subscribed again = client.subscribed(since);
		assertThat(again.isRecovered()).isTrue();
		assertThat(again.publications()).hasSize(2);
		Position position = publish(1);
		assertThat(position.epoch()).isEqualTo(again.position().epoch()).isNotEqualTo(since.epoch());
		await().untilAsserted(() -> assertThat(plain.events()).isEqualTo(this.sent));
		await().untilAsserted(() -> assertThat(client.transport.events()).containsExactly("subscribed fresh",
				"subscribed recovered", "message 0", "message 1", "message 2"));
		assertThat(this.fixture.statistics.log().resets()).isZero();
	}

	@Test
	void aFirstMessageInANewEpochIsDeliveredAndRecovered() {
		Client client = new Client();
		Position since = client.subscribed(null).position();
		FakeTransport plain = new FakeTransport();
		this.fixture.connect(null, plain, CHANNEL);
		this.relay.renewUnborn();
		publish(2);
		await().untilAsserted(() -> assertThat(client.lost).hasValue(1));
		Subscribed again = client.subscribed(since);
		assertThat(again.isRecovered()).isTrue();
		assertThat(again.publications()).hasSize(2);
		await().untilAsserted(() -> assertThat(plain.events()).isEqualTo(this.sent));
	}

	@Test
	void theLogIsReadOnAfterAnErrorOfTheRelay() {
		Client client = new Client();
		client.subscribed(null);
		AtomicBoolean thrown = new AtomicBoolean();
		this.relay.beforeReply(() -> {
			if (thrown.compareAndSet(false, true)) {
				throw new OutOfMemoryError("injected");
			}
			return CompletableFuture.completedFuture(null);
		});
		this.relay.lose((envelope) -> true);
		publish(3);
		this.relay.lose((envelope) -> false);
		publish(1);
		client.awaitExactly("subscribed fresh", this.sent);
		assertThat(this.fixture.node.timers().guards().of(Part.LOG_FOLLOWERS).failures()).isOne();
	}

	@Test
	void aGapThatTheRelayReportsIsReadFromTheLog() {
		Client client = new Client();
		client.subscribed(null);
		this.relay.lose((envelope) -> true);
		publish(700);
		this.relay.lose((envelope) -> false);
		this.relay.listener().gap(new Address.Channel(CHANNEL));
		publish(1);
		client.awaitExactly("subscribed fresh", this.sent);
	}

	@Test
	@Covers(KnownFault.A_FAILED_PUBLICATION_IS_NOT_TOLD)
	void whileTheBrokerIsAwayAPublishFailsAndASubscriptionIsRefusedForNow() {
		Client before = new Client();
		before.subscribed(null);
		Position since = publish(2);
		this.relay.away(true);
		await().atMost(Duration.ofSeconds(20)).until(() -> !this.fixture.node.monitor().isUp());
		CompletableFuture<Receipt> receipt = broadcaster().broadcast(CHANNEL, "lost");
		assertThat(receipt).isCompletedExceptionally();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(receipt::join)
			.withCauseInstanceOf(RelayUnavailableException.class);
		Client client = new Client();
		assertThatExceptionOfType(CompletionException.class).isThrownBy(() -> client.subscribed(since))
			.withCauseInstanceOf(RequestRefusedException.class)
			.satisfies((ex) -> assertThat(((RequestRefusedException) ex.getCause()).code().isTemporary()).isTrue());
		assertThat(client.session.isOpen()).isTrue();
		assertThat(client.session.channels()).isEmpty();
		this.relay.away(false);
		await().atMost(Duration.ofSeconds(20)).until(() -> this.fixture.node.monitor().isUp());
		assertThat(client.subscribed(since).isRecovered()).isTrue();
		publish(1);
		client.awaitExactly("subscribed recovered", this.sent.subList(2, 3));
		before.awaitExactly("subscribed fresh", this.sent);
	}

	@Test
	void aSecondSubscriptionOfASessionIsRefusedAndTheFirstStays() {
		Client client = new Client();
		client.subscribed(null);
		assertThatExceptionOfType(RequestRefusedException.class).isThrownBy(() -> client.subscribe(null))
			.satisfies((ex) -> assertThat(ex.code()).isEqualTo(ErrorCode.ALREADY_SUBSCRIBED));
		publish(3);
		client.awaitExactly("subscribed fresh", this.sent);
	}

	@Test
	void aSessionThatLeavesAndComesBackRecoversWhatWasSaidMeanwhile() {
		Client client = new Client();
		Position position = client.subscribed(null).position();
		this.fixture.node.subscriptions().unsubscribe(client.session, CHANNEL);
		publish(5);
		client.awaitExactly("subscribed fresh", List.of());
		assertThat(client.subscribed(position).publications()).extracting((each) -> each.payload().asText())
			.isEqualTo(this.sent);
	}

	@Test
	void historyIsReadInBothDirectionsAndAPositionBelongsToIt() {
		Position first = publish(1);
		publish(9);
		LogPage page = broadcaster().history(CHANNEL, first, 4).join();
		assertThat(texts(page)).isEqualTo(this.sent.subList(1, 5));
		LogPage back = broadcaster().history(CHANNEL, null, 2, ReadDirection.BACKWARD).join();
		assertThat(texts(back)).containsExactly("message 9", "message 8");
		assertThat(broadcaster().position(CHANNEL).join()).isEqualTo(new Position(first.epoch(), 10));
		assertThatIllegalArgumentException().isThrownBy(() -> broadcaster().history(CHANNEL, null, 0));
		assertThatExceptionOfType(ChannelNotRecordedException.class)
			.isThrownBy(() -> broadcaster().history("chat/a", null, 1))
			.withMessageContaining("atmosphere.channels[*].history.size");
	}

	private static List<String> texts(LogPage page) {
		return page.publications().stream().map(Publication::payload).map(Payload::asText).toList();
	}

	@Test
	void anIdempotencyKeyGivesTheFirstReceiptAgainAndIsDeliveredOnce() {
		Client client = new Client();
		client.subscribed(null);
		PublishOptions options = PublishOptions.DEFAULTS.idempotencyKey("order-7");
		List<Receipt> receipts = IntStream.range(0, 3)
			.mapToObj((i) -> broadcaster().broadcast(CHANNEL, "paid", options).join())
			.toList();
		assertThat(receipts).extracting(Receipt::outcome)
			.containsExactly(Outcome.RELAYED, Outcome.DUPLICATE, Outcome.DUPLICATE);
		assertThat(receipts).extracting(Receipt::position).containsOnly(receipts.get(0).position());
		assertThat(receipts).extracting(Receipt::messageId).containsOnly(receipts.get(0).messageId());
		publish(1);
		client.awaitExactly("subscribed fresh", List.of("paid", "message 0"));
		assertThatExceptionOfType(ChannelNotRecordedException.class)
			.isThrownBy(() -> broadcaster().broadcast("chat/a", "x", options));
		assertThatIllegalArgumentException().isThrownBy(() -> broadcaster().toUser("ann", "x", options));
	}

	@Test
	void aSessionThatIsExceptedDoesNotGetTheMessageAndTheOthersDo() {
		Client sender = new Client();
		Client other = new Client();
		sender.subscribed(null);
		other.subscribed(null);
		broadcaster().broadcast(CHANNEL, "to others", PublishOptions.DEFAULTS.exceptSession(sender.session.id()))
			.join();
		broadcaster().broadcast(CHANNEL, "to all").join();
		sender.awaitExactly("subscribed fresh", List.of("to all"));
		other.awaitExactly("subscribed fresh", List.of("to others", "to all"));
	}

	@Test
	void aSessionThatIsExceptedDoesNotGetTheMessageFromTheLogEither() {
		Client sender = new Client();
		Client other = new Client();
		sender.subscribed(null);
		other.subscribed(null);
		FakeTransport plain = new FakeTransport();
		LocalSession plainSession = this.fixture.connect(null, plain, CHANNEL);
		this.relay.lose((envelope) -> true);
		broadcaster().broadcast(CHANNEL, "to others", PublishOptions.DEFAULTS.exceptSession(sender.session.id()))
			.join();
		broadcaster().broadcast(CHANNEL, "not plain", PublishOptions.DEFAULTS.exceptSession(plainSession.id())).join();
		this.relay.lose((envelope) -> false);
		broadcaster().broadcast(CHANNEL, "to all").join();
		sender.awaitExactly("subscribed fresh", List.of("not plain", "to all"));
		other.awaitExactly("subscribed fresh", List.of("to others", "not plain", "to all"));
		await().untilAsserted(() -> assertThat(plain.events()).containsExactly("to others", "to all"));
		assertThat(this.fixture.statistics.log().holes()).isPositive();
	}

	/**
	 * A client that knows positions, and that writes down what it gets.
	 */
	private final class Client {

		private final FakeTransport transport = new FakeTransport();

		private final LocalSession session = RecordedChannelsTests.this.fixture.connect(null, this.transport);

		private final AtomicInteger lost = new AtomicInteger();

		private CompletableFuture<Subscribed> subscribe(@Nullable Position since) {
			SubscribeRequest request = new SubscribeRequest(since != null, since, this::reply, this::lost);
			return RecordedChannelsTests.this.fixture.node.subscriptions().subscribe(this.session, CHANNEL, request);
		}

		private Subscribed subscribed(@Nullable Position since) {
			return subscribe(since).orTimeout(5, TimeUnit.SECONDS).join();
		}

		private void reply(Subscribed answer) {
			queue("subscribed " + answer.recovery().tag());
			answer.publications().forEach((publication) -> queue(publication.payload().asText()));
		}

		private void queue(String frame) {
			var fanout = RecordedChannelsTests.this.fixture.node.writers()
				.fanout(OutboundMessage.frame(Payload.text(frame)), NodeFixture.QUEUE);
			fanout.add(this.session);
			fanout.send();
		}

		private void lost() {
			this.lost.incrementAndGet();
			RecordedChannelsTests.this.fixture.node.subscriptions().unsubscribe(this.session, CHANNEL);
		}

		private void awaitExactly(String first, List<String> messages) {
			List<String> expected = new ArrayList<>(List.of(first));
			expected.addAll(messages);
			await().atMost(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(this.transport.events()).isEqualTo(expected));
		}

	}

}
