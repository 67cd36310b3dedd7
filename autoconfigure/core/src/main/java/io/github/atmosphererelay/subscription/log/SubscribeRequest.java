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

package io.github.atmosphererelay.subscription.log;

import java.util.Objects;
import java.util.function.Consumer;

import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import org.jspecify.annotations.Nullable;

/**
 * A subscription that is answered before anything else of its channel is queued for the
 * session, and that knows positions where the channel has them.
 *
 * @param recover whether the client asks for what it has missed
 * @param since the position after which it has missed everything; {@code null} if it asks
 * for nothing or has none
 * @param reply answers the client. Called once if the subscription succeeds, possibly
 * under a lock of the channel: queues frames at the session and does nothing else. In a
 * recorded channel it may throw a {@link RequestRefusedException}, with which the
 * subscription fails before anything of the channel is queued
 * @param lost tells the client that it has missed messages of a recorded channel that
 * cannot be filled in by this node: it has to subscribe again, and ask for what it has
 * missed. Called at most once, after which the session gets nothing more of the channel;
 * ends the subscription. Must not block
 */
public record SubscribeRequest(boolean recover, @Nullable Position since, Consumer<Subscribed> reply, Runnable lost) {

	public SubscribeRequest {
		Objects.requireNonNull(reply, "'reply' must not be null");
		Objects.requireNonNull(lost, "'lost' must not be null");
	}

}
