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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the life of a subscription: requests, cancellation, failures, and the node's
 * stop.
 */
class ItemStreamTests {

	private final ListeningFixture node = new ListeningFixture(new LocalRelay()).start();

	@AfterEach
	void stop() {
		this.node.close();
	}

	@Test
	void noMoreComesThanWasRequested() {
		CollectingSubscriber subscriber = this.node.listen("chat/a", ListenOptions.fromNow(),
				new CollectingSubscriber(0));
		this.node.publish("chat/a", 0, 5);
		subscriber.subscription().request(2);
		subscriber.awaitTexts("0", "1");
		subscriber.subscription().request(1);
		subscriber.awaitTexts("0", "1", "2");
		assertThat(this.node.statistics.received()).isEqualTo(3);
	}

	@Test
	void aSubscriberMayRequestWithinOnNext() {
		CollectingSubscriber[] self = { null };
		CollectingSubscriber subscriber = new CollectingSubscriber(1)
			.doing((item) -> self[0].subscription().request(1));
		self[0] = subscriber;
		this.node.listen("chat/a", ListenOptions.fromNow(), subscriber);
		List<String> sent = this.node.publish("chat/a", 0, 1000);
		subscriber.awaitTexts(sent);
		assertThat(subscriber.overlapped).isFalse();
	}

	@Test
	void requestsAddUpWithoutOverflow() {
		CollectingSubscriber subscriber = this.node.listen("chat/a", ListenOptions.fromNow(),
				new CollectingSubscriber(Long.MAX_VALUE));
		subscriber.subscription().request(Long.MAX_VALUE);
		List<String> sent = this.node.publish("chat/a", 0, 10);
		subscriber.awaitTexts(sent);
	}

	@Test
	void aRequestOfNothingEndsTheStreamWithAnError() {
		CollectingSubscriber subscriber = this.node.listen("chat/a");
		subscriber.subscription().request(0);
		await().until(() -> subscriber.failure != null);
		assertThat(subscriber.failure).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("3.9");
		assertReleased();
	}

	@Test
	void aSubscriberMayCancelWithinOnNextAndTwice() {
		CollectingSubscriber[] self = { null };
		CollectingSubscriber subscriber = new CollectingSubscriber(Long.MAX_VALUE)
			.doing((item) -> self[0].subscription().cancel());
		self[0] = subscriber;
		this.node.listen("chat/a", ListenOptions.fromNow(), subscriber);
		CollectingSubscriber other = this.node.listen("chat/a");
		List<String> sent = this.node.publish("chat/a", 0, 10);
		other.awaitTexts(sent);
		subscriber.subscription().cancel();
		subscriber.subscription().request(1);
		assertThat(subscriber.texts()).containsExactly("0");
		assertThat(this.node.statistics.active()).isOne();
		other.subscription().cancel();
		assertReleased();
	}

	@Test
	void anExceptionOfOnNextEndsThatSubscriptionOnly() {
		CollectingSubscriber failing = this.node.listen("chat/a", ListenOptions.fromNow(),
				new CollectingSubscriber(Long.MAX_VALUE).doing((item) -> {
					throw new IllegalStateException("expected");
				}));
		CollectingSubscriber other = this.node.listen("chat/a");
		List<String> sent = this.node.publish("chat/a", 0, 10);
		other.awaitTexts(sent);
		await().until(() -> this.node.statistics.active() == 1);
		assertThat(failing.texts()).containsExactly("0");
		assertThat(failing.failure).isNull();
		assertThat(this.node.statistics.failures()).isOne();
		other.subscription().cancel();
		assertReleased();
	}

	private void assertReleased() {
		assertThat(this.node.statistics.active()).isZero();
		assertThat(this.node.node.taps().channels()).isZero();
		await().until(() -> !this.node.follows("chat/a"));
	}

	@Test
	void manySubscribersShareOneSubscriptionAtTheRelay() {
		int before = this.node.node.interest().size();
		List<CollectingSubscriber> subscribers = IntStream.range(0, 100)
			.mapToObj((i) -> this.node.listen("chat/a"))
			.toList();
		assertThat(this.node.node.interest().size()).isEqualTo(before + 1);
		List<String> sent = this.node.publish("chat/a", 0, 10);
		subscribers.forEach((subscriber) -> subscriber.awaitTexts(sent));
		subscribers.forEach((subscriber) -> subscriber.subscription().cancel());
		assertReleased();
	}

	@Test
	void streamsCompleteWhenTheNodeStopsAndNewOnesBeginWhenItStartsAgain() {
		CollectingSubscriber before = this.node.listen("chat/a");
		CollectingSubscriber recorded = this.node.listen("log/a");
		this.node.stop();
		assertThat(before.completed).isTrue();
		assertThat(recorded.completed).isTrue();
		assertThat(this.node.statistics.active()).isZero();
		assertThat(this.node.node.taps().channels()).isZero();
		this.node.start();
		CollectingSubscriber after = this.node.listen("chat/a");
		CollectingSubscriber recordedAfter = this.node.listen("log/a");
		await().until(() -> this.node.follows("log/a"));
		this.node.publish("chat/a", "again");
		after.awaitTexts("again");
		this.node.publish("log/a", "again");
		recordedAfter.awaitTexts("again");
		assertThat(before.texts()).isEmpty();
	}

	@Test
	void aSubscriberThatSubscribesAgainDuringTheStopIsCompletedAtOnce() {
		List<CollectingSubscriber> again = new CopyOnWriteArrayList<>();
		CollectingSubscriber subscriber = new CollectingSubscriber(Long.MAX_VALUE);
		subscriber.whenComplete(() -> again.add(this.node.listen("chat/a")));
		this.node.listen("chat/a", ListenOptions.fromNow(), subscriber);
		this.node.subscriber.stop(Duration.ofSeconds(2));
		assertThat(subscriber.completed).isTrue();
		await().until(() -> again.size() == 1 && again.get(0).completed);
		this.node.node.stop();
		CollectingSubscriber late = this.node.listen("log/a");
		assertThat(late.completed).isTrue();
		await().untilAsserted(() -> assertThat(this.node.statistics.active()).isZero());
		this.node.start();
		CollectingSubscriber after = this.node.listen("chat/a");
		this.node.publish("chat/a", "again");
		after.awaitTexts("again");
	}

	@Test
	void aSubscriberThatSubscribesBeforeTheFirstStartBeginsWithIt() {
		try (ListeningFixture own = new ListeningFixture(new LocalRelay())) {
			CollectingSubscriber early = own.listen("chat/a");
			assertThat(early.completed).isFalse();
			own.start();
			own.publish("chat/a", "first");
			early.awaitTexts("first");
		}
	}

	@Test
	void aThreadOfTheRelayNeverRunsASubscriberEvenIfTheNodeHasNoThreads() {
		CollectingSubscriber subscriber = this.node.listen("chat/a");
		this.node.node.stop();
		this.node.node.taps().gap(new Address.Channel("chat/a"));
		assertThat(subscriber.items()).isEmpty();
		this.node.start();
		subscriber.awaitTexts("RELAY_GAP -1");
		assertThat(subscriber.thread).isNotEqualTo(Thread.currentThread());
	}

	@Test
	void theStopWaitsForACallThatIsUnderWay() {
		CountDownLatch called = new CountDownLatch(1);
		CountDownLatch gate = new CountDownLatch(1);
		AtomicBoolean ended = new AtomicBoolean();
		CollectingSubscriber subscriber = this.node.listen("chat/a", ListenOptions.fromNow(),
				new CollectingSubscriber(Long.MAX_VALUE).doing((item) -> {
					called.countDown();
					EphemeralListeningTests.awaitOpen(gate);
					ended.set(true);
				}));
		this.node.publish("chat/a", 0, 3);
		await().until(() -> called.getCount() == 0);
		CompletableFuture<Void> stop = CompletableFuture
			.runAsync(() -> this.node.subscriber.stop(Duration.ofSeconds(20)));
		await().until(() -> this.node.listen("chat/b").completed);
		assertThat(stop).isNotDone();
		gate.countDown();
		stop.orTimeout(10, TimeUnit.SECONDS).join();
		assertThat(ended).isTrue();
		assertThat(subscriber.completed).isTrue();
		assertThat(subscriber.texts()).containsExactly("0");
	}

	@Test
	void aSubscriberMustNotBeNull() {
		assertThatNullPointerException().isThrownBy(() -> this.node.subscriber.publisher("chat/a").subscribe(null));
	}

}
