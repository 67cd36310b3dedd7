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
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import io.github.atmosphererelay.inbound.internal.RecordingOutcome;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.relay.Receipt;
import org.jspecify.annotations.Nullable;

/**
 * Queues the messages and calls of clients for endpoint methods, in order for each
 * session. Refuses them if too many are queued.
 */
final class EndpointQueue {

	private final SessionLanes lanes;

	private final HandlerStatistics statistics;

	EndpointQueue(SessionLanes lanes, HandlerStatistics statistics) {
		this.lanes = lanes;
		this.statistics = statistics;
	}

	/**
	 * Queue a call of a method.
	 * @param session the id of the client's session
	 * @param payload the client's message, which stays in memory until the call has ended
	 * @param call calls the method
	 * @return completes with the reply, or fails with a {@link RequestRefusedException}
	 */
	CompletableFuture<@Nullable Payload> offer(String session, Payload payload,
			Supplier<CompletableFuture<Answer>> call) {
		CompletableFuture<@Nullable Payload> answer = new CompletableFuture<>();
		SessionLanes.Offer offer = this.lanes.offer(session, new CallTask(call, answer), payload.size());
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
		answer.completeExceptionally(new RequestRefusedException(code, reason));
	}

	/**
	 * A queued call.
	 */
	private final class CallTask implements Task {

		private final Supplier<CompletableFuture<Answer>> call;

		private final CompletableFuture<@Nullable Payload> answer;

		CallTask(Supplier<CompletableFuture<Answer>> call, CompletableFuture<@Nullable Payload> answer) {
			this.call = call;
			this.answer = answer;
		}

		@Override
		public CompletionStage<?> run() {
			return this.call.get().handle((result, ex) -> {
				if (ex != null) {
					this.answer.completeExceptionally(EndpointFailures.unwrap(ex));
				}
				else if (result.recording() == null) {
					this.answer.complete(result.reply());
				}
				else {
					result.recording().whenComplete((receipt, failure) -> recorded(result, receipt, failure));
				}
				return null;
			});
		}

		private void recorded(Answer result, @Nullable Receipt receipt, @Nullable Throwable failure) {
			RequestRefusedException refusal = RecordingOutcome.refusal(receipt, failure);
			if (refusal != null) {
				this.answer.completeExceptionally(refusal);
			}
			else {
				this.answer.complete(result.reply());
			}
		}

		@Override
		public void discard() {
			reject(this.answer, ErrorCode.INTERNAL, "this node is shutting down");
		}

	}

}
