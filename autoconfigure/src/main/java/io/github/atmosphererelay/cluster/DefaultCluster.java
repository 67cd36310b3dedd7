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

import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.cluster.ClusterMessages.Subject;
import io.github.atmosphererelay.relay.RelayState;
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

	private final ClusterMessages messages;

	private final Membership membership;

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
		this.load = new LoadMeter(node);
		String version = DefaultCluster.class.getPackage().getImplementationVersion();
		this.version = (version != null) ? version : "development";
		this.messages = new ClusterMessages(node.control());
		this.membership = new Membership(node.identity().id(), settings.heartbeatInterval(), settings.nodeTimeout(),
				new Outlet(), System::nanoTime, this::self, node.events()::publish, this.statistics);
		this.messages.on(Subject.MEMBERSHIP, this.membership::received);
		this.messages.onEcho(Subject.MEMBERSHIP, this.membership::echoed);
		this.messages.onRelayState((state) -> this.membership.relayStateChanged(state == RelayState.UP));
	}

	/**
	 * Join the cluster. Returns at once.
	 */
	public synchronized void start() {
		if (this.ticks != null) {
			return;
		}
		this.startedAt = Instant.now();
		this.membership.start(this.node.monitor().isUp());
		long period = Math.max(5, this.settings.heartbeatInterval().toMillis() / 20);
		this.ticks = this.node.scheduler().scheduleWithFixedDelay(this::tick, 0, period, TimeUnit.MILLISECONDS);
	}

	private void tick() {
		try {
			this.membership.tick();
		}
		catch (RuntimeException ex) {
			// Thrown on, it would end the ticking, and the others would take this node
			// for dead.
			logger.error("The cluster's membership failed and goes on", ex);
		}
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
	 * Return what nodes say to each other, for others who have something to say.
	 */
	ClusterMessages messages() {
		return this.messages;
	}

	/**
	 * Return which nodes there are.
	 */
	Membership membership() {
		return this.membership;
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
