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

package io.github.atmosphererelay.feed.internal;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * A partition with many records, read without a broker, by a node that has everything of
 * it and keeps nothing.
 */
final class LongPartition implements FeedClients, FeedInput {

	private static final TopicPartition PARTITION = new TopicPartition("prices", 0);

	private final long end;

	private final int batch;

	private final LongFunction<@Nullable String> channels;

	private final String value;

	/** The records from here on come at once, those before it not at all. */
	private final long quickFrom;

	private long position;

	/**
	 * Create a partition.
	 * @param end its number of records
	 * @param quickFrom the offset from which on the broker has its records at hand
	 * @param batch how many records a poll returns
	 * @param channels tells the channel of each record
	 * @param value the value of each record
	 */
	LongPartition(long end, long quickFrom, int batch, LongFunction<@Nullable String> channels, String value) {
		this.end = end;
		this.quickFrom = quickFrom;
		this.batch = batch;
		this.channels = channels;
		this.value = value;
	}

	@Override
	public String servers() {
		return "none";
	}

	@Override
	@SuppressWarnings("unchecked")
	public Consumer<byte[], byte[]> topicReader() {
		return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { Consumer.class }, (proxy, method, arguments) -> switch (method.getName()) {
					case "beginningOffsets" -> offsets((Collection<TopicPartition>) arguments[0], 0);
					case "endOffsets" -> offsets((Collection<TopicPartition>) arguments[0], this.end);
					case "position" -> this.position;
					case "poll" -> poll();
					case "seek" -> {
						this.position = (Long) arguments[1];
						yield null;
					}
					case "assign", "close", "wakeup" -> null;
					default -> throw new UnsupportedOperationException(method.getName());
				});
	}

	private static Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions, long offset) {
		return partitions.stream().collect(Collectors.toMap((each) -> each, (each) -> offset));
	}

	private ConsumerRecords<byte[], byte[]> poll() throws InterruptedException {
		List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
		if (this.position < this.quickFrom || this.position == this.end) {
			// As a poll waits for a broker
			Thread.sleep(5);
			return ConsumerRecords.empty();
		}
		for (; records.size() < this.batch && this.position < this.end; this.position++) {
			String channel = this.channels.apply(this.position);
			records.add(new ConsumerRecord<>("prices", 0, this.position,
					((channel != null) ? channel : "other").getBytes(StandardCharsets.UTF_8),
					((channel != null) ? this.value : "").getBytes(StandardCharsets.UTF_8)));
		}
		return new ConsumerRecords<>(Map.of(PARTITION, records), Map.of());
	}

	@Override
	public PartitionPlace place(int partition) {
		return new PartitionPlace(SharedFixture.EPOCH, this.end);
	}

	@Override
	public boolean isUp() {
		return true;
	}

	@Override
	public boolean isReachable() {
		return true;
	}

	@Override
	public Admin admin() {
		throw new UnsupportedOperationException();
	}

	@Override
	public DefaultKafkaProducerFactory<byte[], byte[]> producers() {
		throw new UnsupportedOperationException();
	}

	@Override
	public Consumer<byte[], byte[]> groupMember(String group, @Nullable String instance) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void start(FeedSink sink) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void stop() {
		throw new UnsupportedOperationException();
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		throw new UnsupportedOperationException();
	}

	@Override
	public void unsubscribe(String channel) {
		throw new UnsupportedOperationException();
	}

	@Override
	public @Nullable TopicInfo topic() {
		return null;
	}

}
