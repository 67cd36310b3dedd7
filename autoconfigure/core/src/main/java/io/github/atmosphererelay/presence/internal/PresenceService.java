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

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelOptions;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.cluster.internal.ClusterLink;
import io.github.atmosphererelay.event.internal.EventDispatcher;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Required;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.inbound.internal.ClientMessageReceiver;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.presence.MemberJoined;
import io.github.atmosphererelay.presence.MemberLeft;
import io.github.atmosphererelay.presence.Presence;
import io.github.atmosphererelay.presence.PresenceAttributes;
import io.github.atmosphererelay.presence.PresenceMember;
import io.github.atmosphererelay.presence.PresencePage;
import io.github.atmosphererelay.refusal.Authorization;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.Subscription;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import io.github.atmosphererelay.session.internal.WriterPool;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.function.SingletonSupplier;

/**
 * Presence on this node: collects the entries of its sessions, exchanges them with other
 * nodes, and announces joins and leaves to clients and to the application. A thread of
 * its own processes the messages of other nodes. The queue of that thread is bounded, so
 * that a node with very many members delays nothing else. Messages beyond the bound are
 * dropped and counted, and their content is requested again.
 */
public final class PresenceService implements Presence {

	private static final Log logger = LogFactory.getLog(PresenceService.class);

	private static final int MAX_WAITING = 10_000;

	private static final long MAX_WAITING_BYTES = 64L << 20;

	private static final int MAX_PAGE = 10_000;

	/**
	 * The maximum size of a message in bytes. Many small messages delay other traffic
	 * less than a few large ones.
	 */
	private static final int MESSAGE_BYTES = 48 * 1024;

	private final NodeIdentity identity;

	private final SessionRegistry registry;

	private final ChannelCatalog catalog;

	private final ClientMessageReceiver clientMessages;

	private final RelayMonitor monitor;

	private final EventDispatcher events;

	private final WriterPool writers;

	private final ApplicationFutures futures;

	private final PresenceSettings settings;

	private final QueueLimits limits;

	private final PresenceStatistics statistics = new PresenceStatistics();

	private final PresenceView view;

	private final PresenceOwner owner;

	private final SingletonSupplier<PresenceEntryFactory> entries;

	private final ClusterLink link;

	private final Others others = new Others();

	private final Subscriptions subscriptions = new Subscriptions();

	/** Nodes whose messages were dropped because the queue was full. */
	private final Set<UUID> missed = ConcurrentHashMap.newKeySet();

	/**
	 * Subscriptions for which the application has not supplied the attributes yet. They
	 * are not present until then.
	 */
	private final Set<Subscription> asked = ConcurrentHashMap.newKeySet();

	private final PresenceThread thread;

	/**
	 * The exchange with other nodes. Used by the presence thread only, as is
	 * {@link #pushAt}.
	 */
	private PresenceSync sync;

	/**
	 * Whether the relay was up when {@link #sync} was last told. Used by the presence
	 * thread only.
	 */
	private boolean up;

	private volatile int known;

	private long pushAt;

	private PresenceService(Builder parts) {
		this.settings = parts.settings;
		this.limits = parts.limits;
		this.identity = Required.part(parts.identity, "identity");
		this.registry = Required.part(parts.registry, "registry");
		this.catalog = Required.part(parts.catalog, "catalog");
		this.clientMessages = Required.part(parts.clientMessages, "clientMessages");
		this.monitor = Required.part(parts.monitor, "monitor");
		this.events = Required.part(parts.events, "events");
		this.writers = Required.part(parts.writers, "writers");
		this.futures = Required.part(parts.futures, "futures");
		this.link = Required.part(parts.link, "link");
		// Leave one byte of the message size for the subject, which the payload
		// contains, too.
		int maxMessageBytes = Math.min(MESSAGE_BYTES, this.settings.maxMessageSize() - 1);
		this.view = new PresenceView(System::nanoTime, this.settings.leaveDelay().toNanos(),
				this.settings.moveTimeout().toNanos(), this.statistics);
		this.owner = new PresenceOwner(this.identity.id(), maxMessageBytes);
		ClientContext context = Required.part(parts.clientContext, "clientContext");
		Supplier<PresenceAttributes> source = parts.attributes;
		this.entries = SingletonSupplier.of(() -> {
			PresenceAttributes attributes = source.get();
			return new PresenceEntryFactory(
					(attributes != PresenceAttributes.NONE) ? (session, channel) -> context.call(session.principal(),
							() -> attributes.attributes(session, channel)) : attributes,
					this.settings.maxAttributeSize(), maxMessageBytes, this.statistics);
		});
		Timers timers = Required.part(parts.timers, "timers");
		this.thread = new PresenceThread(timers.scheduler(), timers.guards().of(Part.PRESENCE),
				this.settings.flushInterval(), this::turn, MAX_WAITING, MAX_WAITING_BYTES);
		this.sync = newSync();
	}

	/**
	 * Create a builder. The service that it builds runs after {@link #start()}.
	 * @param settings intervals and limits
	 * @param limits the limits of the frames that may be queued for one client
	 * @return a builder
	 */
	public static Builder builder(PresenceSettings settings, QueueLimits limits) {
		return new Builder(settings, limits);
	}

	/**
	 * Return the listener that receives joins, leaves and presence messages of other
	 * nodes.
	 * @return the listener
	 */
	public ClusterLink.Listener clusterListener() {
		return this.others;
	}

	/**
	 * Return the listener that receives the subscriptions of this node's sessions.
	 * @return the listener
	 */
	public SubscriptionListener subscriptionListener() {
		return this.subscriptions;
	}

	private PresenceSync newSync() {
		return new PresenceSync(this.identity.id(), this.owner, this.view, new Link(), this.thread::execute,
				System::nanoTime, new Random(), this.settings.digestInterval().toNanos(), this.statistics);
	}

	/**
	 * Start. Called before the node joins the cluster.
	 */
	public void start() {
		// Fail the start if the application's PresenceAttributes bean cannot be created.
		this.entries.obtain();
		boolean up = (this.monitor.state() != RelayState.DOWN);
		this.thread.start(() -> {
			// An earlier stop that timed out may not have cleared this.
			this.sync.clear();
			this.sync = newSync();
			this.up = up;
			this.sync.relayUp(up);
		});
	}

	/**
	 * Stop. Called after the node has left the cluster. Blocks for at most 2 seconds. The
	 * service can be started again.
	 */
	public void stop() {
		this.thread.stop(() -> this.sync.clear());
	}

	private void turn() {
		boolean up = (this.monitor.state() != RelayState.DOWN);
		if (up != this.up) {
			// The state of the relay changed during the start, before the listener was
			// registered.
			this.up = up;
			this.sync.relayUp(up);
		}
		for (UUID other : this.missed) {
			this.missed.remove(other);
			this.sync.missed(other);
		}
		this.sync.flush();
		this.sync.tick();
		this.known = this.sync.known();
		long now = System.nanoTime();
		if (now - this.pushAt >= 0) {
			this.pushAt = now + this.settings.pushInterval().toNanos();
			this.view.announceNews(this.settings.maxNames(), this::announce);
		}
	}

	private void announce(PresenceNews news) {
		news.joined().forEach((member) -> this.events.publish(new MemberJoined(news.channel(), member)));
		news.left().forEach((member) -> this.events.publish(new MemberLeft(news.channel(), member)));
		PresencePushes.push(this.writers, this.limits, news, this.settings.maxNames());
	}

	private void receive(UUID origin, ByteBuffer in) {
		try {
			this.sync.received(origin, in);
		}
		catch (WireFormatException ex) {
			this.statistics.countDropped();
			logger.debug("A presence message of node " + origin + " could not be decoded and was ignored", ex);
		}
	}

	private void subscribed(Subscription subscription) {
		LocalSession session = subscription.session();
		String channel = subscription.channel();
		ChannelOptions options = this.catalog.find(channel);
		if (options == null || !options.presence()) {
			return;
		}
		PresenceEntryFactory entries = this.entries.obtain();
		if (!entries.callsApplication()) {
			add(options, entries.entry(session, channel));
			return;
		}
		// Another thread calls the application, because the application may block. The
		// calling thread may be one that must not be blocked, and holds a lock of the
		// session.
		this.asked.add(subscription);
		this.futures.execute(session, () -> {
			PresenceEntry entry = entries.entry(session, channel);
			subscription.whileHeld(() -> {
				if (this.asked.remove(subscription)) {
					add(options, entry);
				}
			});
		});
	}

	private void add(ChannelOptions options, PresenceEntry entry) {
		if (options.scope() == ChannelScope.CLUSTER) {
			if (!this.entries.obtain().fitsIntoMessage(entry)) {
				return;
			}
			this.owner.put(entry);
		}
		this.view.change(null, entry);
	}

	private void unsubscribed(Subscription subscription) {
		LocalSession session = subscription.session();
		String channel = subscription.channel();
		ChannelOptions options = this.catalog.find(channel);
		if (options == null || !options.presence()) {
			return;
		}
		this.view.unwatch(channel, session);
		if (this.asked.remove(subscription)) {
			// The session was not announced yet, so there is no leave to announce.
			return;
		}
		boolean moved = session.isMoved();
		PresenceEntry before = this.owner.remove(new PresenceEntry.Key(channel, session.id()), moved);
		if (moved && before != null) {
			this.view.move(before);
		}
		else {
			this.view.change((before != null) ? before : PresenceEntryFactory.bare(session, channel), null);
		}
	}

	/**
	 * Require that a session may receive the members of a channel. Blocks as long as the
	 * application's {@code ChannelAuthorizer} does.
	 * @param session the session
	 * @param channel the channel's name
	 * @throws RequestRefusedException if the channel does not exist or has no presence,
	 * or if the client may not see its members
	 */
	public void requireWatch(LocalSession session, String channel) {
		ChannelOptions options = this.catalog.find(channel);
		if (options == null) {
			throw new RequestRefusedException(ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
		if (!options.presence()) {
			throw new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel has no presence");
		}
		Authorization authorization = this.clientMessages.authorizeSeePresence(session.principal(), session, channel);
		authorization.require();
	}

	/**
	 * Send a session the members of a channel to which it is subscribed, and from then on
	 * the joins and leaves of members. Ends with the subscription. Does not check whether
	 * the client may see them; see {@link #requireWatch}. Does not block.
	 * @param session the session
	 * @param channel the channel's name; the channel must have presence
	 */
	public void watch(LocalSession session, String channel) {
		this.registry.whileSubscribed(session, channel, () -> this.view.watch(channel, session));
	}

	/**
	 * Tell a session's client that it is subscribed to a channel, and send the session
	 * from then on the joins and leaves of single sessions there. Nobody can join between
	 * the two without being announced. Ends with the subscription; call
	 * {@link #checkWatch} afterwards, because the subscription may end meanwhile. Does
	 * not check whether the client may see them; see {@link #requireWatch}. Does not
	 * block.
	 * @param session the session
	 * @param channel the channel's name; the channel must have presence
	 * @param format encodes the frames; all clients of a door must pass the same object,
	 * so that they share a frame
	 * @param told adds the reply to the client's queue; takes no locks but those of
	 * queues
	 */
	public void watchSessions(LocalSession session, String channel, PresenceChangeFormat format, Runnable told) {
		this.view.watchSessions(channel, session, format, told);
	}

	/**
	 * End a watch whose subscription ended while the watch began.
	 * @param subscription the subscription
	 */
	public void checkWatch(Subscription subscription) {
		LocalSession session = subscription.session();
		if (session.subscription(subscription.channel()) == null) {
			this.view.unwatch(subscription.channel(), session);
		}
	}

	/**
	 * List the sessions that are in a channel.
	 * @param channel the channel's name; the channel must have presence
	 * @param limit the maximum number of sessions to list
	 * @return the sessions: first those of users, by name, then the anonymous ones
	 */
	public List<PresentSession> listSessions(String channel, int limit) {
		return this.view.listSessions(withPresence(channel), limit);
	}

	@Override
	public int count(String channel) {
		return this.view.count(withPresence(channel));
	}

	@Override
	public int sessions(String channel) {
		return this.view.sessions(withPresence(channel));
	}

	@Override
	public PresencePage members(String channel, @Nullable String after, int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("'limit' must be at least 1");
		}
		return this.view.list(withPresence(channel), after, Math.min(limit, MAX_PAGE));
	}

	@Override
	public boolean isPresent(String channel, String user) {
		return this.view.contains(withPresence(channel), user);
	}

	private String withPresence(String channel) {
		ChannelOptions options = this.catalog.get(channel);
		if (!options.presence()) {
			throw new IllegalStateException("The channels of pattern '" + options.pattern()
					+ "' have no presence; set 'presence' of their entry in 'atmosphere.channels' to true");
		}
		return channel;
	}

	/**
	 * List members of a channel by offset.
	 * @param channel the channel's name
	 * @param skip the number of members to skip
	 * @param limit the maximum number of members to list
	 * @return the members, or {@code null} if the channel does not exist or has no
	 * presence
	 */
	public @Nullable List<PresenceMember> page(String channel, long skip, int limit) {
		ChannelOptions options = this.catalog.find(channel);
		return (options != null && options.presence()) ? this.view.page(channel, skip, limit) : null;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public PresenceStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return the number of presence entries of this node's sessions that are announced to
	 * other nodes. An entry is one session in one channel.
	 * @return the number of entries
	 */
	public int ownEntries() {
		return this.owner.size();
	}

	/**
	 * Return the number of presence entries of other nodes that this node holds.
	 * @return the number of entries
	 */
	public int knownEntries() {
		return this.known;
	}

	/**
	 * Receives joins, leaves and messages of other nodes.
	 */
	private final class Others implements ClusterLink.Listener {

		@Override
		public void joined(UUID other) {
			PresenceService.this.thread.execute(() -> PresenceService.this.sync.joined(other));
		}

		@Override
		public void left(UUID other) {
			PresenceService.this.thread.execute(() -> PresenceService.this.sync.left(other));
		}

		@Override
		public void received(UUID origin, ByteBuffer body) {
			PresenceService service = PresenceService.this;
			if (!service.thread.offer(body.remaining(), () -> receive(origin, body))) {
				service.statistics.countDropped();
				service.missed.add(origin);
			}
		}

		@Override
		public void relayStateChanged(RelayState state) {
			PresenceService service = PresenceService.this;
			if (state == RelayState.UP || state == RelayState.DOWN) {
				service.thread.execute(() -> {
					service.up = (state == RelayState.UP);
					service.sync.relayUp(service.up);
				});
			}
		}

	}

	/**
	 * Receives the subscriptions of this node's sessions.
	 */
	private final class Subscriptions implements SubscriptionListener {

		@Override
		public void subscribed(Subscription subscription) {
			PresenceService.this.subscribed(subscription);
		}

		@Override
		public void unsubscribed(Subscription subscription) {
			PresenceService.this.unsubscribed(subscription);
		}

	}

	/**
	 * Sends messages through the relay. An exception becomes a failed future.
	 */
	private final class Link implements PresenceSync.Link {

		@Override
		public CompletableFuture<?> sendToAll(byte[] message) {
			try {
				return PresenceService.this.link.sendToAll(message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

		@Override
		public CompletableFuture<?> sendToAllWithoutHurry(byte[] message) {
			try {
				return PresenceService.this.link.sendToAllWithoutHurry(message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

		@Override
		public CompletableFuture<?> sendTo(UUID other, byte[] message) {
			try {
				return PresenceService.this.link.sendTo(other, message);
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

	}

	/**
	 * Builds a {@link PresenceService}. Not thread-safe.
	 */
	public static final class Builder {

		private final PresenceSettings settings;

		private final QueueLimits limits;

		private @Nullable NodeIdentity identity;

		private @Nullable ChannelCatalog catalog;

		private @Nullable SessionRegistry registry;

		private @Nullable ClientMessageReceiver clientMessages;

		private @Nullable ClientContext clientContext;

		private @Nullable RelayMonitor monitor;

		private @Nullable EventDispatcher events;

		private @Nullable WriterPool writers;

		private @Nullable ApplicationFutures futures;

		private @Nullable Timers timers;

		private @Nullable ClusterLink link;

		private Supplier<PresenceAttributes> attributes = () -> PresenceAttributes.NONE;

		private Builder(PresenceSettings settings, QueueLimits limits) {
			this.settings = settings;
			this.limits = limits;
		}

		/**
		 * Set the identity of this node. Required.
		 * @param identity the identity
		 * @return this builder
		 */
		public Builder identity(NodeIdentity identity) {
			this.identity = identity;
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
		 * Set the registry of the node's sessions. Required.
		 * @param registry the registry
		 * @return this builder
		 */
		public Builder registry(SessionRegistry registry) {
			this.registry = registry;
			return this;
		}

		/**
		 * Set the receiver of client messages, which decides whether a client may see the
		 * members of a channel. Required.
		 * @param clientMessages the receiver of client messages
		 * @return this builder
		 */
		public Builder clientMessages(ClientMessageReceiver clientMessages) {
			this.clientMessages = clientMessages;
			return this;
		}

		/**
		 * Set the security context in which the application is called for a client.
		 * Required.
		 * @param clientContext the context
		 * @return this builder
		 */
		public Builder clientContext(ClientContext clientContext) {
			this.clientContext = clientContext;
			return this;
		}

		/**
		 * Set the monitor of the relay. Required.
		 * @param monitor the monitor
		 * @return this builder
		 */
		public Builder monitor(RelayMonitor monitor) {
			this.monitor = monitor;
			return this;
		}

		/**
		 * Set the dispatcher of application events. Required.
		 * @param events the dispatcher
		 * @return this builder
		 */
		public Builder events(EventDispatcher events) {
			this.events = events;
			return this;
		}

		/**
		 * Set the writers of the node's sessions. Required.
		 * @param writers the writers
		 * @return this builder
		 */
		public Builder writers(WriterPool writers) {
			this.writers = writers;
			return this;
		}

		/**
		 * Set the threads that call the application, which may block them. Required.
		 * @param futures the futures
		 * @return this builder
		 */
		public Builder futures(ApplicationFutures futures) {
			this.futures = futures;
			return this;
		}

		/**
		 * Set the timers that run periodic tasks. Required.
		 * @param timers the timers
		 * @return this builder
		 */
		public Builder timers(Timers timers) {
			this.timers = timers;
			return this;
		}

		/**
		 * Set the link to the presence of other nodes. Required.
		 * @param link the link
		 * @return this builder
		 */
		public Builder link(ClusterLink link) {
			this.link = link;
			return this;
		}

		/**
		 * Set the supplier of the attributes of members. By default, members have no
		 * attributes.
		 * @param attributes returns the application's bean; called when the service
		 * starts, because the bean may itself depend on this node
		 * @return this builder
		 */
		public Builder attributes(Supplier<PresenceAttributes> attributes) {
			this.attributes = attributes;
			return this;
		}

		/**
		 * Build the service.
		 * @return the service
		 * @throws IllegalStateException if a required part is missing
		 */
		public PresenceService build() {
			return new PresenceService(this);
		}

	}

}
