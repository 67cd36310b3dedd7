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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Pattern;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.event.ListenerContainerIdleEvent;
import org.springframework.kafka.listener.BatchConsumerAwareMessageListener;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.support.TopicPartitionOffset;
import org.springframework.scheduling.concurrent.ConcurrentTaskScheduler;

/**
 * Runs one consumer: reads all partitions from given offsets, and hands envelopes to the
 * listener on the container's one thread. On any failure of the consumer it ends for good
 * and reports that; the connector then creates a new receiver.
 */
final class KafkaReceiver implements BatchConsumerAwareMessageListener<byte[], byte[]>, CommonErrorHandler {

	private static final Log logger = LogFactory.getLog(KafkaReceiver.class);

	/**
	 * If there are no records for this time, the consumer's position is read. Well below
	 * the time that a read waits for it.
	 */
	private static final long IDLE_MILLIS = 200;

	private static final Pattern ADDRESS = Pattern.compile("channel:|user:|node:|bucket:|control$");

	private final EnvelopeCodec codec;

	private final KafkaOffsets offsets;

	private final KafkaSubscriptions subscriptions;

	private final RelayListener listener;

	private final @Nullable KafkaLog log;

	private final String topic;

	private final Consumer<@Nullable Throwable> whenEnded;

	private final KafkaMessageListenerContainer<byte[], byte[]> container;

	private final CountDownLatch ended = new CountDownLatch(1);

	/**
	 * Held while an envelope is delivered, so that nothing is delivered after
	 * {@link #close()} has returned, and two receivers never deliver at the same time.
	 */
	private final ReentrantLock delivery = new ReentrantLock();

	private boolean closed;

	private volatile @Nullable Throwable failure;

	/**
	 * Create a receiver.
	 * @param settings the relay's settings
	 * @param consumers creates the consumer
	 * @param offsets the offsets to start from, which are advanced
	 * @param subscriptions the addresses that are followed
	 * @param listener receives the envelopes
	 * @param log processes the records of recorded channels, or {@code null} if there are
	 * none
	 * @param scheduler for the container, which monitors its thread
	 * @param whenEnded called when this receiver has ended without having been closed,
	 * with the cause if it is known
	 */
	KafkaReceiver(KafkaRelaySettings settings, ConsumerFactory<byte[], byte[]> consumers, KafkaOffsets offsets,
			KafkaSubscriptions subscriptions, RelayListener listener, @Nullable KafkaLog log,
			ScheduledExecutorService scheduler, Consumer<@Nullable Throwable> whenEnded) {
		this.codec = settings.codec();
		this.offsets = offsets;
		this.subscriptions = subscriptions;
		this.listener = listener;
		this.log = log;
		this.topic = settings.topic();
		this.whenEnded = whenEnded;
		List<TopicPartitionOffset> starts = new ArrayList<>();
		offsets.current()
			.forEach((partition, next) -> starts.add(new TopicPartitionOffset(settings.topic(), partition, next)));
		// The consumer looks their ends up itself as soon as they have a leader
		offsets.unknown()
			.forEach((partition) -> starts
				.add(new TopicPartitionOffset(settings.topic(), partition, TopicPartitionOffset.SeekPosition.END)));
		if (log != null) {
			log.current()
				.forEach((partition, next) -> starts
					.add(new TopicPartitionOffset(settings.logTopic(), partition, next)));
		}
		ContainerProperties properties = new ContainerProperties(starts.toArray(TopicPartitionOffset[]::new));
		// Manual, and never acknowledged: a committed offset would leave a consumer group
		// on the broker.
		properties.setAckMode(AckMode.MANUAL);
		properties.setMessageListener(this);
		properties.setListenerTaskExecutor(executor());
		properties.setScheduler(new ConcurrentTaskScheduler(scheduler));
		properties.setMicrometerEnabled(false);
		if (log != null) {
			// Idle events come between two polls.
			properties.setIdleEventInterval(IDLE_MILLIS);
			properties.setIdleBeforeDataMultiplier(1);
			properties.setPollTimeout(IDLE_MILLIS);
		}
		this.container = new KafkaMessageListenerContainer<>(consumers, properties);
		this.container.setBeanName("atmosphere-kafka-receiver");
		this.container.setCommonErrorHandler(this);
		this.container.setApplicationEventPublisher(this::noteEvent);
	}

	private SimpleAsyncTaskExecutor executor() {
		SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("atmosphere-kafka-receiver-");
		executor.setDaemon(true);
		// This is the only code that runs however the container's thread ends.
		executor.setTaskDecorator((task) -> () -> {
			try {
				task.run();
			}
			finally {
				end();
			}
		});
		return executor;
	}

	void start() {
		this.container.start();
		if (isClosed()) {
			// It was closed before the container ran.
			stopContainer();
		}
	}

	/**
	 * Stop delivering, and start to close the consumer. Waits for a delivery in progress,
	 * but not for the consumer.
	 */
	void close() {
		this.delivery.lock();
		try {
			this.closed = true;
		}
		finally {
			this.delivery.unlock();
		}
		stopContainer();
	}

	private void stopContainer() {
		this.container.stop(() -> logger.trace("Consumer ended"));
	}

	private boolean isClosed() {
		this.delivery.lock();
		try {
			return this.closed;
		}
		finally {
			this.delivery.unlock();
		}
	}

	/**
	 * Wait until the consumer has ended, after {@link #close()}.
	 * @param timeout the maximum time to wait
	 * @throws InterruptedException if the wait is interrupted
	 */
	void awaitEnd(Duration timeout) throws InterruptedException {
		if (!this.ended.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
			logger.debug("The consumer takes longer than " + timeout + " to end");
		}
	}

	/**
	 * Return whether the consumer's thread has ended.
	 */
	boolean isEnded() {
		return this.ended.getCount() == 0;
	}

	@Override
	public void onMessage(List<ConsumerRecord<byte[], byte[]>> records,
			org.apache.kafka.clients.consumer.@Nullable Consumer<?, ?> consumer) {
		Set<TopicPartition> again = new HashSet<>();
		for (ConsumerRecord<byte[], byte[]> record : records) {
			TopicPartition partition = new TopicPartition(record.topic(), record.partition());
			if (again.contains(partition)) {
				continue;
			}
			this.delivery.lock();
			try {
				if (this.closed) {
					return;
				}
				if (record.topic().equals(this.topic)) {
					this.offsets.advance(record.partition(), record.offset() + 1);
					deliver(record);
				}
				else if (this.log != null && !this.log.receive(record)) {
					again.add(partition);
					Objects.requireNonNull(consumer).seek(partition, this.log.start(record.partition()));
				}
			}
			finally {
				this.delivery.unlock();
			}
		}
		if (this.log != null && consumer != null) {
			progressed(this.log, consumer);
		}
	}

	/**
	 * Tell the log how far the consumer has come. A topic contains entries that Kafka
	 * never hands out, such as the markers of transactions. A read that waits for the end
	 * of the log would otherwise wait for them forever.
	 */
	private void progressed(KafkaLog log, org.apache.kafka.clients.consumer.Consumer<?, ?> consumer) {
		for (TopicPartition partition : consumer.assignment()) {
			if (partition.topic().equals(this.topic)) {
				continue;
			}
			long position = KafkaLogReader.position(consumer, partition, 0);
			this.delivery.lock();
			try {
				if (this.closed) {
					return;
				}
				log.passed(partition.partition(), position);
			}
			finally {
				this.delivery.unlock();
			}
		}
		this.delivery.lock();
		try {
			if (this.closed) {
				return;
			}
			log.checkWarm();
		}
		finally {
			this.delivery.unlock();
		}
		log.progressed();
	}

	private void deliver(ConsumerRecord<byte[], byte[]> record) {
		try {
			if (isForOthers(record.key())) {
				return;
			}
			byte @Nullable [] value = record.value();
			if (value == null) {
				this.listener.rejected(Reason.FOREIGN);
				return;
			}
			Envelope envelope;
			try {
				envelope = this.codec.decode(value);
			}
			catch (WireFormatException ex) {
				logger.debug("Skipped a record", ex);
				this.listener.rejected(ex.getReason());
				return;
			}
			if (this.subscriptions.contains(envelope.address().value())) {
				this.listener.received(envelope, null);
			}
		}
		catch (Throwable ex) {
			// The listener must not throw, but if it does, the next record must still be
			// delivered.
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
		}
	}

	/**
	 * Return whether a record need not be decoded. On a busy cluster most records are for
	 * addresses that this node does not follow. A record whose key is no address is
	 * decoded, so that foreign records are counted.
	 * @param key the record's key
	 * @return whether the key is an address that is not followed
	 */
	private boolean isForOthers(byte @Nullable [] key) {
		if (key == null) {
			return false;
		}
		String value = new String(key, StandardCharsets.UTF_8);
		return ADDRESS.matcher(value).lookingAt() && !this.subscriptions.contains(value);
	}

	@Override
	public void handleOtherException(Exception thrown, org.apache.kafka.clients.consumer.Consumer<?, ?> consumer,
			MessageListenerContainer container, boolean batchListener) {
		this.failure = thrown;
		container.stopAbnormally(() -> logger.trace("Consumer failed"));
	}

	private void noteEvent(Object event) {
		if (event instanceof ListenerContainerIdleEvent idle && this.log != null) {
			try {
				progressed(this.log, idle.getConsumer());
			}
			catch (Throwable ex) {
				this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
			}
		}
		if (event instanceof ConsumerStoppedEvent stopped) {
			noteReason(stopped);
		}
	}

	private void noteReason(ConsumerStoppedEvent stopped) {
		if (stopped.getReason() == ConsumerStoppedEvent.Reason.AUTH) {
			this.failure = new AuthorizationException(
					"The broker has rejected the consumer: its credentials are wrong, or its rights are not"
							+ " sufficient");
		}
		else if (stopped.getReason() == ConsumerStoppedEvent.Reason.ERROR) {
			Throwable failure = new IllegalStateException(
					"The consumer was ended by an Error, which Spring's listener container has logged");
			this.failure = failure;
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(failure);
		}
	}

	private void end() {
		this.ended.countDown();
		if (!isClosed()) {
			this.whenEnded.accept(this.failure);
		}
	}

}
