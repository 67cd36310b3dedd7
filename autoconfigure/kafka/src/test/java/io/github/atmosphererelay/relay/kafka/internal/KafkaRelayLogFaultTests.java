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
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Faults of single clients and topics while all else works.
 */
@Timeout(60)
class KafkaRelayLogFaultTests {

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1024);

	private static final LogOptions OPTIONS = new LogOptions(100, Duration.ofHours(1), null, Duration.ofMinutes(5));

	private static final Address ROOM = new Address.Channel("room");

	private final KafkaTestBroker broker = KafkaTestBroker.shared().withLogs();

	private final String topic = "fault-" + UUID.randomUUID();

	private final KafkaRelaySettings settings = KafkaTestBroker.logSettings(this.topic, CODEC, Duration.ofMinutes(5));

	private final List<RelayNode> nodes = new ArrayList<>();

	private Admin admin;

	@BeforeEach
	void openAdmin() {
		this.admin = Admin.create(Map.of("bootstrap.servers", this.broker.adminServers()));
	}

	@AfterEach
	void closeAll() {
		this.nodes.forEach((node) -> node.relay().stop());
		this.admin.close();
	}

	/**
	 * Receiver and producer go on, and so nobody else notices.
	 */
	@Test
	void theLogIsReadAgainAfterAnErrorHasEndedTheThreadOfTheAdministrativeClient() {
		RelayNode node = start(this.settings);
		node.subscribe(ROOM);
		Receipt before = append(node);
		try (ErrorAtLogging error = ErrorAtLogging
			.onThread("kafka-admin-client-thread | atmosphere-" + this.settings.node())) {
			await().until(() -> {
				node.log().position("room");
				return error.isThrown();
			});
		}
		await().atMost(Duration.ofSeconds(15))
			.ignoreExceptionsInstanceOf(CompletionException.class)
			.untilAsserted(() -> assertThat(read(node)).contains(before.messageId()));
		Receipt after = append(node);
		assertThat(read(node)).containsExactly(before.messageId(), after.messageId());
		assertThat(node.disconnects()).as("what is not recorded was not interrupted").isZero();
		assertThat(node.gaps()).isEmpty();
	}

	/**
	 * The word that it has may get lost: memory is short when it is passed on.
	 */
	@Test
	void aPartitionThatHasDivergedIsReadAgainAtTheNextCheckAtTheLatest() {
		Map<String, Object> properties = Map.of("bootstrap.servers", this.broker.adminServers());
		RelayNode listener = new RelayNode(this.broker.relay(this.settings));
		KafkaConnector connector = new KafkaConnector(this.settings,
				new KafkaClientFactory(new DefaultKafkaProducerFactory<>(properties),
						new DefaultKafkaConsumerFactory<>(properties), properties, this.settings),
				listener);
		try {
			connector.start();
			connector.subscribe(ROOM).orTimeout(15, TimeUnit.SECONDS).join();
			KafkaLog log = connector.log();
			assertThat(log).isNotNull();
			log.diverged(List.of(new TopicPartition(this.settings.logTopic(), 0)));
			assertThat(log.isDiverged()).isTrue();
			connector.checkSoon();
			await().untilAsserted(() -> assertThat(log.isDiverged()).isFalse());
		}
		finally {
			connector.stop();
		}
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void partitionsOfTheLogThatAreAddedUpToTheConfiguredNumberAreReported(CapturedOutput output) throws Exception {
		this.admin.createTopics(List.of(new NewTopic(this.settings.logTopic(), 3, (short) 1))).all().get();
		RelayNode node = start(this.settings);
		this.admin.createPartitions(Map.of(this.settings.logTopic(), NewPartitions.increaseTo(6))).all().get();
		((KafkaRelay) node.relay()).checkTopic();
		await().untilAsserted(() -> assertThat(output)
			.contains("Topic '" + this.settings.logTopic()
					+ "' now has 6 partitions. This node continues to use 3 of them")
			.contains("'atmosphere.relay.kafka.partitions' set to 3"));
		((KafkaRelay) node.relay()).checkTopic();
		node.relay().reconnect();
		await().until(() -> node.connects() == 2);
		assertThat(output.getOut().split("now has 6 partitions", -1)).as("once").hasSize(2);
	}

	private static Receipt append(RelayNode node) {
		Receipt receipt = node.relay()
			.publish(node.recorded("room", "x", OPTIONS))
			.orTimeout(10, TimeUnit.SECONDS)
			.join();
		assertThat(receipt.outcome()).isEqualTo(Outcome.RELAYED);
		return receipt;
	}

	private static List<UUID> read(RelayNode node) {
		return node.log()
			.read("room", null, 100, ReadDirection.FORWARD)
			.orTimeout(10, TimeUnit.SECONDS)
			.join()
			.publications()
			.stream()
			.map((publication) -> publication.id())
			.toList();
	}

	private RelayNode start(KafkaRelaySettings settings) {
		RelayNode node = new RelayNode(this.broker.relay(settings));
		this.nodes.add(node);
		return node.start().awaitRoundTrip(Duration.ofSeconds(15));
	}

	/**
	 * Throws an error once where a thread looks whether to log something: anywhere.
	 */
	private static final class ErrorAtLogging extends TurboFilter implements AutoCloseable {

		private final LoggerContext context = ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME))
			.getLoggerContext();

		private final AtomicBoolean thrown = new AtomicBoolean();

		private final String thread;

		private ErrorAtLogging(String thread) {
			this.thread = thread;
		}

		static ErrorAtLogging onThread(String prefix) {
			ErrorAtLogging result = new ErrorAtLogging(prefix);
			result.start();
			result.context.addTurboFilter(result);
			return result;
		}

		@Override
		public FilterReply decide(@Nullable Marker marker, Logger logger, Level level, @Nullable String format,
				Object @Nullable [] params, @Nullable Throwable failure) {
			if (Thread.currentThread().getName().startsWith(this.thread) && !this.thrown.getAndSet(true)) {
				throw new OutOfMemoryError("injected");
			}
			return FilterReply.NEUTRAL;
		}

		boolean isThrown() {
			return this.thrown.get();
		}

		@Override
		public void close() {
			this.context.getTurboFilterList().remove(this);
		}

	}

}
