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

package io.github.atmosphererelay.relay.http.internal;

import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.statistics.internal.Counters;

/**
 * The counters of an {@link HttpRelay}. They only grow, over restarts of the relay too;
 * safe for use by many threads.
 */
public final class HttpRelayStatistics {

	private final Counters<RefusalReason> refused = new Counters<>(RefusalReason.class);

	private final LongAdder exchanges = new LongAdder();

	private final LongAdder failedExchanges = new LongAdder();

	private final LongAdder forgedAnswers = new LongAdder();

	private final LongAdder sentEnvelopes = new LongAdder();

	private final LongAdder sentBytes = new LongAdder();

	private final LongAdder missed = new LongAdder();

	private final LongAdder abandoned = new LongAdder();

	private final LongAdder duplicates = new LongAdder();

	private final LongAdder uninteresting = new LongAdder();

	/**
	 * Return how many requests to the peers' endpoint were refused.
	 * @param reason why
	 * @return the number of requests
	 */
	public long refused(RefusalReason reason) {
		return this.refused.get(reason);
	}

	/**
	 * Return how many requests this node has sent to peers that were answered.
	 * @return the number of requests
	 */
	public long exchanges() {
		return this.exchanges.sum();
	}

	/**
	 * Return how many requests of this node to peers have failed or were refused.
	 * @return the number of requests
	 */
	public long failedExchanges() {
		return this.failedExchanges.sum();
	}

	/**
	 * Return how many answers were dropped because they were not signed with the secret.
	 * @return the number of answers
	 */
	public long forgedAnswers() {
		return this.forgedAnswers.sum();
	}

	/**
	 * Return how many envelopes were sent to peers, counted once for each peer and each
	 * attempt.
	 * @return the number of envelopes
	 */
	public long sentEnvelopes() {
		return this.sentEnvelopes.sum();
	}

	/**
	 * Return the size of the bodies that were sent to peers.
	 * @return the number of bytes
	 */
	public long sentBytes() {
		return this.sentBytes.sum();
	}

	/**
	 * Return how many envelopes a peer has missed, because too much was waiting for it
	 * while it was away, it has refused them, or the two had not met; counted once for
	 * each peer, when the peer is there again.
	 * @return the number of envelopes
	 */
	public long missed() {
		return this.missed.sum();
	}

	/**
	 * Return how many envelopes were kept for a peer that has not come back, for example
	 * because its process has ended; counted once for each peer.
	 * @return the number of envelopes
	 */
	public long abandoned() {
		return this.abandoned.sum();
	}

	/**
	 * Return how many envelopes were received again and dropped, because an answer to the
	 * sender was lost.
	 * @return the number of envelopes
	 */
	public long duplicates() {
		return this.duplicates.sum();
	}

	/**
	 * Return how many envelopes were received that this node does not follow. A peer that
	 * is not sure what a node follows sends it everything.
	 * @return the number of envelopes
	 */
	public long uninteresting() {
		return this.uninteresting.sum();
	}

	void countRefused(RefusalReason reason) {
		this.refused.increment(reason);
	}

	void countExchange() {
		this.exchanges.increment();
	}

	void countFailedExchange() {
		this.failedExchanges.increment();
	}

	void countForgedAnswer() {
		this.forgedAnswers.increment();
	}

	void countSent(int envelopes, long bytes) {
		this.sentEnvelopes.add(envelopes);
		this.sentBytes.add(bytes);
	}

	void countMissed(long envelopes) {
		this.missed.add(envelopes);
	}

	void countAbandoned(long envelopes) {
		this.abandoned.add(envelopes);
	}

	void countDuplicates(long envelopes) {
		this.duplicates.add(envelopes);
	}

	void countUninteresting() {
		this.uninteresting.increment();
	}

}
