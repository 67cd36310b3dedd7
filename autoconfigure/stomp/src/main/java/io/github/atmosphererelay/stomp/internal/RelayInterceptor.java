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

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.guard.internal.LogText;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageDeliveryException;
import org.springframework.messaging.MessageHandler;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.SimpMessageType;
import org.springframework.messaging.simp.annotation.support.SimpAnnotationMethodMessageHandler;
import org.springframework.messaging.support.ExecutorChannelInterceptor;
import org.springframework.messaging.support.MessageBuilder;

/**
 * Sees each message at the moment at which a handler gets it: after all other
 * interceptors, so that a message that one of them refuses never leaves the node, and on
 * the thread that handles it, so that the order stays. Passes on what the simple broker
 * or Spring's handler of user destinations is about to get.
 * <p>
 * A message that Spring has translated from a user's destination for a session of this
 * node is marked with a header that no client can send, and is not passed on.
 */
final class RelayInterceptor implements ExecutorChannelInterceptor {

	static final String TRANSLATED = "atmosphereTranslated";

	private final StompBroker broker;

	private final LocalSessions sessions;

	private final ClusterPublisher publisher;

	private final Receipts receipts;

	private final ClientErrors errors;

	private final StompStatistics statistics;

	private final boolean clustered;

	/**
	 * Create an interceptor.
	 * @param clustered whether the relay reaches other nodes. If not, Spring's own
	 * delivery stays as it is
	 */
	RelayInterceptor(StompBroker broker, LocalSessions sessions, ClusterPublisher publisher, Receipts receipts,
			ClientErrors errors, StompStatistics statistics, boolean clustered) {
		this.broker = broker;
		this.sessions = sessions;
		this.publisher = publisher;
		this.receipts = receipts;
		this.errors = errors;
		this.statistics = statistics;
		this.clustered = clustered;
	}

	@Override
	public @Nullable Message<?> beforeHandle(Message<?> message, MessageChannel channel, MessageHandler handler) {
		try {
			return beforeHandler(message, channel, handler);
		}
		catch (MessageDeliveryException ex) {
			// On the channel of clients' messages an exception would end the thread, and
			// the client would hear nothing. Elsewhere the code that sends gets it
			if (channel == this.broker.inbound() && this.errors.send(message, ex)) {
				return null;
			}
			throw ex;
		}
	}

	private @Nullable Message<?> beforeHandler(Message<?> message, MessageChannel channel, MessageHandler handler) {
		SimpMessageType type = SimpMessageHeaderAccessor.getMessageType(message.getHeaders());
		if (handler == this.broker.handler()) {
			beforeBroker(type, message, channel);
		}
		else if (handler == this.broker.users()) {
			return beforeTranslation(type, message, channel);
		}
		else if (type == SimpMessageType.MESSAGE && handler instanceof SimpAnnotationMethodMessageHandler methods) {
			this.receipts.beforeMethod(methods, message, channel);
		}
		return message;
	}

	private void beforeBroker(@Nullable SimpMessageType type, Message<?> message, MessageChannel channel) {
		MessageHeaders headers = message.getHeaders();
		if (type == SimpMessageType.CONNECT) {
			String session = SimpMessageHeaderAccessor.getSessionId(headers);
			if (session != null) {
				this.sessions.connected(session, SimpMessageHeaderAccessor.getUser(headers));
			}
		}
		else if (type == SimpMessageType.MESSAGE) {
			String destination = SimpMessageHeaderAccessor.getDestination(headers);
			if (destination != null && this.broker.serves(destination) && !this.broker.isOfUser(destination)
					&& !headers.containsKey(TRANSLATED)) {
				CompletableFuture<Boolean> relayed = publish(StompMessage.Kind.BROKER, destination, message, null,
						destination);
				this.receipts.sent(message, channel, relayed);
			}
		}
	}

	private @Nullable Message<?> beforeTranslation(@Nullable SimpMessageType type, Message<?> message,
			MessageChannel channel) {
		String destination = SimpMessageHeaderAccessor.getDestination(message.getHeaders());
		if (destination == null || this.broker.resolver() == null || !this.broker.isOfUser(destination)) {
			return message;
		}
		if (type == SimpMessageType.SUBSCRIBE || type == SimpMessageType.UNSUBSCRIBE) {
			return translated(message);
		}
		UserDestination user = UserDestination.parse(destination, this.broker.resolver().getDestinationPrefix());
		if (type != SimpMessageType.MESSAGE || user == null) {
			return message;
		}
		return beforeUserMessage(message, channel, destination, user.user());
	}

	private @Nullable Message<?> beforeUserMessage(Message<?> message, MessageChannel channel, String destination,
			String user) {
		if (!this.clustered) {
			this.receipts.sent(message, channel, CompletableFuture.completedFuture(true));
			return message;
		}
		String session = SimpMessageHeaderAccessor.getSessionId(message.getHeaders());
		if (session != null && !this.sessions.contains(session)) {
			// For one session of another node, which alone delivers it
			this.receipts.sent(message, channel,
					publish(StompMessage.Kind.USER, destination, message, session, "user:" + user));
			return null;
		}
		if (session != null && (user.equals(session) || this.sessions.belongs(session, user))) {
			requireBytes(message, destination);
			this.receipts.sent(message, channel, CompletableFuture.completedFuture(true));
		}
		else {
			this.receipts.sent(message, channel,
					publish(StompMessage.Kind.USER, destination, message, null, "user:" + user));
		}
		return translated(message);
	}

	private static Message<?> translated(Message<?> message) {
		SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.wrap(message);
		accessor.setHeader(TRANSLATED, Boolean.TRUE);
		return MessageBuilder.createMessage(message.getPayload(), accessor.getMessageHeaders());
	}

	private CompletableFuture<Boolean> publish(StompMessage.Kind kind, String destination, Message<?> message,
			@Nullable String session, String order) {
		Message<byte[]> bytes = requireBytes(message, destination);
		if (!this.clustered) {
			return CompletableFuture.completedFuture(true);
		}
		try {
			CompletableFuture<Boolean> relayed = this.publisher
				.publish(MessageConversion.toNodes(kind, destination, bytes, session), order);
			this.receipts.published(relayed);
			return relayed;
		}
		catch (IllegalArgumentException ex) {
			this.statistics.count(StompStatistics.Sent.REFUSED);
			throw new MessageDeliveryException(message,
					"The message to " + LogText.quote(destination)
							+ " cannot be sent to the other nodes, and was delivered to nobody: " + ex.getMessage(),
					ex);
		}
	}

	@SuppressWarnings("unchecked")
	private Message<byte[]> requireBytes(Message<?> message, String destination) {
		if (message.getPayload() instanceof byte[]) {
			return (Message<byte[]>) message;
		}
		this.statistics.count(StompStatistics.Sent.REFUSED);
		throw new MessageDeliveryException(message,
				"The payload of the message to " + LogText.quote(destination) + " is not an array of bytes but a "
						+ message.getPayload().getClass().getName() + ". Send it with convertAndSend, or convert it"
						+ " before: nodes send each other bytes only");
	}

	@Override
	public void afterMessageHandled(Message<?> message, MessageChannel channel, MessageHandler handler,
			@Nullable Exception ex) {
		this.receipts.handled(message, channel, handler, ex);
	}

}
