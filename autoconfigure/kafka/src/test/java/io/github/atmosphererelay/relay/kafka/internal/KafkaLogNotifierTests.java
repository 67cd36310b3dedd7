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
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

import io.github.atmosphererelay.contract.RelayNode;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ClusterRelay;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.kafka.internal.KafkaOffsets.Range;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.AdditionalMatchers.aryEq;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;

/**
 * Tests for {@link KafkaLogNotifier}: what one node sends is what another one takes. Ten
 * records are there when both begin; then records 10 to 14 of leader epoch 1 are read by
 * one of them alone, and are gone.
 */
class KafkaLogNotifierTests {

	private static final EnvelopeCodec CODEC = new EnvelopeCodec(1024);

	private static final int PARTITIONS = 3;

	private static final Uuid TOPIC = Uuid.randomUuid();

	private static final int NUMBER = partition("room");

	private static final String QUIET = IntStream.range(0, 100)
		.mapToObj((i) -> "quiet/" + i)
		.filter((name) -> partition(name) == NUMBER)
		.findFirst()
		.orElseThrow();

	private static final String ELSEWHERE = IntStream.range(0, 100)
		.mapToObj((i) -> "elsewhere/" + i)
		.filter((name) -> partition(name) != NUMBER)
		.findFirst()
		.orElseThrow();

	private final Node finder = new Node(0);

	private final Node other = new Node(0);

	private static int partition(String channel) {
		return KafkaTopic.partition(key(channel), PARTITIONS);
	}

	private static byte[] key(String channel) {
		return new Address.Channel(channel).value().getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Let one node find what the other one cannot, and return its notice.
	 */
	private byte[] find() {
		this.finder.read(QUIET, 0, 10, 1);
		this.finder.read("room", 10, 15, 1);
		this.finder.partition().truncate(10, new Range(0, 12, 2));
		return this.finder.sent();
	}

	@Test
	void aNoticeAfterTheRecordsThatReplacedTheLostOnesIsReported() {
		byte[] notice = find();
		this.other.read(QUIET, 0, 10, 1);
		this.other.read("room", 10, 12, 2);
		this.other.take(12, notice);
		assertThat(this.other.listener.missed()).containsExactly(new Address.Channel("room"));
		assertThat(this.other.listener.losses()).containsExactly(new Address.Channel("room"));
	}

	@Test
	void aNoticeAtTheOffsetOfTheFirstLostRecordIsReported() {
		byte[] notice = find();
		this.other.read(QUIET, 0, 8, 1);
		this.other.take(10, notice);
		assertThat(this.other.listener.missed()).containsExactly(new Address.Channel("room"));
	}

	@Test
	void theSecondOfTwoEqualNoticesIsNotReported() {
		byte[] notice = find();
		this.other.take(12, notice);
		this.other.take(13, notice);
		assertThat(this.other.listener.missed()).hasSize(1);
	}

	@Test
	void aNodeThatHasReadAllLostRecordsReportsNoLoss() {
		byte[] notice = find();
		this.finder.take(12, notice);
		this.other.read("room", 0, 15, 1);
		this.other.take(12, notice);
		for (Node node : List.of(this.finder, this.other)) {
			assertThat(node.listener.missed()).isEmpty();
			assertThat(node.listener.losses()).containsExactly(new Address.Channel("room"));
		}
		assertThat(this.finder.partition().cuts().due(System.nanoTime() + Duration.ofMinutes(1).toNanos()))
			.as("it stands in the log")
			.isEmpty();
	}

	@Test
	void aNodeThatStartedAfterTheLossReportsNoLoss() {
		byte[] notice = find();
		Node late = new Node(2);
		late.take(12, notice);
		assertThat(late.listener.missed()).isEmpty();
	}

	@Test
	void aNoticeWithoutChannelsIsReportedToAllChannelsOfThePartition() {
		byte[] notice = CODEC
			.encode(KafkaLogNotifier.envelope(UUID.randomUUID(), CODEC, new KafkaLogCut(1, 10, 15, null)));
		this.other.take(12, notice);
		assertThat(this.other.listener.missed()).containsExactlyInAnyOrder(new Address.Channel("room"),
				new Address.Channel(QUIET));
	}

	@Test
	void aListenerThatHasFailedIsCalledAgain() {
		byte[] notice = find();
		RelayListener failing = mock();
		willThrow(new IllegalStateException("injected")).willDoNothing()
			.given(failing)
			.lost(any(), any(Position.class), anyBoolean());
		KafkaLogNotifier notices = new KafkaLogNotifier(this.other.settings, this.other.subscriptions, failing);
		assertThatIllegalStateException().isThrownBy(() -> this.other.take(notices, 12, "control", notice));
		this.other.take(notices, 12, "control", notice);
		then(failing).should(times(2)).lost(any(), any(Position.class), eq(true));
	}

	@Test
	void anUnreadableNoticeIsRefusedAndNotReported() {
		byte[] notice = find();
		assertRefused("channel:room", notice, Reason.FOREIGN);
		notice[notice.length - 36] = -1;
		assertRefused("control", notice, Reason.MALFORMED);
		assertThat(this.other.listener.losses()).isEmpty();
	}

	private void assertRefused(String key, byte[] value, Reason reason) {
		assertThatExceptionOfType(WireFormatException.class)
			.isThrownBy(() -> this.other.take(this.other.notices, 12, key, value))
			.extracting(WireFormatException::getReason)
			.isEqualTo(reason);
	}

	/**
	 * What a node is to its log.
	 */
	private static final class Node {

		private final KafkaRelaySettings settings = KafkaRelaySettings.builder(UUID.randomUUID(), "topic", CODEC)
			.partitions(PARTITIONS)
			.retention(Duration.ofMinutes(1))
			.maxPending(10)
			.recorded(true)
			.logRetention(Duration.ofHours(1))
			.build();

		private final RelayNode listener = new RelayNode(mock(ClusterRelay.class));

		private final KafkaSubscriptions subscriptions = new KafkaSubscriptions();

		private final KafkaLogNotifier notices = new KafkaLogNotifier(this.settings, this.subscriptions, this.listener);

		private final KafkaLogLife life;

		/**
		 * Create a node that begins with an empty log.
		 * @param leaderEpoch the epoch of the leader then
		 */
		Node(int leaderEpoch) {
			Range range = new Range(0, 0, leaderEpoch);
			this.life = KafkaLogLife.begin(this.settings, TOPIC, PARTITIONS, Map.of(0, range, 1, range, 2, range), null,
					() -> {
					});
			for (String channel : List.of("room", QUIET, ELSEWHERE)) {
				this.subscriptions.add(new Address.Channel(channel));
			}
		}

		private KafkaLogPartition partition() {
			return this.life.partitions()[NUMBER];
		}

		private void read(String channel, int from, int to, int leaderEpoch) {
			KafkaLogPartition partition = partition();
			for (int offset = from; offset < to; offset++) {
				if (partition.arrived(offset, leaderEpoch) == KafkaLogPartition.Step.GO_BACK) {
					partition.arrived(offset - 1, 1);
					assertThat(partition.arrived(offset, leaderEpoch)).isEqualTo(KafkaLogPartition.Step.TAKE);
				}
				partition.add(new KafkaLogEntry(offset, leaderEpoch, 1000, new Address.Channel(channel).value(),
						new LogOptions(10, Duration.ofHours(1), null, Duration.ofMinutes(5)), UUID.randomUUID(),
						new byte[1]));
				partition.delivered(offset);
			}
		}

		/**
		 * Return the one notice that is sent now.
		 */
		private byte[] sent() {
			KafkaSender sender = mock();
			this.notices.send(this.life, sender);
			ArgumentCaptor<byte[]> value = ArgumentCaptor.captor();
			then(sender).should()
				.announce(any(), eq("topic-log"), eq(NUMBER), aryEq("control".getBytes(StandardCharsets.UTF_8)),
						value.capture());
			KafkaSender again = mock();
			this.notices.send(this.life, again);
			then(again).should(never()).announce(any(), any(), anyInt(), any(), any());
			return value.getValue();
		}

		private void take(long offset, byte[] value) {
			take(this.notices, offset, "control", value);
		}

		private void take(KafkaLogNotifier notices, long offset, String key, byte[] value) {
			ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("topic-log", NUMBER, offset, 1000,
					TimestampType.LOG_APPEND_TIME, 0, value.length, key.getBytes(StandardCharsets.UTF_8), value,
					new RecordHeaders(), Optional.of(2));
			notices.take(record, CODEC.decode(value), partition(), this.life);
		}

	}

}
