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

import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.internal.SubscriptionListener;

/**
 * Subscribes a session on behalf of its client, and is notified about the whole life of
 * the subscription, in this order: the session is in the channel ({@link #subscribed}),
 * the client is answered ({@link #answer}), the subscription is ready ({@link #ready}),
 * messages may be lost ({@link #lost}), and the subscription ends
 * ({@link #unsubscribed}).
 */
public interface Subscriber extends SubscriptionListener {

	/**
	 * Answer the client. Called once if the subscription succeeds, possibly while a lock
	 * of the channel is held. It must only queue frames at the session.
	 * @param result the result of the subscription
	 * @throws RequestRefusedException to refuse: the subscription fails with it before
	 * any message of the channel is queued
	 */
	void answer(Subscribed result);

	/**
	 * The answer tells the client that it is subscribed. Until then, messages are held.
	 */
	@Override
	default boolean tellsClient() {
		return true;
	}

	/**
	 * The subscription has failed, and ends after this call. The future of the
	 * subscription fails with the same reason. Must not block.
	 * @param refusal the reason
	 */
	default void refused(RequestRefusedException refusal) {
	}

	/**
	 * The session has missed messages of a recorded channel that this node cannot
	 * deliver. Its client has to subscribe again and recover. Called at most once; after
	 * that the session gets nothing more of the channel. The implementation ends the
	 * subscription or the session. Unlike the other methods, it may do so during the
	 * call. Must not block.
	 */
	void lost();

}
