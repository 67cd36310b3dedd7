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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.internal.RecentChannels;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.PatternNotServedException;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.test.DirectRelays;
import io.github.atmosphererelay.test.FakeRelay;
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
 * Tests for subscribers by pattern.
 */
@Reconciles
class PatternListeningTests {

	private final DirectRelays relays = new DirectRelays(false, 0);

	private final ListeningFixture first = new ListeningFixture(this.relays.relay()).start();

	private final ListeningFixture second = new ListeningFixture(this.relays.relay()).start();

	@AfterEach
	void stop() {
		this.first.close();
		this.second.close();
	}

	private static CollectingSubscriber listen(ListeningFixture node, String pattern, ListenOptions options,
			CollectingSubscriber subscriber) {
		node.subscriber.matching(pattern, options).subscribe(subscriber);
		return subscriber;
	}

	private static CollectingSubscriber listen(ListeningFixture node, String pattern) {
		return listen(node, pattern, ListenOptions.fromNow(), new CollectingSubscriber(Long.MAX_VALUE));
	}

	/**
	 * Publish on both nodes in turn.
	 * @return what was published, by channel and node for an ephemeral channel, and by
	 * channel for a recorded one
	 */
	private Map<String, List<String>> publish(String prefix, int channels, int messages, boolean byNode) {
		Map<String, List<String>> sent = new HashMap<>();
		for (int i = 0; i < messages; i++) {
			ListeningFixture node = (i % 2 == 0) ? this.first : this.second;
			String channel = prefix + (i * 7) % channels;
			node.publish(channel, Integer.toString(i));
			sent.computeIfAbsent(byNode ? channel + " " + node.node.identity().id() : channel,
					(same) -> new ArrayList<>())
				.add(Integer.toString(i));
		}
		return sent;
	}

	private static Map<String, List<String>> received(CollectingSubscriber subscriber, boolean byNode) {
		Map<String, List<String>> received = new HashMap<>();
		for (ChannelItem item : subscriber.items()) {
			Publication publication = (Publication) item;
			received
				.computeIfAbsent(byNode ? publication.channel() + " " + publication.origin() : publication.channel(),
						(same) -> new ArrayList<>())
				.add(publication.payload().asText());
		}
		return received;
	}

	private static void awaitAll(CollectingSubscriber subscriber, Map<String, List<String>> sent, boolean byNode) {
		await().untilAsserted(() -> assertThat(received(subscriber, byNode)).isEqualTo(sent));
	}

	@Test
	void everyNodeHearsEveryMessageOfEphemeralChannelsOnceAndInTheOrderOfItsNode() {
		CollectingSubscriber here = listen(this.first, "many/{name}");
		CollectingSubscriber there = listen(this.second, "many/**");
		// They bring the same messages to the node a second time
		CollectingSubscriber exact = this.second.listen("many/3");
		Map<String, List<String>> sent = publish("many/", 30, 1500, true);
		awaitAll(here, sent, true);
		awaitAll(there, sent, true);
		await().until(() -> exact.texts().size() == 50);
		assertThat(here.overlapped).isFalse();
	}

	@Test
	void everyNodeHearsEveryMessageOfRecordedChannelsOnceAndInTheOrderOfTheLog() {
		CollectingSubscriber here = listen(this.first, "manylogs/**");
		CollectingSubscriber there = listen(this.second, "manylogs/{name}");
		Map<String, List<String>> sent = publish("manylogs/", 30, 1500, false);
		awaitAll(here, sent, false);
		awaitAll(there, sent, false);
		assertThat(here.items()).allSatisfy((item) -> assertThat(item.position()).isNotNull());
		assertThat(this.second.follows("manylogs/3")).isFalse();
	}

	@Test
	void aPatternCoversEphemeralAndRecordedChannels() {
		CollectingSubscriber there = listen(this.second, "{kind:many|manylogs}/a");
		this.first.publish("many/a", "one");
		there.awaitTexts("one");
		this.first.publish("manylogs/a", "two");
		this.first.publish("manylogs/b", "not this one");
		this.first.publish("manylogs/a", "three");
		there.awaitTexts("one", "two", "three");
	}

	@Test
	void aSubscriberGetsNothingThatWasPublishedBefore() {
		this.first.publish("manylogs/a", 0, 10);
		long begun = System.currentTimeMillis();
		await().until(() -> System.currentTimeMillis() > begun);
		CollectingSubscriber there = listen(this.second, "manylogs/**");
		this.first.publish("manylogs/a", "new");
		this.first.publish("manylogs/b", "other");
		await().until(() -> there.texts().size() == 2);
		assertThat(there.texts()).containsExactlyInAnyOrder("new", "other");
	}

	@Test
	void aSlowSubscriberOfManyRecordedChannelsKeepsItsBufferAndGetsEverythingFromTheLogs() {
		CollectingSubscriber slow = listen(this.second, "manylogs/**", ListenOptions.fromNow().buffer(40, 1000),
				new CollectingSubscriber(0));
		Map<String, List<String>> sent = publish("manylogs/", 100, 3000, false);
		assertThat(slow.items()).isEmpty();
		Random random = new Random(11);
		AtomicInteger greatest = new AtomicInteger();
		while (slow.items().size() < 3000) {
			int before = slow.items().size();
			int wanted = Math.min(1 + random.nextInt(300), 3000 - before);
			slow.subscription().request(wanted);
			await().until(() -> {
				greatest.accumulateAndGet((int) this.second.statistics.bufferedMessages(), Math::max);
				return slow.items().size() == before + wanted;
			});
		}
		assertThat(received(slow, false)).isEqualTo(sent);
		assertThat(greatest.get()).isLessThanOrEqualTo(80);
	}

	@Test
	void theBufferForEphemeralChannelsDropsWhatIsTooMuchAndSaysHowMuch() {
		CollectingSubscriber slow = listen(this.second, "many/**", ListenOptions.fromNow().buffer(3, 1000),
				new CollectingSubscriber(0));
		for (int i = 0; i < 10; i++) {
			this.first.publish("many/" + i, Integer.toString(i));
		}
		slow.subscription().request(Long.MAX_VALUE);
		slow.awaitTexts("OVERFLOW 7", "7", "8", "9");
		assertThat(((Discontinuity) slow.items().get(0)).channel()).isEqualTo("many/**");
	}

	@Test
	void whatASubscriberGetsIsWhatWasPublished() {
		CollectingSubscriber there = listen(this.second, "many/**");
		String session = this.first.node.identity().id() + "-1";
		Receipt receipt = this.first.node.broadcaster()
			.broadcast("many/a", new byte[] { 1, 2 },
					PublishOptions.DEFAULTS.header("kind", "test").exceptSession(session))
			.join();
		await().until(() -> there.items().size() == 1);
		Publication publication = (Publication) there.items().get(0);
		assertThat(publication.id()).isEqualTo(receipt.messageId());
		assertThat(publication.headers()).isEqualTo(Map.of("kind", "test"));
		assertThat(publication.exceptSession()).isEqualTo(session);
		assertThat(publication.payload()).isEqualTo(Payload.binary(new byte[] { 1, 2 }));
		assertThat(publication.position()).isNull();
	}

	@Test
	void channelsOfTheNodeNeedNoBuckets() {
		CollectingSubscriber here = listen(this.first, "local/**");
		CollectingSubscriber there = listen(this.second, "local/**");
		this.first.publish("local/a", "here");
		this.second.publish("local/a", "there");
		here.awaitTexts("here");
		there.awaitTexts("there");
	}

	@Test
	void channelsWithoutTheOptionSendNothingToBuckets() {
		FakeRelay relay = new FakeRelay().recorded();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.publish("chat/a", "one");
			node.publish("log/a", "two");
			assertThat(buckets(relay)).isEmpty();
			node.publish("many/a", "three");
			node.publish("manylogs/a", "four");
			await().until(() -> buckets(relay).size() == 2);
			assertThat(buckets(relay)).extracting(Envelope::address)
				.containsExactly(new Address.Bucket("channels", BucketMessages.number("many/a", 4)),
						new Address.Bucket("logs", BucketMessages.number("manylogs/a", 8)));
			assertThat(buckets(relay).get(1).payload().size()).isZero();
		}
	}

	private static List<Envelope> buckets(FakeRelay relay) {
		return relay.published().stream().filter((each) -> each.audience() instanceof Audience.Bucket).toList();
	}

	@Test
	void theReceiptSaysIfTheCopyForListenersMayBeMissing() {
		FakeRelay relay = new FakeRelay().answer((envelope) -> (envelope.audience() instanceof Audience.Bucket)
				? CompletableFuture.failedFuture(new RelayUnavailableException("fake", null))
				: CompletableFuture.completedFuture(Receipt.of(envelope.id(), Outcome.RELAYED)));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			assertThat(node.publish("many/a", "one").outcome()).isEqualTo(Outcome.UNCONFIRMED);
			assertThat(node.publish("chat/a", "two").outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(node.node.statistics().buckets().failed()).isOne();
		}
	}

	@Test
	void anAnnouncementThatFailsIsRepeatedUntilTheBrokerHasIt() {
		AtomicInteger failures = new AtomicInteger(3);
		FakeRelay relay = new FakeRelay().recorded();
		relay.answer((envelope) -> (envelope.audience() instanceof Audience.Bucket && failures.getAndDecrement() > 0)
				? CompletableFuture.failedFuture(new RelayUnavailableException("fake", null))
				: CompletableFuture.completedFuture(
						new Receipt(envelope.id(), Outcome.RELAYED, new Position("A", relay.published().size()))));
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			Receipt receipt = node.publish("manylogs/a", "one");
			node.publish("manylogs/a", "two");
			await().until(() -> buckets(relay).size() >= 4 && node.node.broadcaster().waitingAnnouncements() == 0);
			Envelope last = buckets(relay).get(buckets(relay).size() - 1);
			assertThat(BucketMessages.position(last)).isEqualTo(receipt.position());
			assertThat(BucketMessages.hasMore(last)).isTrue();
		}
	}

	@Test
	void patternsThatCannotBeServedAreRefused() {
		for (String pattern : List.of("chat/**", "**", "log/{id}", "{any}/a", "unknown/**")) {
			assertThatExceptionOfType(PatternNotServedException.class).as(pattern)
				.isThrownBy(() -> this.first.subscriber.matching(pattern));
		}
		assertThatExceptionOfType(PatternNotServedException.class)
			.isThrownBy(() -> this.first.subscriber.matching("chat/{room}"))
			.withMessageContaining("'chat/**'")
			.withMessageContaining("buckets");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.first.subscriber.matching("manylogs/**", ListenOptions.fromBeginning()));
		assertThatIllegalArgumentException().isThrownBy(() -> this.first.subscriber.matching("/many/**"));
	}

	@Test
	void aStreamThatEndsLeavesTheBuckets() {
		CollectingSubscriber here = listen(this.first, "many/**");
		assertThat(this.first.node.interest().follows(new Address.Bucket("channels", 3))).isTrue();
		here.subscription().cancel();
		await().until(() -> !this.first.node.interest().follows(new Address.Bucket("channels", 3)));
	}

	@Test
	void copiesThatTheRelayHasLostAreReported() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "many/**");
			UUID other = UUID.randomUUID();
			relay.listener().received(copy(other, "many/a", 1), null);
			relay.listener().received(copy(other, "many/a", 5), null);
			relay.listener().received(copy(other, "many/a", 5), null);
			subscriber.awaitTexts("1", "RELAY_GAP -1", "5");
			relay.listener().gap(new Address.Bucket("channels", 2));
			subscriber.awaitTexts("1", "RELAY_GAP -1", "5", "RELAY_GAP -1");
		}
	}

	private static Envelope message(UUID origin, String channel, String text, @Nullable LogOptions log) {
		return new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel(channel, null), Map.of(), Payload.text(text), null, log);
	}

	private static Envelope copy(UUID origin, String channel, long number) {
		return BucketMessages.copy(message(origin, channel, Long.toString(number), null), channel, 1)
			.withSequence(new Sequence(1, number));
	}

	/**
	 * Record a message of another node.
	 */
	private static Position record(LossyRelay relay, String channel, String text) {
		Position position = relay
			.publish(message(UUID.randomUUID(), channel, text,
					new LogOptions(5000, Duration.ofHours(1), null, Duration.ofMinutes(5))))
			.join()
			.position();
		assertThat(position).isNotNull();
		return position;
	}

	private static void announce(LossyRelay relay, String channel, @Nullable Position position, boolean more,
			long sequence) {
		Envelope announcement = BucketMessages
			.announcement(message(new UUID(1, 1), channel, "", null), new UUID(1, 1), channel, 8, position, more)
			.withSequence(new Sequence(1, sequence));
		relay.listener().received(announcement, null);
	}

	@Test
	void messagesWhoseAnnouncementComesLaterOrNeverComeInTheOrderOfTheLog() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			awaitLater();
			Position one = record(relay, "manylogs/a", "one");
			record(relay, "manylogs/a", "two");
			Position three = record(relay, "manylogs/a", "three");
			announce(relay, "manylogs/a", three, false, 1);
			subscriber.awaitTexts("one", "two", "three");
			announce(relay, "manylogs/a", one, false, 2);
			record(relay, "manylogs/a", "four");
			Position five = record(relay, "manylogs/a", "five");
			announce(relay, "manylogs/a", five, false, 3);
			subscriber.awaitTexts("one", "two", "three", "four", "five");
		}
	}

	private static void awaitLater() {
		long now = System.currentTimeMillis();
		await().until(() -> System.currentTimeMillis() > now);
	}

	@Test
	void anAnnouncementWithoutAPositionHasTheLogReadToItsEnd() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			awaitLater();
			record(relay, "manylogs/a", "one");
			record(relay, "manylogs/a", "two");
			announce(relay, "manylogs/a", null, true, 1);
			subscriber.awaitTexts("one", "two");
			Position three = record(relay, "manylogs/a", "three");
			record(relay, "manylogs/a", "four");
			announce(relay, "manylogs/a", three, true, 2);
			subscriber.awaitTexts("one", "two", "three", "four");
		}
	}

	@Test
	void afterAnInterruptionTheNodesSayWhereTheyHavePublished() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.recent = (age) -> new RecentChannels(List.of("manylogs/a", "manylogs/b", "log/c"), true);
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			awaitLater();
			Position one = record(relay, "manylogs/a", "a1");
			announce(relay, "manylogs/a", one, false, 1);
			subscriber.awaitTexts("a1");
			record(relay, "manylogs/a", "a2");
			record(relay, "manylogs/b", "b1");
			record(relay, "log/c", "c1");
			relay.listener().connectionChanged(true);
			await().until(() -> subscriber.texts().size() == 3);
			assertThat(subscriber.texts()).containsExactlyInAnyOrder("a1", "a2", "b1");
			// The numbers show the loss that the interruption explains
			Position three = record(relay, "manylogs/a", "a3");
			announce(relay, "manylogs/a", three, false, 5);
			await().until(() -> subscriber.texts().size() == 4);
			assertThat(subscriber.texts()).endsWith("a3");
		}
	}

	@Test
	void theChannelsOfMissingAnnouncementsAreFoundAndNothingIsReported() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.recent = (age) -> new RecentChannels(List.of("manylogs/b"), true);
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			awaitLater();
			Position one = record(relay, "manylogs/a", "a1");
			announce(relay, "manylogs/a", one, false, 1);
			subscriber.awaitTexts("a1");
			record(relay, "manylogs/b", "b1");
			Position two = record(relay, "manylogs/a", "a2");
			announce(relay, "manylogs/a", two, false, 3);
			await().until(() -> subscriber.texts().contains("b1"));
			await().until(() -> subscriber.texts().size() == 3);
			assertThat(subscriber.texts()).containsExactlyInAnyOrder("a1", "a2", "b1");
		}
	}

	@Test
	void anAnnouncementIsReportedThatMayBeMissingForLongerThanNodesRemember() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			node.recent = (age) -> new RecentChannels(List.of(), true);
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			Envelope next = BucketMessages.announcement(message(new UUID(1, 1), "manylogs/a", "", null), new UUID(1, 1),
					"manylogs/a", 8, null, true);
			node.node.taps().missed(next, 1, RecentChannels.WINDOW);
			subscriber.awaitTexts("RELAY_GAP -1");
		}
	}

	@Test
	void aReadThatFailsIsRepeated() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = listen(node, "manylogs/**");
			awaitLater();
			Position one = record(relay, "manylogs/a", "one");
			AtomicInteger failures = new AtomicInteger(3);
			relay.beforeReply(() -> (failures.getAndDecrement() > 0)
					? CompletableFuture.failedFuture(new RelayUnavailableException("lossy", null))
					: CompletableFuture.completedFuture(null));
			announce(relay, "manylogs/a", one, false, 1);
			subscriber.awaitTexts("one");
			assertThat(node.statistics.failedReads()).isGreaterThanOrEqualTo(2);
		}
	}

	@Test
	void aNodeRemembersInWhichChannelsItHasPublished() {
		this.first.publish("manylogs/a", "one");
		this.first.publish("log/a", "two");
		this.first.publish("many/a", "three");
		this.first.publish("manylogs/b", "four");
		RecentChannels recent = this.first.node.broadcaster().recentChannels(Duration.ofMinutes(1));
		assertThat(recent).isEqualTo(new RecentChannels(List.of("manylogs/b", "manylogs/a"), true));
		assertThat(RecentChannels.of(recent.toText())).isEqualTo(recent);
		assertThat(this.first.node.broadcaster().recentChannels(Duration.ZERO).names()).isEmpty();
	}

	@Test
	void channelsAreSpreadEvenly() {
		Map<Integer, Long> counts = IntStream.range(0, 1600)
			.boxed()
			.collect(Collectors.groupingBy((i) -> BucketMessages.number("orders/" + i, 16), Collectors.counting()));
		Collection<Long> sizes = counts.values();
		assertThat(sizes).hasSize(16).allSatisfy((size) -> assertThat(size).isBetween(50L, 150L));
	}

}
