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

package io.github.atmosphererelay.session.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.internal.OutboundQueue.Offer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OutboundQueue}.
 */
class OutboundQueueTests {

	private static final int PLENTY = 1_000_000;

	private final SessionStatistics statistics = new SessionStatistics();

	private final OutboundQueue queue = new OutboundQueue(this.statistics);

	@Test
	void asManyMessagesAsAllowedAreAccepted() {
		QueueLimits limits = new QueueLimits(3, PLENTY, SlowConsumerPolicy.DISCONNECT);
		for (int i = 0; i < 3; i++) {
			assertThat(offer("m" + i, "a", limits)).isEqualTo(Offer.ACCEPTED);
		}
		assertThat(offer("m3", "a", limits)).isEqualTo(Offer.OVERFLOW);
		assertThat(drain()).containsExactly("m0", "m1", "m2");
		assertThat(offer("m4", "a", limits)).isEqualTo(Offer.ACCEPTED);
	}

	@Test
	void asManyBytesAsAllowedAreAccepted() {
		QueueLimits limits = new QueueLimits(PLENTY, 10, SlowConsumerPolicy.DISCONNECT);
		assertThat(offer("12345", "a", limits)).isEqualTo(Offer.ACCEPTED);
		assertThat(offer("123456", "a", limits)).isEqualTo(Offer.OVERFLOW);
		assertThat(offer("12345", "a", limits)).isEqualTo(Offer.ACCEPTED);
		assertThat(this.queue.bytes()).isEqualTo(10);
		assertThat(offer("1", "a", limits)).isEqualTo(Offer.OVERFLOW);
		drain();
		assertThat(this.queue.bytes()).isZero();
	}

	@Test
	void bytesAreCountedAsTheyAreSent() {
		offer("ü😀", "a", new QueueLimits(1, 1, SlowConsumerPolicy.DISCONNECT));
		assertThat(this.queue.bytes()).isEqualTo(6);
	}

	@Test
	void aSingleLargerMessageIsAcceptedIfNothingElseWaits() {
		for (SlowConsumerPolicy policy : SlowConsumerPolicy.values()) {
			QueueLimits limits = new QueueLimits(10, 10, policy);
			assertThat(offer("x".repeat(100), "a", limits)).isEqualTo(Offer.ACCEPTED);
			assertThat(drain()).hasSize(1);
			assertThat(offer("x", "other", limits)).isEqualTo(Offer.ACCEPTED);
			assertThat(offer("x".repeat(100), "a", limits)).isEqualTo(Offer.OVERFLOW);
			assertThat(drain()).containsExactly("x");
		}
	}

	@Test
	void disconnectLeavesWhatWaitsAlone() {
		QueueLimits limits = new QueueLimits(2, PLENTY, SlowConsumerPolicy.DISCONNECT);
		offer("m0", "a", limits);
		offer("m1", "a", limits);
		assertThat(offer("m2", "a", limits)).isEqualTo(Offer.OVERFLOW);
		assertThat(drain()).containsExactly("m0", "m1");
		assertThat(drops()).isZero();
	}

	@Test
	void dropOldestMakesRoomByDroppingTheOldest() {
		QueueLimits limits = new QueueLimits(3, PLENTY, SlowConsumerPolicy.DROP_OLDEST);
		for (int i = 0; i < 10; i++) {
			assertThat(offer("m" + i, "a", limits)).isEqualTo(Offer.ACCEPTED);
		}
		assertThat(this.statistics.drops(DropReason.OLDEST)).isEqualTo(7);
		assertThat(drops()).isEqualTo(7);
		assertThat(drain()).containsExactly("m7", "m8", "m9");
	}

	@Test
	void dropOldestDropsAsManyAsTheBytesAskFor() {
		QueueLimits limits = new QueueLimits(PLENTY, 10, SlowConsumerPolicy.DROP_OLDEST);
		offer("aaa", "a", limits);
		offer("bbb", "a", limits);
		offer("ccc", "a", limits);
		assertThat(offer("ddddd", "a", limits)).isEqualTo(Offer.ACCEPTED);
		assertThat(this.statistics.drops(DropReason.OLDEST)).isEqualTo(2);
		assertThat(this.queue.bytes()).isEqualTo(8);
		assertThat(drain()).containsExactly("ccc", "ddddd");
	}

	@Test
	void dropOldestDropsOnlyMessagesOfItsOwnChannel() {
		QueueLimits limits = new QueueLimits(4, PLENTY, SlowConsumerPolicy.DROP_OLDEST);
		offer("other0", "other", limits);
		offer("a0", "a", limits);
		offer("direct", null, limits);
		offer("a1", "a", limits);
		assertThat(offer("a2", "a", limits)).isEqualTo(Offer.ACCEPTED);
		assertThat(drain()).containsExactly("other0", "direct", "a1", "a2");
		assertThat(drops()).isOne();
	}

	@Test
	void dropOldestDropsNothingIfThatWouldNotMakeRoom() {
		QueueLimits limits = new QueueLimits(PLENTY, 10, SlowConsumerPolicy.DROP_OLDEST);
		offer("ooooo", "other", limits);
		offer("a0", "a", limits);
		offer("a1", "a", limits);
		assertThat(offer("123456", "a", limits)).isEqualTo(Offer.OVERFLOW);
		assertThat(drops()).isZero();
		assertThat(this.queue.bytes()).isEqualTo(9);
		assertThat(drain()).containsExactly("ooooo", "a0", "a1");
	}

	@Test
	void latestReplacesTheWaitingMessageInItsPlace() {
		QueueLimits latest = new QueueLimits(10, PLENTY, SlowConsumerPolicy.LATEST);
		QueueLimits all = new QueueLimits(10, PLENTY, SlowConsumerPolicy.DISCONNECT);
		offer("first", "chat", all);
		offer("1.00", "eur", latest);
		offer("second", "chat", all);
		offer("0.9", "usd", latest);
		assertThat(offer("1.0123", "eur", latest)).isEqualTo(Offer.ACCEPTED);
		assertThat(offer("1.02", "eur", latest)).isEqualTo(Offer.ACCEPTED);
		assertThat(this.statistics.drops(DropReason.REPLACED)).isEqualTo(2);
		assertThat(drops()).isEqualTo(2);
		assertThat(this.queue.bytes()).isEqualTo("first1.02second0.9".length());
		assertThat(drain()).containsExactly("first", "1.02", "second", "0.9");
		assertThat(this.queue.bytes()).isZero();
	}

	@Test
	void latestReplacesAlsoInAFullQueue() {
		QueueLimits latest = new QueueLimits(1, 4, SlowConsumerPolicy.LATEST);
		offer("1.00", "eur", latest);
		assertThat(offer("1.01", "eur", latest)).isEqualTo(Offer.ACCEPTED);
		assertThat(offer("0.90", "usd", latest)).isEqualTo(Offer.OVERFLOW);
		assertThat(drain()).containsExactly("1.01");
	}

	@Test
	void latestKeepsTheLimitOfBytesAlsoWhenItReplaces() {
		QueueLimits latest = new QueueLimits(10, 10, SlowConsumerPolicy.LATEST);
		offer("1.00", "eur", latest);
		offer("0.90", "usd", latest);
		assertThat(offer("1234567", "eur", latest)).isEqualTo(Offer.OVERFLOW);
		assertThat(this.queue.bytes()).isEqualTo(8);
		assertThat(drops()).isZero();
		assertThat(drain()).containsExactly("1.00", "0.90");
	}

	@Test
	void latestDoesNotReplaceWhatIsOnItsWay() {
		QueueLimits latest = new QueueLimits(10, PLENTY, SlowConsumerPolicy.LATEST);
		offer("1.00", "eur", latest);
		assertThat(drain()).containsExactly("1.00");
		offer("1.01", "eur", latest);
		assertThat(drain()).containsExactly("1.01");
		assertThat(drops()).isZero();
	}

	@Test
	void latestWithoutAChannelKeepsMessagesApart() {
		QueueLimits latest = new QueueLimits(2, PLENTY, SlowConsumerPolicy.LATEST);
		offer("one", null, latest);
		offer("two", null, latest);
		assertThat(this.queue.size()).isEqualTo(2);
		assertThat(offer("three", null, latest)).isEqualTo(Offer.ACCEPTED);
		assertThat(this.statistics.drops(DropReason.OLDEST)).isOne();
		assertThat(drain()).containsExactly("two", "three");
	}

	@Test
	void aClosedQueueRefusesMessagesAndKeepsThoseThatWait() {
		QueueLimits limits = new QueueLimits(10, PLENTY, SlowConsumerPolicy.DISCONNECT);
		offer("m0", "a", limits);
		this.queue.close();
		assertThat(offer("m1", "a", limits)).isEqualTo(Offer.CLOSED);
		assertThat(drain()).containsExactly("m0");
	}

	@Test
	void discardForgetsWhatWaitsAndTellsHowMany() {
		QueueLimits limits = new QueueLimits(10, PLENTY, SlowConsumerPolicy.LATEST);
		offer("m0", "a", limits);
		offer("m1", "b", limits);
		assertThat(this.queue.discard()).isEqualTo(2);
		assertThat(this.queue.isEmpty()).isTrue();
		assertThat(this.queue.bytes()).isZero();
		assertThat(offer("m2", "a", limits)).isEqualTo(Offer.CLOSED);
		assertThat(this.queue.discard()).isZero();
	}

	@Test
	void drainStopsAtItsLimits() {
		QueueLimits limits = new QueueLimits(PLENTY, PLENTY, SlowConsumerPolicy.DISCONNECT);
		for (int i = 0; i < 10; i++) {
			offer("m" + i, "a", limits);
		}
		List<OutboundMessage> batch = new ArrayList<>();
		this.queue.drain(batch, 3, PLENTY);
		assertThat(batch).hasSize(3);
		batch.clear();
		this.queue.drain(batch, 100, 3);
		assertThat(batch).hasSize(2);
		batch.clear();
		this.queue.drain(batch, 100, 1);
		assertThat(batch).hasSize(1);
		assertThat(this.queue.size()).isEqualTo(4);
		assertThat(this.queue.bytes()).isEqualTo(8);
	}

	@Test
	void everyMessageIsEitherDrainedOrCountedAndTheBoundsHold() {
		Random random = new Random(42);
		String[] channels = { "a", "b", "c", "d" };
		QueueLimits[] limits = { new QueueLimits(20, 300, SlowConsumerPolicy.DISCONNECT),
				new QueueLimits(20, 300, SlowConsumerPolicy.DROP_OLDEST),
				new QueueLimits(20, 300, SlowConsumerPolicy.LATEST),
				new QueueLimits(20, 300, SlowConsumerPolicy.DROP_OLDEST) };
		long drained = 0;
		long refused = 0;
		int offers = 50_000;
		for (int i = 0; i < offers; i++) {
			int channel = random.nextInt(channels.length);
			Offer offer = offer("x".repeat(random.nextInt(60)), channels[channel], limits[channel]);
			refused += (offer != Offer.ACCEPTED) ? 1 : 0;
			assertThat(this.queue.size()).isLessThanOrEqualTo(20);
			assertThat(this.queue.bytes()).isBetween(0L, 300L);
			if (random.nextInt(10) == 0) {
				List<OutboundMessage> batch = new ArrayList<>();
				this.queue.drain(batch, 5, 200);
				drained += batch.size();
			}
		}
		assertThat(drops()).isPositive();
		assertThat(refused).isPositive();
		assertThat(drained + refused + drops() + this.queue.discard()).isEqualTo(offers);
	}

	private Offer offer(String text, @Nullable String channel, QueueLimits limits) {
		return this.queue.offer(new OutboundMessage(Payload.text(text), channel), limits);
	}

	private List<String> drain() {
		List<OutboundMessage> batch = new ArrayList<>();
		this.queue.drain(batch, PLENTY, PLENTY);
		return batch.stream().map((message) -> message.payload().asText()).toList();
	}

	private long drops() {
		long sum = 0;
		for (DropReason reason : DropReason.values()) {
			sum += this.statistics.drops(reason);
		}
		return sum;
	}

}
