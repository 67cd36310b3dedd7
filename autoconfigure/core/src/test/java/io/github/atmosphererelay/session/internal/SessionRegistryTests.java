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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link SessionRegistry}.
 */
class SessionRegistryTests {

	private final SessionRegistry registry = new SessionRegistry();

	private final WriterPool writers = new WriterPool(new WriterSettings(2, 2, Duration.ofSeconds(5)),
			new SessionStatistics(), mock(ScheduledExecutorService.class));

	private final ExecutorService executor = Executors.newFixedThreadPool(4);

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	@Test
	void sessionsAreFoundByIdChannelAndUser() {
		LocalSession ann = session("1", "ann");
		LocalSession annToo = session("2", "ann");
		LocalSession anonymous = session("3", null);
		List.of(ann, annToo, anonymous).forEach(this.registry::add);
		assertThat(subscribe(ann, "chat")).isTrue();
		assertThat(subscribe(ann, "chat")).isFalse();
		assertThat(subscribe(anonymous, "chat")).isTrue();
		assertThat(subscribe(anonymous, "news")).isTrue();
		assertThat(this.registry.find("1")).isSameAs(ann);
		assertThat(this.registry.find("4")).isNull();
		assertThat(this.registry.ofUser("ann")).containsExactlyInAnyOrder(ann, annToo);
		assertThat(this.registry.ofUser("bob")).isEmpty();
		assertThat(this.registry.inChannel("chat")).containsExactlyInAnyOrder(ann, anonymous);
		assertThat(this.registry.channels()).containsExactlyInAnyOrder("chat", "news");
		assertThat(this.registry.countInChannel("chat")).isEqualTo(2);
		assertThat(this.registry.subscriptionCount()).isEqualTo(3);
		assertThat(this.registry.sessionCount()).isEqualTo(3);
		assertThat(this.registry.userCount()).isOne();
		assertThat(anonymous.channels()).containsExactlyInAnyOrder("chat", "news");
	}

	@Test
	void removingASessionTellsWhichChannelsItHasLeft() {
		LocalSession session = session("1", "ann");
		this.registry.add(session);
		subscribe(session, "chat");
		subscribe(session, "news");
		unsubscribe(session, "news");
		assertThat(unsubscribe(session, "news")).isFalse();
		assertThat(this.registry.remove(session)).extracting(Subscription::channel).containsExactly("chat");
		assertThat(this.registry.remove(session)).isNull();
		assertEmpty();
	}

	@Test
	void aHundredThousandConnectsAndDisconnectsLeaveNothingBehind() throws Exception {
		int threads = 4;
		List<Callable<Void>> tasks = new ArrayList<>();
		for (int t = 0; t < threads; t++) {
			int thread = t;
			tasks.add(() -> {
				Random random = new Random(thread);
				for (int i = 0; i < 100_000 / threads; i++) {
					LocalSession session = session(thread + "." + i, "user" + random.nextInt(10));
					this.registry.add(session);
					subscribe(session, "channel" + random.nextInt(10));
					subscribe(session, "channel" + random.nextInt(10));
					if (random.nextBoolean()) {
						unsubscribe(session, "channel" + random.nextInt(10));
					}
					this.registry.remove(session);
				}
				return null;
			});
		}
		for (Future<Void> future : this.executor.invokeAll(tasks)) {
			future.get(60, TimeUnit.SECONDS);
		}
		assertEmpty();
	}

	@Test
	void aSessionThatIsRemovedWhileItSubscribesIsInBothIndexesOrInNone() throws Exception {
		int rounds = 20_000;
		CyclicBarrier barrier = new CyclicBarrier(2);
		List<LocalSession> sessions = new ArrayList<>();
		for (int i = 0; i < rounds; i++) {
			sessions.add(session(String.valueOf(i), null));
		}
		sessions.forEach(this.registry::add);
		Future<?> subscriber = this.executor.submit(() -> {
			for (LocalSession session : sessions) {
				barrier.await(10, TimeUnit.SECONDS);
				subscribe(session, "chat");
				barrier.await(10, TimeUnit.SECONDS);
			}
			return null;
		});
		for (LocalSession session : sessions) {
			barrier.await(10, TimeUnit.SECONDS);
			this.registry.remove(session);
			barrier.await(10, TimeUnit.SECONDS);
			assertThat(this.registry.inChannel("chat").contains(session))
				.isEqualTo(session.channels().contains("chat"));
			unsubscribe(session, "chat");
		}
		subscriber.get(10, TimeUnit.SECONDS);
		assertThat(this.registry.inChannel("chat")).isEmpty();
		assertEmpty();
	}

	@Test
	void aListenerThatFailsKeepsNobodyFromComingOrGoing() {
		List<String> told = new ArrayList<>();
		AtomicBoolean failing = new AtomicBoolean(true);
		this.registry.start(List.of(listener("first", told, new AtomicBoolean()), listener("second", told, failing),
				listener("third", told, new AtomicBoolean())));
		LocalSession session = session("1", null);
		this.registry.add(session);
		assertThatIllegalStateException().isThrownBy(() -> subscribe(session, "chat"));
		assertThat(session.channels()).isEmpty();
		assertThat(this.registry.inChannel("chat")).isEmpty();
		assertThat(told).as("who has heard of it hears that it is over")
			.containsExactly("first subscribed", "first unsubscribed");
		told.clear();
		failing.set(false);
		assertThat(subscribe(session, "chat")).isTrue();
		failing.set(true);
		assertThat(this.registry.remove(session)).extracting(Subscription::channel).containsExactly("chat");
		assertThat(told).containsExactly("first subscribed", "second subscribed", "third subscribed",
				"first unsubscribed", "third unsubscribed");
		assertEmpty();
	}

	@Test
	void theListenerOfASubscriptionHearsOfItAloneAndOnlyIfItComesToBe() {
		List<String> told = new ArrayList<>();
		AtomicBoolean failing = new AtomicBoolean(true);
		this.registry.start(List.of(listener("all", told, new AtomicBoolean()), listener("failing", told, failing)));
		LocalSession session = session("1", null);
		this.registry.add(session);
		SubscriptionListener own = listener("own", told, new AtomicBoolean());
		assertThatIllegalStateException()
			.isThrownBy(() -> this.registry.add(new Subscription(session, "chat", own, null), Integer.MAX_VALUE));
		assertThat(told).containsExactly("all subscribed", "all unsubscribed");
		told.clear();
		failing.set(false);
		Subscription subscription = new Subscription(session, "chat", own, null);
		assertThat(this.registry.add(subscription, Integer.MAX_VALUE)).isTrue();
		assertThat(subscription.listener()).isSameAs(own);
		assertThat(this.registry.add(new Subscription(session, "chat", own, null), Integer.MAX_VALUE)).isFalse();
		subscribe(session, "news");
		unsubscribe(session, "news");
		assertThat(this.registry.remove(subscription)).isTrue();
		assertThat(this.registry.remove(subscription)).isFalse();
		assertThat(told).filteredOn((each) -> each.startsWith("own"))
			.containsExactly("own subscribed", "own unsubscribed");
		assertThat(told).startsWith("all subscribed", "failing subscribed", "own subscribed");
	}

	@Test
	void aSubscriptionThatNobodyAtTheDoorHasAskedForIsToldToWhomTheDoorHasNamed() {
		List<String> told = new ArrayList<>();
		LocalSession session = session("1", null);
		session.subscribeBy(new SessionSubscriber() {

			@Override
			public SubscriptionListener listener(String channel) {
				return SessionRegistryTests.listener(channel, told, new AtomicBoolean());
			}

		});
		this.registry.add(session);
		subscribe(session, "chat");
		subscribe(session, "news");
		unsubscribe(session, "chat");
		assertThat(told).containsExactly("chat subscribed", "news subscribed", "chat unsubscribed");
	}

	private static SubscriptionListener listener(String name, List<String> told, AtomicBoolean failing) {
		return new SubscriptionListener() {

			@Override
			public void subscribed(Subscription subscription) {
				tell("subscribed");
			}

			@Override
			public void unsubscribed(Subscription subscription) {
				tell("unsubscribed");
			}

			private void tell(String event) {
				if (failing.get()) {
					throw new IllegalStateException("injected");
				}
				told.add(name + " " + event);
			}

		};
	}

	private boolean subscribe(LocalSession session, String channel) {
		return this.registry.add(new Subscription(session, channel), Integer.MAX_VALUE);
	}

	private boolean unsubscribe(LocalSession session, String channel) {
		Subscription subscription = session.subscription(channel);
		return subscription != null && this.registry.remove(subscription);
	}

	private void assertEmpty() {
		assertThat(this.registry.sessionCount()).isZero();
		assertThat(this.registry.channelCount()).isZero();
		assertThat(this.registry.userCount()).isZero();
		assertThat(this.registry.subscriptionCount()).isZero();
	}

	private LocalSession session(String id, @Nullable String user) {
		return this.writers.open(id, (user != null) ? () -> user : null, null, new FakeTransport(),
				(session, reason) -> {
				});
	}

}
