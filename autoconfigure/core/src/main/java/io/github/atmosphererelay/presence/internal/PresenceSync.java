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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

import io.github.atmosphererelay.presence.internal.PresenceMessage.Ask;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Chunk;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Delta;
import io.github.atmosphererelay.presence.internal.PresenceMessage.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Keeps this node's copies of the other nodes' presence entries equal to the originals,
 * and the other nodes' copies of this node's entries. Used by the presence thread only;
 * no method locks or blocks.
 */
final class PresenceSync {

	/**
	 * After an outage all nodes compare soon, each after a random delay of at most this
	 * many nanoseconds.
	 */
	private static final long AFTER_OUTAGE = TimeUnit.MILLISECONDS.toNanos(250);

	private final UUID node;

	private final PresenceOwner owner;

	private final EntryListener view;

	private final Link link;

	private final Executor thread;

	private final LongSupplier clock;

	private final RandomGenerator random;

	private final long digestInterval;

	private final PresenceStatistics statistics;

	private final Map<UUID, PresenceReplica> replicas = new HashMap<>();

	/** Complete lists that are being sent to other nodes, at most one for each node. */
	private final Map<UUID, State> states = new HashMap<>();

	private boolean up = true;

	private long digestAt;

	/**
	 * Create the exchange.
	 * @param node this node's id
	 * @param owner this node's own entries
	 * @param view receives the changes of other nodes' entries
	 * @param link sends messages to other nodes
	 * @param thread runs tasks on the presence thread
	 * @param clock the monotonic time in nanoseconds
	 * @param random spreads the requests of different nodes over time
	 * @param digestInterval the average time between two digests in nanoseconds
	 * @param statistics receives the counts
	 */
	PresenceSync(UUID node, PresenceOwner owner, EntryListener view, Link link, Executor thread, LongSupplier clock,
			RandomGenerator random, long digestInterval, PresenceStatistics statistics) {
		this.node = node;
		this.owner = owner;
		this.view = view;
		this.link = link;
		this.thread = thread;
		this.clock = clock;
		this.random = random;
		this.digestInterval = digestInterval;
		this.statistics = statistics;
		this.digestAt = clock.getAsLong() + nextDigest();
	}

	private long nextDigest() {
		return this.digestInterval / 2 + this.random.nextLong(this.digestInterval);
	}

	/**
	 * Add another node and request its entries.
	 */
	void joined(UUID other) {
		this.replicas.computeIfAbsent(other,
				(id) -> new PresenceReplica(this.view, this.statistics, this.random, this.clock.getAsLong()));
	}

	/**
	 * Remove another node and its entries.
	 */
	void left(UUID other) {
		PresenceReplica replica = this.replicas.remove(other);
		if (replica != null) {
			replica.clear();
		}
		this.states.remove(other);
	}

	/**
	 * Receive a message of another node.
	 * @throws RuntimeException if the message cannot be decoded
	 */
	void received(UUID origin, ByteBuffer in) {
		PresenceMessage message = PresenceCodec.decode(origin, in);
		if (message instanceof Ask ask) {
			answer(origin, ask);
			return;
		}
		PresenceReplica replica = this.replicas.get(origin);
		if (replica == null) {
			// The node has left, or has not joined yet. Its entries are requested when
			// it joins.
			return;
		}
		long now = this.clock.getAsLong();
		if (message instanceof Delta delta) {
			replica.receive(delta, now);
		}
		else if (message instanceof Chunk chunk) {
			replica.receive(chunk, now);
		}
		else if (message instanceof Digest digest) {
			replica.receive(digest, now);
		}
	}

	private void answer(UUID other, Ask ask) {
		flush();
		List<byte[]> missed = this.owner.since(ask.have());
		if (missed != null) {
			missed.forEach((message) -> this.link.sendTo(other, message));
			this.link.sendTo(other, PresenceCodec.encode(this.node, this.owner.digest()));
			return;
		}
		this.statistics.countStateSent();
		State state = new State(ask.id(), this.owner.digest().version(), this.owner.state());
		this.states.put(other, state);
		sendNext(other, state);
	}

	/**
	 * Send the next part of a complete list. Each part is sent only after the relay has
	 * taken the one before, so that a large list does not delay other messages.
	 */
	private void sendNext(UUID other, State state) {
		if (this.states.get(other) != state) {
			return;
		}
		Chunk chunk = state.next();
		if (chunk.last()) {
			this.states.remove(other);
		}
		this.link.sendTo(other, PresenceCodec.encode(this.node, chunk)).whenComplete((receipt, ex) -> {
			if (!chunk.last()) {
				this.thread.execute(() -> sent(other, state, ex));
			}
		});
	}

	private void sent(UUID other, State state, @Nullable Throwable failure) {
		if (failure == null) {
			sendNext(other, state);
		}
		else {
			// The other node gets no further part, and repeats its request after a
			// timeout.
			this.states.remove(other, state);
		}
	}

	/**
	 * Announce this node's changes to the other nodes.
	 */
	void flush() {
		if (this.owner.hasChanges()) {
			long before = this.owner.digest().version();
			this.owner.flush().forEach(this.link::sendToAll);
			this.statistics.countSent(this.owner.digest().version() - before);
		}
	}

	/**
	 * Send the requests and digests that are due. Called once in each flush interval.
	 */
	void tick() {
		if (!this.up) {
			return;
		}
		long now = this.clock.getAsLong();
		this.replicas.forEach((other, replica) -> {
			Ask ask = replica.due(now);
			if (ask != null) {
				this.link.sendTo(other, PresenceCodec.encode(this.node, ask));
			}
		});
		if (now - this.digestAt >= 0) {
			this.digestAt = now + nextDigest();
			flush();
			this.link.sendToAllWithoutHurry(PresenceCodec.encode(this.node, this.owner.digest()));
		}
	}

	/**
	 * Note that the relay is up again or down. While it is down, nothing is requested.
	 */
	void relayUp(boolean up) {
		if (up && !this.up) {
			long now = this.clock.getAsLong();
			this.digestAt = now + this.random.nextLong(AFTER_OUTAGE);
			this.replicas.values().forEach((replica) -> replica.requestSoon(now));
		}
		this.up = up;
	}

	/**
	 * Remove all other nodes and their entries, because this node stops.
	 */
	void clear() {
		this.replicas.values().forEach(PresenceReplica::clear);
		this.replicas.clear();
		this.states.clear();
	}

	/**
	 * Note that messages of another node were dropped before they reached the presence
	 * thread.
	 */
	void missed(UUID other) {
		PresenceReplica replica = this.replicas.get(other);
		if (replica != null) {
			replica.requestSoon(this.clock.getAsLong());
		}
	}

	/**
	 * Return the number of entries of other nodes that this node holds.
	 */
	int known() {
		return this.replicas.values().stream().mapToInt(PresenceReplica::size).sum();
	}

	/**
	 * Return whether no change of any node is known to be missing.
	 */
	boolean isComplete() {
		return this.replicas.values().stream().allMatch(PresenceReplica::isComplete);
	}

	/**
	 * Sends messages to other nodes. Messages to one receiver usually arrive in order,
	 * but need not.
	 */
	interface Link {

		CompletableFuture<?> sendToAll(byte[] message);

		/**
		 * Send a message that may arrive a second or two later, and not before those that
		 * were sent before it.
		 */
		default CompletableFuture<?> sendToAllWithoutHurry(byte[] message) {
			return sendToAll(message);
		}

		CompletableFuture<?> sendTo(UUID other, byte[] message);

	}

	/**
	 * A complete list of entries that is being sent to another node.
	 */
	private static final class State {

		private final long ask;

		private final long version;

		private final List<List<PresenceEntry>> parts;

		private int next;

		private State(long ask, long version, List<List<PresenceEntry>> parts) {
			this.ask = ask;
			this.version = version;
			this.parts = parts.isEmpty() ? List.of(List.of()) : parts;
		}

		private Chunk next() {
			int index = this.next++;
			return new Chunk(this.ask, index, this.next == this.parts.size(), this.version, this.parts.get(index));
		}

	}

}
