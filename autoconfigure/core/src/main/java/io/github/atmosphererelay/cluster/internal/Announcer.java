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
 * Tells the other nodes that this one is there, and knows by what comes back whether it
 * is heard. Guarded by the membership's lock; what any thread may do without says so.
 */
final class Announcer {

	/** Of how many own messages is known when they were sent. */
	private static final int SENT_REMEMBERED = 256;

	private final long intervalNanos;

	/** How long ago the latest own message that came back may have been sent. */
	private final long proofNanos;

	private final Membership.Outlet outlet;

	private final OrderedCalls calls;

	private final LongSupplier clock;

	private final Supplier<ClusterNode> description;

	private final Set<UUID> newcomers = new HashSet<>();

	private final long[] sentAt = new long[SENT_REMEMBERED];

	/** What could not be handed to the relay and has to be said again. */
	private volatile @Nullable Type unsaid;

	private volatile boolean joinDue;

	private volatile long provenAt;

	private Life life = new Life(0, 0);

	private long sequence;

	private long nextHeartbeatAt;

	private long answerAt;

	/**
	 * Create an announcer.
	 * @param calls makes the calls to the outlet after the membership's lock was released
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
	 * Begin a new life, of which the others are told next.
	 */
	void begin() {
		this.life = new Life(this.life.start() + 1, 0);
		this.sequence = 0;
		this.provenAt = this.clock.getAsLong();
		this.newcomers.clear();
		this.joinDue = true;
	}

	/**
	 * Join next, as one that others may not know. Needs no lock.
	 */
	void joinNext() {
		this.joinDue = true;
	}

	/**
	 * Say that this life has ended.
	 * @return completes when the broker has the farewell; may fail
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
	 * Say what is due.
	 */
	void speak(long now) {
		Type unsaid = this.unsaid;
		if (unsaid != null) {
			this.unsaid = null;
			this.joinDue |= (unsaid == Type.JOIN);
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
						// Such as a relay with too much to do: the others must not take
						// that for silence. The next tick tries again.
						this.unsaid = type;
					}
				});
			}
			catch (Throwable ex) {
				this.unsaid = type;
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
	 * Take a message of this node that has come back.
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
	 * Return whether something came back that was said lately. Needs no lock.
	 */
	boolean isProven(long now) {
		return isProven(now, this.proofNanos);
	}

	/**
	 * Return whether something came back that was said within a time. Needs no lock.
	 */
	boolean isProven(long now, long withinNanos) {
		return now - this.provenAt <= withinNanos;
	}

	/**
	 * Answer a node that has joined.
	 */
	void answer(UUID newcomer, long now) {
		if (this.newcomers.isEmpty()) {
			// Not at once, so that nobody is shouted at by a hundred nodes, and one
			// answer serves many newcomers.
			this.answerAt = now + (long) (this.intervalNanos / 8 * random());
		}
		this.newcomers.add(newcomer);
	}

	/**
	 * Answer a node no longer: it has gone.
	 */
	void forget(UUID node) {
		this.newcomers.remove(node);
	}

	/**
	 * Tell a node that it counts as gone.
	 * @param departed the life of it that does
	 */
	void tellGone(UUID node, Life departed) {
		tell(node, message(Type.GONE, departed, null));
	}

	/**
	 * Begin a new revision of this life, if it is the one that counts as gone.
	 */
	void takenForDead(Life life) {
		if (life.start() == this.life.start() && life.revision() >= this.life.revision()) {
			this.life = new Life(life.start(), life.revision() + 1);
			this.joinDue = true;
		}
	}

}
