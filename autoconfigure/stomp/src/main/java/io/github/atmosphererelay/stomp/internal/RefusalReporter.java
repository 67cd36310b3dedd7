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
import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.MessagingException;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.broker.OrderedMessageChannelDecorator;
import org.springframework.messaging.support.ChannelInterceptor;

/**
 * Sends a client the {@code ERROR} frame for a message that an interceptor has refused.
 * Spring does so itself, but not if clients' messages keep their order: then it only logs
 * the refusal, and the client would wait for ever. Spring closes the session after the
 * frame.
 */
final class RefusalReporter implements ChannelInterceptor {

	private final ClientErrors errors;

	RefusalReporter(ClientErrors errors) {
		this.errors = errors;
	}

	@Override
	public void afterSendCompletion(Message<?> message, MessageChannel channel, boolean sent, @Nullable Exception ex) {
		String session = SimpMessageHeaderAccessor.getSessionId(message.getHeaders());
		if (ex == null || session == null || OrderedMessageChannelDecorator.getNextMessageTask(message) == null
				|| SimpMessageHeaderAccessor.getMessageType(message.getHeaders()) == SimpMessageType.DISCONNECT) {
			return;
		}
		Throwable failure = (ex instanceof MessagingException) ? ex
				: new MessageDeliveryException(message, "Failed to send message to " + channel, ex);
		this.errors.send(message, session, failure);
	}

}
