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

import java.time.Duration;
import java.util.Iterator;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Runs one producer. Publishers put records into a queue. One thread hands them to the
 * producer, which may block. A periodic task finds records that are overdue. Each record
 * counts towards the limits until it is certain that the producer no longer holds it.
 */
final class KafkaSender {

	private static final Log logger = LogFactory.getLog(KafkaSender.class);

	/**
	 * A limit in bytes as well, because a few thousand large records take much memory.
	 */
	static final long MAX_PENDING_BYTES = 64L * 1024 * 1024;

	private static final Duration SWEEP_INTERVAL = Duration.ofMillis(50);

	private static final Duration METADATA_TIMEOUT = Duration.ofSeconds(4);

	private static final Duration FLUSH_TIMEOUT = Duration.ofMillis(500);

	private final KafkaRelaySettings settings;

	private final int partitions;

	private final DefaultKafkaProducerFactory<byte[], byte[]> factory;

	private final Producer<byte[], byte[]> producer;

	private final Runnable whenBroken;

	private final Guard guard;

	private final AtomicInteger count = new AtomicInteger();

	private final AtomicLong bytes = new AtomicLong();

	private final BlockingQueue<KafkaPending> queue = new LinkedBlockingQueue<>();

	/**
	 * All records in the order of their deadlines, until the sweep finds them completed.
	 */
	private final Queue<KafkaPending> deadlines = new ConcurrentLinkedQueue<>();

	private final Thread thread;

	private final ScheduledFuture<?> sweep;

	/**
	 * Marks the end of the queue: the thread ends when it takes this out.
	 */
	private final KafkaPending endMark;

	private volatile boolean closed;

	/**
	 * Whether the producer has failed. Only used by the thread.
	 */
	private boolean broken;

	/** Whether the end of the queue was reached. Only used by the thread. */
	private boolean finished;

	/**
	 * Create a sender. Blocks until the producer knows the topic, so that the first
	 * records do not have to wait for that.
	 * @param settings the relay's settings
	 * @param partitions the number of partitions that addresses are spread over
	 * @param factory creates the producer; owned by the sender from now on
	 * @param scheduler runs the sweep
	 * @param whenBroken called when the producer has failed and has to be replaced
	 * @param guard protects the thread, the sweep and the producer's callbacks
	 */
	KafkaSender(KafkaRelaySettings settings, int partitions, DefaultKafkaProducerFactory<byte[], byte[]> factory,
			ScheduledExecutorService scheduler, Runnable whenBroken, Guard guard) {
		this.settings = settings;
		this.partitions = partitions;
		this.factory = factory;
		this.whenBroken = whenBroken;
		this.guard = guard;
		this.endMark = new KafkaPending(settings.node(), new ProducerRecord<>(settings.topic(), new byte[0]), 0,
				System.nanoTime(), new CompletableFuture<>(), null);
		this.producer = factory.createNonTransactionalProducer();
		try {
			awaitMetadata(settings.topic());
			if (settings.recorded()) {
				awaitMetadata(settings.logTopic());
			}
		}
		catch (RuntimeException | Error ex) {
			closeProducer(0);
			throw ex;
		}
		this.thread = Threads.factory("kafka-sender").newThread(this::run);
		this.thread.start();
		this.sweep = guard.repeat(scheduler, this::sweep, SWEEP_INTERVAL, SWEEP_INTERVAL);
	}

	/**
	 * Wait until the producer knows a topic. A first connection may take longer than a
	 * record may block.
	 */
	private void awaitMetadata(String topic) {
		long deadline = System.nanoTime() + METADATA_TIMEOUT.toNanos();
		while (true) {
			try {
				this.producer.partitionsFor(topic);
				return;
			}
			catch (TimeoutException ex) {
				if (System.nanoTime() - deadline >= 0) {
					throw ex;
				}
			}
		}
	}

	CompletableFuture<Receipt> publish(UUID id, byte[] key, byte[] value) {
		return enqueue(id,
				new ProducerRecord<>(this.settings.topic(), KafkaTopic.partition(key, this.partitions), key, value),
				key.length + value.length, new CompletableFuture<>(), null);
	}

	/**
	 * Publish into the log.
	 * @param id the message's id
	 * @param key the channel's address
	 * @param value the encoded envelope
	 * @param target the record's destination
	 * @param future the publisher's future, which may also be completed elsewhere
	 * @return the publisher's future, or another one that has failed
	 */
	CompletableFuture<Receipt> append(UUID id, byte[] key, byte[] value, KafkaLog.Target target,
			CompletableFuture<Receipt> future) {
		CompletableFuture<Receipt> result = enqueue(id,
				new ProducerRecord<>(target.topic(), target.partition().number(), key, value),
				key.length + value.length, future, target);
		if (result != future) {
			// It was refused, and nothing else will complete the future.
			future.cancel(false);
		}
		return result;
	}

	/**
	 * Publish a control message for the readers of one partition into that partition.
	 * @param id the message's id
	 * @param topic the partition's topic
	 * @param partition its number
	 * @param key the record's key
	 * @param value the encoded envelope
	 * @return the receipt, as {@link #publish} returns it
	 */
	CompletableFuture<Receipt> announce(UUID id, String topic, int partition, byte[] key, byte[] value) {
		return enqueue(id, new ProducerRecord<>(topic, partition, key, value), key.length + value.length,
				new CompletableFuture<>(), null);
	}

	private CompletableFuture<Receipt> enqueue(UUID id, ProducerRecord<byte[], byte[]> record, int size,
			CompletableFuture<Receipt> future, KafkaLog.@Nullable Target target) {
		if (this.count.incrementAndGet() > this.settings.maxPending()) {
			this.count.decrementAndGet();
			return CompletableFuture
				.failedFuture(new RelayOverloadedException(KafkaRelay.NAME, this.settings.maxPending()));
		}
		long bytes = this.bytes.addAndGet(size);
		// A record that exceeds the limit by itself is accepted if no others are pending
		if (bytes > MAX_PENDING_BYTES && bytes != size) {
			this.bytes.addAndGet(-size);
			this.count.decrementAndGet();
			return CompletableFuture
				.failedFuture(RelayOverloadedException.forBytes(KafkaRelay.NAME, MAX_PENDING_BYTES));
		}
		KafkaPending pending = new KafkaPending(id, record, size,
				System.nanoTime() + this.settings.publishTimeout().toNanos(), future, target);
		this.deadlines.add(pending);
		this.queue.add(pending);
		if (this.closed) {
			// The thread, or the call that closed this sender, may have missed it.
			withdraw(pending);
		}
		return pending.future();
	}

	/**
	 * Close without waiting for records: queued records fail at once, and those in the
	 * producer are aborted. Blocks until the producer has ended.
	 */
	void abandon() {
		stopSending();
		closeProducer(0);
		abandonRest();
	}

	/**
	 * Close in order: send queued records and wait for the broker's answers, for a second
	 * and a half at most.
	 */
	void close() {
		this.queue.add(this.endMark);
		try {
			this.thread.join(FLUSH_TIMEOUT.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		stopSending();
		closeProducer(1);
		abandonRest();
	}

	private void stopSending() {
		this.closed = true;
		this.sweep.cancel(false);
		this.thread.interrupt();
		this.deadlines.forEach(this::withdraw);
	}

	private void closeProducer(int seconds) {
		this.factory.setPhysicalCloseTimeout(seconds);
		this.factory.destroy();
	}

	private void abandonRest() {
		for (KafkaPending pending : this.deadlines) {
			if (!withdraw(pending)) {
				pending.complete(Outcome.UNCONFIRMED);
			}
		}
	}

	private void run() {
		this.guard.loop(() -> !this.closed && !this.finished, () -> {
			KafkaPending pending = this.queue.take();
			if (pending == this.endMark) {
				this.finished = true;
				return;
			}
			ProducerRecord<byte[], byte[]> record = pending.take();
			if (record != null) {
				send(pending, record);
			}
		});
		logger.trace("Sender ended");
	}

	private void send(KafkaPending pending, ProducerRecord<byte[], byte[]> record) {
		Thread sending = Thread.currentThread();
		try {
			// An uncaught Error would end the producer's thread
			this.producer.send(record, (metadata, failure) -> this.guard.run(() -> {
				if (failure == null) {
					end(pending);
					pending.acknowledged();
				}
				else {
					// Kafka rejects a record by calling back on the thread that calls
					// send().
					refuse(pending, failure, Thread.currentThread() == sending);
				}
			}));
			pending.sent();
		}
		catch (InterruptException ex) {
			refuse(pending, ex, true);
			sending.interrupt();
		}
		catch (RuntimeException ex) {
			refuse(pending, ex, true);
			if (!this.closed) {
				reportBroken(ex);
				this.whenBroken.run();
			}
		}
		catch (Error ex) {
			// It is not known whether the producer has the record
			end(pending);
			pending.complete(Outcome.UNCONFIRMED);
			this.whenBroken.run();
			throw ex;
		}
	}

	private void reportBroken(RuntimeException ex) {
		if (!this.broken) {
			this.broken = true;
			logger.warn("The Kafka producer has failed. The relay replaces it, and publications fail until then", ex);
		}
		else {
			// Every record fails until the producer is replaced
			logger.debug("The failed Kafka producer has rejected another record", ex);
		}
	}

	private void refuse(KafkaPending pending, Exception failure, boolean neverSent) {
		end(pending);
		if (failure instanceof RecordTooLargeException) {
			pending.fail(new IllegalArgumentException("The message is too large for Kafka. Raise 'max.request.size' of "
					+ "the producer and 'max.message.bytes' of topic '" + pending.topic()
					+ "', or publish smaller messages", failure));
		}
		else if (neverSent) {
			pending.fail(new RelayUnavailableException(KafkaRelay.NAME, failure));
		}
		else {
			if (failure instanceof AuthorizationException || failure instanceof AuthenticationException) {
				// An earlier attempt may have been accepted before the right to write was
				// revoked
				this.guard.failed("The broker refuses the records of the kafka relay", failure);
			}
			logger.debug("The broker did not confirm a record", failure);
			pending.complete(Outcome.UNCONFIRMED);
		}
	}

	private void end(KafkaPending pending) {
		if (pending.end()) {
			release(pending);
		}
	}

	private void release(KafkaPending pending) {
		this.count.decrementAndGet();
		this.bytes.addAndGet(-pending.size());
	}

	private boolean withdraw(KafkaPending pending) {
		if (!pending.withdraw()) {
			return false;
		}
		release(pending);
		pending.fail(new RelayUnavailableException(KafkaRelay.NAME, null));
		return true;
	}

	private void sweep() {
		long now = System.nanoTime();
		Iterator<KafkaPending> iterator = this.deadlines.iterator();
		while (iterator.hasNext()) {
			KafkaPending pending = iterator.next();
			if (pending.future().isDone()) {
				iterator.remove();
			}
			else if (!pending.isOverdue(now)) {
				return;
			}
			else if (withdraw(pending)) {
				iterator.remove();
			}
			else if (pending.isOpen()) {
				pending.complete(Outcome.UNCONFIRMED);
				iterator.remove();
			}
			// Otherwise the producer is about to accept or reject it, and the sweep waits
			// for that.
		}
	}

}
