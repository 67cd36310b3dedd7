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

import io.github.atmosphererelay.session.SubscriptionState;

/**
 * Hears of every subscription of this node's sessions if the registry has it, or of one
 * subscription that was made with it; at once and without fail, unlike listeners of
 * application events. Called on whatever thread subscribes, while
 * {@link Subscription#whileHeld} would wait: for one subscription by one thread at a time
 * and in the order of the methods. Must not block, and must not subscribe or unsubscribe
 * anything itself.
 */
public interface SubscriptionListener {

	/** Of whoever has nothing to do. */
	SubscriptionListener NONE = new SubscriptionListener() {

	};

	/**
	 * A session is in a channel from now on.
	 * @param subscription the subscription
	 */
	default void subscribed(Subscription subscription) {
	}

	/**
	 * The relay has confirmed, or has not in time: the session gets what other nodes
	 * publish from now on, or is still to get it.
	 * @param subscription the subscription
	 * @param state whether messages of other nodes are heard
	 */
	default void ready(Subscription subscription, SubscriptionState state) {
	}

	/**
	 * A subscription has ended, perhaps together with its session.
	 * @param subscription the subscription
	 */
	default void unsubscribed(Subscription subscription) {
	}

}
