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

package io.github.atmosphererelay.subscription;

import io.github.atmosphererelay.event.ChannelSubscribed;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.subscription.log.SubscriptionState;

/**
 * Hears at once and without fail when the relay has confirmed a subscription, unlike
 * listeners of {@link ChannelSubscribed}. Called while the session is subscribed, after
 * {@link io.github.atmosphererelay.session.SubscriptionListener#subscribed} and before
 * its {@code unsubscribed}. Must not block, and must not subscribe or unsubscribe
 * anything itself.
 */
public interface SubscriptionReadyListener {

	/**
	 * A subscription is as good as it gets for now.
	 * @param session the session
	 * @param channel the channel's name
	 * @param state whether messages of other nodes are heard
	 */
	void ready(LocalSession session, String channel, SubscriptionState state);

}
