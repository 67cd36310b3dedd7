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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link KafkaSender} with a producer that misbehaves on request.
 */
@ExtendWith(OutputCaptureExtension.class)
class KafkaSenderTests {

	private static final int MAX_PENDING = 10;

	private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

	private final FakeProducer producer = new FakeProducer();

	private final AtomicInteger broken = new AtomicInteger();

	private final Guard guard = new Guards().of(Part.RELAY_SENDER);

	private final KafkaSender sender = new KafkaSender(
			KafkaRelaySettings.builder(UUID.randomUUID(), "topic", new EnvelopeCodec(100))
				.partitions(3)
				.retention(Duration.ofMinutes(1))
				.maxPending(MAX_PENDING)
				.publishTimeout(Duration.ofMillis(200))
				.build(),
			3, new FakeFactory(this.producer), this.scheduler, this.broken::incrementAndGet, this.guard);

	@AfterEach
	void close() {
		this.producer.gate.countDown();
		this.sender.abandon();
		this.scheduler.shutdownNow();
	}

	@Test
	void anAcknowledgedRecordIsRelayed() {
		CompletableFuture<Receipt> receipt = publish();
		await().until(this.producer::completeNext);
		assertOutcome(receipt, Outcome.RELAYED);
	}

	@Test
	void anErrorOfTheProducerEndsNeitherTheThreadNorTheSweep() {
		this.producer.error = new OutOfMemoryError("injected");
		assertOutcome(publish(), Outcome.UNCONFIRMED);
		// Told after the receipt has been answered
		await().untilAsserted(() -> assertThat(this.broken).hasValue(1));
		this.producer.error = null;
		CompletableFuture<Receipt> next = publish();
		await().until(this.producer::completeNext);
		assertOutcome(next, Outcome.RELAYED);
		assertOutcome(publish(), Outcome.UNCONFIRMED);
		await().untilAsserted(() -> assertThat(this.guard.failures()).isOne());
	}

	@Test
	void aRecordThatIsNotAcknowledgedInTimeIsUnconfirmedAndCountsUntilItIs() {
		List<CompletableFuture<Receipt>> receipts = IntStream.range(0, MAX_PENDING).mapToObj((i) -> publish()).toList();
		receipts.forEach((receipt) -> assertOutcome(receipt, Outcome.UNCONFIRMED));
		assertThat(publish()).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RelayOverloadedException.class)
			.withMessageContaining("atmosphere.relay.max-pending");
		assertThat(this.producer.completeNext()).isTrue();
		CompletableFuture<Receipt> next = publish();
		await().until(() -> this.producer.history().size() == MAX_PENDING + 1);
		while (this.producer.completeNext()) {
			continue;
		}
		assertOutcome(next, Outcome.RELAYED);
		assertThat(receipts).extracting(CompletableFuture::join)
			.extracting(Receipt::outcome)
			.containsOnly(Outcome.UNCONFIRMED);
	}

	@Test
	void fewLargeRecordsAreRefusedUntilTheProducerHasFinishedOthers() {
		byte[] large = new byte[(int) (KafkaSender.MAX_PENDING_BYTES / 4) - 1];
		List<CompletableFuture<Receipt>> receipts = IntStream.range(0, 4).mapToObj((i) -> publish(large)).toList();
		assertOverloadedByBytes(publish(large));
		receipts.forEach((receipt) -> assertOutcome(receipt, Outcome.UNCONFIRMED));
		assertOverloadedByBytes(publish(large));
		assertThat(this.producer.completeNext()).isTrue();
		CompletableFuture<Receipt> next = publish(large);
		await().until(() -> this.producer.history().size() == 5);
		while (this.producer.completeNext()) {
			continue;
		}
		assertOutcome(next, Outcome.RELAYED);
		this.producer.refusal = new TimeoutException("not now");
		for (int i = 0; i < 10; i++) {
			assertUnavailable(publish(large));
		}
	}

	@Test
	void aRecordOverTheLimitByItselfIsAcceptedAlone() {
		byte[] large = new byte[(int) KafkaSender.MAX_PENDING_BYTES + 1];
		CompletableFuture<Receipt> receipt = publish(large);
		assertOverloadedByBytes(publish());
		await().until(this.producer::completeNext);
		assertOutcome(receipt, Outcome.RELAYED);
	}

	@Test
	void aRecordThatWaitsForAnotherUntilItsDeadlineIsNeverSent() throws Exception {
		this.producer.gated = true;
		CompletableFuture<Receipt> first = publish();
		assertThat(this.producer.entered.await(5, TimeUnit.SECONDS)).isTrue();
		List<CompletableFuture<Receipt>> waiting = List.of(publish(), publish());
		waiting.forEach(KafkaSenderTests::assertUnavailable);
		assertThat(first).as("may still be accepted or refused").isNotDone();
		this.producer.gate.countDown();
		CompletableFuture<Receipt> last = publish();
		await().until(() -> this.producer.history().size() == 2);
		while (this.producer.completeNext()) {
			continue;
		}
		assertOutcome(last, Outcome.RELAYED);
		assertThat(this.producer.history()).hasSize(2);
	}

	@Test
	void aRecordThatTheProducerRefusesWasNeverSent() {
		this.producer.refusal = new TimeoutException("Topic topic not present in metadata after 500 ms.");
		assertUnavailable(publish());
		assertThat(this.broken).hasValue(0);
	}

	@Test
	void aRecordThatFailsLaterMayHaveArrived() {
		CompletableFuture<Receipt> receipt = publish();
		await().until(() -> this.producer.errorNext(new NetworkException()));
		assertOutcome(receipt, Outcome.UNCONFIRMED);
	}

	@Test
	void aRecordThatTheBrokerForbidsMayHaveArrivedWithAnAttemptBefore() {
		CompletableFuture<Receipt> receipt = publish();
		await().until(() -> this.producer.errorNext(new TopicAuthorizationException("topic")));
		assertOutcome(receipt, Outcome.UNCONFIRMED);
		assertThat(this.guard.failures()).as("for the operator").isOne();
	}

	@Test
	void aRecordThatTheProducerRefusesForLackOfRightsWasNeverSent() {
		this.producer.refusal = new TopicAuthorizationException("topic");
		assertUnavailable(publish());
	}

	@Test
	void aRecordThatIsTooLargeSaysWhatToChange() {
		this.producer.refusal = new RecordTooLargeException("too large");
		CompletableFuture<Receipt> early = publish();
		assertThat(early).failsWithin(Duration.ofSeconds(5))
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(IllegalArgumentException.class)
			.withMessageContainingAll("max.request.size", "max.message.bytes", "'topic'");
		this.producer.refusal = null;
		CompletableFuture<Receipt> late = publish();
		await().until(() -> this.producer.errorNext(new RecordTooLargeException("too large")));
		assertThat(late).failsWithin(Duration.ofSeconds(5))
			.withThrowableThat()
			.withCauseInstanceOf(IllegalArgumentException.class);
	}

	@Test
	void aProducerThatThrowsIsReported() {
		this.producer.sendException = new IllegalStateException(
				"Cannot perform operation after producer has been closed");
		assertUnavailable(publish());
		await().until(() -> this.broken.get() == 1);
	}

	@Test
	void aProducerThatThrowsForManyRecordsIsLoggedOnce(CapturedOutput output) {
		this.producer.sendException = new IllegalStateException("failed for good");
		for (int i = 0; i < 3 * MAX_PENDING; i++) {
			assertUnavailable(publish());
		}
		await().until(() -> this.broken.get() == 3 * MAX_PENDING);
		assertThat(output.getOut().lines().filter((line) -> line.contains("WARN"))).hasSize(1)
			.first()
			.asString()
			.contains("The Kafka producer has failed");
	}

	@Test
	void aClosedSenderAcceptsNothing() {
		this.sender.abandon();
		assertUnavailable(publish());
		assertThat(this.producer.history()).isEmpty();
	}

	@Test
	void closingSendsWhatIsQueuedAndAnswersEverything() {
		List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
		for (int i = 0; i < MAX_PENDING; i++) {
			receipts.add(publish());
		}
		this.sender.close();
		assertThat(this.producer.history()).hasSize(MAX_PENDING);
		receipts.forEach((receipt) -> assertOutcome(receipt, Outcome.UNCONFIRMED));
	}

	@Test
	void abandoningAnswersEverythingThoughTheProducerBlocks() throws Exception {
		this.producer.gated = true;
		CompletableFuture<Receipt> inside = publish();
		assertThat(this.producer.entered.await(5, TimeUnit.SECONDS)).isTrue();
		CompletableFuture<Receipt> queued = publish();
		this.sender.abandon();
		assertUnavailable(queued);
		await("unconfirmed, or unavailable because the interrupt was in time").until(inside::isDone);
	}

	@Test
	void recordsKeepTheirOrderAndPartition() {
		for (int i = 0; i < MAX_PENDING; i++) {
			this.sender.publish(UUID.randomUUID(), new byte[] { 7 }, new byte[] { (byte) i });
		}
		await().until(() -> this.producer.history().size() == MAX_PENDING);
		assertThat(this.producer.history()).extracting((record) -> (int) record.value()[0])
			.isEqualTo(IntStream.range(0, MAX_PENDING).boxed().toList());
		assertThat(this.producer.history()).extracting(ProducerRecord::partition)
			.containsOnly(KafkaTopic.partition(new byte[] { 7 }, 3));
	}

	private CompletableFuture<Receipt> publish() {
		return publish(new byte[] { 2 });
	}

	private CompletableFuture<Receipt> publish(byte[] value) {
		return this.sender.publish(UUID.randomUUID(), new byte[] { 1 }, value);
	}

	private static void assertOverloadedByBytes(CompletableFuture<Receipt> receipt) {
		assertThat(receipt).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RelayOverloadedException.class)
			.withMessageContaining(KafkaSender.MAX_PENDING_BYTES + " bytes");
	}

	private static void assertOutcome(CompletableFuture<Receipt> receipt, Outcome outcome) {
		assertThat(receipt).succeedsWithin(Duration.ofSeconds(5)).extracting(Receipt::outcome).isEqualTo(outcome);
	}

	private static void assertUnavailable(CompletableFuture<Receipt> receipt) {
		assertThat(receipt).failsWithin(Duration.ofSeconds(5))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
	}

	private static final class FakeFactory extends DefaultKafkaProducerFactory<byte[], byte[]> {

		private final Producer<byte[], byte[]> producer;

		FakeFactory(Producer<byte[], byte[]> producer) {
			super(Map.of());
			this.producer = producer;
		}

		@Override
		protected Producer<byte[], byte[]> createKafkaProducer() {
			return this.producer;
		}

	}

	private static final class FakeProducer extends MockProducer<byte[], byte[]> {

		private final CountDownLatch entered = new CountDownLatch(1);

		private final CountDownLatch gate = new CountDownLatch(1);

		private volatile boolean gated;

		private volatile @Nullable RuntimeException refusal;

		private volatile @Nullable Error error;

		FakeProducer() {
			super(cluster(), false, null, new ByteArraySerializer(), new ByteArraySerializer());
		}

		@Override
		public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
			this.entered.countDown();
			Error error = this.error;
			if (error != null) {
				throw error;
			}
			RuntimeException refusal = this.refusal;
			if (refusal != null) {
				callback.onCompletion(new RecordMetadata(null, -1, -1, -1, -1, -1), refusal);
				return CompletableFuture.failedFuture(refusal);
			}
			try {
				if (this.gated) {
					this.gate.await();
				}
			}
			catch (InterruptedException ex) {
				throw new InterruptException(ex);
			}
			return super.send(record, callback);
		}

		private static Cluster cluster() {
			Node node = new Node(1, "localhost", 9);
			Node[] nodes = { node };
			return new Cluster("cluster", List.of(node),
					IntStream.range(0, 3).mapToObj((i) -> new PartitionInfo("topic", i, node, nodes, nodes)).toList(),
					Set.of(), Set.of());
		}

	}

}
