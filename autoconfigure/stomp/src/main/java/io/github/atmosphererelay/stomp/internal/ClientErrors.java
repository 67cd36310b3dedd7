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

package io.github.atmosphererelay.stomp.internal;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.stomp.StompCommand;
import org.springframework.messaging.simp.stomp.StompHeaderAccessor;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.web.socket.messaging.StompSubProtocolErrorHandler;
import org.springframework.web.socket.messaging.StompSubProtocolHandler;

/**
 * Sends clients {@code ERROR} frames as Spring does, by the application's handler of
 * errors if it has one. Spring closes the session after the frame. For any thread that
 * may send to clients.
 */
final class ClientErrors {

	private static final byte[] NO_PAYLOAD = new byte[0];

	private final MessageChannel outbound;

	private final @Nullable StompSubProtocolHandler protocol;

	/**
	 * Create an instance.
	 * @param outbound the channel of messages to clients
	 * @param protocol has the application's handler of errors; {@code null} if the
	 * application has no STOMP over WebSocket
	 */
	ClientErrors(MessageChannel outbound, @Nullable StompSubProtocolHandler protocol) {
		this.outbound = outbound;
		this.protocol = protocol;
	}

	/**
	 * Tell a client that its message was refused.
	 * @param message the message
	 * @param session the id of the client's session
	 * @param failure why
	 */
	@SuppressWarnings("unchecked")
	void send(Message<?> message, String session, Throwable failure) {
		StompSubProtocolErrorHandler handler = (this.protocol != null) ? this.protocol.getErrorHandler() : null;
		Message<byte[]> error = (handler != null)
				? handler.handleClientMessageProcessingError((Message<byte[]>) message, failure) : error(failure);
		if (error != null) {
			StompHeaderAccessor accessor = StompHeaderAccessor.wrap(error);
			accessor.setSessionId(session);
			this.outbound.send(MessageBuilder.createMessage(error.getPayload(), accessor.getMessageHeaders()));
		}
	}

	/**
	 * Tell the client that has sent a message that it was refused.
	 * @return whether a client has sent it
	 */
	boolean send(Message<?> message, Throwable failure) {
		String session = SimpMessageHeaderAccessor.getSessionId(message.getHeaders());
		if (session != null) {
			send(message, session, failure);
		}
		return session != null;
	}

	private static Message<byte[]> error(Throwable failure) {
		StompHeaderAccessor accessor = StompHeaderAccessor.create(StompCommand.ERROR);
		accessor.setMessage(failure.getMessage());
		return MessageBuilder.createMessage(NO_PAYLOAD, accessor.getMessageHeaders());
	}

}
