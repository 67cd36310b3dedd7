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

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Handles the messages that clients send to some channels. These messages are not
 * published to the channel, unless the handler does so. A message is handled once, on the
 * node that the client is connected to.
 */
public interface ClientMessageHandler {

	/**
	 * Return whether this handler handles the messages of a channel.
	 * @param channel the channel's name
	 * @return whether {@link #handle} is called for it
	 */
	boolean handles(String channel);

	/**
	 * Handle a message. Called on the thread that has read the message, in the order of
	 * the session's messages. Must not block.
	 * @param session the session that sent it
	 * @param channel the channel that it was sent to
	 * @param payload the message
	 * @return completes with an answer for the sender, or {@code null} if there is none;
	 * fails with {@link RequestRefusedException} to refuse the message with a code and a
	 * reason, or with any other exception, which the client gets as an internal error
	 */
	CompletableFuture<@Nullable Payload> handle(ClientSession session, String channel, Payload payload);

}
