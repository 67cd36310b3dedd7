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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayMonitor;
import io.github.atmosphererelay.relay.RelayState;
import io.github.atmosphererelay.session.SessionRegistry;
import io.github.atmosphererelay.session.Writers;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * This node's messaging as a whole: puts registry, relay, writers and broadcaster
 * together, and starts and stops them in order.
 */
public final class MessagingNode {

	private static final Log logger = LogFactory.getLog(MessagingNode.class);

	private final NodeIdentity identity;

	private final MessagingSettings settings;

	private final ChannelCatalog catalog;

	private final SessionRegistry registry;

	private final Writers writers;

	private final ScheduledExecutorService scheduler;

	private final EventDispatcher events;

	private final BroadcastStatistics statistics;

	private final ApplicationFutures futures;

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final Interest interest;

	private final SequenceTracker tracker;

	private final LogFollowers followers;

	private final RelayReceiver receiver;

	private final DefaultBroadcaster broadcaster;

	private final Subscriptions subscriptions;

	private final ReplayReader replays;

	private final LocalDelivery delivery;

	private final ControlMessages control;

	private final ClientMessages clientMessages;

	private final ClientContext clientContext = new ClientContext();

	private volatile CountDownLatch firstUp = new CountDownLatch(1);

	private @Nullable ScheduledFuture<?> interestSweep;

	private @Nullable ScheduledFuture<?> trackerSweep;

	private @Nullable ScheduledFuture<?> followerTicks;

	/**
	 * Put a node together; {@link #start()} starts it.
	 * @param identity which node this is
	 * @param settings how messages are carried
	 * @param relay what carries envelopes to other nodes
	 * @param catalog the channels that exist
	 * @param encoder makes the bytes of messages
	 * @param registry the sessions of this node
	 * @param writers writes to the sessions
	 * @param scheduler runs short tasks that do not block it
	 * @param events hands events to the application
	 * @param statistics receives the counts
	 * @param continuationThreads the threads on which futures of the application complete
	 */
	public MessagingNode(NodeIdentity identity, MessagingSettings settings, ClusterRelay relay, ChannelCatalog catalog,
			PayloadEncoder encoder, SessionRegistry registry, Writers writers, ScheduledExecutorService scheduler,
			EventDispatcher events, BroadcastStatistics statistics, ApplicationThreads continuationThreads) {
		this.identity = identity;
		this.settings = settings;
		this.catalog = catalog;
		this.registry = registry;
		this.writers = writers;
		this.scheduler = scheduler;
		this.events = events;
		this.statistics = statistics;
		this.futures = new ApplicationFutures(continuationThreads, scheduler, writers.guards().of(Part.CONTINUATIONS));
		this.relay = relay;
		ChannelLogs logs = new ChannelLogs(relay, catalog);
		this.monitor = new RelayMonitor(relay, identity.id(), settings.probeInterval(), settings.probeTimeout(),
				scheduler, this::relayStateChanged, writers.guards());
		this.replays = new ReplayReader(logs, writers.replays(), scheduler, writers.guards().of(Part.CLIENT_TIMERS));
		this.tracker = new SequenceTracker(statistics);
		LocalDelivery delivery = new LocalDelivery(registry, writers, catalog, settings.defaultQueue());
		this.delivery = delivery;
		this.followers = new LogFollowers(this.monitor, logs, catalog, delivery, statistics, settings.positionCheck());
		this.interest = new Interest(relay, settings.unsubscribeDelay(), this.followers::entered, this::left);
		this.control = new ControlMessages(identity.id(), relay);
		this.receiver = new RelayReceiver(identity.id(), this.interest, this.tracker, this.followers, delivery,
				this.control, statistics);
		this.broadcaster = new DefaultBroadcaster(identity.id(), catalog, encoder, settings.maxMessageSize(), relay,
				logs, this.monitor, delivery, this.followers, statistics, this.futures);
		catalog.setAuthorities(this.clientContext::hasAuthority);
		this.clientMessages = new ClientMessages(catalog, this.broadcaster, statistics, this.clientContext,
				this.futures);
		this.subscriptions = new Subscriptions(registry, catalog, this.interest, this.followers, relay, this.monitor,
				events, settings, this.clientContext, this.replays);
	}

	/**
	 * Start the node. Waits for the relay's first round trip for at most the start
	 * timeout, and goes on without it: clients are then served locally until the broker
	 * is there.
	 */
	public void start() {
		this.firstUp = new CountDownLatch(1);
		this.events.start();
		this.futures.start();
		this.writers.start();
		this.monitor.start(this.receiver);
		this.interest.acquire(Address.CONTROL);
		this.interest.acquire(new Address.Node(this.identity.id()));
		this.interestSweep = repeat(Part.INTEREST, this.interest::sweep, Duration.ofMillis(500));
		this.trackerSweep = repeat(Part.SEQUENCES, this.tracker::sweep, Duration.ofMinutes(1));
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
		this.monitor.stop();
		this.interest.clear();
		this.followers.clear();
		this.tracker.clear();
		this.writers.stop();
		// What the relay has completed by its end is for the application to hear.
		this.futures.stop();
		this.events.stop();
	}

	private void left(Address address) {
		this.tracker.forget(address);
		this.followers.left(address);
	}

	private ScheduledFuture<?> repeat(Part part, Runnable sweep, Duration interval) {
		return guards().of(part).repeat(this.scheduler, sweep, interval, interval);
	}

	/**
	 * Return what keeps the parts of the node going.
	 * @return the guards
	 */
	public Guards guards() {
		return this.writers.guards();
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
	 * Return which node this is.
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
	 * Return what writes to the sessions.
	 * @return the writers
	 */
	public Writers writers() {
		return this.writers;
	}

	/**
	 * Return what measures the relay.
	 * @return the monitor
	 */
	public RelayMonitor monitor() {
		return this.monitor;
	}

	/**
	 * Return what sends messages.
	 * @return the broadcaster
	 */
	public DefaultBroadcaster broadcaster() {
		return this.broadcaster;
	}

	/**
	 * Return what doors use to let sessions in and out.
	 * @return the subscriptions
	 */
	public Subscriptions subscriptions() {
		return this.subscriptions;
	}

	/**
	 * Return what reads logs for clients.
	 * @return the reader
	 */
	public ReplayReader replays() {
		return this.replays;
	}

	/**
	 * Return what takes the messages of clients.
	 * @return the way in
	 */
	public ClientMessages clientMessages() {
		return this.clientMessages;
	}

	/**
	 * Set what the application's security framework does for clients. Called before the
	 * node starts.
	 * @param security does it from now on
	 */
	public void setClientSecurity(ClientSecurity security) {
		this.clientContext.setSecurity(security);
	}

	/**
	 * Return what calls code of the application for clients.
	 * @return the context
	 */
	public ClientContext clientContext() {
		return this.clientContext;
	}

	/**
	 * Return what nodes say to each other.
	 * @return the messages
	 */
	public ControlMessages control() {
		return this.control;
	}

	/**
	 * Set who hears how many sessions of this node take messages that are counted. Called
	 * once, before the node starts.
	 * @param listener the listener
	 */
	public void listenToDeliveries(DeliveryListener listener) {
		this.delivery.listen(listener);
	}

	/**
	 * Return what makes and completes the futures of the application.
	 * @return the futures
	 */
	public ApplicationFutures futures() {
		return this.futures;
	}

	/**
	 * Return what hands events to the application.
	 * @return the dispatcher
	 */
	public EventDispatcher events() {
		return this.events;
	}

	/**
	 * Return what runs short tasks that do not block it.
	 * @return the scheduler
	 */
	public ScheduledExecutorService scheduler() {
		return this.scheduler;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public BroadcastStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return whether this node follows a channel on the relay, or is about to.
	 * @param channel the channel's name
	 * @return whether a session of this node is in it, or was until a moment ago
	 */
	public boolean follows(String channel) {
		return this.interest.follows(new Address.Channel(channel));
	}

	/**
	 * Return how many addresses this node follows on the relay.
	 * @return the number of addresses
	 */
	public int followedAddresses() {
		return this.interest.size();
	}

	/**
	 * Return how many logs of recorded channels this node follows.
	 * @return the number of channels
	 */
	public int followedLogs() {
		return this.followers.size();
	}

}
