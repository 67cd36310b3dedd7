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
 * How one session is subscribed to channels that its client has not asked for, because
 * the application or an operator has. A door whose clients have to be told of that, and
 * of where in a log they begin, hands one over with the session; of any other session
 * nobody is told. For any thread; does not block.
 */
public interface SessionSubscriber {

	/** Of a session whose client is told of nothing. */
	SessionSubscriber SILENT = new SessionSubscriber() {

	};

	/**
	 * Return who hears of a subscription that is made in the usual way: its session gets
	 * what the channel delivers from then on.
	 * @param channel the channel's name
	 * @return a listener of this subscription alone
	 */
	default SubscriptionListener listener(String channel) {
		return SubscriptionListener.NONE;
	}

	/**
	 * Subscribe the session in another way than the usual one.
	 * @param channel the name of a channel that exists
	 * @return completes when the relay has confirmed, or as degraded if that is still to
	 * come; {@code null} if the channel is to be subscribed in the usual way. Refuses as
	 * the usual way does
	 */
	default @Nullable CompletableFuture<SubscriptionState> subscribe(String channel) {
		return null;
	}

	/**
	 * Give up a subscription that has not begun yet, or waits to be tried again.
	 * @param channel the channel's name
	 */
	default void giveUp(String channel) {
	}

}
