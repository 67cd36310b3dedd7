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

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.node.internal.NodeFixture;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link HeldMessages}, by subscriptions whose clients are told of them.
 */
class HeldMessagesTests {

	private static final String CHANNEL = "chat/a";

	private final NodeFixture fixture = new NodeFixture(new FakeRelay()).start();

	private final FakeTransport transport = new FakeTransport();

	private final LocalSession session = this.fixture.open(null, this.transport);

	private final Subscription subscription = new Subscription(this.session, CHANNEL, new SubscriptionListener() {

		@Override
		public boolean tellsClient() {
			return true;
		}

	}, null);

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	private int publish(QueueLimits limits, String... texts) {
		int queued = 0;
		for (String text : texts) {
			Fanout fanout = this.fixture.node.writers()
				.fanout(new OutboundMessage(Payload.text(text), CHANNEL), limits);
			fanout.add(this.subscription);
			fanout.send();
			queued += fanout.queued();
		}
		return queued;
	}

	private static QueueLimits limits(int messages, SlowConsumerPolicy policy) {
		return new QueueLimits(messages, 1_000, policy);
	}

	@Test
	void messagesFollowTheFrameThatTellsTheClient() {
		QueueLimits limits = limits(10, SlowConsumerPolicy.DISCONNECT);
		assertThat(publish(limits, "1", "2")).isEqualTo(2);
		Fanout frame = this.fixture.node.writers().fanout(OutboundMessage.frame(Payload.text("told")), limits);
		frame.add(this.session);
		frame.send();
		this.subscription.told();
		publish(limits, "3");
		this.subscription.told();
		await().untilAsserted(() -> assertThat(this.transport.events()).containsExactly("told", "1", "2", "3"));
	}

	@Test
	void ofWhatIsHeldTheOldestIsDroppedWhereTheChannelSaysSo() {
		publish(limits(2, SlowConsumerPolicy.DROP_OLDEST), "1", "2", "3");
		this.subscription.told();
		await().untilAsserted(() -> assertThat(this.transport.events()).containsExactly("2", "3"));
	}

	@Test
	void ofWhatIsHeldTheNewestIsKeptWhereTheChannelSaysSo() {
		publish(limits(2, SlowConsumerPolicy.LATEST), "1", "2", "3");
		this.subscription.told();
		await().untilAsserted(() -> assertThat(this.transport.events()).containsExactly("3"));
	}

	@Test
	void aClientForWhichTooMuchIsHeldIsClosed() {
		publish(limits(2, SlowConsumerPolicy.DISCONNECT), "1", "2", "3", "4");
		assertThat(this.session.isOpen()).isFalse();
		await().untilAsserted(() -> assertThat(this.transport.aborted()).isEqualTo(CloseReason.SLOW_CONSUMER));
		this.subscription.told();
		assertThat(this.transport.messages()).isZero();
	}

	@Test
	void aClientThatIsNotToldGetsNothing() {
		QueueLimits limits = limits(10, SlowConsumerPolicy.DISCONNECT);
		assertThat(this.fixture.registry.add(this.subscription, 1)).isTrue();
		publish(limits, "1");
		this.fixture.registry.remove(this.subscription);
		publish(limits, "2");
		this.subscription.told();
		Subscription later = new Subscription(this.session, CHANNEL);
		assertThat(this.fixture.registry.add(later, 1)).isTrue();
		Fanout fanout = this.fixture.node.writers().fanout(new OutboundMessage(Payload.text("3"), CHANNEL), limits);
		fanout.add(later);
		fanout.send();
		await().untilAsserted(() -> assertThat(this.transport.events()).containsExactly("3"));
	}

}
