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
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.application.internal.ApplicationThreads;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.broadcast.internal.PayloadEncoder;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelLogs;
import io.github.atmosphererelay.delivery.internal.BucketReceivers;
import io.github.atmosphererelay.delivery.internal.ChannelTaps;
import io.github.atmosphererelay.delivery.internal.LocalDelivery;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.delivery.internal.SequenceTracker;
import io.github.atmosphererelay.event.RelayDown;
import io.github.atmosphererelay.event.RelayUp;
import io.github.atmosphererelay.event.internal.EventDispatcher;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Required;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.WriterPool;
import io.github.atmosphererelay.subscription.internal.AddressFollower;
import io.github.atmosphererelay.subscription.internal.Interest;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import io.github.atmosphererelay.subscription.log.internal.LogFollowerRegistry;
import io.github.atmosphererelay.subscription.log.internal.ReplayReader;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The messaging of this node: assembles the registry, the relay, the writers, the
 * broadcaster and other parts, and starts and stops them in order.
 */
public final class MessagingNode {

	private static final Log logger = LogFactory.getLog(MessagingNode.class);

	/** How long the stop waits for the broker to confirm announcements. */
	private static final Duration FLUSH = Duration.ofSeconds(1);

	private final NodeIdentity identity;

	private final MessagingSettings settings;

	private final NodeExtensions extensions;

	private final ChannelCatalog catalog;

	private final SessionRegistry registry;

	private final WriterPool writers;

	private final Timers timers;

	private final EventDispatcher events;

	private final MessagingStatistics statistics;

	private final ApplicationFutures futures;

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final Interest interest;

	private final SequenceTracker tracker;

	private final LogFollowerRegistry followers;

	private final RelayReceiver receiver;

	private final DefaultBroadcaster broadcaster;

	private final Subscriptions subscriptions;

	private final ReplayReader replays;

	private final LocalDelivery delivery;

	private final ChannelTaps taps;

	private final BucketReceivers buckets;

	private final ChannelLogs logs;

	private final ControlMessenger control;

	private final SourceDelivery sources;

	private final ClientMessageReceiver clientMessages;

	private final ClientContext clientContext;

	private volatile CountDownLatch firstUp = new CountDownLatch(1);

	private @Nullable ScheduledFuture<?> interestSweep;

	private @Nullable ScheduledFuture<?> trackerSweep;

	private @Nullable ScheduledFuture<?> followerTicks;

	private @Nullable ScheduledFuture<?> announcements;

	private MessagingNode(Builder parts) {
		NodeExtensions extensions = parts.extensions;
		this.extensions = extensions;
		this.clientContext = new ClientContext(extensions::clientSecurity);
		this.identity = parts.identity;
		this.settings = Required.part(parts.settings, "settings");
		ClusterRelay relay = Required.part(parts.relay, "relay");
		ChannelCatalog catalog = Required.part(parts.catalog, "catalog");
		this.catalog = catalog;
		SessionRegistry registry = parts.registry;
		this.registry = registry;
		WriterPool writers = Required.part(parts.writers, "writers");
		this.writers = writers;
		ScheduledExecutorService scheduler = Required.part(parts.scheduler, "scheduler");
		this.timers = new Timers(scheduler, writers.guards());
		MessagingStatistics statistics = parts.statistics;
		this.statistics = statistics;
		EventDispatcher events = new EventDispatcher(parts.events, statistics.events());
		this.events = events;
		this.futures = new ApplicationFutures(Required.part(parts.applicationThreads, "applicationThreads"), scheduler,
				writers.guards().of(Part.CONTINUATIONS));
		this.monitor = new RelayMonitor(relay, this.identity.id(), this.settings.probeInterval(),
				this.settings.probeTimeout(), scheduler, this::relayStateChanged, writers.guards());
		this.relay = relay;
		ChannelLogs logs = new ChannelLogs(relay, catalog);
		this.logs = logs;
		this.taps = new ChannelTaps(writers.guards().of(Part.LISTENERS));
		this.buckets = new BucketReceivers(writers.guards().of(Part.RELAY_RECEIVER));
		this.replays = new ReplayReader(logs, writers.replays(), scheduler, writers.guards().of(Part.CLIENT_TIMERS));
		this.tracker = new SequenceTracker(statistics.deliveries());
		LocalDelivery delivery = new LocalDelivery(registry, writers, catalog, this.settings.defaultQueue(), this.taps,
				extensions::deliveryListeners);
		this.delivery = delivery;
		this.followers = new LogFollowerRegistry(this.monitor, logs, catalog, delivery, statistics.log(),
				this.settings.positionCheck());
		this.interest = new Interest(new AddressFollower(relay, catalog), this.settings.unsubscribeDelay(),
				this.followers::entered, this::left);
		this.control = new ControlMessenger(this.identity.id(), relay, extensions::controlListener);
		this.receiver = new RelayReceiver(this.identity.id(), this.interest, this.tracker, this.followers, delivery,
				this.control, statistics.deliveries(), this.taps, this.buckets);
		this.broadcaster = new DefaultBroadcaster(this.identity.id(), catalog, parts.encoder,
				this.settings.maxMessageSize(), relay, logs, this.monitor, delivery, this.followers, this.taps,
				statistics, this.futures, extensions::outboundInterceptors, extensions::publishingTransactions);
		this.clientMessages = new ClientMessageReceiver(catalog, this.broadcaster, statistics.inbound(),
				this.clientContext, this.futures, extensions);
		this.subscriptions = new Subscriptions(registry, catalog, this.interest, this.followers, relay, this.monitor,
				events, this.settings.channelsPerSession(),
				new PageLimit(this.settings.recoveryLimit(), this.settings.recoveryBytes()), this.clientContext,
				this.replays, extensions::initialChannels);
		this.sources = new SourceDelivery(this.interest, this.followers, delivery, registry, this.subscriptions);
	}

	/**
	 * Return a builder for a node.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Start the node. Waits for the relay's first round trip, at most for the start
	 * timeout. If there is none, the node starts all the same, and its clients are served
	 * locally until the broker is reachable.
	 */
	public void start() {
		// The relay was never asked for what sessions have wanted while the node was
		// stopped
		this.interest.clear();
		this.followers.clear();
		this.control.start();
		this.registry.start(this.extensions.subscriptionListeners());
		this.delivery.start();
		this.clientContext.start();
		this.broadcaster.start();
		this.clientMessages.start();
		this.subscriptions.start();
		this.firstUp = new CountDownLatch(1);
		this.events.start();
		this.futures.start();
		this.writers.start();
		this.monitor.start(this.receiver);
		this.subscriptions.open();
		this.interest.acquire(Address.CONTROL);
		this.interest.acquire(new Address.Node(this.identity.id()));
		this.interestSweep = repeat(Part.INTEREST, this.interest::sweep, Duration.ofMillis(500));
		this.trackerSweep = repeat(Part.SEQUENCES, this.tracker::sweep, Duration.ofMinutes(1));
		this.announcements = repeat(Part.LISTENERS, this.broadcaster::announceAgain, Duration.ofMillis(500));
		this.followerTicks = repeat(Part.LOG_FOLLOWERS, this.followers::tick, Duration.ofMillis(250));
		try {
			this.firstUp.await(this.settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Stop the node. May wait for a few seconds. It can be started again.
	 */
	public void stop() {
		if (this.interestSweep != null) {
			this.interestSweep.cancel(false);
		}
		if (this.trackerSweep != null) {
			this.trackerSweep.cancel(false);
		}
		if (this.followerTicks != null) {
			this.followerTicks.cancel(false);
		}
		if (this.announcements != null) {
			this.announcements.cancel(false);
		}
		this.broadcaster.flushAnnouncements(FLUSH);
		this.monitor.stop();
		this.subscriptions.stop();
		this.interest.clear();
		this.followers.clear();
		this.tracker.clear();
		this.writers.stop();
		// After the relay, so that the application still gets the results of futures that
		// the relay completes when it stops
		this.futures.stop();
		this.events.stop();
	}

	private void left(Address address) {
		this.tracker.forget(address);
		this.followers.left(address);
	}

	private ScheduledFuture<?> repeat(Part part, Runnable sweep, Duration interval) {
		return this.timers.repeat(part, sweep, interval, interval);
	}

	private void relayStateChanged(RelayState state) {
		this.control.relayStateChanged(state);
		if (state == RelayState.UP) {
			this.firstUp.countDown();
			this.events.publish(new RelayUp(this.relay.name()));
		}
		else if (state == RelayState.DOWN) {
			this.events.publish(new RelayDown(this.relay.name()));
		}
	}

	/**
	 * Return the id and the name of the node.
	 * @return the identity
	 */
	public NodeIdentity identity() {
		return this.identity;
	}

	/**
	 * Return the channels that exist.
	 * @return the catalog
	 */
	public ChannelCatalog catalog() {
		return this.catalog;
	}

	/**
	 * Return the sessions of this node.
	 * @return the registry
	 */
	public SessionRegistry registry() {
		return this.registry;
	}

	/**
	 * Return the writers of the sessions.
	 * @return the writers
	 */
	public WriterPool writers() {
		return this.writers;
	}

	/**
	 * Return the monitor of the relay.
	 * @return the monitor
	 */
	public RelayMonitor monitor() {
		return this.monitor;
	}

	/**
	 * Return the broadcaster.
	 * @return the broadcaster
	 */
	public DefaultBroadcaster broadcaster() {
		return this.broadcaster;
	}

	/**
	 * Return the subscriptions, with which doors connect and disconnect sessions.
	 * @return the subscriptions
	 */
	public Subscriptions subscriptions() {
		return this.subscriptions;
	}

	/**
	 * Return the reader of logs for clients.
	 * @return the reader
	 */
	public ReplayReader replays() {
		return this.replays;
	}

	/**
	 * Return the receiver of clients' messages.
	 * @return the receiver
	 */
	public ClientMessageReceiver clientMessages() {
		return this.clientMessages;
	}

	/**
	 * Return the context in which application code is called for clients.
	 * @return the context
	 */
	public ClientContext clientContext() {
		return this.clientContext;
	}

	/**
	 * Return the messenger for control messages between nodes.
	 * @return the messenger
	 */
	public ControlMessenger control() {
		return this.control;
	}

	/**
	 * Return the factory of the application's futures.
	 * @return the futures
	 */
	public ApplicationFutures futures() {
		return this.futures;
	}

	/**
	 * Return the dispatcher of application events.
	 * @return the dispatcher
	 */
	public EventDispatcher events() {
		return this.events;
	}

	/**
	 * Return the timers that run the short tasks of the node's parts, with their guards.
	 * @return the timers
	 */
	public Timers timers() {
		return this.timers;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public MessagingStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return which addresses this node follows on the relay.
	 * @return the interest
	 */
	public Interest interest() {
		return this.interest;
	}

	/**
	 * Return the taps, which get what is delivered on this node.
	 * @return the taps
	 */
	public ChannelTaps taps() {
		return this.taps;
	}

	/**
	 * Return the receivers of buckets that do not belong to channels.
	 * @return the receivers
	 */
	public BucketReceivers buckets() {
		return this.buckets;
	}

	/**
	 * Return the logs of channels.
	 * @return the logs
	 */
	public ChannelLogs logs() {
		return this.logs;
	}

	/**
	 * Return what delivers the publications of channels with a source of their own.
	 * @return the delivery
	 */
	public SourceDelivery sources() {
		return this.sources;
	}

	/**
	 * Return the followers of recorded channels' logs.
	 * @return the followers
	 */
	public LogFollowerRegistry followers() {
		return this.followers;
	}

	/**
	 * Return how many logs of recorded channels this node follows.
	 * @return the number of channels
	 */
	public int followedLogs() {
		return this.followers.size();
	}

	/**
	 * Builds a {@link MessagingNode}. For use by one thread.
	 */
	public static final class Builder {

		private NodeIdentity identity = new NodeIdentity(UUID.randomUUID(), "node");

		private @Nullable MessagingSettings settings;

		private @Nullable ClusterRelay relay;

		private @Nullable ChannelCatalog catalog;

		private PayloadEncoder encoder = new PayloadEncoder(null);

		private SessionRegistry registry = new SessionRegistry();

		private @Nullable WriterPool writers;

		private @Nullable ScheduledExecutorService scheduler;

		private Consumer<Object> events = (event) -> {
		};

		private MessagingStatistics statistics = new MessagingStatistics();

		private @Nullable ApplicationThreads applicationThreads;

		private NodeExtensions extensions = NodeExtensions.NONE;

		private Builder() {
		}

		/**
		 * Set the extensions of the application.
		 * @param extensions the extensions
		 * @return this builder
		 */
		public Builder extensions(NodeExtensions extensions) {
			this.extensions = extensions;
			return this;
		}

		/**
		 * Set the identity of the node. The default is a new id.
		 * @param identity the identity
		 * @return this builder
		 */
		public Builder identity(NodeIdentity identity) {
			this.identity = identity;
			return this;
		}

		/**
		 * Set the settings of messaging. Required.
		 * @param settings the settings
		 * @return this builder
		 */
		public Builder settings(MessagingSettings settings) {
			this.settings = settings;
			return this;
		}

		/**
		 * Set the relay to the other nodes. Required.
		 * @param relay the relay
		 * @return this builder
		 */
		public Builder relay(ClusterRelay relay) {
			this.relay = relay;
			return this;
		}

		/**
		 * Set the catalog of channels. Required.
		 * @param catalog the catalog
		 * @return this builder
		 */
		public Builder catalog(ChannelCatalog catalog) {
			this.catalog = catalog;
			return this;
		}

		/**
		 * Set the encoder of messages. Without one, only text and bytes can be sent.
		 * @param encoder the encoder
		 * @return this builder
		 */
		public Builder encoder(PayloadEncoder encoder) {
			this.encoder = encoder;
			return this;
		}

		/**
		 * Set the registry of sessions.
		 * @param registry the registry
		 * @return this builder
		 */
		public Builder registry(SessionRegistry registry) {
			this.registry = registry;
			return this;
		}

		/**
		 * Set the writers of the sessions. Required.
		 * @param writers the writers
		 * @return this builder
		 */
		public Builder writers(WriterPool writers) {
			this.writers = writers;
			return this;
		}

		/**
		 * Set the scheduler of short tasks, which do not block it. Required.
		 * @param scheduler the scheduler
		 * @return this builder
		 */
		public Builder scheduler(ScheduledExecutorService scheduler) {
			this.scheduler = scheduler;
			return this;
		}

		/**
		 * Set the receiver of application events. It is called on a thread that may
		 * block.
		 * @param events the receiver
		 * @return this builder
		 */
		public Builder events(Consumer<Object> events) {
			this.events = events;
			return this;
		}

		/**
		 * Set the counters.
		 * @param statistics the counters
		 * @return this builder
		 */
		public Builder statistics(MessagingStatistics statistics) {
			this.statistics = statistics;
			return this;
		}

		/**
		 * Set the threads on which continuations of the application run. Required.
		 * @param applicationThreads the threads
		 * @return this builder
		 */
		public Builder applicationThreads(ApplicationThreads applicationThreads) {
			this.applicationThreads = applicationThreads;
			return this;
		}

		/**
		 * Create the node; {@link MessagingNode#start()} starts it.
		 * @return the node
		 * @throws IllegalStateException if a required part is missing
		 */
		public MessagingNode build() {
			return new MessagingNode(this);
		}

	}

}
