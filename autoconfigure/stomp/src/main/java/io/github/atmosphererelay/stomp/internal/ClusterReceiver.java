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

import io.github.atmosphererelay.delivery.internal.BucketReceiver;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.simp.SimpMessageHeaderAccessor;
import org.springframework.messaging.simp.user.DefaultUserDestinationResolver;
import org.springframework.messaging.simp.user.UserDestinationMessageHandler;
import org.springframework.messaging.simp.user.UserDestinationResult;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.messaging.support.MessageHeaderInitializer;

/**
 * Delivers messages of other nodes to this node's simple broker. The broker gets them
 * itself, not through its channel: the application's interceptors have seen them on the
 * node that sent them. The relay's thread only asks whether anyone may want a message;
 * the lane of the bucket does the rest.
 */
final class ClusterReceiver implements BucketReceiver {

	private final StompBroker broker;

	private final LocalSessions sessions;

	private final DestinationInterest interest;

	private final boolean ownNames;

	private final Lanes lanes;

	private final StompStatistics statistics;

	/**
	 * Create a receiver.
	 * @param ownNames whether users have the names under which {@code sessions} knows
	 * them. If not, each message for a user has to be resolved
	 */
	ClusterReceiver(StompBroker broker, LocalSessions sessions, DestinationInterest interest, boolean ownNames,
			Lanes lanes, StompStatistics statistics) {
		this.broker = broker;
		this.sessions = sessions;
		this.interest = interest;
		this.ownNames = ownNames;
		this.lanes = lanes;
		this.statistics = statistics;
	}

	@Override
	public void received(Audience.Bucket bucket, Envelope envelope) {
		byte[] bytes = envelope.payload().bytes();
		try {
			if (!mayWant(StompMessageCodec.readTarget(bytes))) {
				this.statistics.count(StompStatistics.Received.UNWANTED);
				return;
			}
		}
		catch (WireFormatException ex) {
			this.statistics.count(StompStatistics.Received.MALFORMED);
			return;
		}
		if (!this.lanes.add(bucket.number(), bytes.length, () -> deliver(bytes))) {
			this.statistics.count(StompStatistics.Received.DROPPED);
		}
	}

	private boolean mayWant(StompMessageCodec.Target target) {
		if (target.kind() == StompMessage.Kind.BROKER) {
			return this.interest.mayWant(target.destination());
		}
		String session = target.session();
		if (session != null) {
			return this.sessions.contains(session);
		}
		UserDestination user = userOf(target.destination());
		return user != null && (this.ownNames ? this.sessions.hasUser(user.user()) : this.sessions.size() > 0);
	}

	private @Nullable UserDestination userOf(String destination) {
		DefaultUserDestinationResolver resolver = this.broker.resolver();
		return (resolver != null) ? UserDestination.parse(destination, resolver.getDestinationPrefix()) : null;
	}

	private void deliver(byte[] bytes) {
		StompMessage message;
		try {
			message = StompMessageCodec.decode(bytes);
		}
		catch (WireFormatException ex) {
			this.statistics.count(StompStatistics.Received.MALFORMED);
			return;
		}
		boolean delivered = (message.kind() == StompMessage.Kind.USER) ? deliverToUser(message)
				: deliverToSubscribers(message);
		this.statistics.count(delivered ? StompStatistics.Received.DELIVERED : StompStatistics.Received.UNWANTED);
	}

	private boolean deliverToSubscribers(StompMessage message) {
		if (!this.broker.serves(message.destination()) || !this.interest.wants(message.destination())) {
			return false;
		}
		handle(MessageConversion.fromNode(message));
		return true;
	}

	/**
	 * Resolve the destination against this node's own sessions, as Spring's handler does.
	 */
	private boolean deliverToUser(StompMessage message) {
		DefaultUserDestinationResolver resolver = this.broker.resolver();
		if (resolver == null || !isHere(message)) {
			return false;
		}
		Message<byte[]> received = MessageConversion.fromNode(message);
		UserDestinationResult result = resolver.resolveDestination(received);
		if (result == null || result.getTargetDestinations().isEmpty()) {
			return false;
		}
		UserDestinationMessageHandler users = this.broker.users();
		MessageHeaderInitializer initializer = (users != null) ? users.getHeaderInitializer() : null;
		for (String target : result.getTargetDestinations()) {
			SimpMessageHeaderAccessor accessor = SimpMessageHeaderAccessor.wrap(received);
			if (initializer != null) {
				initializer.initHeaders(accessor);
			}
			accessor.setNativeHeader(SimpMessageHeaderAccessor.ORIGINAL_DESTINATION, result.getSubscribeDestination());
			accessor.setDestination(target);
			handle(MessageBuilder.createMessage(received.getPayload(), accessor.getMessageHeaders()));
		}
		return true;
	}

	/**
	 * Return whether this node may deliver a message of a user. One for a single session
	 * is delivered by that session's node alone. Spring would deliver it to all sessions
	 * of the user if the session were not there.
	 */
	private boolean isHere(StompMessage message) {
		String session = message.session();
		if (session == null) {
			return true;
		}
		UserDestination destination = userOf(message.destination());
		return destination != null && this.sessions.contains(session)
				&& (destination.user().equals(session) || this.sessions.belongs(session, destination.user()));
	}

	private void handle(Message<?> message) {
		this.broker.handler().handleMessage(message);
	}

}
