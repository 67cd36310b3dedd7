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

import java.util.List;

import io.github.atmosphererelay.delivery.internal.RecoveryOutcome;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.session.SubscriptionState;
import io.github.atmosphererelay.session.internal.Reservation;
import org.jspecify.annotations.Nullable;

/**
 * The result of a {@link SubscribeRequest}.
 *
 * @param state whether messages of all nodes are received, which is always so in a
 * recorded channel
 * @param position the position after which the session gets live messages, or
 * {@code null} if the channel is ephemeral
 * @param recovery whether the client has recovered
 * @param publications all publications between the requested position and
 * {@link #position()}, in the log's order; empty unless recovered
 * @param reservation the reservation for the publications, which the messages that are
 * created from them have to hold; {@code null} if there are none
 */
public record Subscribed(SubscriptionState state, @Nullable Position position, RecoveryOutcome recovery,
		List<Publication> publications, @Nullable Reservation reservation) {

	public Subscribed {
		publications = List.copyOf(publications);
	}

	/**
	 * Create a result without a reservation.
	 * @param state whether messages of all nodes are received
	 * @param position the position after which the session gets live messages
	 * @param recovery whether the client has recovered
	 * @param publications the missed publications
	 */
	public Subscribed(SubscriptionState state, @Nullable Position position, RecoveryOutcome recovery,
			List<Publication> publications) {
		this(state, position, recovery, publications, null);
	}

	/**
	 * Return whether the client gets every message since the requested position.
	 * @return whether the subscription has recovered
	 */
	public boolean isRecovered() {
		return this.recovery == RecoveryOutcome.RECOVERED;
	}

	public static Subscribed ephemeral(SubscriptionState state, boolean asked) {
		return new Subscribed(state, null, asked ? RecoveryOutcome.UNRECOVERED : RecoveryOutcome.FRESH, List.of());
	}

}
