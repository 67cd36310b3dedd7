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

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.channel.internal.ChannelScope;
import io.github.atmosphererelay.cluster.Acknowledgement;
import io.github.atmosphererelay.cluster.AffectedSessions;
import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.cluster.ClusterAnswers;
import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.cluster.TooManyRequestsException;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Receiver;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Subject;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Operation;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.event.internal.EventDispatcher;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Required;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.node.internal.ControlListener;
import io.github.atmosphererelay.node.internal.ControlMessenger;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.relay.internal.RelayState;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * This node's part in the cluster. Puts membership and commands together, and starts and
 * stops them: after the node's messaging has started, and before that is stopped.
 */
public final class DefaultCluster implements Cluster {

	private static final Log logger = LogFactory.getLog(DefaultCluster.class);

	private static final long FAREWELL_MILLIS = 1_000;

	private static final Comparator<ClusterNode> BY_NAME = Comparator.comparing(ClusterNode::name)
		.thenComparing(ClusterNode::id);

	private final NodeIdentity identity;

	private final ClusterSettings settings;

	private final RelayMonitor monitor;

	private final Timers timers;

	private final ChannelCatalog catalog;

	private final DefaultBroadcaster broadcaster;

	private final ApplicationFutures futures;

	private final ClusterLink commands;

	private final ClusterMessenger messages;

	private final Membership membership;

	private final CommandExecutor executor;

	private final ClusterRequester requests;

	private final CountedDeliveries counted;

	private final QuestionRegistry questions = new QuestionRegistry();

	private final ClusterStatistics statistics = new ClusterStatistics();

	private final LoadMeter load;

	private final String version;

	private volatile BiConsumer<UUID, ByteBuffer> outbox = (origin, in) -> {
	};

	private volatile Instant startedAt = Instant.now();

	private @Nullable ScheduledFuture<?> ticks;

	private DefaultCluster(Builder parts) {
		ControlMessenger control = Required.part(parts.control, "control");
		SessionRegistry registry = Required.part(parts.registry, "registry");
		EventDispatcher events = Required.part(parts.events, "events");
		this.settings = parts.settings;
		this.identity = Required.part(parts.identity, "identity");
		this.monitor = Required.part(parts.monitor, "monitor");
		this.timers = Required.part(parts.timers, "timers");
		this.catalog = Required.part(parts.catalog, "catalog");
		this.broadcaster = Required.part(parts.broadcaster, "broadcaster");
		this.futures = Required.part(parts.futures, "futures");
		this.load = new LoadMeter(Required.part(parts.statistics, "statistics"),
				Required.part(parts.sessionStatistics, "sessionStatistics"), registry);
		String version = DefaultCluster.class.getPackage().getImplementationVersion();
		this.version = (version != null) ? version : "development";
		ClusterLink.Listener presence = parts.presence;
		this.membership = new Membership(this.identity.id(), this.settings.heartbeatInterval(),
				this.settings.nodeTimeout(), new Outlet(new ClusterLink(control, Subject.MEMBERSHIP)), System::nanoTime,
				this::self, events::publish,
				(presence != null) ? List.of(new CommandHandler(), presence) : List.of(new CommandHandler()),
				this.statistics);
		this.executor = new CommandExecutor(this.settings.maxMessageSize());
		this.commands = new ClusterLink(control, Subject.COMMAND);
		this.requests = new ClusterRequester(this.identity.id(), this.monitor, this.timers, this.membership,
				this.commands, this.executor, this.settings.maxMessageSize(), this.statistics);
		this.counted = new CountedDeliveries(registry, this.timers.scheduler());
		Map<Subject, Receiver> receivers = new EnumMap<>(Subject.class);
		receivers.put(Subject.MEMBERSHIP, new Heartbeats());
		receivers.put(Subject.COMMAND, this::received);
		if (presence != null) {
			receivers.put(Subject.PRESENCE, new PresenceMessages(presence));
		}
		receivers.put(Subject.OUTBOX, (origin, in) -> this.outbox.accept(origin, in));
		this.messages = new ClusterMessenger(receivers);
		handleCommands(new SessionCommandHandler(registry, Required.part(parts.subscriptions, "subscriptions"),
				this.settings.maxMessageSize()));
	}

	/**
	 * Begin to put a node's part together.
	 * @param settings how the node takes part
	 * @return a builder
	 */
	public static Builder builder(ClusterSettings settings) {
		return new Builder(settings);
	}

	private void handleCommands(SessionCommandHandler sessions) {
		on(Operation.LIST_SESSIONS, sessions::list);
		on(Operation.DISCONNECT_USER, sessions::disconnectUser);
		on(Operation.DISCONNECT_SESSION, sessions::disconnectSession);
		on(Operation.SUBSCRIBE, sessions::subscribe);
		on(Operation.UNSUBSCRIBE, sessions::unsubscribe);
		this.executor.on(Operation.ASK, (asker, in, timeout) -> this.questions.answer(asker, in));
		this.executor.on(Operation.COUNT, (asker, in, timeout) -> this.counted.count(in, timeout));
	}

	private void on(Operation operation, Function<WireReader, byte[]> action) {
		this.executor.on(operation, (asker, in, timeout) -> CompletableFuture.completedFuture(action.apply(in)));
	}

	/**
	 * Return what is to hear what other nodes say: the node finds it here when it starts.
	 * @return the listener
	 */
	public ControlListener controlListener() {
		return this.messages;
	}

	/**
	 * Return what is to hear of deliveries that are counted: the node finds it here when
	 * it starts.
	 * @return the listener
	 */
	public DeliveryListener deliveryListener() {
		return this.counted;
	}

	/**
	 * Set what is to hear what the outboxes of other nodes say. Called before the start.
	 * @param outbox takes the node and what it says; does not block
	 */
	public void outboxReceiver(BiConsumer<UUID, ByteBuffer> outbox) {
		this.outbox = outbox;
	}

	/**
	 * Have the application answer a question of other nodes. Called before the start.
	 * @param handler answers
	 * @throws IllegalArgumentException if somebody answers that question already
	 */
	public void addQuestionHandler(ClusterQuestionHandler handler) {
		this.questions.add(handler);
	}

	/**
	 * Join the cluster. Returns at once.
	 */
	public synchronized void start() {
		if (this.ticks != null) {
			return;
		}
		this.startedAt = Instant.now();
		this.executor.start();
		this.membership.start(this.monitor.isUp());
		Duration period = Duration.ofMillis(Math.max(5, this.settings.heartbeatInterval().toMillis() / 20));
		// Its end would have the others take this node for dead
		this.ticks = this.timers.repeat(Part.MEMBERSHIP, this::tick, Duration.ZERO, period);
	}

	private void tick() {
		boolean up = this.monitor.isUp();
		if (up != this.membership.isRelayUp()) {
			// It changed while this was starting, and nobody was listening yet.
			this.membership.relayStateChanged(up);
		}
		this.membership.tick();
	}

	/**
	 * Leave the cluster. Waits for the broker to take the farewell, at most a second; can
	 * be started again.
	 */
	public synchronized void stop() {
		if (this.ticks == null) {
			return;
		}
		this.ticks.cancel(false);
		this.ticks = null;
		this.requests.stop();
		this.executor.stop();
		try {
			this.membership.stop().get(FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.debug("The others were not told that this node goes, and will find out", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public List<ClusterNode> nodes() {
		List<ClusterNode> nodes = new ArrayList<>(this.membership.otherNodes());
		nodes.sort(BY_NAME);
		nodes.add(0, self());
		return List.copyOf(nodes);
	}

	@Override
	public ClusterNode self() {
		return new ClusterNode(this.identity.id(), this.identity.name(), this.settings.address().get(), this.startedAt,
				this.version, this.load.measure());
	}

	@Override
	public boolean isFrozen() {
		return this.membership.isFrozen();
	}

	private void received(UUID origin, ByteBuffer buffer) {
		CommandMessage message = CommandMessage.decode(buffer);
		if (message.status() != null) {
			this.requests.answered(origin, message);
			return;
		}
		// One who does not hear itself may be reading what is long over. What was asked
		// then is not wanted any more, unless whoever asked waits longer than that.
		boolean wanted = !this.membership.isFrozen()
				|| this.membership.isYoungerThan(TimeUnit.MILLISECONDS.toNanos(message.timeoutMillis()));
		if (wanted && this.executor.isFirst(origin, message.request())) {
			this.executor.execute(origin, message, (status, body) -> this.commands.sendTo(origin,
					CommandMessage.answer(message.request(), status, body).encode()));
		}
	}

	@Override
	public CompletableFuture<SessionPage> sessions(SessionQuery query) {
		return forApplication(this.requests
			.askAll(Operation.LIST_SESSIONS, SessionCommandHandler.encode(query), this.settings.requestTimeout(),
					SessionCommandHandler::read)
			.thenApply((answers) -> SessionCommandHandler.merge(answers, query.limit())));
	}

	@Override
	public CompletableFuture<AffectedSessions> disconnectUser(String user, CloseReason reason) {
		return affect(null, Operation.DISCONNECT_USER, SessionCommandHandler.encode(user, reason));
	}

	@Override
	public CompletableFuture<AffectedSessions> disconnectSession(String sessionId, CloseReason reason) {
		UUID target = NodeIdentity.nodeOf(sessionId);
		if (target == null) {
			return CompletableFuture.failedFuture(new UnknownSessionException(sessionId));
		}
		return affect(target, Operation.DISCONNECT_SESSION, SessionCommandHandler.encode(sessionId, reason));
	}

	@Override
	public CompletableFuture<AffectedSessions> subscribe(String user, String channel) {
		this.catalog.get(ChannelNames.check(channel));
		return affect(null, Operation.SUBSCRIBE, SessionCommandHandler.encode(user, channel));
	}

	@Override
	public CompletableFuture<AffectedSessions> unsubscribe(String user, String channel) {
		return affect(null, Operation.UNSUBSCRIBE, SessionCommandHandler.encode(user, channel));
	}

	private CompletableFuture<AffectedSessions> affect(@Nullable UUID target, Operation operation, byte[] body) {
		Duration timeout = this.settings.requestTimeout();
		return forApplication(
				((target != null) ? this.requests.askOne(target, operation, body, timeout, WireReader::readInt)
						: this.requests.askAll(operation, body, timeout, WireReader::readInt))
					.thenApply(AffectedSessions::of));
	}

	/**
	 * Answers to different requests have no order.
	 */
	private <T> CompletableFuture<T> forApplication(CompletableFuture<T> stage) {
		return this.futures.of(stage, stage);
	}

	@Override
	public CompletableFuture<ClusterAnswers<Payload>> ask(String question, Payload details, Duration timeout) {
		return forApplication(this.requests.askAll(Operation.ASK, QuestionRegistry.encode(question, details), timeout,
				QuestionRegistry::read));
	}

	@Override
	public CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload,
			PublishOptions options, Duration timeout) {
		boolean here = this.catalog.get(ChannelNames.check(channel)).scope() == ChannelScope.NODE;
		// Before anything is sent: a caller that sees a failure may send again.
		TooManyRequestsException full = this.requests.check(timeout);
		if (full != null) {
			return CompletableFuture.failedFuture(full);
		}
		return forApplication(this.broadcaster.publish(channel, payload, options.header(DeliveryListener.COUNTED, "1"))
			.thenCompose((receipt) -> {
				byte[] body = CountedDeliveries.encode(receipt.messageId(), channel);
				UUID self = this.identity.id();
				return (here ? this.requests.askOne(self, Operation.COUNT, body, timeout, WireReader::readInt)
						: this.requests.askAll(Operation.COUNT, body, timeout, WireReader::readInt))
					.thenApply((answers) -> new Acknowledgement(receipt, AffectedSessions.of(answers)));
			}));
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public ClusterStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return how many messages of other nodes could not be read and were skipped.
	 * @return the number of messages
	 */
	public long rejectedMessages() {
		return this.messages.rejected();
	}

	/**
	 * The way to the other nodes.
	 */
	private record Outlet(ClusterLink link) implements Membership.Outlet {

		@Override
		public CompletableFuture<?> toAll(byte[] message) {
			return this.link.sendToAll(message);
		}

		@Override
		public CompletableFuture<?> toAllWithoutHurry(byte[] message) {
			return this.link.sendToAllWithoutHurry(message);
		}

		@Override
		public void to(UUID node, byte[] message) {
			this.link.sendTo(node, message);
		}

	}

	/**
	 * Hears which other nodes there are. The requests ask, in their turn, who is there.
	 */
	private final class CommandHandler implements MembershipListener {

		@Override
		public void joined(UUID node) {
			DefaultCluster.this.requests.joined(node);
		}

		@Override
		public void left(UUID node) {
			DefaultCluster.this.requests.left(node);
		}

	}

	/**
	 * Hears what is said about which nodes there are.
	 */
	private final class Heartbeats implements Receiver {

		@Override
		public void received(UUID origin, ByteBuffer in) {
			DefaultCluster.this.membership.received(origin, in);
		}

		@Override
		public void echoed(ByteBuffer in) {
			DefaultCluster.this.membership.echoed(in);
		}

		@Override
		public void relayStateChanged(RelayState state) {
			DefaultCluster.this.membership.relayStateChanged(state == RelayState.UP);
		}

	}

	/**
	 * Hears what the presence of other nodes says.
	 */
	private record PresenceMessages(ClusterLink.Listener presence) implements Receiver {

		@Override
		public void received(UUID origin, ByteBuffer in) {
			this.presence.received(origin, in);
		}

		@Override
		public void relayStateChanged(RelayState state) {
			this.presence.relayStateChanged(state);
		}

	}

	/**
	 * Puts a node's part in the cluster together. For one thread.
	 */
	public static final class Builder {

		private final ClusterSettings settings;

		private @Nullable NodeIdentity identity;

		private @Nullable ControlMessenger control;

		private @Nullable RelayMonitor monitor;

		private @Nullable Timers timers;

		private @Nullable ChannelCatalog catalog;

		private @Nullable SessionRegistry registry;

		private @Nullable Subscriptions subscriptions;

		private @Nullable DefaultBroadcaster broadcaster;

		private @Nullable ApplicationFutures futures;

		private @Nullable EventDispatcher events;

		private @Nullable MessagingStatistics statistics;

		private @Nullable SessionStatistics sessionStatistics;

		private ClusterLink.@Nullable Listener presence;

		private Builder(ClusterSettings settings) {
			this.settings = settings;
		}

		/**
		 * Say which node it is. Required.
		 * @param identity the identity
		 * @return this builder
		 */
		public Builder identity(NodeIdentity identity) {
			this.identity = identity;
			return this;
		}

		/**
		 * Say what carries messages between nodes. Required.
		 * @param control the messages
		 * @return this builder
		 */
		public Builder control(ControlMessenger control) {
			this.control = control;
			return this;
		}

		/**
		 * Say what measures the relay. Required.
		 * @param monitor the monitor
		 * @return this builder
		 */
		public Builder monitor(RelayMonitor monitor) {
			this.monitor = monitor;
			return this;
		}

		/**
		 * Say what runs the short tasks of the node's parts. Required.
		 * @param timers the timers
		 * @return this builder
		 */
		public Builder timers(Timers timers) {
			this.timers = timers;
			return this;
		}

		/**
		 * Say which channels exist. Required.
		 * @param catalog the catalog
		 * @return this builder
		 */
		public Builder catalog(ChannelCatalog catalog) {
			this.catalog = catalog;
			return this;
		}

		/**
		 * Say which sessions the node has. Required.
		 * @param registry the registry
		 * @return this builder
		 */
		public Builder registry(SessionRegistry registry) {
			this.registry = registry;
			return this;
		}

		/**
		 * Say what subscribes them. Required.
		 * @param subscriptions the subscriptions
		 * @return this builder
		 */
		public Builder subscriptions(Subscriptions subscriptions) {
			this.subscriptions = subscriptions;
			return this;
		}

		/**
		 * Say what sends messages. Required.
		 * @param broadcaster the broadcaster
		 * @return this builder
		 */
		public Builder broadcaster(DefaultBroadcaster broadcaster) {
			this.broadcaster = broadcaster;
			return this;
		}

		/**
		 * Say what completes the futures of the application. Required.
		 * @param futures the futures
		 * @return this builder
		 */
		public Builder futures(ApplicationFutures futures) {
			this.futures = futures;
			return this;
		}

		/**
		 * Say what hands events to the application. Required.
		 * @param events the dispatcher
		 * @return this builder
		 */
		public Builder events(EventDispatcher events) {
			this.events = events;
			return this;
		}

		/**
		 * Say where messages are counted. Required.
		 * @param statistics the counters
		 * @return this builder
		 */
		public Builder statistics(MessagingStatistics statistics) {
			this.statistics = statistics;
			return this;
		}

		/**
		 * Say where deliveries are counted. Required.
		 * @param sessionStatistics the counters
		 * @return this builder
		 */
		public Builder sessionStatistics(SessionStatistics sessionStatistics) {
			this.sessionStatistics = sessionStatistics;
			return this;
		}

		/**
		 * Say what hears of the other nodes and what their presence says. Without this,
		 * nobody does.
		 * @param presence the presence of this node, or {@code null}
		 * @return this builder
		 */
		public Builder presence(ClusterLink.@Nullable Listener presence) {
			this.presence = presence;
			return this;
		}

		/**
		 * Make it.
		 * @return what was put together
		 * @throws IllegalStateException if something is missing that is required
		 */
		public DefaultCluster build() {
			return new DefaultCluster(this);
		}

	}

}
