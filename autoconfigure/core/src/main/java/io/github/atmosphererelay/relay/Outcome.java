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
 * How far a published message came, as far as the publishing node knows.
 */
public enum Outcome {

	/**
	 * The broker has accepted the message: Redis has answered the command, or Kafka has
	 * acknowledged the record. This does not say that any client has received it.
	 */
	RELAYED,

	/**
	 * The message was delivered on this node, and was certainly not sent to other nodes:
	 * the relay is the local one or is down, the channel is limited to its node, or the
	 * only receiver is on this node. The receipt has a position if the channel is
	 * recorded by the local relay.
	 */
	LOCAL_ONLY,

	/**
	 * The message was sent, but the broker's answer did not come in time. It may or may
	 * not reach the other nodes. A message to an ephemeral channel was delivered on this
	 * node; one to a recorded channel may or may not be in the log.
	 */
	UNCONFIRMED,

	/**
	 * Another message with the same idempotency key was published before, and this one
	 * was not appended. The receipt is that of the first message.
	 */
	DUPLICATE,

	/**
	 * The message was published within a transaction of the application. It is sent when
	 * the transaction commits, and never if it is rolled back. What becomes of it then is
	 * told by meters and events.
	 */
	PENDING

}
