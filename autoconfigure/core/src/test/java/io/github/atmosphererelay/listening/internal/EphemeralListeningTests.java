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

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.ChannelNotRecordedException;
import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.listening.OverflowPolicy;
import io.github.atmosphererelay.listening.SubscriberTooSlowException;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.Sequence;
import io.github.atmosphererelay.test.DirectRelays;
import io.github.atmosphererelay.test.LossyRelay;
import io.github.atmosphererelay.test.Reconciles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for subscribers of ephemeral channels.
 */
@Reconciles
class EphemeralListeningTests {

	private final DirectRelays relays = new DirectRelays(false, 0);

	private final ListeningFixture first = new ListeningFixture(this.relays.relay()).start();

	private final ListeningFixture second = new ListeningFixture(this.relays.relay()).start();

	@AfterEach
	void stop() {
		this.first.close();
		this.second.close();
	}

	@Test
	void everyNodeHearsEveryMessageOnceAndInTheOrderOfItsNode() {
		CollectingSubscriber here = this.first.listen("chat/a");
		CollectingSubscriber there = this.second.listen("chat/a");
		List<String> sent = this.first.publish("chat/a", 0, 500);
		here.awaitTexts(sent);
		there.awaitTexts(sent);
		this.second.publish("chat/a", "answer");
		await().until(() -> here.texts().size() == 501 && there.texts().size() == 501);
		assertThat(this.first.statistics.received()).isEqualTo(501);
		assertThat(here.overlapped).isFalse();
		assertThat(here.thread).isNotEqualTo(Thread.currentThread());
	}

	@Test
	void listenersAreNotTheSenderThatAChannelLeavesOut() {
		CollectingSubscriber here = this.first.listen("quiet/a");
		CollectingSubscriber there = this.second.listen("quiet/a");
		this.first.node.broadcaster()
			.broadcast("quiet/a", "hello", PublishOptions.DEFAULTS.exceptSession(UUID.randomUUID() + "-1"))
			.join();
		this.first.publish("quiet/a", "fence");
		here.awaitTexts("hello", "fence");
		there.awaitTexts("hello", "fence");
	}

	@Test
	void aChannelOfTheNodeIsHeardOnTheNodeThatPublishesAlone() {
		CollectingSubscriber here = this.first.listen("local/a");
		CollectingSubscriber there = this.second.listen("local/a");
		this.first.publish("local/a", "here");
		this.second.publish("local/a", "there");
		this.first.publish("local/a", "fence here");
		this.second.publish("local/a", "fence there");
		here.awaitTexts("here", "fence here");
		there.awaitTexts("there", "fence there");
		assertThat(this.first.follows("local/a")).isFalse();
	}

	@Test
	void theBufferOfASlowSubscriberDropsTheOldestMessagesAndSaysHowMany() {
		CollectingSubscriber slow = this.first.listen("chat/a", ListenOptions.fromNow().buffer(3, 1000),
				new CollectingSubscriber(1));
		this.first.publish("chat/a", "one");
		slow.awaitTexts("one");
		this.first.publish("chat/a", 0, 10);
		slow.subscription().request(2);
		slow.awaitTexts("one", "OVERFLOW 7", "7");
		this.first.publish("chat/a", 10, 2);
		slow.subscription().request(Long.MAX_VALUE);
		slow.awaitTexts("one", "OVERFLOW 7", "7", "OVERFLOW 1", "9", "10", "11");
		assertThat(this.first.statistics.dropped()).isEqualTo(8);
		assertThat(this.first.statistics.discontinuities(Discontinuity.Reason.OVERFLOW)).isEqualTo(2);
	}

	@Test
	void theBufferOfASlowSubscriberIsLimitedInBytes() {
		CollectingSubscriber slow = this.first.listen("chat/a", ListenOptions.fromNow().buffer(100, 10),
				new CollectingSubscriber(0));
		this.first.publish("chat/a", "12345");
		this.first.publish("chat/a", "67890");
		this.first.publish("chat/a", "larger than the buffer");
		slow.subscription().request(5);
		slow.awaitTexts("OVERFLOW 2", "larger than the buffer");
	}

	@Test
	void newMessagesAreDroppedInsteadIfTheSubscriberSaysSo() {
		CollectingSubscriber slow = this.first.listen("chat/a",
				ListenOptions.fromNow().buffer(2, 1000).overflow(OverflowPolicy.DROP_NEWEST),
				new CollectingSubscriber(0));
		this.first.publish("chat/a", 0, 5);
		slow.subscription().request(1);
		slow.awaitTexts("0");
		this.first.publish("chat/a", "late");
		slow.subscription().request(10);
		slow.awaitTexts("0", "1", "OVERFLOW 3", "late");
		this.first.publish("chat/a", "next");
		slow.awaitTexts("0", "1", "OVERFLOW 3", "late", "next");
		assertThat(this.first.statistics.dropped()).isEqualTo(3);
	}

	@Test
	void theStreamFailsAfterWhatIsBufferedIfTheSubscriberSaysSo() {
		CollectingSubscriber slow = this.first.listen("chat/a",
				ListenOptions.fromNow().buffer(2, 1000).overflow(OverflowPolicy.FAIL), new CollectingSubscriber(0));
		this.first.publish("chat/a", 0, 5);
		slow.subscription().request(10);
		await().until(() -> slow.failure != null);
		assertThat(slow.failure).isInstanceOf(SubscriberTooSlowException.class);
		assertThat(slow.texts()).containsExactly("0", "1", "OVERFLOW 3");
		assertThat(this.first.statistics.dropped()).isEqualTo(3);
		assertThat(this.first.statistics.active()).isZero();
		await().until(() -> !this.first.follows("chat/a"));
	}

	@Test
	void messagesThatTheRelayHasLostAreReported() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = node.listen("chat/a");
			UUID other = UUID.randomUUID();
			relay.listener().received(envelope(other, 1), null);
			relay.listener().received(envelope(other, 5), null);
			relay.listener().received(envelope(other, 5), null);
			subscriber.awaitTexts("1", "RELAY_GAP 3", "5");
			relay.listener().gap(new Address.Channel("chat/a"));
			subscriber.awaitTexts("1", "RELAY_GAP 3", "5", "RELAY_GAP -1");
			assertThat(node.statistics.discontinuities(Discontinuity.Reason.RELAY_GAP)).isEqualTo(2);
		}
	}

	@Test
	void messagesThatWereDroppedAndThoseThatTheRelayHasLostAreCountedApart() {
		LossyRelay relay = new LossyRelay();
		try (ListeningFixture node = new ListeningFixture(relay).start()) {
			CollectingSubscriber subscriber = node.listen("chat/a", ListenOptions.fromNow().buffer(2, 1000),
					new CollectingSubscriber(0));
			UUID other = UUID.randomUUID();
			relay.listener().received(envelope(other, 1), null);
			relay.listener().received(envelope(other, 5), null);
			relay.listener().received(envelope(other, 6), null);
			relay.listener().received(envelope(other, 7), null);
			subscriber.subscription().request(10);
			subscriber.awaitTexts("OVERFLOW 2", "RELAY_GAP 3", "6", "7");
		}
	}

	private static Envelope envelope(UUID origin, long number) {
		return new Envelope(UUID.randomUUID(), origin, Envelope.Kind.MESSAGE, System.currentTimeMillis(),
				new Audience.Channel("chat/a", null), Map.of(), Payload.text(Long.toString(number)),
				new Sequence(1, number), null);
	}

	@Test
	void oneSubscriberThatBlocksHoldsUpNoOther() throws Exception {
		CountDownLatch gate = new CountDownLatch(1);
		CollectingSubscriber blocked = this.first.listen("chat/a", ListenOptions.fromNow(),
				new CollectingSubscriber(Long.MAX_VALUE).doing((item) -> awaitOpen(gate)));
		List<CollectingSubscriber> others = IntStream.range(0, 20)
			.mapToObj((i) -> this.first.listen("chat/a"))
			.toList();
		List<String> sent = this.first.publish("chat/a", 0, 200);
		others.forEach((other) -> other.awaitTexts(sent));
		assertThat(blocked.texts()).containsExactly("0");
		gate.countDown();
		blocked.awaitTexts(sent);
		assertThat(blocked.overlapped).isFalse();
	}

	static void awaitOpen(CountDownLatch gate) {
		try {
			gate.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void anUnknownChannelAndAPositionInAChannelWithoutALogAreRefused() {
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> this.first.subscriber.publisher("unknown"));
		assertThatExceptionOfType(ChannelNotRecordedException.class)
			.isThrownBy(() -> this.first.subscriber.publisher("chat/a", ListenOptions.fromBeginning()));
	}

}
