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
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for subscribers of recorded channels: they get the log, in order, each message
 * once, or are told what is missing.
 */
@Reconciles
class RecordedListeningTests {

	private static final String CHANNEL = "log/a";

	private final LossyRelay relay = new LossyRelay();

	private final ListeningFixture node = new ListeningFixture(this.relay).start();

	@AfterEach
	void stop() {
		this.node.close();
	}

	private CollectingSubscriber listen(ListenOptions options, long first) {
		return this.node.listen(CHANNEL, options, new CollectingSubscriber(first));
	}

	@Test
	void aSubscriberGetsTheLogFromItsBeginningAndThenWhatIsPublished() {
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 0, 1200));
		CollectingSubscriber subscriber = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		sent.addAll(this.node.publish(CHANNEL, 1200, 300));
		subscriber.awaitTexts(sent);
		sent.addAll(this.node.publish(CHANNEL, 1500, 10));
		subscriber.awaitTexts(sent);
		assertThat(subscriber.items()).allSatisfy((item) -> assertThat(item.position()).isNotNull());
	}

	@Test
	void aSubscriberGetsWhatFollowsAPosition() {
		this.node.publish(CHANNEL, 0, 10);
		Position position = this.node.end(CHANNEL);
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 10, 10));
		CollectingSubscriber subscriber = listen(ListenOptions.since(position), Long.MAX_VALUE);
		sent.addAll(this.node.publish(CHANNEL, 20, 10));
		subscriber.awaitTexts(sent);
	}

	@Test
	void aSubscriberFromNowGetsNothingThatWasThereBefore() {
		this.node.publish(CHANNEL, 0, 10);
		CollectingSubscriber subscriber = listen(ListenOptions.fromNow(), Long.MAX_VALUE);
		await().until(() -> this.node.node.followers().find(CHANNEL) != null
				&& this.node.node.followers().find(CHANNEL).delivered() != null);
		List<String> sent = this.node.publish(CHANNEL, 10, 10);
		subscriber.awaitTexts(sent);
	}

	@Test
	void aSlowSubscriberReadsFromTheLogWhatDidNotFitAndThenGoesOnLive() {
		CollectingSubscriber fast = listen(ListenOptions.fromNow(), Long.MAX_VALUE);
		CollectingSubscriber slow = listen(ListenOptions.fromNow().buffer(10, 1000), 0);
		await().until(() -> this.node.node.followers().find(CHANNEL) != null
				&& this.node.node.followers().find(CHANNEL).delivered() != null);
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 0, 1000));
		fast.awaitTexts(sent);
		assertThat(slow.texts()).isEmpty();
		slow.subscription().request(700);
		slow.awaitTexts(sent.subList(0, 700));
		sent.addAll(this.node.publish(CHANNEL, 1000, 100));
		slow.subscription().request(Long.MAX_VALUE);
		slow.awaitTexts(sent);
		assertThat(this.node.statistics.fallbacks()).isOne();
		assertThat(this.node.statistics.dropped()).isZero();
		sent.addAll(this.node.publish(CHANNEL, 1100, 5));
		slow.awaitTexts(sent);
	}

	/**
	 * The subscriber is now faster and now slower than the publisher, messages are lost
	 * on the way, and reads take their time.
	 */
	@Test
	void nothingIsLostOrDoubledWhenSubscribersFallBehindAndCatchUpAgainAndAgain() {
		Random random = new Random(7);
		this.relay.lose((envelope) -> random.nextInt(50) == 0);
		AtomicInteger reads = new AtomicInteger();
		this.relay.beforeReply(() -> (reads.incrementAndGet() % 3 == 0) ? CompletableFuture.runAsync(() -> {
		}) : CompletableFuture.completedFuture(null));
		List<String> before = this.node.publish(CHANNEL, 0, 100);
		List<CollectingSubscriber> subscribers = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			CollectingSubscriber[] self = { null };
			Random requests = new Random(i);
			CollectingSubscriber subscriber = new CollectingSubscriber(1).doing((item) -> {
				if (requests.nextInt(50) == 0) {
					await().pollInterval(Duration.ofMillis(1))
						.pollDelay(Duration.ofMillis(requests.nextInt(3) + 1L))
						.until(() -> true);
				}
				self[0].subscription().request(1);
			});
			self[0] = subscriber;
			subscribers
				.add(this.node.listen(CHANNEL, ListenOptions.fromBeginning().buffer(1 + 3 * i, 1000), subscriber));
		}
		List<String> sent = new ArrayList<>(before);
		for (int burst = 0; burst < 15; burst++) {
			sent.addAll(this.node.publish(CHANNEL, sent.size(), 100));
			if (burst % 3 == 0) {
				// All are live before the next one
				subscribers.forEach((subscriber) -> subscriber.awaitTexts(sent));
			}
		}
		subscribers.forEach((subscriber) -> {
			subscriber.awaitTexts(sent);
			assertThat(subscriber.overlapped).isFalse();
		});
		assertThat(this.node.statistics.fallbacks()).isPositive();
	}

	@Test
	void whatDoesNotFitDuringAReadIsReadAgainAlsoWhereOffsetsShowNoGap() {
		LossyRelay lossy = new LossyRelay().withoutConsecutiveOffsets();
		try (ListeningFixture own = new ListeningFixture(lossy).start()) {
			CollectingSubscriber other = own.listen(CHANNEL);
			await().until(() -> own.node.followers().find(CHANNEL) != null
					&& own.node.followers().find(CHANNEL).delivered() != null);
			own.publish(CHANNEL, "0");
			other.awaitTexts("0");
			CompletableFuture<Void> gate = new CompletableFuture<>();
			AtomicInteger reads = new AtomicInteger();
			lossy.beforeReply(() -> {
				reads.incrementAndGet();
				return gate;
			});
			CollectingSubscriber subscriber = own.listen(CHANNEL, ListenOptions.fromBeginning().buffer(10, 20),
					new CollectingSubscriber(Long.MAX_VALUE));
			await().until(() -> reads.get() == 1);
			String large = "larger than the whole buffer";
			List.of("1", large, "2", "3").forEach((text) -> own.publish(CHANNEL, text));
			other.awaitTexts("0", "1", large, "2", "3");
			gate.complete(null);
			subscriber.awaitTexts("0", "1", large, "2", "3");
			own.publish(CHANNEL, "4");
			subscriber.awaitTexts("0", "1", large, "2", "3", "4");
		}
	}

	@Test
	void aSubscriberThatWantsNothingReadsNothingAndOneThatIsLiveDoesNotEither() {
		AtomicInteger reads = new AtomicInteger();
		this.relay.beforeReply(() -> {
			reads.incrementAndGet();
			return CompletableFuture.completedFuture(null);
		});
		listen(ListenOptions.fromBeginning(), 0);
		CollectingSubscriber live = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		List<String> sent = this.node.publish(CHANNEL, 0, 100);
		live.awaitTexts(sent);
		int before = reads.get();
		this.node.publish(CHANNEL, 100, 100);
		await().until(() -> live.texts().size() == 200);
		// A read of a live subscriber would have begun before the last item was passed on
		assertThat(reads.get()).isEqualTo(before);
	}

	@Test
	void aSubscriberThatIsTooSlowForTheLogIsToldHowManyAreMissing() {
		this.node.publish(CHANNEL, 0, 5);
		CollectingSubscriber subscriber = listen(ListenOptions.fromBeginning().buffer(10, 1000), 2);
		subscriber.awaitTexts("0", "1");
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 5, 5500));
		subscriber.subscription().request(Long.MAX_VALUE);
		await().until(() -> subscriber.texts().contains("5504"));
		List<String> texts = subscriber.texts();
		int gap = texts
			.indexOf(texts.stream().filter((text) -> text.startsWith("LOG_TRIMMED")).findFirst().orElseThrow());
		int before = Integer.parseInt(texts.get(gap - 1));
		int after = Integer.parseInt(texts.get(gap + 1));
		assertThat(texts.get(gap)).isEqualTo("LOG_TRIMMED " + (after - before - 1));
		assertThat(after).isEqualTo(505);
		assertThat(texts.subList(gap + 1, texts.size())).isEqualTo(sent.subList(500, 5500));
		assertThat(this.node.statistics.discontinuities(Discontinuity.Reason.LOG_TRIMMED)).isOne();
	}

	@Test
	void aSubscriberSinceAPositionThatIsGoneIsTold() {
		this.node.publish(CHANNEL, 0, 1);
		Position position = this.node.end(CHANNEL);
		List<String> sent = this.node.publish(CHANNEL, 1, 5001);
		CollectingSubscriber subscriber = listen(ListenOptions.since(position), Long.MAX_VALUE);
		await().until(() -> subscriber.items().size() == 5001);
		assertThat(subscriber.texts().get(0)).isEqualTo("LOG_TRIMMED 1");
		assertThat(subscriber.texts().subList(1, 5001)).isEqualTo(sent.subList(1, 5001));
	}

	@Test
	void aNewEpochIsToldAndTheStreamGoesOn() {
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 0, 5));
		CollectingSubscriber subscriber = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		subscriber.awaitTexts(sent);
		this.relay.newEpoch();
		sent.add("LOG_CHANGED 0");
		sent.addAll(this.node.publish(CHANNEL, 5, 5));
		subscriber.awaitTexts(sent);
		Publication last = (Publication) subscriber.items().get(10);
		assertThat(last.position()).isEqualTo(this.node.end(CHANNEL));
	}

	@Test
	void aSubscriberSinceAPositionInAnotherEpochIsTold() {
		List<String> sent = new ArrayList<>(List.of("LOG_CHANGED 0"));
		this.node.publish(CHANNEL, 0, 2);
		Position position = this.node.end(CHANNEL);
		sent.addAll(this.node.publish(CHANNEL, 2, 2));
		this.relay.newEpoch();
		listen(ListenOptions.since(position), Long.MAX_VALUE).awaitTexts(sent);
	}

	@Test
	void aLossThatTheLogDoesNotShowIsTold() {
		CollectingSubscriber subscriber = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		this.node.publish(CHANNEL, "0");
		subscriber.awaitTexts("0");
		this.relay.listener().lost(new Address.Channel(CHANNEL), this.node.end(CHANNEL), true);
		subscriber.awaitTexts("0", "LOG_LOST -1");
	}

	@Test
	void aLossThatTheLogKnowsOfIsToldOnceToASubscriberThatReadsFromBeforeIt() {
		this.node.publish(CHANNEL, 0, 1);
		Position position = this.node.end(CHANNEL);
		List<String> sent = this.node.publish(CHANNEL, 1, 20);
		this.relay.lostSince((since) -> since.offset() < position.offset() + 10);
		List<String> expected = new ArrayList<>(List.of("LOG_LOST -1"));
		expected.addAll(sent);
		CollectingSubscriber subscriber = listen(ListenOptions.since(position).buffer(3, 1000), Long.MAX_VALUE);
		subscriber.awaitTexts(expected);
		assertThat(subscriber.items().get(0).position()).isEqualTo(position);
	}

	@Test
	void aSubscriberThatCatchesUpAfterALossIsTold() {
		List<String> sent = this.node.publish(CHANNEL, 0, 20);
		CollectingSubscriber slow = listen(ListenOptions.fromBeginning().buffer(5, 1000), 3);
		slow.awaitTexts("0", "1", "2");
		Position lost = this.node.end(CHANNEL);
		this.relay.lostSince((since) -> since.offset() < lost.offset());
		slow.subscription().request(Long.MAX_VALUE);
		List<String> expected = new ArrayList<>(sent);
		expected.add(5, "LOG_LOST -1");
		slow.awaitTexts(expected);
	}

	@Test
	void lossesThatFollowEachOtherAreOneItem() {
		CollectingSubscriber subscriber = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		this.node.publish(CHANNEL, "0");
		subscriber.awaitTexts("0");
		CollectingSubscriber slow = listen(ListenOptions.fromBeginning(), 1);
		slow.awaitTexts("0");
		for (int i = 0; i < 50; i++) {
			this.relay.listener().lost(new Address.Channel(CHANNEL), this.node.end(CHANNEL), true);
		}
		this.node.publish(CHANNEL, "1");
		slow.subscription().request(Long.MAX_VALUE);
		slow.awaitTexts("0", "LOG_LOST -1", "1");
	}

	@Test
	void theLogIsAskedWithTheGreatestOffsetThatWasSeenOnThisNode() {
		this.node.publish(CHANNEL, 0, 20);
		CollectingSubscriber fast = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		CollectingSubscriber slow = listen(ListenOptions.fromBeginning().buffer(5, 1000), 3);
		slow.awaitTexts("0", "1", "2");
		List<String> sent = IntStream.range(0, 30).mapToObj(Integer::toString).toList();
		this.node.publish(CHANNEL, 20, 10);
		fast.awaitTexts(sent);
		List<Long> reached = new CopyOnWriteArrayList<>();
		this.relay.onResume(reached::add);
		this.relay.newEpoch();
		this.node.publish(CHANNEL, "30");
		await().until(() -> fast.texts().contains("30"));
		slow.subscription().request(Long.MAX_VALUE);
		await().until(() -> slow.texts().contains("30"));
		assertThat(slow.texts()).contains("LOG_CHANGED 0");
		assertThat(reached).isNotEmpty().containsOnly(30L);
	}

	@Test
	void aStreamOfNewMessagesDoesNotGetOlderOnesAfterAnIncompleteChangeOfTheLog() {
		this.relay.withoutContinuation();
		this.node.publish(CHANNEL, 0, 10);
		CollectingSubscriber now = listen(ListenOptions.fromNow(), Long.MAX_VALUE);
		CollectingSubscriber all = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		await().until(() -> all.texts().size() == 10);
		this.node.publish(CHANNEL, "10");
		now.awaitTexts("10");
		await().until(() -> all.texts().size() == 11);
		this.relay.newEpoch();
		this.node.publish(CHANNEL, "11");
		// The log's end was taken after that message, which is missing therefore
		await().until(() -> all.texts().size() == 24 && now.texts().contains("LOG_CHANGED -1"));
		this.node.publish(CHANNEL, "12");
		now.awaitTexts("10", "LOG_CHANGED -1", "12");
		List<String> expected = new ArrayList<>(IntStream.range(0, 11).mapToObj(Integer::toString).toList());
		expected.add("LOG_CHANGED -1");
		expected.addAll(IntStream.range(0, 13).mapToObj(Integer::toString).toList());
		all.awaitTexts(expected);
	}

	@Test
	void whatIsBufferedAndWhoIsBehindIsCountedAndWhatIsLeftAtTheStopToo() {
		this.node.publish(CHANNEL, 0, 20);
		CollectingSubscriber slow = listen(ListenOptions.fromBeginning().buffer(5, 1000), 1);
		slow.awaitTexts("0");
		assertThat(this.node.statistics.behind()).isOne();
		assertThat(this.node.statistics.bufferedMessages()).isEqualTo(4);
		assertThat(this.node.statistics.bufferedBytes()).isEqualTo(4);
		this.node.subscriber.stop(Duration.ofSeconds(2));
		assertThat(slow.completed).isTrue();
		assertThat(this.node.statistics.discarded()).isEqualTo(4);
		assertThat(this.node.statistics.behind()).isZero();
		assertThat(this.node.statistics.bufferedMessages()).isZero();
		assertThat(this.node.statistics.bufferedBytes()).isZero();
	}

	@Test
	void theStreamStaysOpenWhileTheBrokerIsAwayAndEverythingFollows() {
		List<String> sent = new ArrayList<>(this.node.publish(CHANNEL, 0, 50));
		CollectingSubscriber slow = listen(ListenOptions.fromBeginning().buffer(10, 1000), 5);
		slow.awaitTexts(sent.subList(0, 5));
		this.relay.away(true);
		CollectingSubscriber late = listen(ListenOptions.fromBeginning(), Long.MAX_VALUE);
		slow.subscription().request(Long.MAX_VALUE);
		slow.awaitTexts(sent.subList(0, 10));
		await().until(() -> !this.node.node.monitor().isUp());
		await().until(() -> this.node.statistics.failedReads() > 0);
		this.relay.away(false);
		await().until(() -> this.node.node.monitor().isUp());
		sent.addAll(this.node.publish(CHANNEL, 50, 50));
		slow.awaitTexts(sent);
		late.awaitTexts(sent);
		assertThat(slow.failure).isNull();
	}

}
