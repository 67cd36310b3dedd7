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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.event.ChannelUnsubscribed;
import io.github.atmosphererelay.event.SessionConnected;
import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionSubscriber;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.test.FakeRelay;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Subscriptions}.
 */
class SubscriptionsTests {

	private static final Address LOBBY = new Address.Channel("chat/lobby");

	private static final Address ANN = new Address.User("ann");

	private final FakeRelay relay = new FakeRelay();

	private final NodeFixture fixture = new NodeFixture(this.relay);

	private final Subscriptions subscriptions = this.fixture.node.subscriptions();

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	void eventsTellAWholeLifeInOrder() {
		this.fixture.start();
		LocalSession session = this.fixture.connect("ann", new FakeTransport());
		this.subscriptions.subscribe(session, "chat/lobby");
		this.subscriptions.subscribe(session, "news/today");
		this.subscriptions.unsubscribe(session, "news/today");
		this.subscriptions.unsubscribe(session, "news/today");
		session.ended(1000, "bye");
		session.ended(1006, null);
		DisconnectReason reason = new DisconnectReason(DisconnectReason.Initiator.CLIENT, 1000, "bye");
		await().until(() -> this.fixture.eventsOf(session).size() == 6);
		assertThat(this.fixture.eventsOf(session)).containsExactly(new SessionConnected(session),
				new ChannelSubscribed(session, "chat/lobby", false),
				new ChannelSubscribed(session, "news/today", false), new ChannelUnsubscribed(session, "news/today"),
				new ChannelUnsubscribed(session, "chat/lobby"), new SessionDisconnected(session, reason));
		assertNothingIsLeft();
	}

	@Test
	void aChannelAndAUserAreFollowedWhileTheyHaveSessions() {
		this.fixture.start();
		LocalSession first = this.fixture.connect("ann", new FakeTransport(), "chat/lobby");
		LocalSession second = this.fixture.connect("ann", new FakeTransport(), "chat/lobby");
		first.ended(1000, null);
		assertThat(this.relay.follows(LOBBY)).isTrue();
		assertThat(this.relay.follows(ANN)).isTrue();
		second.ended(1000, null);
		await().until(() -> !this.relay.follows(LOBBY) && !this.relay.follows(ANN));
		assertThat(this.relay.interestIn(LOBBY)).containsExactly("subscribe channel:chat/lobby",
				"unsubscribe channel:chat/lobby");
		assertThat(this.relay.interestIn(ANN)).containsExactly("subscribe user:ann", "unsubscribe user:ann");
	}

	@Test
	void ofAThousandChannelsASessionGetsAsManyAsItMayHave() {
		this.fixture.start();
		int followed = this.fixture.node.interest().size();
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		int refused = 0;
		for (int i = 0; i < 1000; i++) {
			try {
				this.subscriptions.subscribe(session, "chat/" + i);
			}
			catch (RequestRefusedException ex) {
				assertThat(ex.code()).isEqualTo(ErrorCode.LIMIT_EXCEEDED);
				assertThat(ex.reason()).isEqualTo("a session has at most 128 channels");
				refused++;
			}
		}
		assertThat(refused).isEqualTo(1000 - 128);
		assertThat(session.channels()).hasSize(128).contains("chat/0", "chat/127");
		assertThat(this.fixture.registry.channelCount()).isEqualTo(128);
		await().until(() -> this.fixture.node.interest().size() == followed + 128);
		// A second subscription to the same takes no room, and one that goes makes some.
		this.subscriptions.subscribe(session, "chat/5");
		this.subscriptions.unsubscribe(session, "chat/5");
		this.subscriptions.subscribe(session, "chat/999");
		assertThat(session.channels()).hasSize(128).contains("chat/999");
		session.ended(1000, null);
		assertNothingIsLeft();
		await().until(() -> this.fixture.node.interest().size() == followed);
	}

	@Test
	void aSubscriptionThatTheRelayDoesNotConfirmIsDegradedAfterTwoSeconds() {
		this.relay.unconfirming();
		this.fixture.start();
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		long startedAt = System.nanoTime();
		CompletableFuture<SubscriptionState> ready = this.subscriptions.subscribe(session, "chat/lobby");
		assertThat(ready).isNotDone();
		assertThat(this.fixture.registry.inChannel("chat/lobby")).containsExactly(session);
		assertThat(ready.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(SubscriptionState.DEGRADED);
		assertThat(System.nanoTime() - startedAt).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(1_900));
		await().until(() -> this.fixture.events.contains(new ChannelSubscribed(session, "chat/lobby", true)));
	}

	@Test
	void aChannelThatIsFollowedAlreadyIsDegradedWhileTheBrokerIsAway() {
		this.fixture.startUp();
		this.fixture.connect(null, new FakeTransport(), "chat/lobby");
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		this.relay.failProbes(new RelayUnavailableException("fake", null));
		await().until(() -> this.fixture.node.monitor().state() == RelayState.DOWN);
		assertThat(this.subscriptions.subscribe(session, "chat/lobby"))
			.isCompletedWithValue(SubscriptionState.DEGRADED);
	}

	@Test
	void aSecondSubscriptionWaitsForTheSameConfirmation() {
		this.relay.unconfirming();
		this.fixture.start();
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		CompletableFuture<SubscriptionState> first = this.subscriptions.subscribe(session, "chat/lobby");
		CompletableFuture<SubscriptionState> second = this.subscriptions.subscribe(session, "chat/lobby");
		assertThat(second).isNotDone();
		this.relay.subscription(LOBBY).complete(null);
		assertThat(first).isCompletedWithValue(SubscriptionState.CONFIRMED);
		assertThat(second).isCompletedWithValue(SubscriptionState.CONFIRMED);
		await().until(() -> this.fixture.eventsOf(session).size() == 2);
		session.ended(1000, null);
		assertNothingIsLeft();
	}

	@Test
	void aChannelOfThisNodeAloneNeverTouchesTheRelay() {
		this.relay.unconfirming();
		this.fixture.start();
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		assertThat(this.subscriptions.subscribe(session, "local/cache"))
			.isCompletedWithValue(SubscriptionState.CONFIRMED);
		this.subscriptions.unsubscribe(session, "local/cache");
		assertThat(this.relay.interest()).noneMatch((each) -> each.contains("local/cache"));
	}

	@Test
	void theEndOfASubscriptionLeavesALaterOneOfTheSameNameAlone() {
		this.fixture.start();
		LocalSession session = this.fixture.connect(null, new FakeTransport(), "chat/lobby");
		Subscription first = session.subscription("chat/lobby");
		assertThat(first).isNotNull();
		this.subscriptions.unsubscribe(session, "chat/lobby");
		this.subscriptions.subscribe(session, "chat/lobby");
		this.subscriptions.withdraw(first);
		assertThat(this.fixture.registry.inChannel("chat/lobby")).containsExactly(session);
		Subscription second = session.subscription("chat/lobby");
		assertThat(second).isNotNull().isNotSameAs(first);
		this.subscriptions.withdraw(second);
		assertThat(this.fixture.registry.inChannel("chat/lobby")).isEmpty();
		session.ended(1000, null);
		assertNothingIsLeft();
	}

	@Test
	void whatTheClientHasNotAskedForIsSubscribedAsTheSessionsDoorSays() {
		this.fixture.start();
		CompletableFuture<SubscriptionState> own = new CompletableFuture<>();
		List<String> givenUp = new ArrayList<>();
		LocalSession session = this.fixture.open(null, new FakeTransport());
		session.subscribeBy(new SessionSubscriber() {

			@Override
			public @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
				return channel.equals("chat/own") ? own : null;
			}

			@Override
			public void giveUp(String channel) {
				givenUp.add(channel);
			}

		});
		this.subscriptions.connected(session);
		assertThat(this.subscriptions.subscribe(session, "chat/own")).isSameAs(own);
		assertThat(session.channels()).isEmpty();
		assertThat(this.subscriptions.subscribe(session, "chat/lobby"))
			.isCompletedWithValue(SubscriptionState.CONFIRMED);
		assertThat(session.channels()).containsExactly("chat/lobby");
		this.subscriptions.unsubscribe(session, "chat/own");
		this.subscriptions.unsubscribe(session, "chat/lobby");
		assertThat(givenUp).containsExactly("chat/own", "chat/lobby");
		assertThat(session.channels()).isEmpty();
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> this.subscriptions.subscribe(session, "nowhere"));
	}

	@Test
	void anUnknownChannelIsRefused() {
		this.fixture.start();
		LocalSession session = this.fixture.connect(null, new FakeTransport());
		assertThatExceptionOfType(UnknownChannelException.class)
			.isThrownBy(() -> this.subscriptions.subscribe(session, "nowhere"));
		assertThat(session.channels()).isEmpty();
	}

	@Test
	void aSessionThatEndedBeforeItWasLetInLeavesNothing() {
		this.fixture.start();
		LocalSession other = this.fixture.connect("ann", new FakeTransport());
		LocalSession session = this.fixture.open("ann", new FakeTransport());
		session.ended(1006, null);
		this.subscriptions.connected(session);
		this.subscriptions.subscribe(session, "chat/lobby");
		assertThat(this.fixture.registry.sessions()).containsExactly(other);
		await().until(() -> this.fixture.events.stream().anyMatch(SessionDisconnected.class::isInstance));
		assertThat(this.fixture.eventsOf(session)).startsWith(new SessionConnected(session))
			.noneMatch(ChannelSubscribed.class::isInstance);
		assertThat(this.fixture.node.interest().size()).isGreaterThan(2);
		assertThat(this.relay.follows(ANN)).isTrue();
		other.ended(1000, null);
		assertNothingIsLeft();
	}

	@Test
	void sessionsThatEndWhileTheyAreLetInAndSubscribedLeaveNothing() throws Exception {
		this.fixture.start();
		int rounds = 5_000;
		List<LocalSession> sessions = new ArrayList<>();
		for (int i = 0; i < rounds; i++) {
			sessions.add(this.fixture.open("ann", new FakeTransport()));
		}
		CyclicBarrier barrier = new CyclicBarrier(2);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<?> ender = executor.submit(() -> {
				for (int i = 0; i < rounds; i++) {
					barrier.await(20, TimeUnit.SECONDS);
					for (int spin = 0; spin < i % 50 * 10; spin++) {
						Thread.onSpinWait();
					}
					sessions.get(i).ended(1006, null);
				}
				return null;
			});
			for (LocalSession session : sessions) {
				barrier.await(20, TimeUnit.SECONDS);
				this.subscriptions.connected(session);
				this.subscriptions.subscribe(session, "chat/lobby");
			}
			ender.get(20, TimeUnit.SECONDS);
		}
		finally {
			executor.shutdownNow();
		}
		assertNothingIsLeft();
		await().until(() -> count(SessionDisconnected.class) == rounds);
		assertThat(count(SessionConnected.class)).isEqualTo(rounds);
		assertThat(count(ChannelSubscribed.class)).isLessThanOrEqualTo(count(ChannelUnsubscribed.class));
	}

	private long count(Class<?> event) {
		return this.fixture.events.stream().filter(event::isInstance).count();
	}

	private void assertNothingIsLeft() {
		assertThat(this.fixture.registry.sessionCount()).isZero();
		assertThat(this.fixture.registry.channelCount()).isZero();
		assertThat(this.fixture.registry.userCount()).isZero();
		// The node's own address and the one for everybody.
		await().until(() -> this.fixture.node.interest().size() == 2);
		assertThat(this.relay.follows(LOBBY)).isFalse();
		assertThat(this.relay.follows(ANN)).isFalse();
	}

}
