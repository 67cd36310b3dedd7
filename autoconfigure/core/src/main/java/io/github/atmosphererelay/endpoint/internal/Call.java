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

package io.github.atmosphererelay.endpoint.internal;

import java.util.HashMap;
import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

/**
 * A call of an endpoint method: the session and channel, and either a message, the start
 * of a subscription or its end.
 */
record Call(Endpoint endpoint, ClientSession session, String channel, Map<String, String> variables,
		@Nullable Payload payload, @Nullable SubscriptionState state, @Nullable DisconnectReason reason) {

	static final String CHANNEL_HEADER = "channel";

	static final String SESSION_HEADER = "sessionId";

	private static final byte[] NOTHING = {};

	static Call message(EndpointMatch match, ClientSession session, String channel, Payload payload) {
		return new Call(match.endpoint(), session, channel, match.variables(), payload, null, null);
	}

	/**
	 * Create a call of a client that belongs to no channel. The name of its channel is
	 * empty.
	 */
	static Call rpc(Endpoint endpoint, ClientSession session, Payload payload) {
		return new Call(endpoint, session, "", Map.of(), payload, null, null);
	}

	static Call ready(EndpointMatch match, ClientSession session, String channel, SubscriptionState state) {
		return new Call(match.endpoint(), session, channel, match.variables(), null, state, null);
	}

	static Call disconnect(EndpointMatch match, ClientSession session, String channel, DisconnectReason reason) {
		return new Call(match.endpoint(), session, channel, match.variables(), null, null, reason);
	}

	/**
	 * Return the call as a message of spring-messaging, whose argument resolvers take
	 * nothing else.
	 * @param bytes whether to pass the payload as bytes even if it is text
	 */
	Message<?> toMessage(boolean bytes) {
		Map<String, Object> headers = new HashMap<>();
		headers.put(CHANNEL_HEADER, this.channel);
		headers.put(SESSION_HEADER, this.session.id());
		Object content = NOTHING;
		if (this.payload != null) {
			content = (bytes || this.payload.isBinary()) ? this.payload.bytes() : this.payload.asText();
		}
		return new CallMessage(this, content, headers);
	}

	static Call of(Message<?> message) {
		return ((CallMessage) message).call;
	}

	/**
	 * A message of spring-messaging that refers to its call.
	 */
	private static final class CallMessage extends GenericMessage<Object> {

		private final transient Call call;

		CallMessage(Call call, Object payload, Map<String, Object> headers) {
			super(payload, headers);
			this.call = call;
		}

	}

}
