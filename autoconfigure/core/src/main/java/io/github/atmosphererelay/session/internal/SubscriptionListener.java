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
 * Is notified of subscriptions: of all subscriptions of this node's sessions if it is set
 * at the registry, or of the one subscription that was created with it. Unlike a listener
 * of application events, it is called at once and misses nothing.
 * <p>
 * Threads: called on any thread, while it holds the lock of
 * {@link Subscription#whileHeld}. For one subscription it is called by one thread at a
 * time, in the order of the methods. Must not block, and must not subscribe or
 * unsubscribe anything itself.
 */
public interface SubscriptionListener {

	/** A listener that does nothing. */
	SubscriptionListener NONE = new SubscriptionListener() {

	};

	/**
	 * Return whether a frame tells the client that it is subscribed. Then the channel's
	 * messages are held until the listener has queued the frame and has called
	 * {@link Subscription#told()}. Always the same for one listener; asked of the
	 * listener of a single subscription only.
	 * @return whether to hold messages until then
	 */
	default boolean tellsClient() {
		return false;
	}

	/**
	 * A session has subscribed to a channel.
	 * @param subscription the subscription
	 */
	default void subscribed(Subscription subscription) {
	}

	/**
	 * The relay has confirmed a subscription, or has not confirmed it in time.
	 * @param subscription the subscription
	 * @param state whether the session gets messages of other nodes
	 */
	default void ready(Subscription subscription, SubscriptionState state) {
	}

	/**
	 * A subscription has ended, either by itself or together with its session.
	 * @param subscription the subscription
	 */
	default void unsubscribed(Subscription subscription) {
	}

}
