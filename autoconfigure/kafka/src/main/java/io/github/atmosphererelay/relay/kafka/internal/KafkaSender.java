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
 * One producer's life. Publishers put records into a queue; one thread hands them to the
 * producer, which may block there; one task looks for those that are overdue. Every
 * record counts against the limits until it is certain that the producer holds it no
 * more.
 */
final class KafkaSender {

	private static final Log logger = LogFactory.getLog(KafkaSender.class);

	/**
	 * A few thousand large records take more memory than their number tells.
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
	 * All records in the order of their deadlines, until the sweep finds them done.
	 */
	private final Queue<KafkaPending> deadlines = new ConcurrentLinkedQueue<>();

	private final Thread thread;

	private final ScheduledFuture<?> sweep;

	/**
	 * Ends the thread when it comes to it in the queue.
	 */
	private final KafkaPending endMark;

	private volatile boolean closed;

	/**
	 * Whether the producer has failed; only used by the thread.
	 */
	private boolean broken;

	/** Whether the end of the queue was reached; only used by the thread. */
	private boolean finished;

	/**
	 * Create a sender. Waits until the producer knows the topic, so that the first
	 * records do not.
	 * @param settings the relay's settings
	 * @param partitions over how many partitions the addresses are spread
	 * @param factory makes the producer; owned by the sender from now on
	 * @param scheduler runs the sweep
	 * @param whenBroken told that the producer is of no use any more
	 * @param guard keeps the thread, the sweep and the producer's callbacks going
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
	 * A first connection may take longer than a record may block.
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
	 * @param target where it goes
	 * @param future the publisher's future, which may be completed elsewhere as well
	 * @return the publisher's future, or another one that has failed
	 */
	CompletableFuture<Receipt> append(UUID id, byte[] key, byte[] value, KafkaLog.Target target,
			CompletableFuture<Receipt> future) {
		CompletableFuture<Receipt> result = enqueue(id,
				new ProducerRecord<>(target.topic(), target.partition().number(), key, value),
				key.length + value.length, future, target);
		if (result != future) {
			// Refused, and nobody will complete it.
			future.cancel(false);
		}
		return result;
	}

	/**
	 * Publish what nodes say to each other of a partition, into the partition itself.
	 * @param id the message's id
	 * @param topic the partition's topic
	 * @param partition its number
	 * @param key the record's key
	 * @param value the encoded envelope
	 * @return the receipt, as of {@link #publish}
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
		// A record that is over the limit by itself must find nothing before it
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
			// Perhaps too late for the thread and for the one who closed.
			withdraw(pending);
		}
		return pending.future();
	}

	/**
	 * Give up: what is queued fails at once, what is in the producer is aborted. Waits
	 * for the producer's end, which may take its time.
	 */
	void abandon() {
		stopSending();
		closeProducer(0);
		abandonRest();
	}

	/**
	 * End in good order: send what is queued and wait for the broker's answers, both for
	 * a moment only.
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
			// An Error would end the producer's thread
			this.producer.send(record, (metadata, failure) -> this.guard.run(() -> {
				if (failure == null) {
					end(pending);
					pending.acknowledged();
				}
				else {
					// Kafka refuses a record by calling back on the thread that sends it.
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
			// Nobody knows what the producer has done
			end(pending);
			pending.complete(Outcome.UNCONFIRMED);
			this.whenBroken.run();
			throw ex;
		}
	}

	private void reportBroken(RuntimeException ex) {
		if (!this.broken) {
			this.broken = true;
			logger.warn("The producer has failed and is replaced", ex);
		}
		else {
			// Every record fails until the successor is there
			logger.debug("Another record met the failed producer", ex);
		}
	}

	private void refuse(KafkaPending pending, Exception failure, boolean neverSent) {
		end(pending);
		if (failure instanceof RecordTooLargeException) {
			pending.fail(new IllegalArgumentException("The message is too large for Kafka: raise 'max.request.size' of "
					+ "the producer and 'max.message.bytes' of topic '" + pending.topic()
					+ "', or publish smaller messages", failure));
		}
		else if (neverSent) {
			pending.fail(new RelayUnavailableException(KafkaRelay.NAME, failure));
		}
		else {
			if (failure instanceof AuthorizationException || failure instanceof AuthenticationException) {
				// Perhaps an attempt was taken before the right to write was
				this.guard.failed("The broker refuses what the kafka relay sends", failure);
			}
			logger.debug("A record was not confirmed", failure);
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
			// Otherwise the producer is about to accept or refuse it: wait for the truth.
		}
	}

}
