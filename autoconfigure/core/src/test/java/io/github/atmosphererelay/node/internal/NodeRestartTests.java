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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.event.SessionDisconnected;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.LogContinuation;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.subscription.log.internal.Subscribed;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.SharedLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A node that is stopped and started again keeps nothing of its former life.
 */
class NodeRestartTests {

	private static final String LOG = "log/restart";

	private static final Address LOBBY = new Address.Channel("chat/lobby");

	private static final Address MARKER = new Address.Channel("chat/marker");

	@Test
	void aLogIsFollowedAnewThroughTheLogThatTheRelayHasThen() {
		SharedLog log = new SharedLog();
		RenewingRelay relay = new RenewingRelay(log.relay());
		try (NodeFixture fixture = new NodeFixture((ClusterRelay) relay).startUp();
				NodeFixture other = new NodeFixture(log.relay()).startUp()) {
			FakeTransport former = new FakeTransport();
			Position beginning = subscribe(fixture, former, null).position();
			assertThat(beginning).isNotNull();
			other.node.broadcaster().broadcast(LOG, "1").join();
			await().untilAsserted(() -> assertThat(former.events()).contains("1"));
			fixture.node.stop();
			assertThat(fixture.node.followedLogs()).isZero();
			assertThat(fixture.node.interest().size()).isZero();
			assertThat(fixture.registry.channelCount()).isZero();
			other.node.broadcaster().broadcast(LOG, "2").join();
			fixture.startUp();
			assertThat(relay.lives.get()).isEqualTo(2);
			FakeTransport later = new FakeTransport();
			Subscribed subscribed = subscribe(fixture, later, new Position(beginning.epoch(), beginning.offset() + 1));
			assertThat(subscribed.isRecovered()).isTrue();
			assertThat(subscribed.publications()).extracting(Publication::payload)
				.extracting((payload) -> payload.asText())
				.containsExactly("2");
			assertThat(fixture.node.followedLogs()).isOne();
			other.node.broadcaster().broadcast(LOG, "3").join();
			await().untilAsserted(() -> assertThat(later.events()).containsExactly("3"));
			// The comparison with the log of a channel in which nothing comes
			int compared = relay.asked.get();
			await().atMost(Duration.ofSeconds(10)).until(() -> relay.asked.get() > compared);
			assertThat(relay.askedTooLate).isEmpty();
			assertThat(former.events()).doesNotContain("2", "3");
		}
	}

	private static Subscribed subscribe(NodeFixture fixture, FakeTransport transport, @Nullable Position since) {
		LocalSession session = fixture.connect(null, transport);
		return fixture.node.subscriptions()
			.subscribe(session, LOG, new SubscribeRequest(since != null, since, (answer) -> {
			}, () -> {
			}))
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
	}

	/**
	 * Those who come after the restart would otherwise hear nothing as soon as it ends.
	 */
	@Test
	void aSessionThatOutlivesTheStopTakesNothingFromThoseWhoComeAfterwards() {
		FakeRelay relay = new FakeRelay();
		try (NodeFixture fixture = new NodeFixture(relay).startUp()) {
			FakeTransport transport = new FakeTransport();
			LocalSession former = fixture.connect("ann", transport, "chat/lobby");
			fixture.node.stop();
			fixture.startUp();
			LocalSession later = fixture.connect("ann", new FakeTransport(), "chat/lobby");
			former.ended(1006, null);
			LocalSession marker = fixture.connect(null, new FakeTransport(), "chat/marker");
			marker.ended(1000, null);
			// What was left before the marker is left by then
			await().until(() -> !relay.follows(MARKER));
			assertThat(relay.follows(LOBBY)).isTrue();
			assertThat(relay.follows(new Address.User("ann"))).isTrue();
			assertThat(fixture.registry.inChannel("chat/lobby")).containsExactly(later);
			later.ended(1000, null);
			await().until(() -> !relay.follows(LOBBY) && !relay.follows(new Address.User("ann")));
		}
	}

	/**
	 * As a client for which the application looked for its channels until then. What the
	 * node asked the stopped relay for it was never asked of the next one.
	 */
	@Test
	void aSessionThatIsLetInAfterTheStopIsSeenOutAndLeavesNothingBehind() {
		FakeRelay relay = new FakeRelay();
		try (NodeFixture fixture = new NodeFixture(relay).startUp()) {
			fixture.node.stop();
			LocalSession late = fixture.connect("ann", new FakeTransport());
			assertThat(late.isEnded()).isTrue();
			assertThat(late.end().code()).isEqualTo(CloseReason.GOING_AWAY.code());
			assertThat(fixture.registry.sessionCount()).isZero();
			assertThat(fixture.node.interest().size()).isZero();
			fixture.startUp();
			LocalSession later = fixture.connect("ann", new FakeTransport(), "chat/lobby");
			assertThat(later.isOpen()).isTrue();
			assertThat(relay.follows(new Address.User("ann"))).isTrue();
			assertThat(relay.follows(LOBBY)).isTrue();
		}
	}

	/**
	 * As a client that connects again at once. Its channels are left after a delay only,
	 * and those who came to them within it heard nothing of other nodes any more.
	 */
	@Test
	void aChannelThatIsWantedWhileTheNodeIsStoppedIsAskedForOfTheNextRelay() {
		FakeRelay relay = new FakeRelay();
		try (NodeFixture fixture = new NodeFixture(relay).startUp()) {
			fixture.node.stop();
			long before = subscribes(relay);
			fixture.connect(null, new FakeTransport(), "chat/lobby");
			long late = subscribes(relay);
			fixture.startUp();
			fixture.connect(null, new FakeTransport(), "chat/lobby");
			assertThat(late).isEqualTo(before + 1);
			assertThat(subscribes(relay)).isEqualTo(late + 1);
			assertThat(fixture.node.interest().follows(LOBBY)).isTrue();
		}
	}

	private static long subscribes(FakeRelay relay) {
		return relay.interestIn(LOBBY).stream().filter((each) -> each.startsWith("subscribe ")).count();
	}

	@Test
	void whoeverIsStillThereWhenTheNodeStopsIsSeenOut() {
		FakeRelay relay = new FakeRelay();
		try (NodeFixture fixture = new NodeFixture(relay).startUp()) {
			FakeTransport transport = new FakeTransport();
			LocalSession session = fixture.connect("ann", transport, "chat/lobby");
			fixture.node.stop();
			assertThat(session.isEnded()).isTrue();
			// By the thread that aborts the connection, if it comes first
			await().until(() -> fixture.registry.sessionCount() == 0);
			assertThat(fixture.registry.channelCount()).isZero();
			assertThat(session.end().code()).isEqualTo(CloseReason.GOING_AWAY.code());
			await().until(() -> transport.aborted() != null);
			await().untilAsserted(
					() -> assertThat(fixture.eventsOf(session)).last().isInstanceOf(SessionDisconnected.class));
		}
	}

	/**
	 * A relay whose log is another object in each of its lives.
	 */
	private static final class RenewingRelay implements ClusterRelay {

		private final ClusterRelay relay;

		private final AtomicInteger lives = new AtomicInteger();

		/** How often logs were asked. */
		private final AtomicInteger asked = new AtomicInteger();

		/** What the log of a former life was asked. */
		private final List<String> askedTooLate = new CopyOnWriteArrayList<>();

		private RenewingRelay(ClusterRelay relay) {
			this.relay = relay;
		}

		@Override
		public String name() {
			return this.relay.name();
		}

		@Override
		public void start(RelayListener listener) {
			this.lives.incrementAndGet();
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
			return this.relay.subscribe(address);
		}

		@Override
		public void unsubscribe(Address address) {
			this.relay.unsubscribe(address);
		}

		@Override
		public ChannelLog log() {
			ChannelLog log = this.relay.log();
			assertThat(log).isNotNull();
			return new LogOfALife(log, this.lives.get());
		}

		/**
		 * Notes what it is asked after its life.
		 */
		private final class LogOfALife implements ChannelLog {

			private final ChannelLog log;

			private final int life;

			private LogOfALife(ChannelLog log, int life) {
				this.log = log;
				this.life = life;
			}

			private void note(String question) {
				RenewingRelay.this.asked.incrementAndGet();
				if (this.life != RenewingRelay.this.lives.get()) {
					RenewingRelay.this.askedTooLate.add(question);
				}
			}

			@Override
			public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
					ReadDirection direction) {
				note("read");
				return this.log.read(channel, since, limit, direction);
			}

			@Override
			public CompletableFuture<Position> position(String channel) {
				note("position");
				return this.log.position(channel);
			}

			@Override
			public CompletableFuture<LogContinuation> resume(String channel, Position delivered, long reached) {
				note("resume");
				return this.log.resume(channel, delivered, reached);
			}

			@Override
			public boolean hasConsecutiveOffsets() {
				return this.log.hasConsecutiveOffsets();
			}

		}

	}

}
