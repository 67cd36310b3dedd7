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

package io.github.atmosphererelay.session.internal;

import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import org.jspecify.annotations.Nullable;

/**
 * The subscription of a session to a channel, from the moment at which the channel's
 * index has the session until it leaves the channel. If a session leaves a channel and
 * subscribes again, it gets a new object. So code that has to do something for a
 * subscription later keeps the object, and cannot change a later subscription by mistake.
 * The session's door keeps its own state in the {@linkplain #listener() listener}. <pre>
 * SUBSCRIBING --relay confirms, or 2 s pass--------------&gt; LIVE | ^ +--recorded,
 * client asks--&gt; RECOVERING --answered----+
 *
 * any of them --unsubscribed, session ends, log cannot be read--&gt; ENDED </pre> The
 * phase changes under the lock of its session's subscriptions, which {@link #whileHeld}
 * takes; it can be read without the lock.
 */
public final class Subscription {

	private static final AtomicLong GENERATIONS = new AtomicLong();

	private final LocalSession session;

	private final String channel;

	private final long generation = GENERATIONS.incrementAndGet();

	private final SubscriptionListener listener;

	private final @Nullable PublicationGate gate;

	private volatile Phase phase = Phase.SUBSCRIBING;

	/**
	 * The messages that come before the client is told of the subscription; {@code null}
	 * if it has been told, or need not be.
	 */
	private volatile @Nullable HeldMessages held;

	/** Set before the end, if its reason is none of the usual ones. */
	private volatile @Nullable SubscriptionEnd cause;

	/** Made for the first message of a channel whose clients get only so many. */
	private volatile @Nullable Pace pace;

	/**
	 * Create a subscription that the session's client has not asked for, and that gets
	 * every message of the channel.
	 * @param session the session
	 * @param channel the channel's name
	 */
	public Subscription(LocalSession session, String channel) {
		this(session, channel, session.subscriber().listener(channel), null);
	}

	/**
	 * Create a subscription.
	 * @param session the session
	 * @param channel the channel's name
	 * @param listener is notified of this subscription alone, for the code that has asked
	 * for it
	 * @param gate decides which publications the session gets, or {@code null} if it gets
	 * all
	 */
	public Subscription(LocalSession session, String channel, SubscriptionListener listener,
			@Nullable PublicationGate gate) {
		this.session = session;
		this.channel = channel;
		this.listener = listener;
		this.gate = gate;
		this.held = (gate == null && listener.tellsClient()) ? new HeldMessages(session) : null;
	}

	/**
	 * Return the subscribed session.
	 * @return the session
	 */
	public LocalSession session() {
		return this.session;
	}

	/**
	 * Return the channel.
	 * @return the channel's name
	 */
	public String channel() {
		return this.channel;
	}

	/**
	 * Return the number of this subscription. Later subscriptions of this process have
	 * greater numbers.
	 * @return the number, unique in this process
	 */
	public long generation() {
		return this.generation;
	}

	/**
	 * Return the number of the newest subscription. Code that iterates over an index
	 * while it changes skips subscriptions with greater numbers, so that it does not find
	 * a session twice that leaves and subscribes again.
	 * @return the greatest number so far
	 */
	public static long newestGeneration() {
		return GENERATIONS.get();
	}

	/**
	 * Return the phase of the subscription.
	 * @return the phase at this moment
	 */
	public Phase phase() {
		return this.phase;
	}

	/**
	 * Return the listener of this subscription alone.
	 * @return the listener, in which the session's door keeps its state
	 */
	public SubscriptionListener listener() {
		return this.listener;
	}

	/**
	 * Return the gate, which decides which publications the session gets. It also knows
	 * the position after which the session gets them.
	 * @return the gate, or {@code null} if the session gets all publications
	 */
	public @Nullable PublicationGate gate() {
		return this.gate;
	}

	/**
	 * Return whether to queue a publication of the recorded channel at the session now.
	 * Called in the order of the channel's log.
	 * @param publication the publication
	 * @param position its position
	 * @return whether to queue it
	 */
	public boolean takes(Publication publication, Position position) {
		PublicationGate gate = this.gate;
		return gate == null || gate.takes(publication, position);
	}

	/**
	 * Hold a message if the client has not been told of the subscription yet.
	 * @param message the message
	 * @param limits the limits of the channel's queue
	 * @return whether it was held; otherwise the caller queues it
	 */
	boolean holds(OutboundMessage message, QueueLimits limits) {
		HeldMessages held = this.held;
		return held != null && held.take(message, limits);
	}

	/**
	 * Keep a message for later if the client has just had one of the channel.
	 * @param message the message
	 * @param limits the limits of the channel's queue
	 * @param writers run what is done later
	 * @return whether it was kept; otherwise the caller queues it
	 */
	boolean paces(OutboundMessage message, QueueLimits limits, WriterPool writers) {
		if (limits.interval().isZero()) {
			return false;
		}
		Pace pace;
		synchronized (this) {
			pace = this.pace;
			if (pace == null) {
				pace = new Pace(this.session, writers);
				this.pace = pace;
			}
		}
		if (this.phase == Phase.ENDED) {
			pace.end();
		}
		return pace.holds(message, limits);
	}

	/**
	 * Queue the messages that were held, because the frame that tells the client of the
	 * subscription was queued. Required of a listener that
	 * {@linkplain SubscriptionListener#tellsClient() tells its client}; does nothing if
	 * it was called before.
	 */
	public void told() {
		HeldMessages held = this.held;
		if (held != null) {
			held.release();
			this.held = null;
		}
	}

	/**
	 * Run an action, unless this subscription has ended. The subscription cannot end
	 * while the action runs.
	 * @param action the action; must not block
	 */
	public void whileHeld(Runnable action) {
		synchronized (this.session.subscriptions()) {
			if (this.phase != Phase.ENDED) {
				action.run();
			}
		}
	}

	/**
	 * Note that the log is being read for the session, after the relay has confirmed.
	 */
	public void recovering() {
		whileHeld(() -> advance(Phase.SUBSCRIBING, Phase.RECOVERING));
	}

	/**
	 * Note that the session gets every message from now on.
	 */
	public void live() {
		whileHeld(() -> advance(this.phase, Phase.LIVE));
	}

	/**
	 * Say why this subscription is about to be ended.
	 * @param cause why
	 */
	public void endsBecause(SubscriptionEnd cause) {
		this.cause = cause;
	}

	/**
	 * Return why this subscription ends.
	 * @return the reason, or {@code null} if the client, the application or an operator
	 * has ended it
	 */
	public @Nullable SubscriptionEnd cause() {
		return this.cause;
	}

	/**
	 * Note that the session has left the channel. Called by the registry only, while it
	 * holds the lock.
	 */
	void end() {
		this.phase = Phase.ENDED;
		HeldMessages held = this.held;
		if (held != null) {
			held.drop();
		}
		Pace pace = this.pace;
		if (pace != null) {
			pace.end();
		}
	}

	private void advance(Phase from, Phase to) {
		if (this.phase != from || from == Phase.LIVE) {
			throw new IllegalStateException(this + " cannot become " + to);
		}
		this.phase = to;
	}

	@Override
	public String toString() {
		return this.session + " in '" + this.channel + "' (" + this.generation + ", " + this.phase + ")";
	}

	/**
	 * The phase of a subscription.
	 */
	public enum Phase {

		/**
		 * The session gets the messages that this node publishes to the channel. It is
		 * not known yet whether it gets those of other nodes.
		 */
		SUBSCRIBING,

		/**
		 * The position at which the session begins is being determined, and the missed
		 * messages are being read if the client recovers. Meanwhile the messages of the
		 * channel are held.
		 */
		RECOVERING,

		/**
		 * The client was answered, and the session gets the messages of the channel.
		 */
		LIVE,

		/**
		 * The session has left the channel.
		 */
		ENDED

	}

}
