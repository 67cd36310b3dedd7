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

package io.github.atmosphererelay.presence.internal;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.channel.internal.ChannelAccess;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.HistoryOptions;
import io.github.atmosphererelay.cluster.Acknowledgement;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.cluster.internal.ClusterFixture;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.cluster.internal.ClusterSettings;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.node.internal.MessagingSettings;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.session.internal.FakeTransport;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.session.internal.WriterSettings;
import io.github.atmosphererelay.subscription.log.internal.SubscribeRequest;
import io.github.atmosphererelay.test.DirectRelays;
import io.github.atmosphererelay.test.GrowingThreads;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for whole nodes on a relay that delivers to the others within {@code publish}:
 * nobody waits for anybody else, whatever they do at the same time.
 */
@Reconciles
class NodesOnDirectRelaysTests {

	private static final int MAX_MESSAGE_SIZE = 10_000;

	private static final QueueLimits QUEUE = new QueueLimits(1_000_000, 1 << 30, SlowConsumerPolicy.DISCONNECT);

	/** How long the threads are at it. */
	private static final Duration LOAD = Duration.ofSeconds(1);

	/** So many channels that some of them share a lock, whatever their names. */
	private static final int CHANNELS = 1_000;

	/** How many recorded channels are followed all the time. */
	private static final int FOLLOWED = 50;

	private final List<Node> nodes = new ArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "load");
		thread.setDaemon(true);
		return thread;
	});

	private final AtomicInteger lost = new AtomicInteger();

	/** Threads that another test has left behind, which may have failed. */
	private final Set<Long> deadlocked = ids(ManagementFactory.getThreadMXBean().findDeadlockedThreads());

	@AfterEach
	void stop() {
		this.threads.shutdownNow();
		if (deadlock() == null) {
			this.nodes.forEach(Node::close);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void nodesOfOneProcessDoNotDeadlock(boolean oneLock) {
		DirectRelays relays = new DirectRelays(oneLock, 12);
		IntStream.range(0, 3).forEach((i) -> this.nodes.add(new Node(relays.relay(), "node-" + i)));
		within(this.nodes.stream().<Runnable>map((node) -> node::start).toList());
		List<FakeTransport> transports = new ArrayList<>();
		for (Node node : this.nodes) {
			FakeTransport transport = new FakeTransport();
			transports.add(transport);
			node.connect(node.name, transport, "chat/all");
			LocalSession follower = node.connect(null, new FakeTransport());
			IntStream.range(0, FOLLOWED).forEach((i) -> node.follow(follower, "log/followed-" + i));
		}
		awaitEverybody();
		long end = System.nanoTime() + LOAD.toNanos();
		List<Runnable> load = new ArrayList<>();
		List<AtomicInteger> sent = new ArrayList<>();
		for (Node node : this.nodes) {
			AtomicInteger count = new AtomicInteger();
			sent.add(count);
			load.add(() -> {
				while (System.nanoTime() < end) {
					node.messaging.broadcaster()
						.publish("chat/all", node.name + " " + count.getAndIncrement(), PublishOptions.DEFAULTS);
				}
			});
			load.add(() -> {
				for (int i = 0; System.nanoTime() < end; i++) {
					node.messaging.broadcaster()
						.publish("log/followed-" + i % FOLLOWED, "entry", PublishOptions.DEFAULTS);
				}
			});
			load.add(() -> {
				for (int i = 0; System.nanoTime() < end; i++) {
					node.comeAndGo("user-" + i % 7, ((i % 2 == 0) ? "log/" : "chat/") + i % CHANNELS);
				}
			});
			load.add(() -> {
				for (int i = 0; System.nanoTime() < end; i++) {
					node.cluster.sessions(SessionQuery.ALL);
					node.cluster.subscribe("node-" + i % 3, "chat/commanded").join();
					node.cluster
						.broadcastAcknowledged("chat/all", node.name + " " + count.getAndIncrement(),
								PublishOptions.DEFAULTS, Duration.ofSeconds(5))
						.join();
					node.cluster
						.broadcastAcknowledged("log/followed-0", "counted", PublishOptions.DEFAULTS,
								Duration.ofSeconds(5))
						.join();
					node.cluster.unsubscribe("node-" + i % 3, "chat/commanded").join();
				}
			});
		}
		Node restless = this.nodes.get(2);
		load.add(() -> {
			while (System.nanoTime() < end) {
				restless.cluster.stop();
				restless.cluster.start();
			}
		});
		within(load);

		assertThat(this.lost).as("sessions that were told of a loss").hasPositiveValue();
		awaitEverybody();
		for (int i = 0; i < this.nodes.size(); i++) {
			FakeTransport transport = transports.get(i);
			int all = sent.stream().mapToInt(AtomicInteger::get).sum();
			await().untilAsserted(() -> assertThat(transport.messages()).isGreaterThanOrEqualTo(all));
			for (int j = 0; j < this.nodes.size(); j++) {
				String name = this.nodes.get(j).name + " ";
				List<Integer> numbers = transport.events()
					.stream()
					.filter((event) -> event.startsWith(name))
					.map((event) -> Integer.valueOf(event.substring(name.length())))
					.sorted()
					.toList();
				assertThat(numbers).containsExactlyElementsOf(IntStream.range(0, sent.get(j).get()).boxed().toList());
			}
		}
		Acknowledgement last = this.nodes.get(0).cluster
			.broadcastAcknowledged("chat/all", "last", PublishOptions.DEFAULTS, Duration.ofSeconds(5))
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		assertThat(last.taken().byNode()).hasSize(3).allSatisfy((node, sessions) -> assertThat(sessions).isOne());
	}

	/**
	 * Wait until all nodes know of each other, and of who is in the channels.
	 */
	private void awaitEverybody() {
		for (Node node : this.nodes) {
			awaitUnlessDeadlocked(() -> {
				assertThat(node.cluster.nodes()).hasSize(this.nodes.size());
				assertThat(node.presence.members("chat/all", null, 100).members()).extracting(PresenceMember::user)
					.containsExactly("node-0", "node-1", "node-2");
			});
		}
	}

	/**
	 * Do things at the same time, none of which may take much longer than the load.
	 */
	private void within(List<Runnable> tasks) {
		List<Future<?>> running = tasks.stream().<Future<?>>map(this.threads::submit).toList();
		awaitUnlessDeadlocked(() -> assertThat(running).allMatch(Future::isDone));
		running.forEach((each) -> assertThat(each).succeedsWithin(Duration.ZERO));
	}

	private void awaitUnlessDeadlocked(Runnable condition) {
		MachineTime.await(LOAD.plusSeconds(20)).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
			String deadlock = deadlock();
			if (deadlock != null) {
				throw new IllegalStateException(deadlock);
			}
			condition.run();
		});
	}

	private static Set<Long> ids(long @Nullable [] ids) {
		return (ids != null) ? LongStream.of(ids).boxed().collect(Collectors.toSet()) : Set.of();
	}

	private @Nullable String deadlock() {
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		long[] ids = threads.findDeadlockedThreads();
		if (this.deadlocked.containsAll(ids(ids))) {
			return null;
		}
		StringBuilder text = new StringBuilder("Threads wait for each other:\n");
		for (ThreadInfo each : threads.getThreadInfo(ids, true, true, 60)) {
			text.append(each.getThreadName()).append(" wants ").append(each.getLockName());
			text.append(" of ").append(each.getLockOwnerName()).append('\n');
			for (StackTraceElement element : each.getStackTrace()) {
				text.append("\tat ").append(element).append('\n');
			}
		}
		return text.toString();
	}

	/**
	 * A node with everything that talks to other nodes.
	 */
	private final class Node {

		private final String name;

		private final MessagingNode messaging;

		private final DefaultCluster cluster;

		private final PresenceService presence;

		private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(2);

		private Node(ClusterRelay relay, String name) {
			this.name = name;
			ChannelCatalog catalog = new ChannelCatalog(List.of(
					ChannelOptions.builder("chat/**", QUEUE).clientPublish(ChannelAccess.ANYONE).presence(true).build(),
					ChannelOptions.builder("log/**", QUEUE)
						.clientPublish(ChannelAccess.ANYONE)
						.history(HistoryOptions.of(3))
						.build()));
			this.messaging = MessagingNode.builder()
				.identity(new NodeIdentity(UUID.randomUUID(), name))
				.settings(MessagingSettings.builder(QUEUE)
					.maxMessageSize(MAX_MESSAGE_SIZE)
					.probeInterval(Duration.ofMillis(50))
					.startTimeout(Duration.ofSeconds(1))
					.unsubscribeDelay(Duration.ofMillis(1))
					.positionCheck(Duration.ofMillis(50))
					.build())
				.relay(relay)
				.catalog(catalog)
				.writers(new WriterPool(new WriterSettings(1, 4, Duration.ofSeconds(5)), new SessionStatistics(),
						this.scheduler))
				.scheduler(this.scheduler)
				.applicationThreads(new GrowingThreads())
				.extensions(ClusterFixture.extensions(this::cluster, this::subscriptionListeners))
				.build();
			this.presence = PresenceService
				.builder(new PresenceSettings(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofMillis(20),
						Duration.ZERO, Duration.ZERO, 100, 1_000, MAX_MESSAGE_SIZE), QUEUE)
				.identity(this.messaging.identity())
				.catalog(catalog)
				.registry(this.messaging.registry())
				.clientMessages(this.messaging.clientMessages())
				.clientContext(this.messaging.clientContext())
				.monitor(this.messaging.monitor())
				.events(this.messaging.events())
				.writers(this.messaging.writers())
				.futures(this.messaging.futures())
				.timers(this.messaging.timers())
				.link(ClusterLink.ofPresence(this.messaging.control()))
				.build();
			this.cluster = ClusterFixture
				.builder(this.messaging,
						new ClusterSettings(Duration.ofMillis(20), Duration.ofSeconds(10), Duration.ofSeconds(5),
								MAX_MESSAGE_SIZE, () -> null))
				.presence(this.presence.clusterListener())
				.build();
		}

		private DefaultCluster cluster() {
			return this.cluster;
		}

		private List<SubscriptionListener> subscriptionListeners() {
			return List.of(this.presence.subscriptionListener());
		}

		private void start() {
			this.messaging.start();
			this.presence.start();
			this.cluster.start();
		}

		private LocalSession connect(@Nullable String user, FakeTransport transport, String... channels) {
			LocalSession session = this.messaging.writers()
				.open(this.messaging.identity().newSessionId(), (user != null) ? () -> user : null, null, transport,
						this.messaging.subscriptions()::disconnected);
			this.messaging.subscriptions().connected(session);
			for (String channel : channels) {
				this.messaging.subscriptions().subscribe(session, channel);
			}
			return session;
		}

		/**
		 * Follow a recorded channel as a client with positions, which comes again when it
		 * has lost something.
		 */
		private void follow(LocalSession session, String channel) {
			this.messaging.subscriptions().subscribe(session, channel, new SubscribeRequest(false, null, (result) -> {
			}, () -> {
				NodesOnDirectRelaysTests.this.lost.incrementAndGet();
				this.messaging.subscriptions().unsubscribe(session, channel);
				NodesOnDirectRelaysTests.this.threads.execute(() -> follow(session, channel));
			}));
		}

		private void comeAndGo(String user, String channel) {
			LocalSession session = connect(user, new FakeTransport(), channel);
			session.ended(1000, null);
		}

		private void close() {
			this.cluster.stop();
			this.presence.stop();
			this.messaging.stop();
			this.scheduler.shutdownNow();
		}

	}

}
