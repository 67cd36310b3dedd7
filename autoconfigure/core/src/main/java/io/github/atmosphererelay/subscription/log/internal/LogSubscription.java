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
import org.jspecify.annotations.Nullable;

/**
 * The log's part of a subscription whose client knows positions: keeps what the channel
 * delivers while the log is read, and lets through what comes afterwards. Guarded by its
 * follower's lock.
 */
public final class LogSubscription implements PublicationGate {

	private final LocalSession session;

	private final SubscribeRequest request;

	private final QueueLimits limits;

	/**
	 * After which position everything is held that the channel delivers; {@code null}
	 * until it is known how far the channel has come.
	 */
	private @Nullable Position from;

	/** What came while the log is read; {@code null} afterwards. */
	private @Nullable List<Publication> held = new ArrayList<>();

	private long heldBytes;

	private boolean overflowed;

	/** Up to where the session has everything although the channel is behind. */
	private @Nullable Position ahead;

	private boolean ended;

	/** What is reserved for what the session has missed. */
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
	 * Hold what comes after a position, and nothing from before, because the channel goes
	 * on there. Changes nothing once the session has its answer.
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
			// As much as could have waited for the client.
			this.overflowed = true;
			held.clear();
			return;
		}
		held.add(publication);
	}

	boolean isOverflowed() {
		return this.overflowed;
	}

	/**
	 * Let the session have what comes from now on.
	 * @param ahead up to where it has everything already
	 * @return what was held back
	 */
	List<Publication> release(Position ahead) {
		List<Publication> held = this.held;
		this.held = null;
		this.ahead = ahead;
		return (held != null) ? held : List.of();
	}

	/**
	 * Set what is reserved for what the session has missed.
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
	 * Let the session have nothing more.
	 */
	void end() {
		this.ended = true;
		this.held = null;
	}

	boolean isEnded() {
		return this.ended;
	}

}
