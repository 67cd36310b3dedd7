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

package io.github.atmosphererelay.cluster.internal;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.MessagingSettings;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.test.GrowingThreads;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A node of a cluster without an application around it, on a {@link Hub}.
 */
final class HubNode implements AutoCloseable {

	static final int MAX_MESSAGE_SIZE = 1_000;

	final Hub.HubRelay relay;

	final MessagingNode node;

	final DefaultCluster cluster;

	final List<Object> events = new CopyOnWriteArrayList<>();

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	HubNode(Hub hub, String name, ClusterQuestionHandler... questionHandlers) {
		this.relay = hub.relay();
		QueueLimits queue = new QueueLimits(2, 1_000, SlowConsumerPolicy.DISCONNECT);
		ChannelCatalog catalog = new ChannelCatalog(
				List.of(ChannelOptions.builder("chat/**", queue).clientPublish(ChannelAccess.ANYONE).build(),
						ChannelOptions.builder("here/**", queue)
							.clientPublish(ChannelAccess.ANYONE)
							.scope(ChannelScope.NODE)
							.build()));
		this.node = MessagingNode.builder()
			.identity(new NodeIdentity(UUID.randomUUID(), name))
			.settings(MessagingSettings.builder(queue)
				.maxMessageSize(MAX_MESSAGE_SIZE)
				.probeInterval(Duration.ofMillis(200))
				.startTimeout(Duration.ofMillis(100))
				.unsubscribeDelay(Duration.ofMillis(100))
				.build())
			.relay(this.relay)
			.catalog(catalog)
			.writers(new WriterPool(new WriterSettings(1, 4, Duration.ofSeconds(5)), new SessionStatistics(),
					this.scheduler))
			.scheduler(this.scheduler)
			.events(this.events::add)
			.applicationThreads(new GrowingThreads())
			.extensions(ClusterFixture.extensions(this::cluster, List::of))
			.build();
		this.cluster = ClusterFixture
			.builder(this.node,
					new ClusterSettings(Duration.ofMillis(200), Duration.ofSeconds(2), Duration.ofSeconds(1),
							MAX_MESSAGE_SIZE, () -> null))
			.questionHandlers(() -> List.of(questionHandlers))
			.build();
	}

	HubNode start() {
		this.node.start();
		Awaitility.await().until(() -> this.node.monitor().isUp());
		this.cluster.start();
		return this;
	}

	private DefaultCluster cluster() {
		return this.cluster;
	}

	UUID id() {
		return this.node.identity().id();
	}

	LocalSession connect(@Nullable String user, FakeTransport transport, String... channels) {
		LocalSession session = this.node.writers()
			.open(this.node.identity().newSessionId(), (user != null) ? () -> user : null, null, transport,
					this.node.subscriptions()::disconnected);
		this.node.subscriptions().connected(session);
		for (String channel : channels) {
			this.node.subscriptions().subscribe(session, channel);
		}
		return session;
	}

	@Override
	public void close() {
		this.cluster.stop();
		this.node.stop();
		this.scheduler.shutdownNow();
	}

}
