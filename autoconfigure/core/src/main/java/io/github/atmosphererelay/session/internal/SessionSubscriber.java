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

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes one session to channels at the request of the application or an operator,
 * not of its client. Some doors have to notify the client of such a subscription, and of
 * the position at which it begins; they set a subscriber of their own for their sessions.
 * Clients of other sessions are not notified. For any thread; does not block.
 */
public interface SessionSubscriber {

	/** For sessions whose clients are not notified. */
	SessionSubscriber SILENT = new SessionSubscriber() {

	};

	/**
	 * Return the listener of a subscription that is made in the usual way, in which the
	 * session gets the channel's messages from then on.
	 * @param channel the channel's name
	 * @return a listener for this subscription alone
	 */
	default SubscriptionListener listener(String channel) {
		return SubscriptionListener.NONE;
	}

	/**
	 * Subscribe the session in the door's own way.
	 * @param channel the name of a channel that exists
	 * @return completes when the relay has confirmed, or as degraded if it has not in
	 * time; {@code null} to subscribe in the usual way. Fails for the same reasons as the
	 * usual way
	 */
	default @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
		return null;
	}

	/**
	 * Cancel a subscription that has not begun yet, or waits for a retry. Called within
	 * {@link LocalSession#whileUnchanged}, so that what the client is told is in order.
	 * @param channel the channel's name
	 */
	default void giveUp(String channel) {
	}

}
