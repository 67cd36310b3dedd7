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
 * A session in a channel, from the moment at which the session is in the channel's index
 * until it leaves. The registry's indexes point to it, and whoever has to do something
 * for it later keeps the object: a session that has left a channel and come again has
 * another one, so that what was begun for the first does not change the second. What the
 * session's door keeps of it hangs on it as its {@linkplain #listener() listener}. <pre>
 *  SUBSCRIBING --relay confirms, or 2 s pass--------------&gt; LIVE
 *       |                                                    ^
 *       +--recorded, client asks--&gt; RECOVERING --answered----+
 *
 *  any of them --unsubscribed, session ends, log cannot be read--&gt; ENDED
 * </pre> Its phase changes under the lock of its session's subscriptions, which
 * {@link #whileHeld} takes; it can be read without.
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
	 * Create a subscription that the session's client has not asked for, and whose
	 * session gets everything that the channel delivers.
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
	 * @param listener hears of this subscription alone, for whoever has asked for it
	 * @param gate decides which publications the session gets, or {@code null} if it gets
	 * all
	 */
	public Subscription(LocalSession session, String channel, SubscriptionListener listener,
			@Nullable PublicationGate gate) {
		this.session = session;
		this.channel = channel;
		this.listener = listener;
		this.gate = gate;
	}

	/**
	 * Return whose subscription it is.
	 * @return the session
	 */
	public LocalSession session() {
		return this.session;
	}

	/**
	 * Return what is subscribed to.
	 * @return the channel's name
	 */
	public String channel() {
		return this.channel;
	}

	/**
	 * Return a number that grows from subscription to subscription of this process.
	 * @return the number, which no other subscription has
	 */
	public long generation() {
		return this.generation;
	}

	/**
	 * Return the number of the newest subscription. What goes through an index while it
	 * changes leaves out those with greater numbers, so that it does not meet a session
	 * twice that leaves and comes again.
	 * @return the greatest number so far
	 */
	public static long newestGeneration() {
		return GENERATIONS.get();
	}

	/**
	 * Return how far the subscription has come.
	 * @return the phase at this moment
	 */
	public Phase phase() {
		return this.phase;
	}

	/**
	 * Return who hears of this subscription alone.
	 * @return what the session's door keeps of the subscription, if it keeps anything
	 */
	public SubscriptionListener listener() {
		return this.listener;
	}

	/**
	 * Return what decides which publications the session gets. It is also what knows the
	 * position after which the session gets them.
	 * @return the gate, or {@code null} if it gets all
	 */
	public @Nullable PublicationGate gate() {
		return this.gate;
	}

	/**
	 * Return whether a publication of the recorded channel is to be queued at the session
	 * now. Called by whoever delivers the channel's log, in its order.
	 * @param publication the publication
	 * @param position its position
	 * @return whether to queue it
	 */
	public boolean takes(Publication publication, Position position) {
		PublicationGate gate = this.gate;
		return gate == null || gate.takes(publication, position);
	}

	/**
	 * Do something while the session stays in the channel by this subscription, if it
	 * does.
	 * @param action what to do; must not block
	 */
	public void whileHeld(Runnable action) {
		synchronized (this.session.subscriptions()) {
			if (this.phase != Phase.ENDED) {
				action.run();
			}
		}
	}

	/**
	 * The relay has confirmed, and the log is asked for the session.
	 */
	public void recovering() {
		whileHeld(() -> advance(Phase.SUBSCRIBING, Phase.RECOVERING));
	}

	/**
	 * The session gets everything from now on.
	 */
	public void live() {
		whileHeld(() -> advance(this.phase, Phase.LIVE));
	}

	/**
	 * The session has left the channel. Called within the lock, by the registry alone.
	 */
	void end() {
		this.phase = Phase.ENDED;
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
	 * How far a subscription has come.
	 */
	public enum Phase {

		/**
		 * The session is in the channel, and gets what this node publishes there; it is
		 * not known yet whether it gets what others publish.
		 */
		SUBSCRIBING,

		/**
		 * It is being found out where in the log the session begins, and what it has
		 * missed is read if its client asks for that. What the channel delivers meanwhile
		 * waits.
		 */
		RECOVERING,

		/**
		 * The client has its answer, and the session gets what the channel delivers.
		 */
		LIVE,

		/**
		 * The session has left the channel.
		 */
		ENDED

	}

}
