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
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.inbound.ClientCallHandler;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Passes the calls of clients to the {@link Rpc} methods of endpoints.
 */
final class EndpointCallHandler implements ClientCallHandler {

	private final Map<String, Target> targets;

	private final EndpointCaller calls;

	private final EndpointQueue queue;

	EndpointCallHandler(Map<String, Target> targets, EndpointCaller calls, EndpointQueue queue) {
		this.targets = Map.copyOf(targets);
		this.calls = calls;
		this.queue = queue;
	}

	@Override
	public boolean handles(String method) {
		return this.targets.containsKey(method);
	}

	@Override
	public CompletableFuture<@Nullable Payload> call(ClientSession session, String method, Payload payload) {
		Target target = this.targets.get(method);
		if (target == null) {
			return CompletableFuture.failedFuture(
					new RequestRefusedException(ErrorCode.METHOD_NOT_FOUND, ErrorCode.METHOD_NOT_FOUND.text()));
		}
		return this.queue.offer(session.id(), payload,
				() -> this.calls.answer(target.method(), Call.rpc(target.endpoint(), session, payload)));
	}

	/**
	 * A method and its endpoint.
	 */
	record Target(Endpoint endpoint, EndpointMethod method) {

	}

}
