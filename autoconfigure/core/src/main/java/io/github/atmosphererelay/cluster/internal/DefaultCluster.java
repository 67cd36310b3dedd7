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
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
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
import java.util.function.Function;
import java.util.function.Supplier;

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
import io.github.atmosphererelay.cluster.SessionPage;
import io.github.atmosphererelay.cluster.SessionQuery;
import io.github.atmosphererelay.cluster.TooManyRequestsException;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Receiver;
import io.github.atmosphererelay.cluster.internal.ClusterMessenger.Subject;
import io.github.atmosphererelay.cluster.internal.CommandMessage.Operation;
import io.github.atmosphererelay.delivery.internal.DeliveryListener;
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
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * This node's implementation of {@link Cluster}: membership, and requests between nodes.
 * Starts after the node's messaging and stops before it. Thread-safe.
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

	private final QuestionRegistry questions;

	private final ClusterStatistics statistics = new ClusterStatistics();

	private final LoadMeter load;

	private final String version;

	private final OutboxMessages outbox;

	private final RoutingMessages routing;

	private final Supplier<List<ClientCommandReceiver>> clientCommands;

	private volatile @Nullable List<ClientCommandReceiver> clientCommandReceivers;

	private volatile Instant startedAt = Instant.now().truncatedTo(ChronoUnit.MILLIS);

	private @Nullable ScheduledFuture<?> ticks;

	DefaultCluster(ClusterBuilder parts) {
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
		this.questions = new QuestionRegistry(parts.questionHandlers);
		this.outbox = new OutboxMessages(parts.outboxReceiver);
		this.routing = new RoutingMessages(parts.routingReceiver);
		this.clientCommands = parts.clientCommandReceivers;
		this.load = new LoadMeter(Required.part(parts.statistics, "statistics"),
				Required.part(parts.sessionStatistics, "sessionStatistics"), registry);
		String version = DefaultCluster.class.getPackage().getImplementationVersion();
		this.version = (version != null) ? version : "development";
		ClusterLink.Listener presence = parts.presence;
		this.membership = new Membership(this.identity.id(), this.settings.heartbeatInterval(),
				this.settings.nodeTimeout(), new MembershipOutlet(new ClusterLink(control, Subject.MEMBERSHIP)),
				System::nanoTime, this::self, events::publish, listeners(presence, parts.stomp), this.statistics);
		this.executor = new CommandExecutor(this.settings.maxMessageSize());
		this.commands = new ClusterLink(control, Subject.COMMAND);
		this.requests = new ClusterRequester(this.identity.id(), this.monitor, this.timers, this.membership,
				this.commands, this.executor, this.settings.maxMessageSize(), this.statistics);
		this.counted = new CountedDeliveries(registry, this.timers.scheduler());
		Map<Subject, Receiver> receivers = new EnumMap<>(Subject.class);
		receivers.put(Subject.MEMBERSHIP, new MembershipMessages(this.membership));
		receivers.put(Subject.COMMAND, this::received);
		if (presence != null) {
			receivers.put(Subject.PRESENCE, new PresenceMessages(presence));
		}
		if (parts.stomp != null) {
			receivers.put(Subject.STOMP, new PresenceMessages(parts.stomp));
		}
		receivers.put(Subject.OUTBOX, this.outbox);
		receivers.put(Subject.ROUTING, this.routing);
		this.messages = new ClusterMessenger(receivers);
		handleCommands(new SessionCommandHandler(registry, Required.part(parts.subscriptions, "subscriptions"),
				this.settings.maxMessageSize()));
	}

	/**
	 * Create a builder.
	 * @param settings times and limits
	 * @return a builder
	 */
	public static ClusterBuilder builder(ClusterSettings settings) {
		return new ClusterBuilder(settings);
	}

	private List<MembershipListener> listeners(@Nullable MembershipListener... others) {
		List<MembershipListener> listeners = new ArrayList<>(List.of(new CommandHandler()));
		for (MembershipListener other : others) {
			if (other != null) {
				listeners.add(other);
			}
		}
		return List.copyOf(listeners);
	}

	private void handleCommands(SessionCommandHandler sessions) {
		on(Operation.LIST_SESSIONS, sessions::list);
		on(Operation.DISCONNECT_USER, sessions::disconnectUser);
		on(Operation.DISCONNECT_SESSION, sessions::disconnectSession);
		on(Operation.SUBSCRIBE, sessions::subscribe);
		on(Operation.UNSUBSCRIBE, sessions::unsubscribe);
		this.executor.on(Operation.ASK, (asker, in, timeout) -> this.questions.answer(asker, in));
		this.executor.on(Operation.COUNT, (asker, in, timeout) -> this.counted.count(in, timeout));
		this.executor.on(Operation.CLIENT_COMMANDS,
				(asker, in, timeout) -> CompletableFuture.completedFuture(received(in.read(in.remaining()))));
		this.executor.on(Operation.ROUTE,
				(asker, in, timeout) -> CompletableFuture.completedFuture(this.routing.answer(asker, in)));
	}

	private byte[] received(byte[] commands) {
		List<ClientCommandReceiver> receivers = this.clientCommandReceivers;
		if (receivers == null) {
			receivers = List.copyOf(this.clientCommands.get());
			this.clientCommandReceivers = receivers;
		}
		for (ClientCommandReceiver receiver : receivers) {
			if (commands.length > 0 && receiver.kind().ordinal() == commands[0]) {
				return receiver.received(Arrays.copyOfRange(commands, 1, commands.length));
			}
		}
		throw new IllegalStateException("the node takes no such commands of clients that have come to other nodes");
	}

	private void on(Operation operation, Function<WireReader, byte[]> action) {
		this.executor.on(operation, (asker, in, timeout) -> CompletableFuture.completedFuture(action.apply(in)));
	}

	/**
	 * Return the listener that receives control messages of other nodes. The node's
	 * extensions supply it to the node.
	 * @return the listener
	 */
	public ControlListener controlListener() {
		return this.messages;
	}

	/**
	 * Return the listener that counts the deliveries of acknowledged broadcasts. The
	 * node's extensions supply it to the node.
	 * @return the listener
	 */
	public DeliveryListener deliveryListener() {
		return this.counted;
	}

	/**
	 * Send a request to the routing of one node, which may be this one. For the packages
	 * of this library.
	 * @param node the node's id
	 * @param body the request
	 * @return completes with the node's answer; fails if the node is not in the cluster,
	 * or does not answer within {@code atmosphere.cluster.request-timeout}
	 */
	public CompletableFuture<byte[]> askRouting(UUID node, byte[] body) {
		return this.requests
			.askOne(node, Operation.ROUTE, body, this.settings.requestTimeout(), (in) -> in.read(in.remaining()))
			.thenApply((answers) -> {
				byte[] answer = answers.answers().get(node);
				if (answer == null) {
					throw new IllegalStateException("Node " + node + " has not answered");
				}
				return answer;
			});
	}

	/**
	 * Carry what a client has sent to the node of its session. For the packages of this
	 * library.
	 * @param node the node's id
	 * @param kind which of the node's receivers receives it
	 * @param commands the commands
	 * @return completes with the node's answer, or with {@code null} if it is not in the
	 * cluster; fails if it does not answer within
	 * {@code atmosphere.cluster.request-timeout}
	 */
	public CompletableFuture<byte @Nullable []> carryCommands(UUID node, ClientCommandReceiver.Kind kind,
			byte[] commands) {
		if (!this.membership.others().contains(node)) {
			return CompletableFuture.completedFuture(null);
		}
		byte[] body = new byte[commands.length + 1];
		body[0] = (byte) kind.ordinal();
		System.arraycopy(commands, 0, body, 1, commands.length);
		return this.requests
			.askOne(node, Operation.CLIENT_COMMANDS, body, this.settings.requestTimeout(),
					(in) -> in.read(in.remaining()))
			.thenApply((answers) -> {
				byte[] answer = answers.answers().get(node);
				if (answer == null) {
					throw new IllegalStateException("Node " + node + " has not answered");
				}
				return answer;
			});
	}

	/**
	 * Return the nodes that this node knows, with the time since each was last heard. For
	 * the packages of this library.
	 * @return this node first, then the others in no particular order
	 */
	public List<HeardNode> heardNodes() {
		List<HeardNode> nodes = new ArrayList<>();
		nodes.add(new HeardNode(self(), 0));
		nodes.addAll(this.membership.heardNodes());
		return nodes;
	}

	/**
	 * Join the cluster. Returns at once.
	 * @throws IllegalArgumentException if there are two handlers for one question
	 */
	public synchronized void start() {
		if (this.ticks != null) {
			return;
		}
		this.questions.start();
		this.outbox.start();
		this.routing.start();
		this.startedAt = Instant.now().truncatedTo(ChronoUnit.MILLIS);
		this.executor.start();
		this.membership.start(this.monitor.isUp());
		Duration period = Duration.ofMillis(Math.max(5, this.settings.heartbeatInterval().toMillis() / 20));
		// The guard repeats the ticks even if one throws: without heartbeats, other
		// nodes would remove this node.
		this.ticks = this.timers.repeat(Part.MEMBERSHIP, this::tick, Duration.ZERO, period);
	}

	private void tick() {
		boolean up = this.monitor.isUp();
		if (up != this.membership.isRelayUp()) {
			// The relay's state changed during the start, before the listener was
			// registered.
			this.membership.relayStateChanged(up);
		}
		this.membership.tick();
	}

	/**
	 * Leave the cluster. Blocks for at most one second, until the broker has taken the
	 * announcement. Can be started again.
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
			logger.debug("The other nodes do not know that this node leaves; they remove it when it is silent", ex);
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
				this.version, this.load.measure(), this.routing.describe());
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
		// While membership is frozen, the relay may be delivering old messages. A
		// request is executed only if the asking node still waits for the answer.
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
	 * Complete a future of the application on the application's threads. Answers to
	 * different requests are not ordered.
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
	 * Return the counters of nodes and requests.
	 * @return the counters
	 */
	public ClusterStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return how many messages of other nodes were skipped because they could not be
	 * decoded.
	 * @return the number of messages
	 */
	public long rejectedMessages() {
		return this.messages.rejected();
	}

	/**
	 * Forwards joins and leaves to the requests that wait for answers.
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

}
