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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.NodeJoined;
import io.github.atmosphererelay.cluster.NodeLeft;
import io.github.atmosphererelay.cluster.NodeLeft.Reason;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Life;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Type;
import io.github.atmosphererelay.guard.internal.OrderedCalls;
import io.github.atmosphererelay.message.WireFormatException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The membership of the cluster: which other nodes are alive. Each node sends heartbeats
 * to all others. A node from which nothing is heard for the node timeout is removed. All
 * times are measured with the local monotonic clock, so a node whose wall clock is wrong
 * does no harm.
 * <p>
 * A node removes others only while its own heartbeats come back to it from the broker. A
 * broker that hangs delivers nothing to anybody, and the relay's probe takes longer to
 * detect that than the node timeout lasts. The same holds for a node that was paused
 * itself, and for one that reads its messages late. Otherwise such a node would remove
 * all others. When its own heartbeats come back again, all other nodes get the full node
 * timeout anew.
 * <p>
 * A late message of a removed node does not bring the node back. Instead, this node tells
 * it that it was removed. If the node is alive, it begins a new
 * {@linkplain Life#revision() revision} of its life, and joins with that.
 */
final class Membership {

	private static final Log logger = LogFactory.getLog(Membership.class);

	/** The maximum number of removed nodes that are remembered. */
	private static final int MAX_DEPARTED = 1_000;

	private final UUID self;

	private final long intervalNanos;

	private final long timeoutNanos;

	private final Announcer announcer;

	private final LongSupplier clock;

	private final Consumer<Object> events;

	private final ClusterStatistics statistics;

	private final List<MembershipListener> listeners;

	/** Calls to the relay, in the order of this node's sequence numbers. */
	private final OrderedCalls calls = new OrderedCalls();

	/** An exception of the relay, which the next tick throws. */
	private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	/**
	 * Guards all fields that change, and keeps the calls of listeners in order. Nothing
	 * is sent to other nodes while this lock is held.
	 */
	private final ReentrantLock lock = new ReentrantLock();

	private final Map<UUID, Member> members = new ConcurrentHashMap<>();

	/** Removed nodes, the oldest first. */
	private final Map<UUID, Departed> departed = new LinkedHashMap<>();

	private volatile boolean running;

	private volatile boolean relayUp;

	private volatile boolean frozen = true;

	Membership(UUID self, Duration interval, Duration timeout, Outlet outlet, LongSupplier clock,
			Supplier<ClusterNode> description, Consumer<Object> events, List<MembershipListener> listeners,
			ClusterStatistics statistics) {
		this.listeners = List.copyOf(listeners);
		this.self = self;
		this.intervalNanos = interval.toNanos();
		this.timeoutNanos = timeout.toNanos();
		this.announcer = new Announcer(interval, timeout, outlet, this.calls, clock, description);
		this.clock = clock;
		this.events = events;
		this.statistics = statistics;
	}

	/**
	 * Return the ids of the other nodes in the cluster.
	 * @return the ids, a snapshot
	 */
	Set<UUID> others() {
		return Set.copyOf(this.members.keySet());
	}

	/**
	 * Return the other nodes in the cluster.
	 * @return the nodes in no particular order, a snapshot
	 */
	List<ClusterNode> otherNodes() {
		return this.members.values().stream().map((member) -> member.node).toList();
	}

	/**
	 * Return the other nodes in the cluster with the time since each was last heard.
	 * @return the nodes in no particular order, a snapshot
	 */
	List<HeardNode> heardNodes() {
		long now = this.clock.getAsLong();
		this.lock.lock();
		try {
			return this.members.values()
				.stream()
				.map((member) -> new HeardNode(member.node, Math.max(0, now - member.heardAt)))
				.toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Return whether membership is frozen: this node does not receive its own messages,
	 * and so removes no other node.
	 * @return whether membership is frozen
	 */
	boolean isFrozen() {
		return this.frozen || !isProven(this.clock.getAsLong());
	}

	/**
	 * Return whether a message of another node that arrives now was sent within the given
	 * time. That is so if one of this node's own messages that was sent within that time
	 * has come back, because messages keep their order. It is certain for messages to all
	 * nodes. A message to a single node may take another partition of Kafka, so its age
	 * is only about the same. Needs no lock.
	 * @param nanos the time in nanoseconds
	 * @return whether the message was sent within the time
	 */
	boolean isYoungerThan(long nanos) {
		return this.running && this.announcer.isProven(this.clock.getAsLong(), nanos);
	}

	private boolean isProven(long now) {
		return this.relayUp && this.announcer.isProven(now);
	}

	/**
	 * Begin a new life of this node. The first {@link #tick()} announces it.
	 * @param relayUp whether the relay is up
	 */
	void start(boolean relayUp) {
		this.lock.lock();
		try {
			this.announcer.begin();
			this.relayUp = relayUp;
			this.frozen = !relayUp;
			this.running = true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * End this life of the node and announce that.
	 * @return completes when the broker has the announcement; may fail
	 */
	CompletableFuture<?> stop() {
		try {
			return end();
		}
		finally {
			makeCalls();
		}
	}

	/**
	 * Make the calls to the relay that are due. If a call throws, the next tick throws
	 * the exception: the present caller may be the relay's receive thread with a message
	 * of another node.
	 */
	private void makeCalls() {
		try {
			this.calls.make();
		}
		catch (RuntimeException | Error ex) {
			this.failure.set(ex);
		}
	}

	private CompletableFuture<?> end() {
		this.lock.lock();
		try {
			if (!this.running) {
				return CompletableFuture.completedFuture(null);
			}
			this.running = false;
			this.frozen = true;
			CompletableFuture<?> farewell = this.relayUp ? this.announcer.farewell()
					: CompletableFuture.completedFuture(null);
			// Listeners only: NodeLeft events would tell the application that all other
			// nodes have left.
			for (UUID node : others()) {
				this.members.remove(node);
				this.listeners.forEach((listener) -> listener.left(node));
			}
			return farewell;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Note the state of the relay. Does nothing else, because the caller holds the lock
	 * of the relay's state.
	 */
	void relayStateChanged(boolean up) {
		if (!up) {
			this.frozen = true;
		}
		else {
			this.announcer.joinNext();
		}
		this.relayUp = up;
	}

	/**
	 * Send the messages that are due and remove silent nodes. Called several times in
	 * each heartbeat interval.
	 */
	void tick() {
		this.lock.lock();
		try {
			if (!this.running) {
				return;
			}
			long now = this.clock.getAsLong();
			if (this.relayUp) {
				this.announcer.sendDue(now);
			}
			removeSilent(now);
		}
		finally {
			this.lock.unlock();
			makeCalls();
		}
		throwIfFailed(this.failure.getAndSet(null));
	}

	private static void throwIfFailed(@Nullable Throwable failure) {
		if (failure instanceof RuntimeException runtime) {
			throw runtime;
		}
		if (failure instanceof Error error) {
			throw error;
		}
	}

	/**
	 * Return whether the relay was up according to the last call of
	 * {@link #relayStateChanged}.
	 */
	boolean isRelayUp() {
		return this.relayUp;
	}

	private void removeSilent(long now) {
		if (!isProven(now)) {
			this.frozen = true;
			return;
		}
		if (this.frozen) {
			this.frozen = false;
			this.members.values().forEach((member) -> member.heardAt = now);
			return;
		}
		for (Member member : List.copyOf(this.members.values())) {
			if (now - member.heardAt > this.timeoutNanos) {
				remove(member, member.life, Reason.SILENT);
			}
		}
	}

	/**
	 * Receive a message that this node itself has sent and that the broker has returned.
	 */
	void echoed(ByteBuffer in) {
		MembershipMessage message = MembershipMessage.decode(this.self, in);
		this.lock.lock();
		try {
			this.announcer.echoed(message);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Receive a message of another node.
	 * @throws WireFormatException if the message cannot be decoded
	 */
	void received(UUID origin, ByteBuffer in) {
		MembershipMessage message = MembershipMessage.decode(origin, in);
		this.lock.lock();
		try {
			if (!this.running) {
				return;
			}
			switch (message.type()) {
				case HEARTBEAT, JOIN -> heard(origin, message);
				case LEAVE -> farewell(origin, message);
				case GONE -> this.announcer.beginRevisionAfter(message.life());
			}
		}
		finally {
			this.lock.unlock();
			makeCalls();
		}
	}

	private void heard(UUID origin, MembershipMessage message) {
		long now = this.clock.getAsLong();
		Departed departed = this.departed.get(origin);
		if (departed != null && message.life().compareTo(departed.life) <= 0) {
			if (!departed.stopped && now - departed.nextHintAt >= 0) {
				departed.nextHintAt = now + this.intervalNanos / 2;
				this.announcer.sendGone(origin, departed.life);
			}
			return;
		}
		Member member = this.members.get(origin);
		if (member != null && message.life().start() > member.life.start()) {
			remove(member, member.life, Reason.RESTARTED);
			member = null;
		}
		if (member == null) {
			this.departed.remove(origin);
			add(message, now);
		}
		else if (!member.update(message, now)) {
			return;
		}
		if (message.type() == Type.JOIN) {
			this.announcer.answer(origin, now);
		}
	}

	private void farewell(UUID origin, MembershipMessage message) {
		Member member = this.members.get(origin);
		if (member != null && message.life().compareTo(member.life) >= 0) {
			remove(member, message.life(), Reason.STOPPED);
			return;
		}
		Departed departed = this.departed.get(origin);
		if (member == null && (departed == null || message.life().compareTo(departed.life) >= 0)) {
			depart(origin, message.life(), true);
		}
	}

	private void add(MembershipMessage message, long now) {
		ClusterNode node = message.node();
		if (node == null) {
			return;
		}
		this.members.put(node.id(), new Member(message.life(), message.sequence(), node, now));
		this.statistics.countJoin();
		logger.info("Node " + node.name() + " (" + node.id() + ") has joined the cluster");
		this.listeners.forEach((listener) -> listener.joined(node.id()));
		this.events.accept(new NodeJoined(node));
	}

	private void remove(Member member, Life life, Reason reason) {
		ClusterNode node = member.node;
		this.members.remove(node.id());
		this.announcer.forget(node.id());
		depart(node.id(), life, reason != Reason.SILENT);
		this.statistics.countLeave(reason);
		logger.info("Node " + node.name() + " (" + node.id() + ") has left the cluster: " + switch (reason) {
			case STOPPED -> "it announced that it stops";
			case SILENT -> "nothing was heard from it for 'atmosphere.cluster.node-timeout'";
			case RESTARTED -> "it has restarted";
		});
		this.listeners.forEach((listener) -> listener.left(node.id()));
		this.events.accept(new NodeLeft(node, reason));
	}

	private void depart(UUID node, Life life, boolean stopped) {
		this.departed.remove(node);
		if (this.departed.size() >= MAX_DEPARTED) {
			this.departed.remove(this.departed.keySet().iterator().next());
		}
		this.departed.put(node, new Departed(life, stopped, this.clock.getAsLong()));
	}

	/**
	 * Sends membership messages to other nodes. Does not block.
	 */
	interface Outlet {

		CompletableFuture<?> toAll(byte[] message);

		/**
		 * Send a message to all other nodes that may arrive a second or two later.
		 */
		default CompletableFuture<?> toAllWithoutHurry(byte[] message) {
			return toAll(message);
		}

		void to(UUID node, byte[] message);

	}

	/**
	 * A node in the cluster. Changed under the lock.
	 */
	private static final class Member {

		private Life life;

		private long sequence;

		private volatile ClusterNode node;

		private long heardAt;

		Member(Life life, long sequence, ClusterNode node, long heardAt) {
			this.life = life;
			this.sequence = sequence;
			this.node = node;
			this.heardAt = heardAt;
		}

		/**
		 * Take over the node's description of itself, unless the message is late or a
		 * duplicate.
		 */
		private boolean update(MembershipMessage message, long now) {
			ClusterNode described = message.node();
			if (described == null || message.life().compareTo(this.life) < 0 || message.sequence() <= this.sequence) {
				return false;
			}
			this.life = message.life();
			this.sequence = message.sequence();
			this.node = described;
			this.heardAt = now;
			return true;
		}

	}

	/**
	 * A node that has left or was removed.
	 */
	private static final class Departed {

		private final Life life;

		/**
		 * Whether the node stopped or restarted. If not, it may be alive and must be told
		 * that it was removed.
		 */
		private final boolean stopped;

		private long nextHintAt;

		Departed(Life life, boolean stopped, long now) {
			this.life = life;
			this.stopped = stopped;
			this.nextHintAt = now;
		}

	}

}
