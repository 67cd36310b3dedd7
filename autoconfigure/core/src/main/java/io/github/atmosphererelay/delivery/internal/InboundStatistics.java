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

package io.github.atmosphererelay.delivery.internal;

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts the messages from clients of this node, and the refused requests. For any
 * thread.
 */
public final class InboundStatistics {

	private final Counters<ErrorCode> refused = new Counters<>(ErrorCode.class);

	private final LongAdder clientMessages = new LongAdder();

	private final LongAdder clientBytes = new LongAdder();

	/**
	 * Return how many messages clients have sent.
	 * @return the number of messages
	 */
	public long clientMessages() {
		return this.clientMessages.sum();
	}

	/**
	 * Return the payload bytes that clients have sent.
	 * @return the number of bytes
	 */
	public long clientBytes() {
		return this.clientBytes.sum();
	}

	/**
	 * Return how many requests of clients were refused.
	 * @return the number of refusals
	 */
	public long refused() {
		return this.refused.total();
	}

	/**
	 * Return how many requests of clients were refused for one reason.
	 * @param code the reason
	 * @return the number of refusals
	 */
	public long refused(ErrorCode code) {
		return this.refused.get(code);
	}

	/**
	 * Count a message that a client has sent.
	 * @param bytes its size
	 */
	public void countClientMessage(int bytes) {
		this.clientMessages.increment();
		this.clientBytes.add(bytes);
	}

	/**
	 * Count a request of a client that was refused.
	 * @param code the reason
	 */
	public void countRefused(ErrorCode code) {
		this.refused.increment(code);
	}

}
