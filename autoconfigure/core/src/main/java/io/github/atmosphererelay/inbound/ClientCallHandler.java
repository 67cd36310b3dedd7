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

package io.github.atmosphererelay.inbound;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * Answers the calls of clients, such as the {@code rpc} of the Centrifuge protocol. A
 * call belongs to no channel. It is answered once, on the node that the client is
 * connected to.
 */
public interface ClientCallHandler {

	/**
	 * Return whether this handler answers calls of a method.
	 * @param method the name of the called method
	 * @return whether {@link #call} is called for it
	 */
	boolean handles(String method);

	/**
	 * Answer a call. Called on the thread that has read the call, in the order of the
	 * session's messages. Must not block.
	 * @param session the session that calls
	 * @param method the name of the called method
	 * @param payload the argument of the call
	 * @return completes with the result, or {@code null} if there is none; fails with
	 * {@link RequestRefusedException} to refuse the call with a code and a reason, or
	 * with any other exception, which the client gets as an internal error
	 */
	CompletableFuture<@Nullable Payload> call(ClientSession session, String method, Payload payload);

}
