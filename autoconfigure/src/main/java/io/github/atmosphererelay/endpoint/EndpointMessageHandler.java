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

package io.github.atmosphererelay.endpoint;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.github.atmosphererelay.broadcast.ClientMessageHandler;
import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Brings the messages of clients to the {@link Message} methods of endpoints.
 */
final class EndpointMessageHandler implements ClientMessageHandler {

	private final EndpointCatalog endpoints;

	private final EndpointCalls calls;

	private final SessionLanes lanes;

	private final HandlerStatistics statistics;

	EndpointMessageHandler(EndpointCatalog endpoints, EndpointCalls calls, SessionLanes lanes,
			HandlerStatistics statistics) {
		this.endpoints = endpoints;
		this.calls = calls;
		this.lanes = lanes;
		this.statistics = statistics;
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
			return CompletableFuture.failedFuture(refusal(ErrorCode.NOT_AVAILABLE, "nothing takes this message"));
		}
		CompletableFuture<@Nullable Payload> answer = new CompletableFuture<>();
		SessionLanes.Offer offer = this.lanes.offer(session.id(),
				new MessageTask(match, method, session, channel, payload, answer));
		switch (offer) {
			case SESSION_TOO_MANY ->
				reject(answer, ErrorCode.TOO_MANY_REQUESTS, "too many messages of this client are waiting");
			case TOO_MANY -> reject(answer, ErrorCode.TOO_MANY_REQUESTS, "too many messages are waiting on this node");
			case STOPPED -> reject(answer, ErrorCode.INTERNAL, "this node is shutting down");
			case TAKEN -> {
			}
		}
		return answer;
	}

	private void reject(CompletableFuture<?> answer, ErrorCode code, String reason) {
		this.statistics.countRejected();
		answer.completeExceptionally(refusal(code, reason));
	}

	private static RequestRefusedException refusal(ErrorCode code, String reason) {
		return new RequestRefusedException(code, reason);
	}

	/**
	 * A message that waits for its method.
	 */
	private final class MessageTask implements Task {

		private final EndpointMatch match;

		private final EndpointMethod method;

		private final ClientSession session;

		private final String channel;

		private final Payload payload;

		private final CompletableFuture<@Nullable Payload> answer;

		MessageTask(EndpointMatch match, EndpointMethod method, ClientSession session, String channel, Payload payload,
				CompletableFuture<@Nullable Payload> answer) {
			this.match = match;
			this.method = method;
			this.session = session;
			this.channel = channel;
			this.payload = payload;
			this.answer = answer;
		}

		@Override
		public CompletionStage<?> run() {
			return EndpointMessageHandler.this.calls
				.call(this.method, Call.message(this.match, this.session, this.channel, this.payload))
				.handle((reply, ex) -> {
					if (ex != null) {
						this.answer.completeExceptionally(EndpointFailures.unwrap(ex));
					}
					else {
						this.answer.complete(reply);
					}
					return null;
				});
		}

		@Override
		public void discard() {
			reject(this.answer, ErrorCode.INTERNAL, "this node is shutting down");
		}

	}

}
