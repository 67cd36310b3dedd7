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
 * Sees what clients send, before a handler takes it or it goes to its channel. Beans of
 * this type are called in their order ({@code @Order}), on the node that the client is
 * connected to, for what the client may send.
 * <p>
 * Threads: called on the thread that has read the message, in the order of each session's
 * messages. Must not block: other clients may be waiting for that thread.
 * <p>
 * Errors: {@link RequestRefusedException} refuses the message and tells the client why;
 * anything else refuses it as an internal error and is logged.
 */
public interface InboundInterceptor {

	/**
	 * Look at a message before it is taken.
	 * @param session the client's session
	 * @param channel the channel that the message is for
	 * @param payload the message
	 * @return the message to go on with: the same, or another in its place
	 * @throws RequestRefusedException to refuse the message
	 */
	default Payload preReceive(ClientSession session, String channel, Payload payload) {
		return payload;
	}

	/**
	 * Hear what became of a message that this interceptor has let pass: its handler has
	 * returned, or it was given to its channel, or it was refused later on. Called in
	 * reverse order: on the thread that has read the message if that is known at once, or
	 * else on one for futures of the application. Either may be blocked.
	 * @param session the client's session
	 * @param channel the channel that the message was for
	 * @param payload the message as it was in the end
	 * @param failure why it was refused, or {@code null} if it was taken
	 */
	default void afterReceiveCompletion(ClientSession session, String channel, Payload payload,
			@Nullable Throwable failure) {
	}

}
