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

package io.github.atmosphererelay.session;

/**
 * Hears of every subscription of this node's sessions, at once and without fail, unlike
 * listeners of application events. Called on whatever thread subscribes, for one session
 * and channel by one thread at a time and in order. Must not block, and must not
 * subscribe or unsubscribe anything itself.
 */
public interface SubscriptionListener {

	/**
	 * A session has subscribed to a channel.
	 * @param session the session
	 * @param channel the channel's name
	 */
	void subscribed(LocalSession session, String channel);

	/**
	 * A session's subscription has ended, perhaps together with the session.
	 * @param session the session
	 * @param channel the channel's name
	 */
	void unsubscribed(LocalSession session, String channel);

}
