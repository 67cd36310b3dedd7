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
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.OverflowPolicy;
import io.github.atmosphererelay.listening.SubscriberTooSlowException;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.DirectRelays;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Listening by pattern when nodes, brokers and clocks fail.
 */
@Reconciles
class PatternLossTests {

	private static final UUID OTHER = new UUID(1, 1);

	private static final LogOptions LOG = new LogOptions(5000, Duration.ofHours(1), null, Duration.ofMinutes(5));

	/** The numbers of the other node's announcements by bucket. */
	private final int[] numbers = new int[8];

	private static CollectingSubscriber listen(ListeningFixture node, String pattern) {
		CollectingSubscriber subscriber = new CollectingSubscriber(Long.MAX_VALUE);
		node.subscriber.matching(pattern, ListenOptions.fromNow()).subscribe(subscriber);
		return subscriber;
	}

	private static Envelope message(UUID origin, long time, String channel, String text, @Nullable LogOptions log) {
		return new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, time, new Audience.Channel(channel, null),
				Map.of(), Payload.text(text), null, log);
	}

	private static Position record(LossyRelay relay, long time, String channel, String text) {
		Position position = relay.publish(message(OTHER, time, channel, text, LOG)).join().position();
		assertThat(position).isNotNull();
		return position;
	}

	private static Position record(LossyRelay relay, String channel, String text) {
		long now = System.currentTimeMillis();
		await().until(() -> System.currentTimeMillis() > now);
		return record(relay, System.currentTimeMillis(), channel, text);
	}

	private void announce(LossyRelay relay, String channel, @Nullable Position position) {
		Envelope announcement = BucketMessages.announcement(message(OTHER, 1, channel, "", null), OTHER, channel, 8,
				position, false);
		int number = ++this.numbers[BucketMessages.number(channel, 8)];
		relay.listener().received(announcement.withSequence(new Sequence(1, number)), null);
	}

	private static List<Envelope> buckets(FakeRelay relay) {
		return relay.published().stream().filter((each) -> each.audience() instanceof Audience.Bucket).toList();
	}

	private static CompletableFuture<Receipt> receipt(Envelope envelope, Outcome outcome) {
		return CompletableFuture.completedFuture(Receipt.of(envelope.id(), outcome));
	}

	private static CompletableFuture<Receipt> unavailable() {
		return CompletableFuture.failedFuture(new RelayUnavailableException("fake", null));
	}

	private static boolean isBucket(Envelope envelope) {
		return envelope.audience() instanceof Audience.Bucket;
	}

	@Test
	void aMessageThatAnotherNodeTakesFromTheOutboxIsAnnouncedAsThatNodesOwn() {
		DirectRelays relays = new DirectRelays(false, 0);
		try (ListeningFixture origin = new ListeningFixture(relays.relay()).start();
				ListeningFixture forwarder = new ListeningFixture(relays.relay()).start();
				ListeningFixture third = new ListeningFixture(relays.relay()).start()) {
			CollectingSubscriber atOrigin = listen(origin, "manylogs/**");
			CollectingSubscriber atThird = listen(third, "manylogs/**");
			origin.publish("manylogs/a", "one");
			Envelope stored = message(origin.node.identity().id(), System.currentTimeMillis(), "manylogs/a", "two",
					new LogOptions(5000, Duration.ofHours(1), "key", Duration.ofMinutes(5)));
			await().until(() -> System.currentTimeMillis() > stored.time());
			assertThat(forwarder.node.broadcaster().forward(stored, true).join().outcome()).isEqualTo(Outcome.RELAYED);
			atOrigin.awaitTexts("one", "two");
			atThird.awaitTexts("one", "two");
			origin.publish("manylogs/a", "three");
			atOrigin.awaitTexts("one", "two", "three");
			atThird.awaitTexts("one", "two", "three");
		}
	}

	@Test
	void whatTheLogMayGetLateIsAnnouncedAgain() {
		FakeRelay relay = new FakeRelay().recorded();
		relay.answer((envelope) -> receipt(envelope, isBucket(envelope) ? Outcome.RELAYED : Outcome.UNCONFIRMED));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			assertThat(node.publish("manylogs/a", "one").outcome()).isEqualTo(Outcome.UNCONFIRMED);
			await().until(() -> buckets(relay).size() >= 3);
			assertThat(buckets(relay)).allSatisfy((each) -> {
				assertThat(BucketMessages.channel(each)).isEqualTo("manylogs/a");
				assertThat(BucketMessages.position(each)).isNull();
				assertThat(BucketMessages.hasMore(each)).isTrue();
			});
			assertThat(buckets(relay)).extracting((each) -> each.sequence().number()).containsSubsequence(1L, 2L, 3L);
		}
	}

	@Test
	void aDuplicateIsAnnouncedWithoutThePositionOfTheFirstMessage() {
		FakeRelay relay = new FakeRelay().recorded();
		relay.answer((envelope) -> isBucket(envelope) ? receipt(envelope, Outcome.RELAYED) : CompletableFuture
			.completedFuture(new Receipt(envelope.id(), Outcome.DUPLICATE, new Position("A", 3))));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.publish("manylogs/a", "one");
			assertThat(buckets(relay)).singleElement()
				.satisfies((each) -> assertThat(BucketMessages.position(each)).isNull());
		}
	}

	@Test
	void aNodeThatStopsAnnouncesWhatItHasRecorded() {
		AtomicBoolean failing = new AtomicBoolean(true);
		FakeRelay relay = new FakeRelay().recorded();
		relay.answer((envelope) -> (isBucket(envelope) && failing.get()) ? unavailable()
				: CompletableFuture.completedFuture(new Receipt(envelope.id(), Outcome.RELAYED, new Position("A", 1))));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.publish("manylogs/a", "one");
			failing.set(false);
			node.stop();
			assertThat(buckets(relay)).hasSizeGreaterThanOrEqualTo(2);
			assertThat(node.node.broadcaster().waitingAnnouncements()).isZero();
			assertThat(node.node.statistics().buckets().forgotten()).isZero();
		}
	}

	@Test
	void whatANodeThatStopsCannotAnnounceIsCounted() {
		FakeRelay relay = new FakeRelay().recorded();
		relay.answer((envelope) -> isBucket(envelope) ? unavailable()
				: CompletableFuture.completedFuture(new Receipt(envelope.id(), Outcome.RELAYED, new Position("A", 1))));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.publish("manylogs/a", "one");
			node.publish("manylogs/b", "one");
			node.stop();
			assertThat(node.node.statistics().buckets().forgotten()).isEqualTo(2);
		}
	}

	@Test
	void whenANodeLeavesTheLogsOfKnownChannelsAreRead() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			announce(relay, "manylogs/a", record(relay, "manylogs/a", "one"));
			subscriber.awaitTexts("one");
			record(relay, "manylogs/a", "two");
			node.node.taps().nodeLeft();
			await().atMost(Duration.ofSeconds(3))
				.untilAsserted(() -> assertThat(subscriber.texts()).containsExactly("one", "two"));
		}
	}

	@Test
	void theLogsOfKnownChannelsAreReadNowAndThenThoughNothingIsAnnounced() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			announce(relay, "manylogs/a", record(relay, "manylogs/a", "one"));
			subscriber.awaitTexts("one");
			record(relay, "manylogs/a", "two");
			await().atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(subscriber.texts()).containsExactly("one", "two"));
		}
	}

	@Test
	void aMessageBeforeTheStartThatIsAnnouncedLaterIsReportedWhateverItsTime() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			Position behind = record(relay, 1, "manylogs/a", "of a clock that is behind");
			announce(relay, "manylogs/a", record(relay, "manylogs/a", "two"));
			subscriber.awaitTexts("two");
			announce(relay, "manylogs/a", behind);
			subscriber.awaitTexts("two", "RELAY_GAP 1");
		}
	}

	@Test
	void aChannelThatWasForgottenGoesOnWhereItWas() {
		LossyRelay relay = new LossyRelay();
		long ahead = System.currentTimeMillis() + Duration.ofHours(1).toMillis();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			List<Position> positions = new ArrayList<>();
			IntStream.range(0, PatternSource.MAX_CHANNELS).forEach((i) -> {
				Position position = record(relay, ahead, "manylogs/" + i, "first");
				positions.add(position);
				announce(relay, "manylogs/" + i, position);
			});
			await().atMost(Duration.ofSeconds(60)).until(() -> subscriber.items().size() == PatternSource.MAX_CHANNELS);
			await().until(() -> node.statistics.bufferedMessages() == 0);
			for (int i = 0; i < 50; i++) {
				announce(relay, "manylogs/new" + i,
						record(relay, System.currentTimeMillis(), "manylogs/new" + i, "new"));
			}
			await().until(() -> subscriber.items().size() == PatternSource.MAX_CHANNELS + 50);
			for (int i = 0; i < 20; i++) {
				// One more announcement of what the subscriber has, and two new messages
				announce(relay, "manylogs/" + i, positions.get(i));
				record(relay, System.currentTimeMillis(), "manylogs/" + i, "second");
				announce(relay, "manylogs/" + i, record(relay, ahead, "manylogs/" + i, "third"));
			}
			await().until(() -> subscriber.items().size() >= PatternSource.MAX_CHANNELS + 90);
			assertThat(subscriber.texts()).filteredOn("first"::equals).hasSize(PatternSource.MAX_CHANNELS);
			assertThat(subscriber.texts()).filteredOn("second"::equals).hasSize(20);
			assertThat(subscriber.texts()).filteredOn("third"::equals).hasSize(20);
			assertThat(subscriber.items()).hasSize(PatternSource.MAX_CHANNELS + 90);
		}
	}

	@Test
	void theOutboxDoesNotSendAMessageAgainBecauseItsCopyHasFailed() {
		FakeRelay relay = new FakeRelay();
		relay.answer((envelope) -> isBucket(envelope) ? receipt(envelope, Outcome.UNCONFIRMED)
				: receipt(envelope, Outcome.RELAYED));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			Envelope stored = message(OTHER, 1, "many/a", "one", null);
			assertThat(node.node.broadcaster().forward(stored, true).join().outcome()).isEqualTo(Outcome.RELAYED);
			relay.answer((envelope) -> isBucket(envelope)
					? CompletableFuture.failedFuture(RelayOverloadedException.forContinuations(1))
					: receipt(envelope, Outcome.RELAYED));
			assertThat(node.node.broadcaster().forward(stored, true).join().outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(buckets(relay)).extracting((each) -> each.sequence().number()).containsExactly(1L, 2L);
		}
	}

	@Test
	void theReceiptIsUnconfirmedIfOnlyTheCopyWasSent() {
		FakeRelay relay = new FakeRelay();
		relay.answer((envelope) -> isBucket(envelope) ? receipt(envelope, Outcome.RELAYED) : unavailable());
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			assertThat(node.publish("many/a", "one").outcome()).isEqualTo(Outcome.UNCONFIRMED);
			relay.answer((envelope) -> unavailable());
			assertThat(node.publish("many/a", "two").outcome()).isEqualTo(Outcome.LOCAL_ONLY);
		}
	}

	@Test
	void aMessageThatCannotBeCopiedIsRefused() {
		FakeRelay relay = new FakeRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			String channel = "many/" + "x".repeat(200);
			String large = "x".repeat(EnvelopeCodec.MAX_HEADER_BYTES - 100);
			refuse(node.node, channel, PublishOptions.DEFAULTS.header("a", large));
			refuse(node.node, channel, PublishOptions.DEFAULTS.header("atmosphere-channel", "other"));
			refuse(node.node, channel, PublishOptions.DEFAULTS.header("atmosphere-except", "other"));
			PublishOptions most = PublishOptions.DEFAULTS;
			for (int i = 0; i < EnvelopeCodec.MAX_HEADERS - 2; i++) {
				most = most.header("h" + i, "x");
			}
			assertThat(node.node.broadcaster().broadcast(channel, "x", most).join().outcome())
				.isEqualTo(Outcome.RELAYED);
			refuse(node.node, channel, most.header("one", "more"));
			// Without buckets there is no copy
			assertThat(node.node.broadcaster()
				.broadcast("chat/a", "x", PublishOptions.DEFAULTS.header("a", large))
				.join()
				.outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(buckets(relay)).hasSize(1);
		}
	}

	private static void refuse(MessagingNode node, String channel, PublishOptions options) {
		assertThatIllegalArgumentException().isThrownBy(() -> node.broadcaster().broadcast(channel, "x", options))
			.withMessageContaining("buckets");
	}

	@Test
	void aSearchThatFailsHalfwayIsRepeated() {
		try (ListeningFixture node = new ListeningFixture(new FakeRelay()).start()) {
			List<String> found = new ArrayList<>();
			AtomicInteger failures = new AtomicInteger(1);
			AnnouncementSearch search = new AnnouncementSearch(
					context(node, (age) -> answer(List.of("manylogs/a"), Set.of())), Duration.ofMillis(10),
					(channel) -> {
						if (failures.getAndDecrement() > 0) {
							throw new OutOfMemoryError("test");
						}
						found.add(channel);
					}, () -> {
					});
			search.begin();
			await().until(() -> found.equals(List.of("manylogs/a")));
			search.close();
		}
	}

	@Test
	void aMissingAnnouncementIsReportedIfItsNodeDoesNotAnswerThoughAllKnownNodesDo() {
		try (ListeningFixture node = new ListeningFixture(new FakeRelay()).start()) {
			AtomicInteger asked = new AtomicInteger();
			AtomicInteger reported = new AtomicInteger();
			AnnouncementSearch search = new AnnouncementSearch(context(node, (age) -> {
				asked.incrementAndGet();
				return answer(List.of(), Set.of(new UUID(2, 2)));
			}), Duration.ofMillis(10), (channel) -> {
			}, reported::incrementAndGet);
			search.beginFor(OTHER, Duration.ofSeconds(1));
			await().until(() -> reported.get() == 1);
			assertThat(asked).hasValue(AnnouncementSearch.MAX_ATTEMPTS);
			// What is reported is not searched any more
			search.begin();
			await().until(() -> asked.get() == AnnouncementSearch.MAX_ATTEMPTS + 1);
			assertThat(reported).hasValue(1);
			search.close();
		}
	}

	@Test
	void aNodeWhoseAnnouncementIsMissingIsAskedUntilItHasJoinedAgain() {
		try (ListeningFixture node = new ListeningFixture(new FakeRelay()).start()) {
			AtomicInteger asked = new AtomicInteger();
			AtomicInteger reported = new AtomicInteger();
			List<String> found = new CopyOnWriteArrayList<>();
			AnnouncementSearch search = new AnnouncementSearch(
					context(node,
							(age) -> (asked.incrementAndGet() < 4) ? answer(List.of(), Set.of())
									: answer(List.of("manylogs/a"), Set.of(OTHER))),
					Duration.ofMillis(10), found::add, reported::incrementAndGet);
			search.beginFor(OTHER, Duration.ofSeconds(1));
			await().until(() -> found.equals(List.of("manylogs/a")));
			search.begin();
			await().until(() -> asked.get() == 5);
			assertThat(reported).hasValue(0);
			search.close();
		}
	}

	private static CompletableFuture<RecentAnswers> answer(List<String> channels, Set<UUID> nodes) {
		return CompletableFuture.completedFuture(new RecentAnswers(new RecentChannels(channels, true), nodes));
	}

	private static ListeningContext context(ListeningFixture node, RecentQuestion question) {
		return new ListeningContext(node.node.futures(), node.node.timers(), node.node.taps(), node.node.interest(),
				node.node.followers(), node.node.logs(), question, node.statistics);
	}

	@Test
	void aMissingAnnouncementHasOnlyTheChannelsOfItsBucketRead() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			String other = IntStream.range(0, 100)
				.mapToObj((i) -> "manylogs/b" + i)
				.filter((each) -> BucketMessages.number(each, 8) != BucketMessages.number("manylogs/a", 8))
				.findFirst()
				.orElseThrow();
			announce(relay, "manylogs/a", record(relay, "manylogs/a", "a1"));
			subscriber.awaitTexts("a1");
			announce(relay, other, record(relay, other, "b1"));
			subscriber.awaitTexts("a1", "b1");
			record(relay, other, "b2");
			this.numbers[BucketMessages.number("manylogs/a", 8)]++;
			announce(relay, "manylogs/a", record(relay, "manylogs/a", "a2"));
			await().until(() -> subscriber.texts().contains("a2"));
			relay.listener().gap(new Address.Bucket("logs", BucketMessages.number("manylogs/a", 8)));
			assertThat(subscriber.texts()).doesNotContain("b2");
			relay.listener().gap(new Address.Bucket("logs", BucketMessages.number(other, 8)));
			await().until(() -> subscriber.texts().contains("b2"));
		}
	}

	@Test
	void aStreamThatFailsForItsEphemeralMessagesTakesNoMoreRecordedOnes() {
		try (ListeningFixture node = new ListeningFixture(new LossyRelay()).start()) {
			CollectingSubscriber slow = new CollectingSubscriber(0);
			node.subscriber
				.matching("{kind:many|manylogs}/a",
						ListenOptions.fromNow().buffer(2, 1000).overflow(OverflowPolicy.FAIL))
				.subscribe(slow);
			for (int i = 0; i < 4; i++) {
				node.publish("many/a", Integer.toString(i));
			}
			node.publish("manylogs/a", "recorded");
			slow.subscription().request(Long.MAX_VALUE);
			await().until(() -> slow.failure instanceof SubscriberTooSlowException);
			assertThat(slow.texts()).startsWith("0", "1").doesNotContain("recorded");
			assertThat(node.statistics.dropped()).isEqualTo(2);
		}
	}

	@Test
	void theNodesAreAskedWhenTheBrokerHasConfirmedTheBuckets() {
		FakeRelay relay = new FakeRelay().recorded();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			AtomicInteger asked = new AtomicInteger();
			node.recent = (age) -> {
				asked.incrementAndGet();
				return new RecentChannels(List.of(), true);
			};
			CollectingSubscriber confirmed = listen(node, "manylogs/**");
			confirmed.subscription().cancel();
			await().until(() -> !relay.follows(new Address.Bucket("logs", 7)));
			relay.unconfirming();
			listen(node, "manylogs/**");
			IntStream.range(0, 8)
				.mapToObj((i) -> relay.subscription(new Address.Bucket("logs", i)))
				.peek((each) -> assertThat(asked).hasValue(0))
				.forEach((each) -> each.complete(null));
			await().untilAsserted(() -> assertThat(asked).hasValueGreaterThan(0));
		}
	}

}
