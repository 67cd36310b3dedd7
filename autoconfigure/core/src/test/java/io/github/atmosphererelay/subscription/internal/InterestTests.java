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

package io.github.atmosphererelay.subscription.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.test.FakeRelay;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Interest}.
 */
class InterestTests {

	private static final Address CHAT = new Address.Channel("chat");

	private static final Address NEWS = new Address.Channel("news");

	private final FakeRelay relay = new FakeRelay();

	private final List<Address> left = new CopyOnWriteArrayList<>();

	@Test
	void manyWhoAreInterestedFollowOnce() {
		Interest interest = interest(Duration.ZERO);
		for (int i = 0; i < 100; i++) {
			interest.acquire(CHAT);
		}
		assertThat(this.relay.interest()).containsExactly("subscribe channel:chat");
		for (int i = 0; i < 99; i++) {
			interest.release(CHAT);
		}
		interest.sweep();
		assertThat(interest.follows(CHAT)).isTrue();
		interest.release(CHAT);
		interest.sweep();
		assertThat(interest.follows(CHAT)).isFalse();
		assertThat(this.relay.interest()).containsExactly("subscribe channel:chat", "unsubscribe channel:chat");
		assertThat(this.left).containsExactly(CHAT);
	}

	@Test
	void anErrorOfTheRelayLeavesNothingBehindAndTheNextAddressIsLeft() {
		Interest interest = interest(Duration.ZERO);
		for (Address address : List.of(CHAT, NEWS)) {
			interest.acquire(address);
			interest.release(address);
		}
		this.relay.throwOnce(new OutOfMemoryError("injected"));
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(interest::sweep);
		interest.sweep();
		assertThat(this.left).containsExactly(CHAT, NEWS);
		assertThat(interest.size()).isZero();
	}

	@Test
	void whoeverCouldNotBeFollowedForIsNotCounted() {
		Interest interest = interest(Duration.ZERO);
		IllegalStateException failure = new IllegalStateException("as if");
		this.relay.throwOnSubscribe(failure);
		assertThatIllegalStateException().isThrownBy(() -> interest.acquire(CHAT)).isSameAs(failure);
		assertThat(interest.follows(CHAT)).isFalse();
		this.relay.throwOnSubscribe(null);
		interest.acquire(CHAT);
		interest.release(CHAT);
		interest.sweep();
		assertThat(interest.follows(CHAT)).isFalse();
		assertThat(this.left).containsExactly(CHAT, CHAT);
	}

	@Test
	void anAddressIsLeftOnlyAfterTheDelay() {
		Interest interest = interest(Duration.ofHours(1));
		interest.acquire(CHAT);
		interest.release(CHAT);
		interest.sweep();
		assertThat(interest.follows(CHAT)).isTrue();
		assertThat(this.relay.interest()).containsExactly("subscribe channel:chat");
		Interest hasty = interest(Duration.ofMillis(20));
		hasty.acquire(NEWS);
		hasty.release(NEWS);
		await().until(() -> {
			hasty.sweep();
			return !hasty.follows(NEWS);
		});
		assertThat(this.relay.interestIn(NEWS)).containsExactly("subscribe channel:news", "unsubscribe channel:news");
	}

	@Test
	void oneWhoComesBackWithinTheDelayFindsTheSubscriptionInPlace() {
		Interest interest = interest(Duration.ofHours(1));
		for (int i = 0; i < 10; i++) {
			interest.acquire(CHAT);
			assertThat(interest.ready(CHAT, Duration.ofSeconds(1))).isCompletedWithValue(SubscriptionState.CONFIRMED);
			interest.release(CHAT);
			interest.sweep();
		}
		assertThat(this.relay.interest()).containsExactly("subscribe channel:chat");
	}

	@Test
	void oneWhoIsBackWhenTheDelayEndsKeepsTheSubscription() {
		Interest interest = interest(Duration.ZERO);
		interest.acquire(CHAT);
		interest.release(CHAT);
		interest.acquire(CHAT);
		interest.sweep();
		assertThat(interest.follows(CHAT)).isTrue();
		interest.release(CHAT);
		interest.sweep();
		assertThat(this.relay.interest()).containsExactly("subscribe channel:chat", "unsubscribe channel:chat");
	}

	@Test
	void oneWhoComesAndGoesAllTheTimeDoesNotKeepOthersFromLeaving() {
		Interest interest = interest(Duration.ofMillis(300));
		interest.acquire(CHAT);
		interest.release(CHAT);
		interest.acquire(NEWS);
		interest.release(NEWS);
		await().pollInterval(Duration.ofMillis(10)).until(() -> {
			interest.acquire(CHAT);
			interest.release(CHAT);
			interest.sweep();
			return !interest.follows(NEWS);
		});
		assertThat(interest.follows(CHAT)).isTrue();
		assertThat(this.relay.interestIn(CHAT)).containsExactly("subscribe channel:chat");
	}

	@Test
	void readyIsToldWhenTheRelayConfirms() {
		Interest interest = interest(Duration.ZERO);
		this.relay.unconfirming();
		interest.acquire(CHAT);
		CompletableFuture<SubscriptionState> first = interest.ready(CHAT, Duration.ofHours(1));
		CompletableFuture<SubscriptionState> second = interest.ready(CHAT, Duration.ofHours(1));
		assertThat(first).isNotDone();
		this.relay.subscription(CHAT).complete(null);
		assertThat(first).isCompletedWithValue(SubscriptionState.CONFIRMED);
		assertThat(second).isCompletedWithValue(SubscriptionState.CONFIRMED);
	}

	@Test
	void readyIsDegradedWhenTheRelayDoesNotConfirmOrIsLeft() {
		Interest interest = interest(Duration.ZERO);
		this.relay.unconfirming();
		interest.acquire(CHAT);
		assertThat(interest.ready(CHAT, Duration.ofMillis(1)).join()).isEqualTo(SubscriptionState.DEGRADED);
		CompletableFuture<SubscriptionState> waiting = interest.ready(CHAT, Duration.ofHours(1));
		interest.release(CHAT);
		interest.sweep();
		assertThat(waiting).isCompletedWithValue(SubscriptionState.DEGRADED);
		assertThat(interest.ready(CHAT, Duration.ofHours(1))).isCompletedWithValue(SubscriptionState.DEGRADED);
	}

	/**
	 * What follows may want other locks, whose holders may want this one.
	 */
	@Test
	void whatFollowsWhenTheRelayCancelsASubscriptionRunsWithoutTheAddressLock() {
		AtomicReference<Interest> self = new AtomicReference<>();
		List<Boolean> free = new CopyOnWriteArrayList<>();
		this.relay.unconfirming();
		Interest interest = new Interest(new AddressFollower(this.relay, new ChannelCatalog(List.of())), Duration.ZERO,
				(address, followed) -> followed.whenComplete((position, ex) -> free.add(isFree(self.get(), address))),
				this.left::add);
		self.set(interest);
		interest.acquire(CHAT);
		interest.release(CHAT);
		interest.sweep();
		assertThat(free).containsExactly(true);
		assertThat(this.left).containsExactly(CHAT);
	}

	private static boolean isFree(Interest interest, Address address) {
		Thread other = new Thread(() -> interest.release(address));
		other.setDaemon(true);
		other.start();
		try {
			other.join(2_000);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return !other.isAlive();
	}

	@Test
	void thoseWhoHaveGivenUpWaitingLeaveNothingBehindAtTheRelay() {
		Interest interest = interest(Duration.ofHours(1));
		this.relay.unconfirming();
		List<CompletableFuture<?>> waiting = new ArrayList<>();
		for (int i = 0; i < 1_000; i++) {
			interest.acquire(CHAT);
			waiting.add(interest.ready(CHAT, Duration.ofMillis(1)));
			interest.release(CHAT);
		}
		CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).orTimeout(10, TimeUnit.SECONDS).join();
		assertThat(this.relay.subscription(CHAT).getNumberOfDependents()).isLessThanOrEqualTo(1);
	}

	@Test
	void clearForgetsEverything() {
		Interest interest = interest(Duration.ZERO);
		interest.acquire(CHAT);
		interest.acquire(NEWS);
		interest.release(NEWS);
		interest.clear();
		interest.sweep();
		assertThat(interest.size()).isZero();
		interest.release(CHAT);
		interest.acquire(CHAT);
		assertThat(this.relay.interestIn(CHAT)).containsExactly("subscribe channel:chat", "subscribe channel:chat");
	}

	@Test
	void concurrentComingAndGoingEndsInTheRightState() throws Exception {
		Interest interest = interest(Duration.ofNanos(1));
		int threads = 2;
		int addresses = 5;
		ExecutorService executor = Executors.newFixedThreadPool(threads + 1);
		try {
			int[][] kept = new int[threads][addresses];
			List<Future<?>> futures = new ArrayList<>();
			for (int t = 0; t < threads; t++) {
				int[] held = kept[t];
				Random random = new Random(t);
				futures.add(executor.submit(() -> {
					// As long as it takes for addresses to be left while others come.
					for (int i = 0; i < 20_000 || (changes() <= 20 && i < 20_000_000); i++) {
						int which = random.nextInt(addresses);
						Address address = new Address.Channel("c" + which);
						if (held[which] > 0 && random.nextBoolean()) {
							held[which]--;
							interest.release(address);
						}
						else if (held[which] < 1) {
							held[which]++;
							interest.acquire(address);
							assertThat(interest.follows(address)).isTrue();
						}
					}
					// Only the first two addresses are kept.
					for (int which = 2; which < addresses; which++) {
						for (; held[which] > 0; held[which]--) {
							interest.release(new Address.Channel("c" + which));
						}
					}
					interest.acquire(new Address.Channel("c0"));
					interest.acquire(new Address.Channel("c1"));
				}));
			}
			Future<?> sweeper = executor.submit(() -> {
				while (!Thread.currentThread().isInterrupted()) {
					interest.sweep();
				}
			});
			for (Future<?> future : futures) {
				future.get(60, TimeUnit.SECONDS);
			}
			await().until(() -> interest.size() == 2);
			sweeper.cancel(true);
		}
		finally {
			executor.shutdownNow();
			assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
		}
		for (int which = 0; which < addresses; which++) {
			Address address = new Address.Channel("c" + which);
			assertThat(interest.follows(address)).isEqualTo(which < 2);
			assertThat(this.relay.follows(address)).isEqualTo(which < 2);
			List<String> heard = this.relay.interestIn(address);
			for (int i = 0; i < heard.size(); i++) {
				assertThat(heard.get(i)).startsWith((i % 2 == 0) ? "subscribe" : "unsubscribe");
			}
		}
		assertThat(changes()).isGreaterThan(20);
	}

	private int changes() {
		return this.relay.interest().size();
	}

	private Interest interest(Duration linger) {
		return new Interest(new AddressFollower(this.relay, new ChannelCatalog(List.of())), linger,
				(address, followed) -> {
				}, this.left::add);
	}

}
