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

package io.github.atmosphererelay.relay;

/**
 * What is known of a message that was published.
 */
public enum Outcome {

	/**
	 * The broker has it: Redis answered the command, Kafka acknowledged the record. Says
	 * nothing about who has received it.
	 */
	RELAYED,

	/**
	 * Delivered on this node and certainly not sent to others: the relay is local or
	 * down, the channel is scoped to its node, or the only receiver lives here. A message
	 * to a recorded channel of the local relay has a position all the same.
	 */
	LOCAL_ONLY,

	/**
	 * Delivered on this node and sent, but the broker's answer did not come in time: it
	 * may or may not reach the others.
	 */
	UNCONFIRMED,

	/**
	 * The idempotency key was seen before: this is the receipt of the first message with
	 * that key.
	 */
	DUPLICATE

}
