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

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.channel.UnknownChannelException;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.LocalSession;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

/**
 * A door that makes the subscriptions of its sessions itself also where the application
 * or an operator asks for them, because its clients are told where in a log they begin.
 * For any thread; must not block.
 */
public interface DoorSubscriber {

	/**
	 * Subscribe a session that has not asked for it.
	 * @param session the session
	 * @param channel the channel's name
	 * @return completes when the relay has confirmed, or as degraded if that is still to
	 * come; {@code null} if the door leaves it to others
	 * @throws UnknownChannelException if no pattern covers the name
	 * @throws RequestRefusedException if the session is in too many channels already
	 */
	@Nullable CompletableFuture<SubscriptionState> subscribe(LocalSession session, String channel);

	/**
	 * A session's subscription is about to be ended. One that has not begun yet is to be
	 * given up.
	 * @param session the session
	 * @param channel the channel's name
	 */
	void unsubscribing(LocalSession session, String channel);

}
