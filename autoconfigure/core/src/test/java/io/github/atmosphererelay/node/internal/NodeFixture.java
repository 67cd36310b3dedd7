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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.session.internal.DropReason;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.test.FakeRelay;
import io.github.atmosphererelay.test.GrowingThreads;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A node of messaging without an application around it, on a relay of its own.
 */
public final class NodeFixture implements AutoCloseable {

	public static final QueueLimits QUEUE = new QueueLimits(100_000, 1 << 30, SlowConsumerPolicy.DISCONNECT);

	final FakeRelay relay;

	public final SessionRegistry registry = new SessionRegistry();

	final SessionStatistics sessionStatistics = new SessionStatistics();

	final MessagingStatistics statistics = new MessagingStatistics();

	final List<Object> events = new CopyOnWriteArrayList<>();

	public final MessagingNode node;

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	public NodeFixture(FakeRelay relay) {
		this(relay, relay, catalog(), NodeExtensions.NONE);
	}

	public NodeFixture(ClusterRelay relay) {
		this(relay, catalog());
	}

	public NodeFixture(FakeRelay relay, NodeExtensions extensions) {
		this(relay, relay, catalog(), extensions);
	}

	NodeFixture(ClusterRelay relay, ChannelCatalog catalog) {
		this(relay, new FakeRelay(), catalog, NodeExtensions.NONE);
	}

	private NodeFixture(ClusterRelay relay, FakeRelay fake, ChannelCatalog catalog, NodeExtensions extensions) {
		this.relay = fake;
		this.node = MessagingNode.builder()
			.settings(MessagingSettings.builder(QUEUE)
				.maxMessageSize(1_000)
				.probeInterval(Duration.ofMillis(50))
				.startTimeout(Duration.ofMillis(100))
				.unsubscribeDelay(Duration.ofMillis(100))
				.positionCheck(Duration.ofMillis(200))
				.build())
			.relay(relay)
			.catalog(catalog)
			.registry(this.registry)
			.writers(new WriterPool(new WriterSettings(1, 4, Duration.ofSeconds(5)), this.sessionStatistics,
					this.scheduler))
			.scheduler(this.scheduler)
			.events(this.events::add)
			.statistics(this.statistics)
			.applicationThreads(new GrowingThreads())
			.extensions(extensions)
			.build();
	}

	public static ChannelCatalog catalog() {
		return new ChannelCatalog(List.of(
				ChannelOptions.builder("chat/**", QUEUE).clientPublish(ChannelAccess.ANYONE).build(),
				ChannelOptions.builder("quiet/**", QUEUE).clientPublish(ChannelAccess.ANYONE).echo(false).build(),
				ChannelOptions.builder("news/**", QUEUE).build(),
				ChannelOptions.builder("local/**", QUEUE)
					.clientPublish(ChannelAccess.ANYONE)
					.scope(ChannelScope.NODE)
					.build(),
				ChannelOptions.builder("log/**", QUEUE)
					.clientPublish(ChannelAccess.ANYONE)
					.history(HistoryOptions.of(5000))
					.build(),
				ChannelOptions.builder("many/**", QUEUE).buckets(4).build(),
				ChannelOptions.builder("manylogs/**", QUEUE).history(HistoryOptions.of(5000)).buckets(8).build()));
	}

	public NodeFixture start() {
		this.node.start();
		return this;
	}

	NodeFixture startUp() {
		start();
		Awaitility.await().until(() -> this.node.monitor().isUp());
		return this;
	}

	public LocalSession open(@Nullable String user, FakeTransport transport) {
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
