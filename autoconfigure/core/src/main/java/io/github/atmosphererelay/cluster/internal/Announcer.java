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

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Life;
import io.github.atmosphererelay.cluster.internal.MembershipMessage.Type;
import io.github.atmosphererelay.guard.internal.OrderedCalls;
import org.jspecify.annotations.Nullable;

/**
 * Announces this node to the other nodes. Messages of this node that come back from the
 * broker prove that the other nodes can receive them. Guarded by the lock of
 * {@link Membership}, except for methods that say otherwise.
 */
final class Announcer {

	/** The number of own messages whose time of sending is remembered. */
	private static final int SENT_REMEMBERED = 256;

	private final long intervalNanos;

	/**
	 * The maximum age of the proof, in nanoseconds: how long ago the last message that
	 * came back may have been sent.
	 */
	private final long proofNanos;

	private final Membership.Outlet outlet;

	private final OrderedCalls calls;

	private final LongSupplier clock;

	private final Supplier<ClusterNode> description;

	private final Set<UUID> newcomers = new HashSet<>();

	private final long[] sentAt = new long[SENT_REMEMBERED];

	/**
	 * The type of a message that the relay did not take, and that is sent again in the
	 * next turn.
	 */
	private volatile @Nullable Type unsent;

	private volatile boolean joinDue;

	private volatile long provenAt;

	private Life life = new Life(0, 0);

	private long sequence;

	private long nextHeartbeatAt;

	private long answerAt;

	/**
	 * Create an announcer.
	 * @param calls makes the calls to the outlet when the membership's lock is not held
	 */
	Announcer(Duration interval, Duration timeout, Membership.Outlet outlet, OrderedCalls calls, LongSupplier clock,
			Supplier<ClusterNode> description) {
		this.intervalNanos = interval.toNanos();
		this.proofNanos = timeout.toNanos() / 2;
		this.outlet = outlet;
		this.calls = calls;
		this.clock = clock;
		this.description = description;
	}

	/**
	 * Begin a new life of this node. The next {@link #sendDue} announces it.
	 */
	void begin() {
		this.life = new Life(this.life.start() + 1, 0);
		this.sequence = 0;
		this.provenAt = this.clock.getAsLong();
		this.newcomers.clear();
		this.joinDue = true;
	}

	/**
	 * Send a join next, as after an outage in which other nodes may have removed this
	 * node. Needs no lock.
	 */
	void joinNext() {
		this.joinDue = true;
	}

	/**
	 * Announce that this node stops.
	 * @return completes when the broker has the message; may fail
	 */
	CompletableFuture<?> farewell() {
		CompletableFuture<@Nullable Object> farewell = new CompletableFuture<>();
		byte[] message = message(Type.LEAVE, this.life, null);
		this.calls.add(() -> {
			try {
				this.outlet.toAll(message).whenComplete((receipt, ex) -> complete(farewell, ex));
			}
			catch (Throwable ex) {
				complete(farewell, ex);
				throw ex;
			}
		});
		return farewell;
	}

	private static void complete(CompletableFuture<@Nullable Object> future, @Nullable Throwable failure) {
		if (failure != null) {
			future.completeExceptionally(failure);
		}
		else {
			future.complete(null);
		}
	}

	/**
	 * Send the messages that are due.
	 */
	void sendDue(long now) {
		Type unsent = this.unsent;
		if (unsent != null) {
			this.unsent = null;
			this.joinDue |= (unsent == Type.JOIN);
			this.nextHeartbeatAt = now;
		}
		boolean answer = !this.newcomers.isEmpty() && now - this.answerAt >= 0;
		if (this.joinDue) {
			this.joinDue = false;
			announce(Type.JOIN, now);
		}
		else if (now - this.nextHeartbeatAt >= 0 || (answer && this.newcomers.size() > 1)) {
			announce(Type.HEARTBEAT, now);
			this.newcomers.clear();
		}
		else if (answer) {
			tell(this.newcomers.iterator().next(), message(Type.HEARTBEAT, this.life, this.description.get()));
			this.newcomers.clear();
		}
	}

	private void announce(Type type, long now) {
		this.nextHeartbeatAt = now + (long) (this.intervalNanos * (0.8 + 0.4 * random()));
		byte[] message = message(type, this.life, this.description.get());
		this.sentAt[(int) (this.sequence % SENT_REMEMBERED)] = now;
		this.calls.add(() -> {
			try {
				send(type, message).whenComplete((receipt, ex) -> {
					if (ex != null) {
						// The relay may be overloaded. Other nodes must not mistake that
						// for silence of this node, so the next tick tries again.
						this.unsent = type;
					}
				});
			}
			catch (Throwable ex) {
				this.unsent = type;
				throw ex;
			}
		});
	}

	private CompletableFuture<?> send(Type type, byte[] message) {
		// Whoever joins wants to be known
		return (type == Type.HEARTBEAT) ? this.outlet.toAllWithoutHurry(message) : this.outlet.toAll(message);
	}

	private void tell(UUID node, byte[] message) {
		this.calls.add(() -> this.outlet.to(node, message));
	}

	private byte[] message(Type type, Life life, @Nullable ClusterNode node) {
		return new MembershipMessage(type, life, ++this.sequence, node).encode();
	}

	private static double random() {
		return ThreadLocalRandom.current().nextDouble();
	}

	/**
	 * Note that a message of this node has come back from the broker.
	 */
	void echoed(MembershipMessage message) {
		long age = this.sequence - message.sequence();
		boolean announced = message.type() == Type.HEARTBEAT || message.type() == Type.JOIN;
		if (announced && message.life().start() == this.life.start() && age >= 0 && age < SENT_REMEMBERED) {
			long sentAt = this.sentAt[(int) (message.sequence() % SENT_REMEMBERED)];
			if (sentAt - this.provenAt > 0) {
				this.provenAt = sentAt;
			}
		}
	}

	/**
	 * Return whether a message that was sent recently has come back: within half of the
	 * node timeout. Needs no lock.
	 */
	boolean isProven(long now) {
		return isProven(now, this.proofNanos);
	}

	/**
	 * Return whether a message that was sent within the given time has come back. Needs
	 * no lock.
	 */
	boolean isProven(long now, long withinNanos) {
		return now - this.provenAt <= withinNanos;
	}

	/**
	 * Answer a node that has joined with a heartbeat, after a short delay.
	 */
	void answer(UUID newcomer, long now) {
		if (this.newcomers.isEmpty()) {
			// The random delay spreads the answers of a hundred nodes over time, and
			// lets one answer serve several newcomers.
			this.answerAt = now + (long) (this.intervalNanos / 8 * random());
		}
		this.newcomers.add(newcomer);
	}

	/**
	 * Cancel the answer to a node that has left.
	 */
	void forget(UUID node) {
		this.newcomers.remove(node);
	}

	/**
	 * Tell a node that this node has removed it.
	 * @param node the node's id
	 * @param departed the life of the node that counts as over
	 */
	void sendGone(UUID node, Life departed) {
		tell(node, message(Type.GONE, departed, null));
	}

	/**
	 * Begin a new revision of this life, if another node has removed the present one.
	 */
	void beginRevisionAfter(Life life) {
		if (life.start() == this.life.start() && life.revision() >= this.life.revision()) {
			this.life = new Life(life.start(), life.revision() + 1);
			this.joinDue = true;
		}
	}

}
