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

/**
 * Receives the messages that clients send to no channel and without an answer, such as
 * the {@code send} of the Centrifuge protocol. Without a bean of this type such a message
 * is dropped, and counted as refused.
 */
@FunctionalInterface
public interface ClientSendHandler {

	/**
	 * Handle a message. Called on the node that the client is connected to, on the thread
	 * that has read the message, in the order of the session's messages. Must not block:
	 * other clients may be waiting for that thread. An exception is counted, and logged
	 * unless it is a {@link RequestRefusedException}; the client does not get it.
	 * @param session the session that has sent it
	 * @param payload the message
	 */
	void received(ClientSession session, Payload payload);

}
