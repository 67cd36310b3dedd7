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
 * How a subscription has begun.
 *
 * @param state whether messages of all nodes are heard; a recorded channel's always are
 * @param position the position after which messages come live, or {@code null} if the
 * channel is ephemeral
 * @param recovery what became of the wish to recover
 * @param publications everything between the position asked for and {@link #position()},
 * in the log's order; empty unless recovered
 * @param reservation the room that the publications take, to be held by the messages that
 * are made of them; {@code null} if there are none
 */
public record Subscribed(SubscriptionState state, @Nullable Position position, RecoveryOutcome recovery,
		List<Publication> publications, @Nullable Reservation reservation) {

	public Subscribed {
		publications = List.copyOf(publications);
	}

	/**
	 * Create a result for which nothing is reserved.
	 * @param state whether messages of all nodes are heard
	 * @param position the position after which messages come live
	 * @param recovery what became of the wish to recover
	 * @param publications what was missed
	 */
	public Subscribed(SubscriptionState state, @Nullable Position position, RecoveryOutcome recovery,
			List<Publication> publications) {
		this(state, position, recovery, publications, null);
	}

	/**
	 * Return whether nothing is missing since the position asked for.
	 * @return whether the subscription has recovered
	 */
	public boolean isRecovered() {
		return this.recovery == RecoveryOutcome.RECOVERED;
	}

	public static Subscribed ephemeral(SubscriptionState state, boolean asked) {
		return new Subscribed(state, null, asked ? RecoveryOutcome.UNRECOVERED : RecoveryOutcome.FRESH, List.of());
	}

}
