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

package io.github.atmosphererelay.relay.internal;

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * The counters of a relay's monitor since the node's start. Counters only grow; safe for
 * use by many threads.
 */
public final class RelayStatistics {

	private final LongAdder received = new LongAdder();

	private final LongAdder probesSent = new LongAdder();

	private final LongAdder probesReturned = new LongAdder();

	private final LongAdder roundTripNanos = new LongAdder();

	private final LongAdder outages = new LongAdder();

	private final LongAdder reconnects = new LongAdder();

	private final LongAdder gaps = new LongAdder();

	private final LongAdder forgottenKeys = new LongAdder();

	private final Counters<WireFormatException.Reason> rejected = new Counters<>(WireFormatException.Reason.class);

	RelayStatistics() {
	}

	/**
	 * Return how many envelopes came from the broker, probes and echoes included.
	 * @return the number of envelopes
	 */
	public long received() {
		return this.received.sum();
	}

	/**
	 * Return how many probes were sent.
	 * @return the number of probes
	 */
	public long probesSent() {
		return this.probesSent.sum();
	}

	/**
	 * Return how many probes were answered in time.
	 * @return the number of probes
	 */
	public long probesReturned() {
		return this.probesReturned.sum();
	}

	/**
	 * Return the sum of all measured round trips.
	 * @return the time in nanoseconds
	 */
	public long roundTripNanos() {
		return this.roundTripNanos.sum();
	}

	/**
	 * Return how often the relay went from up to down.
	 * @return the number of outages
	 */
	public long outages() {
		return this.outages.sum();
	}

	/**
	 * Return how often the relay has connected, including the first time.
	 * @return the number of connects
	 */
	public long reconnects() {
		return this.reconnects.sum();
	}

	/**
	 * Return how often the subscription to an address was interrupted.
	 * @return the number of interruptions, over all addresses
	 */
	public long gaps() {
		return this.gaps.sum();
	}

	/**
	 * Return how many idempotency keys this node has forgotten within their windows,
	 * because too many were in use.
	 * @return the number of keys
	 */
	public long forgottenKeys() {
		return this.forgottenKeys.sum();
	}

	/**
	 * Return how many messages on the broker were skipped because they are no readable
	 * envelopes.
	 * @param reason what was wrong with them
	 * @return the number of messages
	 */
	public long rejected(WireFormatException.Reason reason) {
		return this.rejected.get(reason);
	}

	void countReceived() {
		this.received.increment();
	}

	void countProbeSent() {
		this.probesSent.increment();
	}

	void countProbeReturned(long nanos) {
		this.probesReturned.increment();
		this.roundTripNanos.add(nanos);
	}

	void countOutage() {
		this.outages.increment();
	}

	void countReconnect() {
		this.reconnects.increment();
	}

	void countGap() {
		this.gaps.increment();
	}

	void countForgottenKey() {
		this.forgottenKeys.increment();
	}

	void countRejected(WireFormatException.Reason reason) {
		this.rejected.increment(reason);
	}

}
