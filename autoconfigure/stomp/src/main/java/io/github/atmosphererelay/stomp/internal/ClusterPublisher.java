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

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import com.github.f4b6a3.uuid.UuidCreator;
import io.github.atmosphererelay.broadcast.MessageTooLargeException;
import io.github.atmosphererelay.broadcast.internal.SequenceCounters;
import io.github.atmosphererelay.guard.internal.LogText;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.StripedLock;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.BucketMessages;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.internal.RelayMonitor;
import org.apache.commons.logging.LogFactory;

/**
 * Sends messages to the other nodes. A destination belongs to one of a fixed number of
 * buckets, all of which every node with STOMP follows. For any thread; does not block.
 */
final class ClusterPublisher {

	/**
	 * The number of buckets. The same on all nodes, so it cannot be configured.
	 */
	static final int BUCKETS = 16;

	private static final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(ClusterPublisher.class),
			Duration.ofSeconds(10));

	private final UUID node;

	private final ClusterRelay relay;

	private final RelayMonitor monitor;

	private final int maxMessageSize;

	private final StompStatistics statistics;

	private final SequenceCounters counters = new SequenceCounters(2 * BUCKETS);

	/** Keeps the numbers of a bucket's messages in the order in which they are sent. */
	private final StripedLock locks = new StripedLock();

	ClusterPublisher(UUID node, ClusterRelay relay, RelayMonitor monitor, int maxMessageSize,
			StompStatistics statistics) {
		this.node = node;
		this.relay = relay;
		this.monitor = monitor;
		this.maxMessageSize = maxMessageSize;
		this.statistics = statistics;
	}

	/**
	 * Return the address of a bucket.
	 */
	static Address address(int number) {
		return new Address.Bucket(BucketMessages.STOMP, number);
	}

	/**
	 * Send a message to all other nodes.
	 * @param message the message
	 * @param order messages with the same value arrive in the order in which one thread
	 * sends them
	 * @return completes with whether the broker has it; never fails
	 * @throws IllegalArgumentException if it is too large
	 */
	CompletableFuture<Boolean> publish(StompMessage message, String order) {
		byte[] encoded = encode(message);
		Audience audience = new Audience.Bucket(BucketMessages.STOMP, BucketMessages.number(order, BUCKETS));
		Envelope envelope = new Envelope(UuidCreator.getTimeOrderedEpochFast(), this.node, Envelope.Kind.MESSAGE,
				System.currentTimeMillis(), audience, Map.of(), Payload.binary(encoded), null, null);
		Address address = audience.address();
		return this.locks.call(address, () -> {
			// Numbered even while the relay is down, so that other nodes count what they
			// have missed
			Envelope numbered = envelope.withSequence(this.counters.next(address));
			return this.monitor.isUp() ? publish(numbered, message)
					: missed(message, new RelayUnavailableException(this.relay.name(), null));
		});
	}

	private byte[] encode(StompMessage message) {
		byte[] encoded = StompMessageCodec.encode(message);
		if (encoded.length > this.maxMessageSize) {
			throw new MessageTooLargeException(encoded.length, this.maxMessageSize);
		}
		return encoded;
	}

	private CompletableFuture<Boolean> publish(Envelope envelope, StompMessage message) {
		try {
			return this.relay.publish(envelope).handle((receipt, ex) -> {
				if (ex != null) {
					missed(message, ex);
					return false;
				}
				boolean relayed = receipt.outcome() != Outcome.UNCONFIRMED;
				this.statistics.count(relayed ? StompStatistics.Sent.RELAYED : StompStatistics.Sent.UNCONFIRMED);
				return relayed;
			});
		}
		catch (RuntimeException ex) {
			return missed(message, ex);
		}
	}

	private CompletableFuture<Boolean> missed(StompMessage message, Throwable failure) {
		this.statistics.count(StompStatistics.Sent.MISSED);
		log.warn(() -> "A STOMP message to " + LogText.quote(message.destination())
				+ " reaches subscribers of this node only, because the relay could not send it: " + failure);
		return CompletableFuture.completedFuture(false);
	}

}
