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
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import io.github.atmosphererelay.application.internal.ApplicationFutures;
import io.github.atmosphererelay.broadcast.internal.DefaultBroadcaster;
import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.cluster.ClusterQuestionHandler;
import io.github.atmosphererelay.delivery.internal.MessagingStatistics;
import io.github.atmosphererelay.event.internal.EventDispatcher;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.node.internal.ControlMessenger;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import io.github.atmosphererelay.session.internal.SessionStatistics;
import io.github.atmosphererelay.subscription.internal.Subscriptions;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link DefaultCluster}. Not thread-safe.
 */
public final class ClusterBuilder {

	final ClusterSettings settings;

	@Nullable NodeIdentity identity;

	@Nullable ControlMessenger control;

	@Nullable RelayMonitor monitor;

	@Nullable Timers timers;

	@Nullable ChannelCatalog catalog;

	@Nullable SessionRegistry registry;

	@Nullable Subscriptions subscriptions;

	@Nullable DefaultBroadcaster broadcaster;

	@Nullable ApplicationFutures futures;

	@Nullable EventDispatcher events;

	@Nullable MessagingStatistics statistics;

	@Nullable SessionStatistics sessionStatistics;

	ClusterLink.@Nullable Listener presence;

	ClusterLink.@Nullable Listener stomp;

	Supplier<? extends Collection<ClusterQuestionHandler>> questionHandlers = List::of;

	Supplier<@Nullable BiConsumer<UUID, ByteBuffer>> outboxReceiver = () -> null;

	Supplier<ClusterLink.@Nullable RoutingReceiver> routingReceiver = () -> null;

	Supplier<List<ClientCommandReceiver>> clientCommandReceivers = List::of;

	ClusterBuilder(ClusterSettings settings) {
		this.settings = settings;
	}

	/**
	 * Set the identity of this node. Required.
	 * @param identity the identity
	 * @return this builder
	 */
	public ClusterBuilder identity(NodeIdentity identity) {
		this.identity = identity;
		return this;
	}

	/**
	 * Set the messenger that carries control messages between nodes. Required.
	 * @param control the messenger
	 * @return this builder
	 */
	public ClusterBuilder control(ControlMessenger control) {
		this.control = control;
		return this;
	}

	/**
	 * Set the monitor of the relay. Required.
	 * @param monitor the monitor
	 * @return this builder
	 */
	public ClusterBuilder monitor(RelayMonitor monitor) {
		this.monitor = monitor;
		return this;
	}

	/**
	 * Set the timers that run periodic tasks. Required.
	 * @param timers the timers
	 * @return this builder
	 */
	public ClusterBuilder timers(Timers timers) {
		this.timers = timers;
		return this;
	}

	/**
	 * Set the catalog of channels. Required.
	 * @param catalog the catalog
	 * @return this builder
	 */
	public ClusterBuilder catalog(ChannelCatalog catalog) {
		this.catalog = catalog;
		return this;
	}

	/**
	 * Set the registry of the node's sessions. Required.
	 * @param registry the registry
	 * @return this builder
	 */
	public ClusterBuilder registry(SessionRegistry registry) {
		this.registry = registry;
		return this;
	}

	/**
	 * Set what subscribes the node's sessions to channels. Required.
	 * @param subscriptions the subscriptions
	 * @return this builder
	 */
	public ClusterBuilder subscriptions(Subscriptions subscriptions) {
		this.subscriptions = subscriptions;
		return this;
	}

	/**
	 * Set the broadcaster, which publishes acknowledged broadcasts. Required.
	 * @param broadcaster the broadcaster
	 * @return this builder
	 */
	public ClusterBuilder broadcaster(DefaultBroadcaster broadcaster) {
		this.broadcaster = broadcaster;
		return this;
	}

	/**
	 * Set the threads that complete futures of the application. Required.
	 * @param futures the futures
	 * @return this builder
	 */
	public ClusterBuilder futures(ApplicationFutures futures) {
		this.futures = futures;
		return this;
	}

	/**
	 * Set the dispatcher of application events. Required.
	 * @param events the dispatcher
	 * @return this builder
	 */
	public ClusterBuilder events(EventDispatcher events) {
		this.events = events;
		return this;
	}

	/**
	 * Set the counters from which the rate of received messages is measured. Required.
	 * @param statistics the counters
	 * @return this builder
	 */
	public ClusterBuilder statistics(MessagingStatistics statistics) {
		this.statistics = statistics;
		return this;
	}

	/**
	 * Set the counters from which the rate of delivered messages is measured. Required.
	 * @param sessionStatistics the counters
	 * @return this builder
	 */
	public ClusterBuilder sessionStatistics(SessionStatistics sessionStatistics) {
		this.sessionStatistics = sessionStatistics;
		return this;
	}

	/**
	 * Set the presence of this node, which receives joins, leaves and presence messages
	 * of other nodes. By default there is none.
	 * @param presence the presence, or {@code null}
	 * @return this builder
	 */
	public ClusterBuilder presence(ClusterLink.@Nullable Listener presence) {
		this.presence = presence;
		return this;
	}

	/**
	 * Set what receives joins, leaves and the STOMP sessions of other nodes. By default
	 * there is nothing.
	 * @param stomp the receiver, or {@code null}
	 * @return this builder
	 */
	public ClusterBuilder stomp(ClusterLink.@Nullable Listener stomp) {
		this.stomp = stomp;
		return this;
	}

	/**
	 * Set the application's handlers for questions of other nodes. By default there are
	 * none.
	 * @param questionHandlers supplies the handlers when the cluster starts, because a
	 * handler may itself need the cluster
	 * @return this builder
	 */
	public ClusterBuilder questionHandlers(Supplier<? extends Collection<ClusterQuestionHandler>> questionHandlers) {
		this.questionHandlers = questionHandlers;
		return this;
	}

	/**
	 * Set who receives the messages of other nodes' outboxes. By default nobody does.
	 * @param outboxReceiver supplies the receiver when the cluster starts, because the
	 * outbox itself needs the cluster; {@code null} if there is no outbox. The receiver
	 * gets the id of the sending node and the message, and must not block
	 * @return this builder
	 */
	public ClusterBuilder outboxReceiver(Supplier<@Nullable BiConsumer<UUID, ByteBuffer>> outboxReceiver) {
		this.outboxReceiver = outboxReceiver;
		return this;
	}

	/**
	 * Set who receives routing messages of other nodes. By default nobody does.
	 * @param routingReceiver supplies the receiver when the cluster starts, because
	 * routing itself needs the cluster; {@code null} if there is no routing
	 * @return this builder
	 */
	public ClusterBuilder routingReceiver(Supplier<ClusterLink.@Nullable RoutingReceiver> routingReceiver) {
		this.routingReceiver = routingReceiver;
		return this;
	}

	/**
	 * Set who receives what clients of this node's sessions have sent to other nodes. By
	 * default nobody does.
	 * @param clientCommandReceivers supplies the receivers when they are first needed,
	 * one of each kind
	 * @return this builder
	 */
	public ClusterBuilder clientCommandReceivers(Supplier<List<ClientCommandReceiver>> clientCommandReceivers) {
		this.clientCommandReceivers = clientCommandReceivers;
		return this;
	}

	/**
	 * Build the cluster.
	 * @return the cluster
	 * @throws IllegalStateException if a required part is missing
	 */
	public DefaultCluster build() {
		return new DefaultCluster(this);
	}

}
