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

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayCapability;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.RelayWithoutLogException;
import io.github.atmosphererelay.test.Covers;
import io.github.atmosphererelay.test.KnownFault;
import io.github.atmosphererelay.test.MachineTime;
import io.github.atmosphererelay.test.Reconciles;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.core.ConsumerPostProcessor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the recorded channels of {@link KafkaRelay} beyond the contract.
 */
@Timeout(60)
@Reconciles
class KafkaRelayLogTests {

	private static final Duration CONNECT = Duration.ofSeconds(10);

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(256 * 1024);

	private static final LogOptions OPTIONS = options(null);

	private final KafkaTestBroker broker = KafkaTestBroker.shared().withLogs();

	private final String topic = "log-" + UUID.randomUUID();

	private final List<RelayNode> nodes = new ArrayList<>();

	private Admin admin;

	@BeforeEach
	void openAdmin() {
		this.admin = Admin.create(Map.of("bootstrap.servers", this.broker.adminServers()));
	}

	@AfterEach
	void closeAll() {
		this.broker.proxy().resume();
		this.nodes.forEach((node) -> node.relay().stop());
		this.admin.close();
	}

	@Test
	void aTopicOfItsOwnHoldsTheLogs() throws Exception {
		RelayNode node = start();
		assertThat(node.relay().capabilities()).containsExactly(RelayCapability.CLUSTERED);
		assertThat(node.log().hasConsecutiveOffsets()).isFalse();
		assertThat(node.relay().details()).containsEntry("logTopic", this.topic + "-log");
		ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, this.topic + "-log");
		var config = this.admin.describeConfigs(List.of(resource)).all().get().get(resource);
		assertThat(config.get("retention.ms").value()).isEqualTo("86400000");
		assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
		assertThat(config.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void settingsOfAnExistingTopicThatCanLoseMessagesAreReported(CapturedOutput output) throws Exception {
		this.admin.createTopics(List.of(new NewTopic(this.topic + "-log", 3, (short) 1)
			.configs(Map.of("unclean.leader.election.enable", "true", "cleanup.policy", "compact,delete",
					"message.timestamp.type", "CreateTime", "retention.ms", "60000"))))
			.all()
			.get();
		start();
		assertThat(output).contains(
				"Topic '" + this.topic + "-log' has settings with which recorded channels can lose messages",
				"cleanup.policy", "message.timestamp.type", "unclean.leader.election.enable",
				"retention.ms is 60000, so messages are removed before");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aTopicThatTheRelayHasCreatedCausesNoWarning(CapturedOutput output) {
		start();
		assertThat(output).doesNotContain("can lose messages");
	}

	@Test
	void withoutRecordedChannelsThereIsNoLogTopic() throws Exception {
		RelayNode node = new RelayNode(
				this.broker.relay(KafkaTestBroker.settings(UUID.randomUUID(), this.topic, 3, CODEC)));
		this.nodes.add(node);
		node.start().awaitRoundTrip(CONNECT);
		assertThat(this.admin.listTopics().names().get()).contains(this.topic).doesNotContain(this.topic + "-log");
		assertThat(node.relay().log()).isNull();
		assertThat(node.relay().publish(node.recorded("room", "x", OPTIONS))).failsWithin(Duration.ofSeconds(1))
			.withThrowableThat()
			.withCauseInstanceOf(RelayWithoutLogException.class);
	}

	@Test
	void aNodeThatStartsLaterReadsWhatWasAndKnowsTheKeysInUse() {
		RelayNode one = start();
		one.subscribe(new Address.Channel("room"));
		List<UUID> log = appendMany(one, "room", 50);
		Receipt first = append(one, "room", "first", options("order 7"));
		log.add(first.messageId());
		// Two nodes that publish at once can both find the key unused.
		this.broker.publishRecord(this.topic + "-log", "channel:room".getBytes(StandardCharsets.UTF_8),
				CODEC.encode(one.recorded("room", "double", options("order 7"))));
		log.add(append(one, "room", "last", OPTIONS).messageId());
		RelayNode two = start();
		two.subscribe(new Address.Channel("room"));
		Receipt again = append(two, "room", "again", options("order 7"));
		assertThat(again).isEqualTo(new Receipt(first.messageId(), Outcome.DUPLICATE, first.position()));
		assertThat(ids(forward(two, null))).isEqualTo(log);
		assertThat(ids(forward(one, null))).isEqualTo(log);
		log.add(append(two, "room", "end", OPTIONS).messageId());
		await().untilAsserted(() -> assertThat(one.receivedIds()).isEqualTo(log));
		assertThat(two.received()).as("what was there before is not delivered").hasSize(1);
	}

	@Test
	void positionsSurviveTheEndOfAllNodes() {
		RelayNode one = start();
		Position since = position(append(one, "room", "first", OPTIONS));
		List<UUID> missed = appendMany(one, "room", 20);
		one.relay().stop();
		RelayNode two = start();
		LogPage page = forward(two, since);
		assertThat(page.complete()).isTrue();
		assertThat(ids(page)).isEqualTo(missed);
		two.relay().stop();
		two.start().awaitRoundTrip(CONNECT);
		assertThat(ids(forward(two, since))).isEqualTo(missed);
	}

	@Test
	void aPositionIsReadSinceWithoutLossThoughOthersPublishMeanwhile() {
		RelayNode one = start();
		RelayNode two = start();
		two.subscribe(new Address.Channel("room"));
		for (int i = 0; i < 20; i++) {
			List<UUID> before = appendMany(one, "room", 5);
			Position position = two.log().position("room").orTimeout(10, TimeUnit.SECONDS).join();
			assertThat(two.receivedIds()).as("all before a position was delivered").containsAll(before);
			List<UUID> after = appendMany(one, "room", 5);
			assertThat(ids(forward(two, position))).isEqualTo(after);
		}
	}

	@Test
	@Covers(KnownFault.LOG_BEGINS_ANOTHER_LIFE)
	void aLogTopicCreatedAgainHasAnotherEpochAndIsAGap() throws Exception {
		RelayNode one = start();
		RelayNode two = start();
		two.subscribe(new Address.Channel("room"), new Address.User("ann"));
		Position before = position(append(one, "room", "before", options("key")));
		await().until(() -> two.received().size() == 1);
		this.admin.deleteTopics(List.of(this.topic + "-log")).all().get();
		((KafkaRelay) one.relay()).checkTopic();
		((KafkaRelay) two.relay()).checkTopic();
		await().untilAsserted(() -> assertThat(two.gaps()).contains(new Address.Channel("room")));
		assertThat(two.gaps()).doesNotContain(new Address.User("ann"));
		one.awaitRoundTrip(CONNECT);
		two.awaitRoundTrip(CONNECT);
		Receipt[] after = new Receipt[1];
		await().ignoreExceptionsInstanceOf(CompletionException.class).until(() -> {
			after[0] = append(one, "room", "after", options("key"));
			return after[0].outcome() != Outcome.UNCONFIRMED;
		});
		assertThat(position(after[0]).epoch()).isNotEqualTo(before.epoch());
		await().untilAsserted(() -> assertThat(two.receivedIds()).contains(after[0].messageId()));
		assertThat(two.receivedIds()).doesNotHaveDuplicates();
		for (RelayNode node : this.nodes) {
			LogPage page = forward(node, before);
			assertThat(page.complete()).isFalse();
			assertThat(page.publications()).isEmpty();
			assertThat(ids(forward(node, null))).containsExactly(after[0].messageId());
		}
	}

	@Test
	void aReadSinceARemovedRecordIsNotComplete() throws Exception {
		RelayNode one = start();
		List<Receipt> receipts = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			receipts.add(append(one, "room", "message " + i, OPTIONS));
		}
		TopicPartition partition = new TopicPartition(this.topic + "-log", partition("room"));
		this.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5))).all().get();
		assertThat(forward(one, position(receipts.get(3))).complete()).isFalse();
		LogPage page = forward(one, position(receipts.get(4)));
		assertThat(page.complete()).isTrue();
		List<UUID> rest = receipts.subList(5, 10).stream().map(Receipt::messageId).toList();
		assertThat(ids(page)).isEqualTo(rest);
		assertThat(ids(forward(one, null))).isEqualTo(rest);
		RelayNode two = start();
		assertThat(ids(forward(two, null))).isEqualTo(rest);
		assertThat(forward(two, position(receipts.get(3))).complete()).isFalse();
	}

	@Test
	@Covers(KnownFault.TRIMMED_BELOW_THE_CLIENTS_POSITION)
	void whatRetentionRemovedWhileTheNodeWasAwayIsAGap() throws Exception {
		RelayNode direct = start();
		RelayNode behind = startBehindProxy();
		behind.subscribe(new Address.Channel("room"));
		Position before = position(append(direct, "room", "before", OPTIONS));
		await().until(() -> behind.received().size() == 1);
		this.broker.proxy().cut();
		appendMany(direct, "room", 10);
		TopicPartition partition = new TopicPartition(this.topic + "-log", partition("room"));
		this.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).all().get();
		this.broker.proxy().resume();
		await().untilAsserted(() -> assertThat(behind.gaps()).contains(new Address.Channel("room")));
		behind.awaitRoundTrip(CONNECT);
		assertThat(forward(behind, before).complete()).isFalse();
		UUID late = append(direct, "room", "late", OPTIONS).messageId();
		await().untilAsserted(() -> assertThat(behind.receivedIds()).hasSize(2).contains(late));
		assertThat(ids(forward(behind, null))).containsExactly(late);
	}

	@Test
	void recordsThatAreNoLongerInMemoryAreReadFromTheBroker() {
		RelayNode one = start();
		String large = "x".repeat(50_000);
		List<Receipt> receipts = new ArrayList<>();
		String neighbour = neighbour("room");
		byte[] key = "channel:room".getBytes(StandardCharsets.UTF_8);
		for (int i = 0; i < 120; i++) {
			// Some with keys, with doubles that only their order tells from the first.
			LogOptions options = (i % 10 == 0) ? options("key " + i) : OPTIONS;
			receipts.add(append(one, "room", i + large, options));
			append(one, neighbour, "in between", OPTIONS);
			if (i % 10 == 0) {
				this.broker.publishRecord(this.topic + "-log", key,
						CODEC.encode(one.recorded("room", "double", options("key " + i))));
			}
		}
		List<UUID> log = receipts.stream().map(Receipt::messageId).toList();
		List<UUID> newestFirst = new ArrayList<>(log);
		Collections.reverse(newestFirst);
		for (RelayNode node : List.of(one, start())) {
			assertThat(ids(forward(node, null))).isEqualTo(log);
			for (int since : new int[] { 0, 5, 10, 60, 118, 119 }) {
				LogPage page = forward(node, position(receipts.get(since)));
				assertThat(page.complete()).isTrue();
				assertThat(ids(page)).isEqualTo(log.subList(since + 1, 120));
			}
			assertThat(pages(node, ReadDirection.FORWARD)).isEqualTo(log);
			assertThat(pages(node, ReadDirection.BACKWARD)).isEqualTo(newestFirst);
		}
	}

	@Test
	void aReadFromTheBeginningSkipsMessagesBeyondTheHistorysSize() {
		RelayNode one = start();
		LogOptions three = new LogOptions(3, Duration.ofHours(1), null, Duration.ofMinutes(5));
		List<UUID> log = IntStream.range(0, 10)
			.mapToObj((i) -> append(one, "room", "message " + i, three).messageId())
			.toList();
		assertThat(ids(forward(one, null))).isEqualTo(log.subList(7, 10));
		assertThat(ids(read(one, null, 100, ReadDirection.BACKWARD))).containsExactly(log.get(9), log.get(8),
				log.get(7));
	}

	@Test
	void anAnswerComesInTimeThoughTheBrokerStalls() {
		RelayNode direct = start();
		RelayNode behind = startBehindProxy();
		Position since = position(append(direct, "room", "x", OPTIONS));
		this.broker.proxy().stall();
		MachineTime start = MachineTime.start();
		List<CompletableFuture<?>> open = List.of(behind.log().position("room"),
				behind.log().read("room", since, 10, ReadDirection.FORWARD),
				behind.log().read("room", null, 10, ReadDirection.BACKWARD));
		CompletableFuture<Receipt> plain = behind.relay().publish(behind.recorded("room", "plain", OPTIONS));
		CompletableFuture<Receipt> keyed = behind.relay().publish(behind.recorded("room", "keyed", options("key")));
		for (CompletableFuture<?> each : open) {
			assertThat(each).failsWithin(Duration.ofSeconds(30))
				.withThrowableThat()
				.withCauseInstanceOf(RelayUnavailableException.class);
		}
		assertThat(plain.orTimeout(30, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
		assertThat(keyed.orTimeout(30, TimeUnit.SECONDS).join().outcome()).isEqualTo(Outcome.UNCONFIRMED);
		assertThat(start.elapsed()).isLessThan(KafkaTestBroker.LOG_TIMEOUT.plusSeconds(1));
		this.broker.proxy().resume();
		behind.awaitRoundTrip(CONNECT);
		await().ignoreExceptionsInstanceOf(CompletionException.class)
			.untilAsserted(() -> assertThat(forward(behind, since).complete()).isTrue());
	}

	@Test
	void aStopFailsOpenCalls() {
		RelayNode behind = startBehindProxy();
		this.broker.proxy().stall();
		CompletableFuture<Position> open = behind.log().position("room");
		behind.relay().stop();
		assertThat(open).failsWithin(Duration.ofSeconds(1))
			.withThrowableThat()
			.withCauseInstanceOf(RelayUnavailableException.class);
		assertThat(behind.log().position("room")).failsWithin(Duration.ofSeconds(1));
	}

	@Test
	void outcomesAreTrueWhenTheConnectionIsCutDuringAppends() {
		RelayNode direct = start();
		RelayNode behind = startBehindProxy();
		behind.subscribe(new Address.Channel("room"));
		direct.subscribe(new Address.Channel("room"));
		Map<Envelope, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
		for (int cut = 0; cut < 3; cut++) {
			appendSome(behind, sent, 200);
			// The cut finds some that are acknowledged, however slow the machine is.
			await().until(() -> sent.values().stream().anyMatch((receipt) -> receipt.isDone()));
			this.broker.proxy().cut();
			appendSome(behind, sent, 200);
			sent.values().forEach((receipt) -> receipt.handle((value, failure) -> 0).join());
			this.broker.proxy().resume();
			behind.awaitRoundTrip(CONNECT);
		}
		List<Publication> log = forward(direct, null).publications();
		assertThat(log).extracting(Publication::id).doesNotHaveDuplicates();
		Map<UUID, Position> positions = new LinkedHashMap<>();
		log.forEach((publication) -> positions.put(publication.id(), publication.position()));
		int relayed = 0;
		for (Map.Entry<Envelope, CompletableFuture<Receipt>> each : sent.entrySet()) {
			UUID id = each.getKey().id();
			try {
				Receipt receipt = each.getValue().join();
				if (receipt.outcome() == Outcome.RELAYED) {
					assertThat(positions.get(id)).isNotNull().isEqualTo(receipt.position());
					relayed++;
				}
			}
			catch (CompletionException ex) {
				assertThat(ex.getCause()).isInstanceOfAny(RelayUnavailableException.class,
						RelayOverloadedException.class);
				assertThat(positions).doesNotContainKey(id);
			}
		}
		assertThat(relayed).isPositive().isLessThan(sent.size());
		List<UUID> inOrder = List.copyOf(positions.keySet());
		for (RelayNode node : List.of(direct, behind)) {
			await().untilAsserted(() -> assertThat(node.receivedIds()).isEqualTo(inOrder));
			assertThat(node.gaps()).isEmpty();
		}
	}

	@Test
	void aRecordWhoseDeliveryFailsIsDeliveredAgainBeforeTheNext() {
		RelayNode publisher = start();
		Map<String, Integer> failures = new ConcurrentHashMap<>(
				Map.of("second", KafkaLog.MAX_ATTEMPTS - 1, "fourth", Integer.MAX_VALUE));
		List<String> received = new CopyOnWriteArrayList<>();
		List<Address> gaps = new CopyOnWriteArrayList<>();
		RelayListener listener = new RelayListener() {

			@Override
			public void received(Envelope envelope, @Nullable Position position) {
				String text = envelope.payload().asText();
				if (failures.merge(text, -1, Integer::sum) >= 0) {
					throw new OutOfMemoryError("at the delivery of " + text);
				}
				received.add(text);
			}

			@Override
			public void rejected(Reason reason) {
				throw new AssertionError(reason);
			}

			@Override
			public void gap(Address address) {
				gaps.add(address);
			}

			@Override
			public void connectionChanged(boolean connected) {
				// Not asked for
			}

		};
		KafkaRelay relay = this.broker.relay(this.topic, CODEC);
		relay.start(listener);
		try {
			relay.subscribe(new Address.Channel("room")).orTimeout(30, TimeUnit.SECONDS).join();
			for (String text : List.of("first", "second", "third", "fourth", "fifth")) {
				append(publisher, "room", text, OPTIONS);
			}
			await().untilAsserted(() -> assertThat(received).containsExactly("first", "second", "third", "fifth"));
			assertThat(gaps).as("of what is not delivered, which is in the log")
				.containsExactly(new Address.Channel("room"));
			LogPage page = Objects.requireNonNull(relay.log())
				.read("room", null, 100, ReadDirection.FORWARD)
				.orTimeout(30, TimeUnit.SECONDS)
				.join();
			assertThat(page.publications()).extracting((publication) -> publication.payload().asText())
				.containsExactly("first", "second", "third", "fourth", "fifth");
		}
		finally {
			relay.stop();
		}
	}

	/**
	 * A node that starts does not read all of a long log.
	 */
	@Test
	void manyQuietChannelsNeedOneScan() {
		RelayNode one = start();
		String neighbour = neighbour("room");
		Position since = position(append(one, "room", "the only one", OPTIONS));
		appendMany(one, neighbour, 2 * KafkaLogPartition.MAX_RECORDS);
		AtomicInteger polls = new AtomicInteger();
		RelayNode late = add(this.broker.relayWithConsumers(
				KafkaTestBroker.logSettings(this.topic, CODEC, Duration.ofMillis(1)), countPolls(polls)));
		assertThat(polls).as("of readers").hasValue(0);
		List<String> quiet = IntStream.range(0, 10_000)
			.mapToObj((i) -> "quiet/" + i)
			.filter((name) -> partition(name) == partition("room"))
			.limit(500)
			.toList();
		assertThat(late.log().read(quiet.get(0), null, 10, ReadDirection.BACKWARD)).succeedsWithin(CONNECT);
		int once = polls.getAndSet(0);
		assertThat(once).isPositive();
		List<CompletableFuture<LogPage>> reads = new ArrayList<>();
		for (String channel : quiet) {
			reads.add(late.log().read(channel, null, 10, ReadDirection.BACKWARD));
			reads.add(late.log().read(channel, null, 10, ReadDirection.FORWARD));
			reads.add(late.log().read(channel, since, 10, ReadDirection.FORWARD));
		}
		for (CompletableFuture<LogPage> read : reads) {
			LogPage page = read.orTimeout(10, TimeUnit.SECONDS).join();
			assertThat(page.complete()).isTrue();
			assertThat(page.publications()).isEmpty();
		}
		assertThat(polls).as("but for the record before the position").hasValueLessThan(5);
		assertThat(forward(late, null).publications()).hasSize(1);
		assertThat(read(late, null, 10, ReadDirection.BACKWARD).publications()).hasSize(1);
	}

	@SuppressWarnings("unchecked")
	private static ConsumerPostProcessor<byte[], byte[]> countPolls(AtomicInteger polls) {
		return (consumer) -> (Consumer<byte[], byte[]>) Proxy.newProxyInstance(Consumer.class.getClassLoader(),
				new Class<?>[] { Consumer.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("poll")
							&& Thread.currentThread().getName().startsWith("atmosphere-kafka-log-")) {
						polls.incrementAndGet();
					}
					try {
						return method.invoke(consumer, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	@Test
	void aBadRecordSkipsNeitherItsNeighboursNorStopsAnything() {
		RelayNode one = start();
		one.subscribe(new Address.Channel("room"));
		String log = this.topic + "-log";
		byte[] key = "channel:room".getBytes(StandardCharsets.UTF_8);
		UUID before = append(one, "room", "before", OPTIONS).messageId();
		this.broker.publishRecord(log, key, null);
		this.broker.publishRecord(log, key, "foreign".getBytes(StandardCharsets.UTF_8));
		this.broker.publishRecord(log, null, "without a key".getBytes(StandardCharsets.UTF_8));
		this.broker.publishRecord(log, key, CODEC.encode(one.envelope("room", "not to be recorded")));
		this.broker.publishRecord(log, key, CODEC.encode(one.recorded("other", "of another channel", OPTIONS)));
		UUID after = append(one, "room", "after", OPTIONS).messageId();
		await().untilAsserted(() -> assertThat(one.receivedIds()).containsExactly(before, after));
		assertThat(ids(forward(one, null))).containsExactly(before, after);
		await().untilAsserted(() -> assertThat(one.rejections(Reason.FOREIGN)).isEqualTo(4));
		assertThat(one.rejections(Reason.MALFORMED)).isEqualTo(1);
	}

	@Test
	void aReceiptDoesNotWaitForThoseWhoHaveReadTheLog() throws Exception {
		RelayNode one = start();
		CountDownLatch inside = new CountDownLatch(1);
		CountDownLatch gate = new CountDownLatch(1);
		Thread test = Thread.currentThread();
		try {
			CompletableFuture<?> slow;
			do {
				slow = one.log().position("room").thenRun(() -> {
					// What is complete already runs its continuation here: ask again
					if (Thread.currentThread() != test) {
						inside.countDown();
						awaitQuietly(gate);
					}
				});
			}
			while (slow.isDone());
			assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
			assertThat(append(one, "room", "meanwhile", OPTIONS).outcome()).isEqualTo(Outcome.RELAYED);
			assertThat(forward(one, null).publications()).as("nor do other reads").hasSize(1);
			assertThat(slow).isNotDone();
		}
		finally {
			gate.countDown();
		}
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * No consumer is ever given the marker that ends a transaction.
	 */
	@Test
	void aTransactionOfSomebodyElseAtTheEndOfTheLogKeepsNobodyWaiting() throws Exception {
		RelayNode one = start();
		Position since = position(append(one, "room", "before", OPTIONS));
		UUID inTransaction = publishInTransaction(one);
		LogPage page = forward(one, since);
		assertThat(page.complete()).isTrue();
		assertThat(ids(page)).containsExactly(inTransaction);
		Position end = one.log().position("room").orTimeout(10, TimeUnit.SECONDS).join();
		assertThat(forward(one, end).complete()).isTrue();
		RelayNode two = start();
		two.subscribe(new Address.Channel("room"));
		assertThat(ids(forward(two, since))).containsExactly(inTransaction);
		UUID after = append(two, "room", "after", OPTIONS).messageId();
		await().untilAsserted(() -> assertThat(two.receivedIds()).containsExactly(after));
		assertThat(ids(forward(one, end))).containsExactly(after);
	}

	private UUID publishInTransaction(RelayNode node) throws Exception {
		Map<String, Object> properties = Map.of("bootstrap.servers", this.broker.adminServers(), "transactional.id",
				this.topic);
		Envelope envelope = node.recorded("room", "in a transaction", OPTIONS);
		try (Producer<byte[], byte[]> producer = new KafkaProducer<>(properties, new ByteArraySerializer(),
				new ByteArraySerializer())) {
			producer.initTransactions();
			producer.beginTransaction();
			producer.send(new ProducerRecord<>(this.topic + "-log", partition("room"),
					"channel:room".getBytes(StandardCharsets.UTF_8), CODEC.encode(envelope)));
			producer.commitTransaction();
		}
		return envelope.id();
	}

	private void appendSome(RelayNode node, Map<Envelope, CompletableFuture<Receipt>> sent, int count) {
		for (int i = 0; i < count; i++) {
			Envelope envelope = node.recorded("room", "message " + sent.size(),
					(i % 3 == 0) ? options("key " + sent.size()) : OPTIONS);
			sent.put(envelope, node.relay().publish(envelope).orTimeout(5, TimeUnit.SECONDS));
		}
	}

	private static List<UUID> pages(RelayNode node, ReadDirection direction) {
		List<UUID> result = new ArrayList<>();
		Position since = null;
		List<Publication> page;
		do {
			page = read(node, since, 7, direction).publications();
			page.forEach((publication) -> result.add(publication.id()));
			since = page.isEmpty() ? since : page.get(page.size() - 1).position();
		}
		while (page.size() == 7);
		return result;
	}

	private static LogOptions options(@Nullable String key) {
		return new LogOptions(10_000, Duration.ofHours(1), key, Duration.ofMinutes(5));
	}

	private static Receipt append(RelayNode node, String channel, String text, LogOptions options) {
		return node.relay().publish(node.recorded(channel, text, options)).orTimeout(10, TimeUnit.SECONDS).join();
	}

	private static List<UUID> appendMany(RelayNode node, String channel, int count) {
		List<CompletableFuture<Receipt>> receipts = IntStream.range(0, count)
			.mapToObj((i) -> node.relay().publish(node.recorded(channel, "message " + i, OPTIONS)))
			.toList();
		return new ArrayList<>(receipts.stream()
			.map((receipt) -> receipt.orTimeout(10, TimeUnit.SECONDS).join().messageId())
			.toList());
	}

	private static LogPage forward(RelayNode node, @Nullable Position since) {
		return read(node, since, 10_000, ReadDirection.FORWARD);
	}

	private static LogPage read(RelayNode node, @Nullable Position since, int limit, ReadDirection direction) {
		return node.log().read("room", since, limit, direction).orTimeout(10, TimeUnit.SECONDS).join();
	}

	private static List<UUID> ids(LogPage page) {
		return page.publications().stream().map(Publication::id).toList();
	}

	private static Position position(Receipt receipt) {
		Position position = receipt.position();
		assertThat(position).isNotNull();
		return position;
	}

	private static String neighbour(String channel) {
		return IntStream.range(0, 1000)
			.mapToObj((i) -> "neighbour/" + i)
			.filter((name) -> partition(name) == partition(channel))
			.findFirst()
			.orElseThrow();
	}

	private static int partition(String channel) {
		return KafkaTopic.partition(("channel:" + channel).getBytes(StandardCharsets.UTF_8),
				KafkaTestBroker.PARTITIONS);
	}

	private RelayNode start() {
		return add(this.broker.relay(this.topic, CODEC));
	}

	private RelayNode startBehindProxy() {
		return add(this.broker.proxiedRelay(this.topic, CODEC));
	}

	private RelayNode add(KafkaRelay relay) {
		RelayNode node = new RelayNode(relay);
		this.nodes.add(node);
		return node.start().awaitRoundTrip(CONNECT);
	}

}
