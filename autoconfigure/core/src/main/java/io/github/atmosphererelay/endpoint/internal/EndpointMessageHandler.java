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

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.inbound.ClientMessageHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Passes the messages of clients to the {@link Message} methods of endpoints.
 */
final class EndpointMessageHandler implements ClientMessageHandler {

	private final EndpointCatalog endpoints;

	private final EndpointCaller calls;

	private final EndpointQueue queue;

	EndpointMessageHandler(EndpointCatalog endpoints, EndpointCaller calls, EndpointQueue queue) {
		this.endpoints = endpoints;
		this.calls = calls;
		this.queue = queue;
	}

	@Override
	public boolean handles(String channel) {
		EndpointMatch match = this.endpoints.match(channel);
		return match != null && match.endpoint().takesMessages();
	}

	@Override
	public CompletableFuture<@Nullable Payload> handle(ClientSession session, String channel, Payload payload) {
		EndpointMatch match = this.endpoints.match(channel);
		EndpointMethod method = (match != null) ? match.endpoint().methodFor(payload) : null;
		if (match == null || method == null) {
			return CompletableFuture
				.failedFuture(new RequestRefusedException(ErrorCode.NOT_AVAILABLE, "this channel takes no messages"));
		}
		return this.queue.offer(session.id(), payload,
				() -> this.calls.call(method, Call.message(match, session, channel, payload)));
	}

}
