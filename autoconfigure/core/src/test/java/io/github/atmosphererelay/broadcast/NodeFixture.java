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

package io.github.atmosphererelay.broadcast;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.session.DropReason;
import io.github.atmosphererelay.session.FakeTransport;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.QueueLimits;
import io.github.atmosphererelay.session.SessionRegistry;
import io.github.atmosphererelay.session.SessionStatistics;
import io.github.atmosphererelay.session.SlowConsumerPolicy;
import io.github.atmosphererelay.session.WriterSettings;
import io.github.atmosphererelay.session.Writers;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.GrowingThreads;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A node of messaging without an application around it, on a relay of its own.
 */
final class NodeFixture implements AutoCloseable {

	static final QueueLimits QUEUE = new QueueLimits(100_000, 1 << 30, SlowConsumerPolicy.DISCONNECT);

	final FakeRelay relay;

	final SessionRegistry registry = new SessionRegistry();

	final SessionStatistics sessionStatistics = new SessionStatistics();

	final BroadcastStatistics statistics = new BroadcastStatistics();

	final List<Object> events = new CopyOnWriteArrayList<>();

	final MessagingNode node;

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	NodeFixture(FakeRelay relay) {
		this(relay, relay, catalog());
	}

	NodeFixture(ClusterRelay relay) {
		this(relay, catalog());
	}

	NodeFixture(ClusterRelay relay, ChannelCatalog catalog) {
		this(relay, new FakeRelay(), catalog);
	}

	private NodeFixture(ClusterRelay relay, FakeRelay fake, ChannelCatalog catalog) {
		this.relay = fake;
		MessagingSettings settings = new MessagingSettings(1_000, Duration.ofMillis(50), Duration.ofSeconds(5),
				Duration.ofMillis(100), Duration.ofMillis(100), QUEUE, 128, 300, Duration.ofMillis(200));
		this.node = new MessagingNode(new NodeIdentity(UUID.randomUUID(), "node"), settings, relay, catalog,
				new PayloadEncoder(null), this.registry,
				new Writers(new WriterSettings(1, 4, Duration.ofSeconds(5)), this.sessionStatistics, this.scheduler),
				this.scheduler, new EventDispatcher(this.events::add, this.statistics), this.statistics,
				new GrowingThreads());
	}

	static ChannelCatalog catalog() {
		return new ChannelCatalog(List.of(
				new ChannelOptions("chat/**", true, ChannelAccess.ANYONE, ChannelScope.CLUSTER, true, QUEUE, false),
				new ChannelOptions("quiet/**", true, ChannelAccess.ANYONE, ChannelScope.CLUSTER, false, QUEUE, false),
				new ChannelOptions("news/**", false, ChannelAccess.ANYONE, ChannelScope.CLUSTER, true, QUEUE, false),
				new ChannelOptions("local/**", true, ChannelAccess.ANYONE, ChannelScope.NODE, true, QUEUE, false),
				new ChannelOptions("log/**", true, ChannelAccess.ANYONE, ChannelScope.CLUSTER, true, QUEUE, false,
						HistoryOptions.of(5000))));
	}

	NodeFixture start() {
		this.node.start();
		return this;
	}

	NodeFixture startUp() {
		start();
		Awaitility.await().until(() -> this.node.monitor().isUp());
		return this;
	}

	LocalSession open(@Nullable String user, FakeTransport transport) {
		return this.node.writers()
			.open(this.node.identity().newSessionId(), (user != null) ? () -> user : null, null, transport,
					this.node.subscriptions()::disconnected);
	}

	LocalSession connect(@Nullable String user, FakeTransport transport, String... channels) {
		LocalSession session = open(user, transport);
		this.node.subscriptions().connected(session);
		for (String channel : channels) {
			this.node.subscriptions().subscribe(session, channel);
		}
		return session;
	}

	List<Object> eventsOf(LocalSession session) {
		return this.events.stream().filter((event) -> event.toString().contains(session.id())).toList();
	}

	long drops() {
		return Arrays.stream(DropReason.values()).mapToLong(this.sessionStatistics::drops).sum();
	}

	@Override
	public void close() {
		this.node.stop();
		this.scheduler.shutdownNow();
	}

}
