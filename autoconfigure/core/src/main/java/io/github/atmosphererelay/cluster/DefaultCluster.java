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

package io.github.atmosphererelay.cluster;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.github.atmosphererelay.broadcast.PublishOptions;
import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.channel.ChannelScope;
import io.github.atmosphererelay.cluster.ClusterMessenger.Subject;
import io.github.atmosphererelay.cluster.CommandMessage.Operation;
import io.github.atmosphererelay.delivery.DeliveryListener;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.ChannelNames;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.WireReader;
import io.github.atmosphererelay.node.MessagingNode;
import io.github.atmosphererelay.relay.RelayState;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.NodeIdentity;
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

	private final MessagingNode node;

	private final ClusterSettings settings;

	private final ClusterMessenger messages;

	private final Membership membership;

	private final CommandExecutor executor;

	private final ClusterRequester requests;

	private final QuestionRegistry questions = new QuestionRegistry();

	private final ClusterStatistics statistics = new ClusterStatistics();

	private final LoadMeter load;

	private final String version;

	private volatile Instant startedAt = Instant.now();

	private @Nullable ScheduledFuture<?> ticks;

	/**
	 * Put a node's part together; {@link #start()} starts it.
	 * @param node the node's messaging, not started yet
	 * @param settings how the node takes part
	 */
	public DefaultCluster(MessagingNode node, ClusterSettings settings) {
		this.node = node;
		this.settings = settings;
		this.load = new LoadMeter(node.statistics(), node.writers().statistics(), node.registry());
		String version = DefaultCluster.class.getPackage().getImplementationVersion();
		this.version = (version != null) ? version : "development";
		this.messages = new ClusterMessenger(node.control());
		this.membership = new Membership(node.identity().id(), settings.heartbeatInterval(), settings.nodeTimeout(),
				new Outlet(), System::nanoTime, this::self, node.events()::publish, this.statistics);
		this.messages.on(Subject.MEMBERSHIP, this.membership::received);
		this.messages.onEcho(Subject.MEMBERSHIP, this.membership::echoed);
		this.messages.onRelayState((state) -> this.membership.relayStateChanged(state == RelayState.UP));
		this.executor = new CommandExecutor(settings.maxMessageSize());
		this.requests = new ClusterRequester(node.identity().id(), node.monitor(), node.timers(), this.membership,
				this.messages, this.executor, settings.maxMessageSize(), this.statistics);
		this.membership.addListener(this.requests);
		this.messages.on(Subject.COMMAND, this::received);
		handleCommands(new SessionCommandHandler(node.registry(), node.subscriptions(), settings.maxMessageSize()));
	}

	private void handleCommands(SessionCommandHandler sessions) {
		on(Operation.LIST_SESSIONS, sessions::list);
		on(Operation.DISCONNECT_USER, sessions::disconnectUser);
		on(Operation.DISCONNECT_SESSION, sessions::disconnectSession);
		on(Operation.SUBSCRIBE, sessions::subscribe);
		on(Operation.UNSUBSCRIBE, sessions::unsubscribe);
		this.executor.on(Operation.ASK, (asker, in, timeout) -> this.questions.answer(asker, in));
		CountedDeliveries counted = new CountedDeliveries(this.node.registry(), this.node.scheduler());
		this.node.listenToDeliveries(counted);
		this.executor.on(Operation.COUNT, (asker, in, timeout) -> counted.count(in, timeout));
	}

	private void on(Operation operation, Function<WireReader, byte[]> action) {
		this.executor.on(operation, (asker, in, timeout) -> CompletableFuture.completedFuture(action.apply(in)));
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
	 * Link presence with that of the other nodes, which is for this library's own
	 * presence. Called once, before the start.
	 * @param listener hears of the other nodes and what their presence says
	 * @return the way to their presence
	 */
	public ClusterLink linkPresence(ClusterLink.Listener listener) {
		this.messages.on(Subject.PRESENCE, listener::received);
		this.messages.onRelayState(listener::relayStateChanged);
		this.membership.addListener(listener);
		return new ClusterLink(this.messages, Subject.PRESENCE);
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
		this.membership.start(this.node.monitor().isUp());
		Duration period = Duration.ofMillis(Math.max(5, this.settings.heartbeatInterval().toMillis() / 20));
		// Its end would have the others take this node for dead
		this.ticks = this.node.timers().repeat(Part.MEMBERSHIP, this::tick, Duration.ZERO, period);
	}

	private void tick() {
		boolean up = this.node.monitor().isUp();
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
		return new ClusterNode(this.node.identity().id(), this.node.identity().name(), this.settings.address().get(),
				this.startedAt, this.version, this.load.measure());
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
			this.executor.execute(origin, message, (status, body) -> this.messages.sendTo(origin, Subject.COMMAND,
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
		this.node.catalog().get(ChannelNames.check(channel));
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
		return this.node.futures().of(stage, stage);
	}

	@Override
	public CompletableFuture<ClusterAnswers<Payload>> ask(String question, Payload details, Duration timeout) {
		return forApplication(this.requests.askAll(Operation.ASK, QuestionRegistry.encode(question, details), timeout,
				QuestionRegistry::read));
	}

	@Override
	public CompletableFuture<Acknowledgement> broadcastAcknowledged(String channel, Object payload,
			PublishOptions options, Duration timeout) {
		boolean here = this.node.catalog().get(ChannelNames.check(channel)).scope() == ChannelScope.NODE;
		// Before anything is sent: a caller that sees a failure may send again.
		TooManyRequestsException full = this.requests.check(timeout);
		if (full != null) {
			return CompletableFuture.failedFuture(full);
		}
		return forApplication(this.node.broadcaster()
			.publish(channel, payload, options.header(DeliveryListener.COUNTED, "1"))
			.thenCompose((receipt) -> {
				byte[] body = CountedDeliveries.encode(receipt.messageId(), channel);
				UUID self = this.node.identity().id();
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
	 * Return what nodes say to each other.
	 */
	ClusterMessenger messages() {
		return this.messages;
	}

	/**
	 * The way to the other nodes.
	 */
	private final class Outlet implements Membership.Outlet {

		@Override
		public CompletableFuture<?> toAll(byte[] message) {
			return DefaultCluster.this.messages.sendToAll(Subject.MEMBERSHIP, message);
		}

		@Override
		public void to(UUID node, byte[] message) {
			DefaultCluster.this.messages.sendTo(node, Subject.MEMBERSHIP, message);
		}

	}

}
