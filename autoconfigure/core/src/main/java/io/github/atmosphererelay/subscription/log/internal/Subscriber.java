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
 * Whoever asks for a subscription on behalf of a session's client, and hears of all of
 * its life. The session is in the channel ({@link #subscribed}), its client gets the
 * answer ({@link #answer}), the subscription is ready, perhaps something is lost, and it
 * ends.
 */
public interface Subscriber extends SubscriptionListener {

	/**
	 * Answer the client. Called once if the subscription succeeds, possibly under a lock
	 * of the channel: queues frames at the session and does nothing else.
	 * @param result how the subscription begins
	 * @throws RequestRefusedException in a recorded channel: the subscription fails with
	 * it before anything of the channel is queued
	 */
	void answer(Subscribed result);

	/**
	 * The session has missed messages of a recorded channel that cannot be filled in by
	 * this node: its client has to subscribe again, and ask for what it has missed.
	 * Called at most once, after which the session gets nothing more of the channel. Ends
	 * the subscription or the session, and may do so at once, unlike the other methods.
	 * Must not block.
	 */
	void lost();

}
