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

import java.util.Map;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.Message;

/**
 * A call of an endpoint method: the session and channel, and either a message, the start
 * of a subscription or its end.
 */
record Call(Endpoint endpoint, ClientSession session, String channel, Map<String, String> variables,
		@Nullable Payload payload, @Nullable SubscriptionState state,
		@Nullable DisconnectReason reason) implements Invocation {

	static final String SESSION_HEADER = "sessionId";

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

	@Override
	public Map<String, Object> headers() {
		return Map.of(SESSION_HEADER, this.session.id());
	}

	static Call of(Message<?> message) {
		return (Call) Invocation.of(message);
	}

}
