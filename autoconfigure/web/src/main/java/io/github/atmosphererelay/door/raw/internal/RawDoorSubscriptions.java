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

package io.github.atmosphererelay.door.raw.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.SessionSubscriber;
import io.github.atmosphererelay.session.internal.SubscriptionListener;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one session of the raw door, whether its client has asked for them
 * or the application. A channel that the client has asked for is subscribed to once, in
 * the client's way, also if the application wants it at the same time: a second
 * subscription without a position would deliver messages twice. Only subscriptions that
 * have not begun are kept here; the session knows the others. For any thread.
 */
final class RawDoorSubscriptions implements SessionSubscriber {

	private final RawDoorSubscriber door;

	private final LocalSession session;

	private final RawDoorRequest request;

	private final @Nullable DurableSession durable;

	private final @Nullable PositionListener positions;

	/** Why the client may not see who is there, or {@code null} if it may. */
	private final @Nullable RequestRefusedException presenceRefusal;

	/** The subscriptions that have not begun, by channel. */
	private final Map<String, RawDoorSubscription> pending = new ConcurrentHashMap<>(2);

	RawDoorSubscriptions(RawDoorSubscriber door, LocalSession session, RawDoorRequest request,
			@Nullable DurableSession durable, @Nullable PositionListener positions,
			@Nullable RequestRefusedException presenceRefusal) {
		this.door = door;
		this.session = session;
		this.request = request;
		this.durable = durable;
		this.positions = positions;
		this.presenceRefusal = presenceRefusal;
		Set<String> returning = (durable != null) ? durable.returning() : Set.of();
		this.pending.put(request.channel(),
				RawDoorSubscription.asked(this, request.channel(), returning.contains(request.channel())));
		for (String channel : returning) {
			this.pending.computeIfAbsent(channel, (name) -> RawDoorSubscription.asked(this, name, true));
		}
	}

	/**
	 * Subscribe the session to the channel that its client has connected for, and to
	 * those that it had before if it is durable. Called once, after the session was
	 * registered. Blocks as long as the application's authorizer does.
	 */
	void begin() {
		List<RawDoorSubscription> others = new ArrayList<>(this.pending.values());
		RawDoorSubscription main = this.pending.get(this.request.channel());
		if (main != null) {
			others.remove(main);
			main.begin();
		}
		for (RawDoorSubscription other : others) {
			if (other.isWanted() || this.door.mayReturn(this.session, other.channel())) {
				other.begin();
			}
			else {
				other.forget();
			}
		}
	}

	RawDoorSubscriber door() {
		return this.door;
	}

	LocalSession session() {
		return this.session;
	}

	RawDoorRequest request() {
		return this.request;
	}

	@Nullable DurableSession durable() {
		return this.durable;
	}

	@Nullable RequestRefusedException presenceRefusal() {
		return this.presenceRefusal;
	}

	/**
	 * Return whether the client is told where each of its subscriptions begins.
	 */
	boolean tellsBegin() {
		return this.request.positions() || (this.durable != null && !this.request.quiet());
	}

	/**
	 * Return whether subscriptions to recorded channels begin at a known position.
	 */
	boolean beginsInLog() {
		return tellsBegin() || this.durable != null || this.positions != null;
	}

	/**
	 * Note where a subscription begins of which the client is not told.
	 */
	void began(String channel, Position position) {
		if (this.durable != null) {
			this.durable.began(channel, position);
		}
		if (this.positions != null) {
			this.positions.began(channel, position);
		}
	}

	/**
	 * Return whether the client receives a frame when one of its subscriptions ends. Only
	 * a client that has asked for control frames can tell such a frame from a message.
	 */
	boolean tellsEnd() {
		return tellsBegin() || this.request.ack();
	}

	/**
	 * Remove a subscription that has begun or was given up.
	 */
	void remove(RawDoorSubscription subscription) {
		this.pending.remove(subscription.channel(), subscription);
	}

	@Override
	public SubscriptionListener listener(String channel) {
		RawDoorSubscription pending = this.pending.get(channel);
		if (pending != null) {
			return pending;
		}
		return tellsEnd() ? RawDoorSubscription.made(this, channel) : SubscriptionListener.NONE;
	}

	@Override
	public @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
		RawDoorSubscription pending = this.pending.get(channel);
		if (pending != null) {
			pending.want();
			return pending.isInLog() ? pending.first() : null;
		}
		if (!beginsInLog() || !this.door.isRecorded(channel)) {
			return null;
		}
		if (this.session.isIn(channel)) {
			return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
		}
		RawDoorSubscription made = RawDoorSubscription.made(this, channel);
		RawDoorSubscription other = this.pending.putIfAbsent(channel, made);
		return (other != null) ? other.first() : subscribe(made);
	}

	private CompletableFuture<SubscriptionState> subscribe(RawDoorSubscription made) {
		try {
			made.attempt();
			return made.first();
		}
		catch (RequestRefusedException ex) {
			remove(made);
			if (ex.code() == ErrorCode.ALREADY_SUBSCRIBED) {
				// Another thread has subscribed the session meanwhile
				return CompletableFuture.completedFuture(SubscriptionState.CONFIRMED);
			}
			if (made.isEnded()) {
				return made.first();
			}
			throw ex;
		}
	}

	@Override
	public void giveUp(String channel) {
		RawDoorSubscription pending = this.pending.remove(channel);
		if (pending != null) {
			pending.giveUp();
		}
	}

}
