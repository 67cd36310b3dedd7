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

package io.github.atmosphererelay.stomp.internal;

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * Counts the STOMP messages between this node and the others. For any thread.
 */
public final class StompStatistics {

	private final Counters<Sent> sent = new Counters<>(Sent.class);

	private final Counters<Received> received = new Counters<>(Received.class);

	private final Counters<ReceiptOutcome> receipts = new Counters<>(ReceiptOutcome.class);

	/**
	 * Return how many messages of this node had an outcome.
	 * @param outcome the outcome
	 * @return the number of messages
	 */
	public long sent(Sent outcome) {
		return this.sent.get(outcome);
	}

	/**
	 * Return how many messages of other nodes had an outcome.
	 * @param outcome the outcome
	 * @return the number of messages
	 */
	public long received(Received outcome) {
		return this.received.get(outcome);
	}

	/**
	 * Return how many receipts that clients have asked for had an outcome.
	 * @param outcome the outcome
	 * @return the number of receipts
	 */
	public long receipts(ReceiptOutcome outcome) {
		return this.receipts.get(outcome);
	}

	void count(Sent outcome) {
		this.sent.increment(outcome);
	}

	void count(Received outcome) {
		this.received.increment(outcome);
	}

	void count(ReceiptOutcome outcome) {
		this.receipts.increment(outcome);
	}

	/**
	 * What became of a message of this node that is for other nodes, too.
	 */
	public enum Sent {

		/** The broker has it. */
		RELAYED,

		/** The relay was away; only this node's clients got it. */
		MISSED,

		/** It was sent, and the broker's answer did not come in time. */
		UNCONFIRMED,

		/** It was refused: its payload is not bytes, or it is too large. */
		REFUSED

	}

	/**
	 * What became of a message of another node.
	 */
	public enum Received {

		/** It went to this node's simple broker. */
		DELIVERED,

		/** Nobody on this node wants it. */
		UNWANTED,

		/** Too many messages of its bucket were waiting for slow deliveries. */
		DROPPED,

		/** It could not be decoded. */
		MALFORMED

	}

	/**
	 * What became of a receipt that a client has asked for.
	 */
	public enum ReceiptOutcome {

		/** It was sent to the client. */
		SENT,

		/**
		 * It was not sent, because the message did not certainly reach the broker, or too
		 * many receipts were waiting for the relay.
		 */
		WITHHELD

	}

}
