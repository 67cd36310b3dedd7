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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Reads all partitions of a feed's topic, beginning at their ends. One thread does all of
 * it. It stays with a partition where it is as long as the topic is the same, whatever
 * happens to the connection.
 */
final class EveryoneInput implements FeedInput {

	private static final Duration POLL = Duration.ofMillis(250);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(2);

	/** A consumer that has got no answer for this long is replaced. */
	private static final Duration MAX_SILENCE = Duration.ofSeconds(15);

	/** What is not there, or not allowed, will hardly be a second later. */
	private static final Duration REFUSED_PAUSE = Duration.ofSeconds(5);

	private static final Duration END = Duration.ofSeconds(2);

	private final FeedRun run;

	private final FeedSettings settings;

	/** The partitions that are read for the values that they begin with. */
	private final Map<Integer, Loading> loading = new HashMap<>();

	/** Up to where the sink has got everything, by partition. */
	private final Map<Integer, PartitionPlace> places = new ConcurrentHashMap<>();

	private final CountDownLatch stopping = new CountDownLatch(1);

	private final CompletableFuture<@Nullable Void> placed = new CompletableFuture<>();

	private volatile @Nullable TopicInfo topic;

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile boolean up;

	/** Since when the broker does not answer, in nanoseconds. */
	private long downSince;

	private volatile long lag;

	private @Nullable Thread thread;

	EveryoneInput(FeedRun run) {
		this.run = run;
		this.settings = run.settings();
	}

	@Override
	public void start(FeedSink sink) {
		Thread thread = Threads.factory("feed-" + this.settings.name()).newThread(() -> readAll(sink));
		this.thread = thread;
		thread.start();
	}

	@Override
	public void stop() {
		this.stopping.countDown();
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
		Thread thread = this.thread;
		if (thread != null) {
			try {
				thread.join(END.toMillis());
				if (thread.isAlive()) {
					// It waits for the application's mapping, or for a broker
					thread.interrupt();
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
		this.up = false;
		this.placed.completeExceptionally(new RelayUnavailableException(this.settings.name(), null));
	}

	@Override
	public CompletableFuture<@Nullable Void> subscribe(String channel) {
		return this.placed.copy();
	}

	@Override
	public void unsubscribe(String channel) {
		// All records come, whoever wants them
	}

	@Override
	public boolean isUp() {
		return this.up;
	}

	@Override
	public @Nullable TopicInfo topic() {
		return this.topic;
	}

	@Override
	public @Nullable PartitionPlace place(int partition) {
		return this.places.get(partition);
	}

	@Override
	public long lag() {
		return this.lag;
	}

	private boolean isStopping() {
		return this.stopping.getCount() == 0;
	}

	private void readAll(FeedSink sink) {
		Duration pause = FIRST_PAUSE;
		while (!isStopping()) {
			try {
				read(sink);
			}
			catch (InterruptedException | InterruptException ex) {
				return;
			}
			catch (WakeupException ex) {
				// The feed stops
			}
			catch (Throwable ex) {
				boolean worked = this.up;
				this.up = false;
				failed(ex);
				pause = worked ? FIRST_PAUSE : shorter(pause.multipliedBy(2), MAX_PAUSE);
				if (!pause(isRefusal(ex) ? REFUSED_PAUSE : pause)) {
					return;
				}
			}
			finally {
				this.consumer = null;
			}
		}
	}

	private static Duration shorter(Duration first, Duration second) {
		return (first.compareTo(second) < 0) ? first : second;
	}

	private static boolean isRefusal(Throwable failure) {
		return failure instanceof AuthorizationException || failure instanceof UnknownTopicOrPartitionException;
	}

	private void failed(Throwable failure) {
		this.run.health().failed(failure, this.run.clients().servers());
		if (!(failure instanceof KafkaException)) {
			this.run.guard().failed(failure);
		}
	}

	/**
	 * Wait before the next attempt.
	 * @return whether there is one
	 */
	private boolean pause(Duration pause) {
		try {
			return !this.stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			return false;
		}
	}

	/**
	 * Connect, and read until the connection does not work any more.
	 */
	private void read(FeedSink sink) throws InterruptedException {
		FeedClients clients = this.run.clients();
		if (!clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		try (TopicWatch watch = new TopicWatch(this.settings.topic(), clients.admin())) {
			TopicInfo found = watch.ask();
			this.downSince = System.nanoTime();
			try (Consumer<byte[], byte[]> reader = clients.topicReader()) {
				this.consumer = reader;
				adopt(found, reader, sink);
				while (!isStopping()) {
					look(watch, reader, sink);
					poll(watch, reader, sink);
				}
			}
		}
	}

	private void look(TopicWatch watch, Consumer<byte[], byte[]> consumer, FeedSink sink) throws InterruptedException {
		TopicInfo found;
		try {
			found = watch.look();
		}
		catch (AuthorizationException | UnknownTopicOrPartitionException ex) {
			throw ex;
		}
		catch (KafkaException ex) {
			// The broker is away. The consumer waits for it, unless it may have come back
			// at another address
			this.run.health().failed(ex, this.run.clients().servers());
			if (this.up) {
				this.up = false;
				this.downSince = System.nanoTime();
			}
			else if (System.nanoTime() - this.downSince > MAX_SILENCE.toNanos()) {
				throw ex;
			}
			return;
		}
		if (found != null) {
			if (!found.equals(this.topic)) {
				adopt(found, consumer, sink);
			}
			works(found);
		}
	}

	private void works(TopicInfo topic) {
		if (!this.loading.isEmpty()) {
			return;
		}
		this.up = true;
		this.placed.complete(null);
		this.run.health()
			.works("reads " + topic.partitions() + " partitions of the topic '" + this.settings.topic() + "'");
	}

	/**
	 * Take over what is now known of the topic, and read on where that says.
	 */
	private void adopt(TopicInfo found, Consumer<byte[], byte[]> consumer, FeedSink sink) {
		TopicInfo known = this.topic;
		List<TopicPartition> partitions = new ArrayList<>();
		for (int i = 0; i < found.partitions(); i++) {
			partitions.add(new TopicPartition(this.settings.topic(), i));
		}
		Map<TopicPartition, Long> ends = (known != null) ? Map.of() : consumer.endOffsets(partitions, ANSWER);
		consumer.assign(partitions);
		boolean another = known == null || !known.epoch().equals(found.epoch());
		boolean recreated = known != null && !known.id().equals(found.id());
		FeedState state = this.run.state();
		if (state != null && recreated) {
			state.clear();
			this.loading.clear();
		}
		Map<TopicPartition, Long> begins = (state != null && known == null)
				? consumer.beginningOffsets(partitions, ANSWER) : Map.of();
		for (TopicPartition partition : partitions) {
			PartitionPlace place = this.places.get(partition.partition());
			// All of a topic that was made again, and of a partition that was added, was
			// written while this node was reading the feed
			long next = (place != null && !recreated) ? place.offset() : 0;
			if (known == null) {
				next = Objects.requireNonNull(ends.get(partition));
			}
			Long first = begins.get(partition);
			if (first != null && first < next) {
				this.loading.put(partition.partition(), new Loading(first, next));
			}
			Loading loading = this.loading.get(partition.partition());
			if (loading != null) {
				consumer.seek(partition, loading.next);
				continue;
			}
			if (another) {
				begin(partition.partition(), found.epoch(), next);
			}
			consumer.seek(partition, next);
		}
		this.places.keySet().removeIf((partition) -> partition >= found.partitions());
		this.topic = found;
		works(found);
		if (known != null && another) {
			this.run.health().changed(found);
			sink.changed();
		}
	}

	private void begin(int partition, String epoch, long next) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.begin(partition, next);
		}
		this.places.put(partition, new PartitionPlace(epoch, next));
	}

	private void poll(TopicWatch watch, Consumer<byte[], byte[]> consumer, FeedSink sink) throws InterruptedException {
		ConsumerRecords<byte[], byte[]> records;
		try {
			records = consumer.poll(POLL);
		}
		catch (OffsetOutOfRangeException ex) {
			TopicInfo found = watch.ask();
			if (!found.equals(this.topic)) {
				adopt(found, consumer, sink);
			}
			else {
				catchUp(ex.offsetOutOfRangePartitions().keySet(), consumer, sink);
			}
			return;
		}
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.forget();
		}
		TopicInfo topic = this.topic;
		if (topic == null) {
			return;
		}
		for (TopicPartition partition : records.partitions()) {
			for (ConsumerRecord<byte[], byte[]> record : records.records(partition)) {
				if (!take(topic, record, watch, consumer, sink)) {
					// The topic has changed. The consumer reads the rest again
					return;
				}
			}
			// Beyond what no consumer sees, such as the end of a transaction
			passed(topic, partition.partition(), consumer.position(partition));
		}
		if (!this.loading.isEmpty()) {
			// Where nothing but such ends is left to read, no records come
			for (Integer partition : List.copyOf(this.loading.keySet())) {
				passed(topic, partition, consumer.position(new TopicPartition(this.settings.topic(), partition)));
			}
			works(topic);
		}
		this.lag = consumer.assignment().stream().mapToLong((each) -> consumer.currentLag(each).orElse(0)).sum();
	}

	/**
	 * Note that a partition was read up to an offset.
	 */
	private void passed(TopicInfo topic, int partition, long next) {
		Loading loading = this.loading.get(partition);
		if (loading != null) {
			loading.next = next;
			if (next < loading.end) {
				return;
			}
			this.loading.remove(partition);
			begin(partition, topic.epoch(), loading.end);
		}
		this.places.put(partition, new PartitionPlace(topic.epoch(), next));
	}

	/**
	 * Read on from where there is something: this node was away for longer than the topic
	 * keeps its records, or the broker has lost the last ones.
	 */
	private void catchUp(Collection<TopicPartition> partitions, Consumer<byte[], byte[]> consumer, FeedSink sink) {
		Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, ANSWER);
		Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, ANSWER);
		for (TopicPartition partition : partitions) {
			PartitionPlace place = this.places.get(partition.partition());
			Long begin = begins.get(partition);
			Long end = ends.get(partition);
			if (place == null || begin == null || end == null) {
				continue;
			}
			long next = Math.min(Math.max(place.offset(), begin), end);
			begin(partition.partition(), place.epoch(), next);
			consumer.seek(partition, next);
			this.run.statistics().countGap();
			sink.gap(partition.partition());
		}
	}

	/**
	 * Take a record.
	 * @return whether the following ones are still to be taken
	 */
	private boolean take(TopicInfo topic, ConsumerRecord<byte[], byte[]> record, TopicWatch watch,
			Consumer<byte[], byte[]> consumer, FeedSink sink) throws InterruptedException {
		FeedStatistics statistics = this.run.statistics();
		Mapped mapped = this.run.mapper().map(record);
		if (mapped instanceof Mapped.Message && this.settings.isRecorded() && isMisplaced(topic, record)) {
			TopicInfo found = watch.askIfDue();
			if (found != null && !found.equals(topic)) {
				adopt(found, consumer, sink);
				return false;
			}
			mapped = new Mapped.Skipped(SkipReason.MISPLACED, null);
		}
		FeedState state = this.run.state();
		if (state != null && mapped instanceof Mapped.Message message && !state.put(message.record())) {
			this.run.health().stateIsFull();
		}
		Loading loading = this.loading.get(record.partition());
		if (loading != null) {
			if (record.offset() < loading.end) {
				return true;
			}
			passed(topic, record.partition(), loading.end);
		}
		statistics.countRecord(Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()));
		RecoveryMemory memory = this.run.memory();
		if (memory != null && mapped instanceof Mapped.Message message) {
			memory.add(record.partition(), message.record());
		}
		// Before it is delivered: a subscriber that begins at this place has the record
		// behind it
		this.places.put(record.partition(), new PartitionPlace(topic.epoch(), record.offset() + 1));
		if (mapped instanceof Mapped.Message message) {
			statistics.countMapped();
			this.run.guard().run(() -> sink.record(topic.epoch(), record.partition(), message.record()));
		}
		else if (mapped instanceof Mapped.Skipped skipped) {
			statistics.countSkipped(skipped.reason());
			this.run.health().skipped(record, skipped);
		}
		return true;
	}

	private boolean isMisplaced(TopicInfo topic, ConsumerRecord<byte[], byte[]> record) {
		return this.run.partitioner().partition(record.key(), topic.partitions()) != record.partition();
	}

	/**
	 * A partition that is read for the values that it begins with.
	 */
	private static final class Loading {

		private final long end;

		private long next;

		Loading(long next, long end) {
			this.next = next;
			this.end = end;
		}

	}

}
