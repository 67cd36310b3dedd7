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

package io.github.atmosphererelay.relay.kafka.internal;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to the broker, and the publisher's future. Its state resolves races
 * between the sender, the producer's callback and the deadline: the one that moves a
 * record out of {@link #QUEUED} decides whether it is sent.
 */
final class KafkaPending {

	/** In the sender's queue. */
	private static final int QUEUED = 0;

	/** Inside {@code Producer.send()}, which may still reject it. */
	private static final int SENDING = 1;

	/** Accepted by the producer: only the broker's answer decides. */
	private static final int SENT = 2;

	/** Withdrawn and never sent, or answered. */
	private static final int ENDED = 3;

	private final UUID id;

	private final String topic;

	private final int size;

	private final long deadline;

	private final CompletableFuture<Receipt> future;

	private final KafkaLog.@Nullable Target log;

	private final AtomicInteger state = new AtomicInteger(QUEUED);

	private volatile @Nullable ProducerRecord<byte[], byte[]> record;

	/**
	 * Create a pending record.
	 * @param id the message's id
	 * @param record the record
	 * @param size the size of key and value in bytes
	 * @param deadline when the publisher gets an answer in any case, in {@code
	 * System.nanoTime()}
	 * @param future the publisher's future
	 * @param log the record's destination in the log, or {@code null} if it is not
	 * recorded
	 */
	KafkaPending(UUID id, ProducerRecord<byte[], byte[]> record, int size, long deadline,
			CompletableFuture<Receipt> future, KafkaLog.@Nullable Target log) {
		this.id = id;
		this.topic = record.topic();
		this.record = record;
		this.size = size;
		this.deadline = deadline;
		this.future = future;
		this.log = log;
	}

	CompletableFuture<Receipt> future() {
		return this.future;
	}

	String topic() {
		return this.topic;
	}

	/**
	 * Return the record's size, also after the record was handed to the producer.
	 * @return the number of bytes of key and value
	 */
	int size() {
		return this.size;
	}

	/**
	 * Take the record out of the queue in order to send it.
	 * @return the record, or {@code null} if it must not be sent any more
	 */
	@Nullable ProducerRecord<byte[], byte[]> take() {
		ProducerRecord<byte[], byte[]> record = this.record;
		return this.state.compareAndSet(QUEUED, SENDING) ? record : null;
	}

	/**
	 * Note that the producer has accepted the record.
	 */
	void sent() {
		this.record = null;
		this.state.compareAndSet(SENDING, SENT);
	}

	/**
	 * Take the record out of the queue for good.
	 * @return whether the record was still in the queue, so that it is never sent
	 */
	boolean withdraw() {
		boolean withdrawn = this.state.compareAndSet(QUEUED, ENDED);
		if (withdrawn) {
			this.record = null;
		}
		return withdrawn;
	}

	/**
	 * Note that the broker has answered, or that the producer has given up.
	 * @return whether this is the first such answer
	 */
	boolean end() {
		this.record = null;
		return this.state.getAndSet(ENDED) != ENDED;
	}

	/**
	 * Return whether the broker may have the record, so that only an answer can decide:
	 * the broker's own or, for a recorded message, that this node reads the record.
	 * @return whether a publisher whose time is over gets the receipt {@code UNCONFIRMED}
	 */
	boolean isOpen() {
		int state = this.state.get();
		return state == SENT || state == ENDED && this.log != null;
	}

	/**
	 * Note that the broker has the record. The receipt of a recorded message waits until
	 * this node has read the record, because only then its position is known.
	 */
	void acknowledged() {
		if (this.log == null) {
			complete(Outcome.RELAYED);
		}
	}

	boolean isOverdue(long now) {
		return now - this.deadline >= 0;
	}

	void complete(Outcome outcome) {
		this.future.complete(Receipt.of(this.id, outcome));
	}

	void fail(RuntimeException failure) {
		this.future.completeExceptionally(failure);
	}

}
