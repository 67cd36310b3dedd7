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

package io.github.atmosphererelay.outbox.internal;

import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.Receipt;

/**
 * Sends a message of the outbox to the relay.
 */
@FunctionalInterface
public interface MessageSender {

	/**
	 * Send a message. Does not block.
	 * @param envelope the message
	 * @param deliver whether it is also delivered on this node, if its channel is
	 * ephemeral
	 * @return completes with the receipt on a thread that must not be blocked
	 * @throws io.github.atmosphererelay.relay.RelayUnavailableException if the relay is
	 * down: nothing was delivered
	 */
	CompletableFuture<Receipt> send(Envelope envelope, boolean deliver);

}
