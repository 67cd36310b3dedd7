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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayListener;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.kafka.core.ConsumerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link KafkaReceiver} without a broker: an Error costs a record or a
 * consumer, and what comes next is received.
 */
class KafkaReceiverTests {

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1_000);

	private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);

	private final RelayListener listener = mock();

	private final Guards guards = new Guards();

	private final Guard guard = this.guards.of(Part.RELAY_RECEIVER);

	private final ConsumerFactory<byte[], byte[]> consumers = mock();

	private final KafkaOffsets offsets = new KafkaOffsets();

	private final KafkaSubscriptions subscriptions = new KafkaSubscriptions();

	private final List<@Nullable Throwable> deaths = new CopyOnWriteArrayList<>();

	private KafkaReceiver receiver;

	@BeforeEach
	void create() {
		given(this.listener.guards()).willReturn(this.guards);
		this.offsets.resume(Uuid.randomUuid(), 1, Map.of(0, new KafkaOffsets.Range(0, 0)));
		this.subscriptions.add(new Address.Channel("room"));
		this.receiver = new KafkaReceiver(
				KafkaRelaySettings.builder(UUID.randomUUID(), "topic", CODEC)
					.partitions(1)
					.retention(Duration.ofMinutes(1))
					.maxPending(10)
					.publishTimeout(Duration.ofMillis(200))
					.build(),
				this.consumers, this.offsets, this.subscriptions, this.listener, null, this.scheduler,
				this.deaths::add);
	}

	@AfterEach
	void close() throws InterruptedException {
		this.receiver.close();
		this.scheduler.shutdownNow();
	}

	private static ConsumerRecord<byte[], byte[]> record(long offset, String text) {
		return record(offset, new Audience.Channel("room", null), text);
	}

	private static ConsumerRecord<byte[], byte[]> record(long offset, Audience audience, String text) {
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 1, audience,
				Map.of(), Payload.text(text), null, null);
		return record(offset, audience.address().value(), CODEC.encode(envelope));
	}

	private static ConsumerRecord<byte[], byte[]> record(long offset, String key, byte[] value) {
		return new ConsumerRecord<>("topic", 0, offset, key.getBytes(StandardCharsets.UTF_8), value);
	}

	/**
	 * What others follow is not even looked into. What bears no address is, and counts as
	 * foreign.
	 */
	@Test
	void recordsOfBucketsAreReadOnlyIfTheBucketIsFollowed() {
		List<String> received = new CopyOnWriteArrayList<>();
		willAnswer((call) -> received.add(call.getArgument(0, Envelope.class).payload().asText())).given(this.listener)
			.received(any(), any());
		this.subscriptions.add(new Address.Bucket("orders", 3));
		byte[] unreadable = { 0 };
		this.receiver.onMessage(List.of(record(0, new Audience.Bucket("orders", 3), "followed"),
				record(1, new Audience.Bucket("orders", 4), "of others"), record(2, "bucket:orders/30", unreadable),
				record(3, "bucket:invoices/3", unreadable), record(4, "buckets", unreadable),
				record(5, "of a channel")), (Consumer<?, ?>) null);
		assertThat(received).containsExactly("followed", "of a channel");
		then(this.listener).should().rejected(any());
	}

	@Test
	void theNextRecordIsDeliveredAfterAnErrorOfTheListener() {
		List<String> received = new CopyOnWriteArrayList<>();
		willThrow(new InternalError("injected"))
			.willAnswer((call) -> received.add(call.getArgument(0, Envelope.class).payload().asText()))
			.given(this.listener)
			.received(any(), any());
		this.receiver.onMessage(List.of(record(0, "first"), record(1, "second")), (Consumer<?, ?>) null);
		assertThat(received).containsExactly("second");
		assertThat(this.offsets.current()).containsEntry(0, 2L);
		assertThat(this.guard.failures()).isOne();
	}

	/**
	 * So that another one is made in its place.
	 */
	@Test
	void aConsumerThatEndsInAnErrorIsReportedAndCounted() {
		Consumer<byte[], byte[]> consumer = new MockConsumer<>("none") {

			@Override
			public synchronized org.apache.kafka.clients.consumer.ConsumerRecords<byte[], byte[]> poll(
					Duration timeout) {
				throw new OutOfMemoryError("injected");
			}

			@Override
			public synchronized void seek(TopicPartition partition, long offset) {
			}

		};
		willAnswer((call) -> consumer).given(this.consumers).createConsumer(any(), any(), any(), any());
		given(this.consumers.getConfigurationProperties()).willReturn(Map.of());
		this.receiver.start();
		await().until(() -> this.deaths.size() == 1);
		assertThat(this.deaths.get(0)).hasMessageContaining("The consumer was ended by an Error");
		assertThat(this.receiver.isEnded()).isTrue();
		assertThat(this.guard.failures()).isOne();
	}

}
