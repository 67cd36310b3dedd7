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

package io.github.atmosphererelay.broadcast.internal;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.Receipt;

/**
 * A message of the application that was checked and encoded, and is not sent yet.
 *
 * @param envelope the message
 * @param reach how far it goes
 * @param afterCommit whether the application has asked for
 * {@link io.github.atmosphererelay.broadcast.PublishOptions#afterCommit()}
 * @param sending sends it, as it would have been sent outside of a transaction. Does not
 * block; the future completes on a thread that must not be blocked
 */
public record PendingMessage(Envelope envelope, Reach reach, boolean afterCommit,
		Supplier<CompletableFuture<Receipt>> sending) {

	/**
	 * How far a message goes.
	 */
	public enum Reach {

		/**
		 * To sessions of this node only.
		 */
		NODE,

		/**
		 * To sessions of all nodes, by the relay.
		 */
		CLUSTER,

		/**
		 * Into the log of its channel.
		 */
		LOG

	}

}
