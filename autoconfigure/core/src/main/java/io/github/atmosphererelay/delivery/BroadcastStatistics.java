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

package io.github.atmosphererelay.delivery;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

import io.github.atmosphererelay.refusal.ErrorCode;

/**
 * What this node has published and delivered since it started. Counters only grow; safe
 * for use by many threads.
 */
public final class BroadcastStatistics {

	private final LongAdder clientMessages = new LongAdder();

	private final LongAdder clientBytes = new LongAdder();

	private final LongAdder[] refused = new LongAdder[ErrorCode.values().length];

	private final LongAdder relayed = new LongAdder();

	private final LongAdder echoes = new LongAdder();

	private final LongAdder duplicates = new LongAdder();

	private final LongAdder missed = new LongAdder();

	private final LongAdder lagNanos = new LongAdder();

	private final LongAdder lagCount = new LongAdder();

	private final LongAdder events = new LongAdder();

	private final LongAdder eventsDropped = new LongAdder();

	private final LongAdder logHoles = new LongAdder();

	private final LongAdder logResets = new LongAdder();

	private final LongAdder missedSubscriptions = new LongAdder();

	private final LongAdder positionMismatches = new LongAdder();

	private final LongAdder[] recoveries = new LongAdder[RecoveryOutcome.values().length];

	private final LongAdder[] published = new LongAdder[PublishResult.values().length];

	/**
	 * Create counters at zero.
	 */
	public BroadcastStatistics() {
		for (int i = 0; i < this.refused.length; i++) {
			this.refused[i] = new LongAdder();
		}
		for (int i = 0; i < this.recoveries.length; i++) {
			this.recoveries[i] = new LongAdder();
		}
		for (int i = 0; i < this.published.length; i++) {
			this.published[i] = new LongAdder();
		}
	}

	/**
	 * Return how often messages of a recorded channel were missing and were read from its
	 * log.
	 * @return the number of holes
	 */
	public long logHoles() {
		return this.logHoles.sum();
	}

	/**
	 * Return how often the log of a followed channel did not continue from where this
	 * node was: its epoch had changed, or messages were gone that this node had not
	 * delivered.
	 * @return the number of times
	 */
	public long logResets() {
		return this.logResets.sum();
	}

	/**
	 * Return how many subscriptions to recorded channels this node has ended because it
	 * could not deliver all messages to them. Each client was told so.
	 * @return the number of subscriptions
	 */
	public long missedSubscriptions() {
		return this.missedSubscriptions.sum();
	}

	/**
	 * Return how often a quiet channel's log was found to be elsewhere than this node.
	 * @return the number of times
	 */
	public long positionMismatches() {
		return this.positionMismatches.sum();
	}

	/**
	 * Return how many subscriptions to recorded channels have begun.
	 * @param outcome how
	 * @return the number of subscriptions
	 */
	public long recoveries(RecoveryOutcome outcome) {
		return this.recoveries[outcome.ordinal()].sum();
	}

	public void countLogHole() {
		this.logHoles.increment();
	}

	public void countLogReset() {
		this.logResets.increment();
	}

	public void countMissedSubscriptions(int subscriptions) {
		this.missedSubscriptions.add(subscriptions);
	}

	public void countPositionMismatch() {
		this.positionMismatches.increment();
	}

	public void countRecovery(RecoveryOutcome outcome) {
		this.recoveries[outcome.ordinal()].increment();
	}

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
		return Arrays.stream(this.refused).mapToLong(LongAdder::sum).sum();
	}

	/**
	 * Return how many requests of clients were refused for one reason.
	 * @param code why
	 * @return the number of refusals
	 */
	public long refused(ErrorCode code) {
		return this.refused[code.ordinal()].sum();
	}

	/**
	 * Return how many messages came from other nodes and were delivered here.
	 * @return the number of messages
	 */
	public long relayed() {
		return this.relayed.sum();
	}

	/**
	 * Return how many of its own messages this node got back from the relay and dropped.
	 * @return the number of messages
	 */
	public long echoes() {
		return this.echoes.sum();
	}

	/**
	 * Return how many messages came a second time and were dropped.
	 * @return the number of messages
	 */
	public long duplicates() {
		return this.duplicates.sum();
	}

	/**
	 * Return how many messages of other nodes never came, known by the numbers of those
	 * that did.
	 * @return the number of messages
	 */
	public long missed() {
		return this.missed.sum();
	}

	/**
	 * Return the sum of the times between publishing on another node and receiving here.
	 * Clocks of different nodes are compared.
	 * @return the time in nanoseconds
	 */
	public long lagNanos() {
		return this.lagNanos.sum();
	}

	/**
	 * Return how many times were summed up in {@link #lagNanos()}.
	 * @return the number of messages
	 */
	public long lagCount() {
		return this.lagCount.sum();
	}

	/**
	 * Return how many application events were handed out.
	 * @return the number of events
	 */
	public long events() {
		return this.events.sum();
	}

	/**
	 * Return how many application events were dropped because listeners are too slow.
	 * @return the number of events
	 */
	public long eventsDropped() {
		return this.eventsDropped.sum();
	}

	/**
	 * Return how many messages were published on this node.
	 * @param result what became of them
	 * @return the number of messages
	 */
	public long published(PublishResult result) {
		return this.published[result.ordinal()].sum();
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
	 * @param code why
	 */
	public void countRefused(ErrorCode code) {
		this.refused[code.ordinal()].increment();
	}

	public void countRelayed(long lagMillis) {
		this.relayed.increment();
		this.lagNanos.add(Math.max(0, lagMillis) * 1_000_000);
		this.lagCount.increment();
	}

	public void countEcho() {
		this.echoes.increment();
	}

	public void countDuplicate() {
		this.duplicates.increment();
	}

	void countMissed(long messages) {
		if (messages > 0) {
			this.missed.add(messages);
		}
	}

	public void countEvent() {
		this.events.increment();
	}

	public void countEventDropped() {
		this.eventsDropped.increment();
	}

	public void countPublished(PublishResult result) {
		this.published[result.ordinal()].increment();
	}

	/**
	 * What became of a message that was published on this node. A closed set, fit for a
	 * meter's tag.
	 */
	public enum PublishResult {

		/**
		 * The broker has it.
		 */
		RELAYED,

		/**
		 * Not meant for other nodes: the relay is local, the channel is scoped to its
		 * node, or the only receiver lives here.
		 */
		NODE,

		/**
		 * Meant for other nodes and certainly not sent, because the relay is down.
		 */
		LOCAL_ONLY,

		/**
		 * Not sent again: its idempotency key was seen before.
		 */
		DUPLICATE,

		/**
		 * Sent, but not confirmed in time.
		 */
		UNCONFIRMED,

		/**
		 * Refused by the relay because too many are waiting for the broker.
		 */
		OVERLOADED,

		/**
		 * Failed otherwise.
		 */
		FAILED;

		/**
		 * Return the name as used in meters.
		 * @return the tag's value
		 */
		public String tag() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
