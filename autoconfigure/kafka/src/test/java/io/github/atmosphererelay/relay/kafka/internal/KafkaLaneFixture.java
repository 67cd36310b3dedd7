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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Payload;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A partition in memory, and the lanes that read it.
 */
final class KafkaLaneFixture implements KafkaLane.Owner {

	private static final Duration WINDOW = Duration.ofMinutes(5);

	private final EnvelopeCodec codec = new EnvelopeCodec(1024);

	private final int number;

	private final KafkaRelaySettings settings;

	private final KafkaLogLife life;

	private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();

	final List<KafkaLane> available = new ArrayList<>();

	/** What lanes have kept that were cut. */
	final List<KafkaLaneCommit> cuts = new ArrayList<>();

	private long time = 1_000_000_000L;

	KafkaLaneFixture() {
		this(0, 1);
	}

	/**
	 * Create one partition of several.
	 */
	KafkaLaneFixture(int number, int partitions) {
		this.number = number;
		this.settings = KafkaRelaySettings.builder(UUID.randomUUID(), "lanes", this.codec)
			.partitions(partitions)
			.recorded(true)
			.idempotencyWindow(WINDOW)
			.build();
		this.life = KafkaLogLife.begin(this.settings, Uuid.randomUuid(), partitions,
				Map.of(number, new KafkaOffsets.Range(0, 0)), null, () -> {
				});
	}

	/**
	 * Append a message, a second after the last one.
	 * @param key its idempotency key
	 */
	void append(String channel, String text, @Nullable String key) {
		this.time += 1000;
		LogOptions options = new LogOptions(1000, Duration.ofHours(1), key, WINDOW);
		Envelope envelope = new Envelope(UUID.randomUUID(), UUID.randomUUID(), Envelope.Kind.MESSAGE, 0,
				new Audience.Channel(channel, null), Map.of(), Payload.text(text), null, options);
		this.records.add(new ConsumerRecord<>("lanes-log", 0, this.records.size(), this.time,
				TimestampType.LOG_APPEND_TIME, 0, 0, envelope.address().value().getBytes(StandardCharsets.UTF_8),
				this.codec.encode(envelope), new RecordHeaders(), Optional.empty()));
	}

	void append(String channel, String text) {
		append(channel, text, null);
	}

	int size() {
		return this.records.size();
	}

	/**
	 * Return the records, as they are in a partition of that number.
	 */
	List<ConsumerRecord<byte[], byte[]>> records(TopicPartition partition, int leaderEpoch) {
		return this.records.stream()
			.map((record) -> new ConsumerRecord<>(partition.topic(), partition.partition(), record.offset(),
					record.timestamp(), record.timestampType(), 0, 0, record.key(), record.value(), record.headers(),
					Optional.of(leaderEpoch)))
			.toList();
	}

	/**
	 * Give the partition to an owner.
	 */
	KafkaLane lane(KafkaLaneCommit start) {
		return new KafkaLane(this, new GroupOptions("test", KafkaLaneFixture::isCovered, GroupOptions.Start.EARLIEST),
				this.settings, this.life, this.number, start, Optional.empty());
	}

	private static boolean isCovered(String channel) {
		if (channel.equals("failing")) {
			throw new IllegalStateException("expected");
		}
		return !channel.startsWith("other");
	}

	/**
	 * Have the reader read once, as the real one does.
	 * @param batch how many records come at once
	 * @return whether there was something to read
	 */
	boolean fetch(KafkaLane lane, int batch) {
		return fetch(lane, lane.wantedBehind(), batch) | fetch(lane, lane.wanted(), batch);
	}

	private boolean fetch(KafkaLane lane, long from, int batch) {
		if (from == KafkaLane.NOTHING || from >= this.records.size()) {
			return false;
		}
		int to = (int) Math.min(this.records.size(), from + batch);
		long keysSince = lane.accept(this.records.subList((int) from, to), from, to);
		if (keysSince != KafkaLane.NOTHING) {
			lane.lookBack(this.records.stream()
				.filter((record) -> record.timestamp() >= keysSince)
				.findFirst()
				.orElseThrow()
				.offset());
		}
		return true;
	}

	/**
	 * Read until there is nothing more.
	 */
	List<ChannelItem> drain(KafkaLane lane) {
		List<ChannelItem> items = new ArrayList<>();
		while (true) {
			boolean fetched = fetch(lane, 3);
			List<ChannelItem> page = lane.read(PageLimit.of(5)).join();
			items.addAll(page);
			if (!fetched && page.isEmpty()) {
				return items;
			}
		}
	}

	@Override
	public void wakeReader() {
	}

	@Override
	public void available(KafkaLane lane) {
		this.available.add(lane);
	}

	@Override
	public void released(KafkaLane lane) {
	}

	@Override
	public void cut(KafkaLane lane, KafkaLaneCommit kept) {
		this.cuts.add(kept);
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public boolean isHeld() {
		return true;
	}

	@Override
	public CompletableFuture<Long> end(KafkaLane lane) {
		return CompletableFuture.completedFuture((long) this.records.size());
	}

}
