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

package io.github.atmosphererelay.inbound;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Inspects, replaces or refuses the messages that clients send, before a handler handles
 * them or they are published to their channel. Beans of this type are called in their
 * order ({@code @Order}), on the node that the client is connected to. They are called
 * only for messages that the client is allowed to send.
 * <p>
 * Threads: called on the thread that has read the message, in the order of the session's
 * messages. Must not block: other clients may be waiting for that thread.
 * <p>
 * Errors: {@link RequestRefusedException} refuses the message with a code and a reason
 * for the client. Any other exception is logged, and refuses the message with an internal
 * error.
 */
public interface InboundInterceptor {

	/**
	 * Inspect a message before it is handled or published.
	 * @param session the client's session
	 * @param channel the channel that the message is for
	 * @param payload the message
	 * @return the message to continue with: the same one, or another one in its place
	 * @throws RequestRefusedException to refuse the message
	 */
	default Payload preReceive(ClientSession session, String channel, Payload payload) {
		return payload;
	}

	/**
	 * Called after the outcome of a message is known that this interceptor has let pass:
	 * its handler has completed, it was published to its channel, or it was refused later
	 * on. Interceptors are called in reverse order. If the outcome is known at once, this
	 * is called on the thread that has read the message; otherwise on a thread for the
	 * application's futures. Both threads may be blocked.
	 * @param session the client's session
	 * @param channel the channel that the message was for
	 * @param payload the message as the last interceptor has returned it
	 * @param failure why it was refused, or {@code null} if it was accepted
	 */
	default void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
			@Nullable Throwable failure) {
	}

}
