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

import java.util.UUID;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import org.jspecify.annotations.Nullable;

/**
 * A message that was read from its shard and is not done yet. Known to the forwarder's
 * thread only.
 */
final class QueuedMessage {

	/** For what cannot be read: all of a shard in their order. */
	private static final Address UNREADABLE = new Address.Channel("");

	private final long number;

	private final byte[] encoded;

	private final @Nullable Envelope envelope;

	private final @Nullable WireFormatException fault;

	private boolean delivered;

	private boolean repeated;

	private int attempts;

	QueuedMessage(long number, byte[] encoded, @Nullable Envelope envelope, @Nullable WireFormatException fault,
			boolean repeated) {
		this.number = number;
		this.encoded = encoded;
		this.envelope = envelope;
		this.fault = fault;
		this.repeated = repeated;
	}

	long number() {
		return this.number;
	}

	/**
	 * The message's id, or one that is made from the bytes that cannot be read.
	 */
	UUID id() {
		return (this.envelope != null) ? this.envelope.id() : UUID.nameUUIDFromBytes(this.encoded);
	}

	byte[] encoded() {
		return this.encoded;
	}

	@Nullable Envelope envelope() {
		return this.envelope;
	}

	/**
	 * Why it cannot be read, if that is so.
	 */
	@Nullable WireFormatException fault() {
		return this.fault;
	}

	/**
	 * The messages of one address are sent one after another.
	 */
	Address address() {
		return (this.envelope != null) ? this.envelope.address() : UNREADABLE;
	}

	/**
	 * Whether it was delivered on this node.
	 */
	boolean isDelivered() {
		return this.delivered;
	}

	void setDelivered() {
		this.delivered = true;
	}

	/**
	 * Whether it may have been sent before.
	 */
	boolean isRepeated() {
		return this.repeated;
	}

	void setRepeated() {
		this.repeated = true;
	}

	int attempts() {
		return this.attempts;
	}

	/**
	 * Count a failed attempt.
	 */
	void failed() {
		this.attempts++;
	}

	/**
	 * Whether it may have been sent, or a session may have got it, without that being
	 * stored.
	 */
	boolean isInDoubt() {
		return this.delivered || this.repeated;
	}

}
