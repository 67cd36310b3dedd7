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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.delivery.internal.BucketReceivers;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.SequenceTracker;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.subscription.internal.AddressFollower;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import io.github.atmosphererelay.test.Reconciles;
import io.github.atmosphererelay.test.ScriptedLog;
import io.github.atmosphererelay.test.SharedLog;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A follower of a log exists exactly as long as the node's interest in its channel,
 * however subscribers come and go while messages arrive.
 */
@Reconciles
class FollowerLifeTests {

	private static final int CHANNELS = 20;

	private static final int ROUNDS = 4;

	private final SharedLog log = new SharedLog();

	@Test
	void subscribersThatComeAndGoUnderTrafficLeaveNoFollowerBehind() throws InterruptedException {
		try (NodeFixture node = new NodeFixture(new LateRelay(this.log.relay())).startUp();
				NodeFixture other = new NodeFixture(this.log.relay()).startUp()) {
			FakeTransport last = new FakeTransport();
			node.connect(null, last, "log/last");
			int addresses = node.node.interest().size();
			AtomicBoolean running = new AtomicBoolean(true);
			Thread publisher = new Thread(() -> {
				for (int i = 0; running.get(); i++) {
					other.node.broadcaster().broadcast(channel(i % CHANNELS), "old");
					LockSupport.parkNanos(20_000);
				}
			});
			publisher.start();
			try {
				for (int round = 0; round < ROUNDS; round++) {
					comeAndGo(node);
					await().atMost(Duration.ofSeconds(10)).until(() -> node.node.interest().size() == addresses);
					assertThat(node.node.followedLogs()).as("followers after round " + round).isOne();
				}
			}
			finally {
				running.set(false);
				publisher.join();
			}
			// All that was on its way has arrived
			other.node.broadcaster().broadcast("log/last", "last").join();
			await().untilAsserted(() -> assertThat(last.events()).containsExactly("last"));
			List<FakeTransport> transports = new ArrayList<>();
			for (int i = 0; i < CHANNELS; i++) {
				FakeTransport transport = new FakeTransport();
				transports.add(transport);
				LocalSession session = node.connect(null, transport);
				SubscriptionState state = node.node.subscriptions()
					.subscribe(session, channel(i))
					.orTimeout(5, TimeUnit.SECONDS)
					.join();
				assertThat(state).isEqualTo(SubscriptionState.CONFIRMED);
				other.node.broadcaster().broadcast(channel(i), "new").join();
			}
			assertThat(node.node.followedLogs()).isEqualTo(1 + CHANNELS);
			await().untilAsserted(() -> assertThat(transports)
				.allSatisfy((each) -> assertThat(each.events()).containsExactly("new")));
		}
	}

	/**
	 * As often as the moments can meet: a channel is entered and left again while its
	 * messages arrive.
	 */
	@Test
	void aMessageThatArrivesWhileItsChannelIsLeftMakesNoFollower() throws InterruptedException {
		ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
		ScriptedLog relay = new ScriptedLog(channel(0));
		MessagingStatistics statistics = new MessagingStatistics();
		UUID id = UUID.randomUUID();
		RelayMonitor monitor = new RelayMonitor(relay, id, Duration.ofSeconds(1), Duration.ofSeconds(1), scheduler,
				(state) -> {
				});
		SessionRegistry registry = new SessionRegistry();
		WriterPool writers = new WriterPool(new WriterSettings(1, 1, Duration.ofSeconds(1)), new SessionStatistics(),
				scheduler);
		ChannelTaps taps = new ChannelTaps(new Guards().of(Part.LISTENERS));
		LocalDelivery delivery = new LocalDelivery(registry, writers, NodeFixture.catalog(), NodeFixture.QUEUE, taps,
				List::of);
		LogFollowerRegistry followers = new LogFollowerRegistry(monitor, new ChannelLogs(relay, NodeFixture.catalog()),
				NodeFixture.catalog(), delivery, statistics.log(), Duration.ofHours(1));
		Interest interest = new Interest(new AddressFollower(relay, NodeFixture.catalog()), Duration.ZERO,
				followers::entered, followers::left);
		RelayReceiver receiver = new RelayReceiver(id, interest, new SequenceTracker(statistics.deliveries()),
				followers, delivery, new ControlMessenger(id, relay, () -> null), statistics.deliveries(), taps,
				new BucketReceivers(new Guards().of(Part.LISTENERS)));
		AtomicBoolean running = new AtomicBoolean(true);
		Envelope envelope = relay.envelope("A1");
		Thread arrivals = new Thread(() -> {
			for (int i = 1; running.get(); i++) {
				receiver.received(envelope, new Position("A", i));
			}
		});
		arrivals.start();
		try {
			for (int round = 0; round < 300_000; round++) {
				interest.acquire(envelope.address());
				interest.release(envelope.address());
				interest.sweep();
				if (followers.size() > 0) {
					Assertions.fail("A follower without interest in round " + round);
				}
			}
		}
		finally {
			running.set(false);
			arrivals.join();
			scheduler.shutdownNow();
		}
	}

	private static void comeAndGo(NodeFixture node) {
		List<FakeTransport> transports = IntStream.range(0, CHANNELS).mapToObj((i) -> new FakeTransport()).toList();
		List<LocalSession> sessions = IntStream.range(0, CHANNELS)
			.mapToObj((i) -> node.connect(null, transports.get(i), channel(i)))
			.toList();
		await().atMost(Duration.ofSeconds(10))
			.until(() -> transports.stream().allMatch((each) -> !each.events().isEmpty()));
		sessions.forEach((session) -> session.ended(1000, null));
	}

	private static String channel(int number) {
		return "log/" + number;
	}

	/**
	 * Answers what it is asked 20 ms late.
	 */
	private static final class LateRelay implements ClusterRelay, ChannelLog {

		private static final Executor LATE = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

		private final ClusterRelay relay;

		private LateRelay(ClusterRelay relay) {
			this.relay = relay;
		}

		private static <T extends @Nullable Object> CompletableFuture<T> late(CompletableFuture<T> answer) {
			return answer.thenApplyAsync((any) -> any, LATE);
		}

		@Override
		public String name() {
			return this.relay.name();
		}

		@Override
		public void start(RelayListener listener) {
			this.relay.start(listener);
		}

		@Override
		public void stop() {
			this.relay.stop();
		}

		@Override
		public CompletableFuture<Receipt> publish(Envelope envelope) {
			return this.relay.publish(envelope);
		}

		@Override
		public CompletableFuture<@Nullable Void> subscribe(Address address) {
			return late(this.relay.subscribe(address));
		}

		@Override
		public void unsubscribe(Address address) {
			this.relay.unsubscribe(address);
		}

		@Override
		public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
				ReadDirection direction) {
			return late(log(this.relay).read(channel, since, limit, direction));
		}

		@Override
		public CompletableFuture<Position> position(String channel) {
			return late(log(this.relay).position(channel));
		}

		@Override
		public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
			return late(log(this.relay).resume(channel, delivered, reached));
		}

		@Override
		public ChannelLog log() {
			return this;
		}

		@Override
		public boolean hasConsecutiveOffsets() {
			return log(this.relay).hasConsecutiveOffsets();
		}

		private static ChannelLog log(ClusterRelay relay) {
			return Objects.requireNonNull(relay.log());
		}

		@Override
		public Map<String, Object> details() {
			return this.relay.details();
		}

	}

}
