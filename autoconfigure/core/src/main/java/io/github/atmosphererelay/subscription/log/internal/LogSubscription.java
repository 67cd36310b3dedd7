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

package io.github.atmosphererelay.subscription.log.internal;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.PublicationGate;
import io.github.atmosphererelay.session.internal.QueueLimits;
import io.github.atmosphererelay.session.internal.Reservation;
import io.github.atmosphererelay.session.internal.SlowConsumerPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The gate of a subscription whose client uses positions. It holds the channel's
 * publications until the client is answered, for example while the log is read for a
 * recovery, and lets them through afterwards. Guarded by its follower's lock.
 */
public final class LogSubscription implements PublicationGate {

	private final LocalSession session;

	private final SubscribeRequest request;

	private final QueueLimits limits;

	/**
	 * The position after which every publication of the channel is held; {@code null}
	 * until the channel's position is known.
	 */
	private @Nullable Position from;

	/** The held publications; {@code null} after the client was answered. */
	private @Nullable List<Publication> held = new ArrayList<>();

	private long heldBytes;

	private boolean overflowed;

	/**
	 * The position up to which the session has already got every publication from the
	 * log, if it is ahead of the channel on this node.
	 */
	private @Nullable Position ahead;

	private boolean ended;

	/** The reservation for the publications that the session has missed. */
	private @Nullable Reservation reservation;

	LogSubscription(LocalSession session, SubscribeRequest request, QueueLimits limits, @Nullable Position from) {
		this.session = session;
		this.request = request;
		this.limits = limits;
		this.from = from;
	}

	public LocalSession session() {
		return this.session;
	}

	public SubscribeRequest request() {
		return this.request;
	}

	@Nullable Position from() {
		return this.from;
	}

	/**
	 * Forget the held publications, and hold those after a position, because the channel
	 * continues there. Does nothing after the client was answered.
	 */
	void beginAnew(Position position) {
		List<Publication> held = this.held;
		if (held != null) {
			held.clear();
			this.heldBytes = 0;
			this.overflowed = false;
			this.from = position;
		}
	}

	@Override
	public boolean takes(Publication publication, Position position) {
		if (this.ended) {
			return false;
		}
		List<Publication> held = this.held;
		if (held != null) {
			hold(held, publication);
			return false;
		}
		Position ahead = this.ahead;
		if (ahead != null) {
			if (ahead.epoch().equals(position.epoch()) && position.offset() <= ahead.offset()) {
				return false;
			}
			this.ahead = null;
		}
		return true;
	}

	private void hold(List<Publication> held, Publication publication) {
		if (this.overflowed) {
			return;
		}
		this.heldBytes += publication.payload().size();
		if (held.size() >= this.limits.maxMessages() || this.heldBytes > this.limits.maxBytes()) {
			// The limits of the client's queue apply here, too
			this.overflowed = true;
			held.clear();
			return;
		}
		held.add(publication);
	}

	/**
	 * Return whether the newest publication says all, so that the session need not get
	 * those before it.
	 */
	boolean isConflated() {
		return this.limits.policy() == SlowConsumerPolicy.LATEST;
	}

	boolean isOverflowed() {
		return this.overflowed;
	}

	/**
	 * Let the channel's publications through from now on.
	 * @param ahead the position up to which the session already has every publication
	 * @return the publications that were held
	 */
	List<Publication> release(Position ahead) {
		List<Publication> held = this.held;
		this.held = null;
		this.ahead = ahead;
		return (held != null) ? held : List.of();
	}

	/**
	 * Set the reservation for the publications that the session has missed.
	 * @param reservation the reservation, or {@code null} if there is none
	 */
	public void reserved(@Nullable Reservation reservation) {
		this.reservation = reservation;
	}

	@Nullable Reservation reservation() {
		return this.reservation;
	}

	boolean isLive() {
		return this.held == null && !this.ended;
	}

	/**
	 * Let nothing through any more.
	 */
	void end() {
		this.ended = true;
		this.held = null;
	}

	boolean isEnded() {
		return this.ended;
	}

}
