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

package io.github.atmosphererelay.stream.internal;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.stream.internal.ReducerEngine.PartitionRun;
import io.github.atmosphererelay.stream.internal.ReducerInterest.WantedQuery;
import io.github.atmosphererelay.stream.internal.ReducerTopic.Generation;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * One consumer of a reducer's group, with its thread. A batch has had all of its effects,
 * or has failed, before the consumer polls again; partitions are revoked within a poll,
 * so that nothing is under way by then. What the broker does not let it commit because it
 * has lost its partitions, the next owner does again.
 *
 * @param <S> the type of the states
 */
final class ReducerConsumer<S> {

	private static final int MAX_REQUESTS = 100;

	private static final Duration POLL = Duration.ofMillis(100);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private static final Duration PAUSE = Duration.ofMillis(500);

	private static final Duration END = Duration.ofSeconds(5);

	/** How soon it is noticed that the topic was made again. */
	private static final Duration TOPIC_CHECK = Duration.ofSeconds(5);

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(ReducerConsumer.class),
			Duration.ofSeconds(10));

	private final ReducerEngine<S> engine;

	private final StreamTable table;

	private final ReducerClients clients;

	private final SnapshotPublisher snapshots;

	private final ReducerTopic topic;

	private final String group;

	private final int number;

	private final Map<TopicPartition, PartitionSlot<S>> slots = new HashMap<>();

	/** Streams that have begun, of which the thread does not know yet. */
	private final Set<String> begun = ConcurrentHashMap.newKeySet();

	/** What nodes ask for. Those that do not fit ask again. */
	private final Queue<SnapshotRequest> requests = new ArrayBlockingQueue<>(MAX_REQUESTS);

	private final CountDownLatch stopping = new CountDownLatch(1);

	private final Thread thread;

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile ReducerProgress progress = ReducerProgress.NONE;

	private long topicChecked = System.nanoTime();

	ReducerConsumer(ReducerEngine<S> engine, StreamTable table, ReducerClients clients, SnapshotPublisher snapshots,
			ReducerTopic topic, String group, int number) {
		this.topic = topic;
		this.engine = engine;
		this.table = table;
		this.clients = clients;
		this.snapshots = snapshots;
		this.group = group;
		this.number = number;
		this.thread = Threads.factory("reducer-" + engine.functions().reducer().name()).newThread(this::consumeAll);
	}

	void start() {
		this.thread.start();
	}

	/**
	 * Let the consumer end after its present batch, without waiting.
	 */
	void stop() {
		this.stopping.countDown();
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer != null) {
			consumer.wakeup();
		}
	}

	/**
	 * Wait for the end, for up to five seconds.
	 */
	void awaitEnd() {
		join(this.thread);
	}

	static void join(Thread thread) {
		try {
			thread.join(END.toMillis());
			if (thread.isAlive()) {
				thread.interrupt();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Send the current states of a stream, soon, as far as this consumer has them. For
	 * any thread.
	 */
	void begun(String stream) {
		this.begun.add(stream);
	}

	/**
	 * Return how far this consumer has got. For any thread.
	 */
	ReducerProgress progress() {
		return this.progress;
	}

	private ReducerProgress progress(Consumer<byte[], byte[]> consumer) {
		long lag = 0;
		Map<String, String> problems = new HashMap<>();
		for (PartitionSlot<S> slot : this.slots.values()) {
			lag += consumer.currentLag(slot.partition).orElse(0);
			String problem = slot.problem();
			if (problem != null) {
				problems.put(slot.partition.toString(), problem);
			}
		}
		return new ReducerProgress(this.slots.size(), lag, problems);
	}

	/**
	 * Send the current states that match a query, soon, as far as this consumer has them.
	 * For any thread.
	 */
	void asked(SnapshotRequest request) {
		this.requests.offer(request);
	}

	private boolean isStopping() {
		return this.stopping.getCount() == 0;
	}

	private void consumeAll() {
		while (!isStopping()) {
			try {
				Consumer<byte[], byte[]> consumer = this.clients.member(this.group, this.number);
				try {
					this.consumer = consumer;
					consume(consumer);
				}
				finally {
					consumer.close(CloseOptions.timeout(ANSWER));
				}
			}
			catch (WakeupException ex) {
				// It stops
			}
			catch (InterruptException ex) {
				return;
			}
			catch (Throwable ex) {
				this.log.warn("The reducer '" + this.engine.functions().reducer().name()
						+ "' cannot read its topic. This is tried again until it works", ex);
				this.progress = new ReducerProgress(0, 0,
						Map.of(this.engine.functions().reducer().topic(), String.valueOf(ex)));
				if (!pause()) {
					return;
				}
			}
			finally {
				this.consumer = null;
				this.slots.clear();
			}
		}
		this.progress = ReducerProgress.NONE;
	}

	private boolean pause() {
		try {
			return !this.stopping.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			return false;
		}
	}

	private void consume(Consumer<byte[], byte[]> consumer) {
		consumer.subscribe(List.of(this.engine.functions().reducer().topic()), new Rebalances(consumer));
		try {
			while (!isStopping()) {
				if (System.nanoTime() - this.topicChecked > TOPIC_CHECK.toNanos()) {
					checkTopic(consumer);
				}
				resume(consumer);
				ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
				for (TopicPartition partition : records.partitions()) {
					PartitionSlot<S> slot = this.slots.get(partition);
					if (slot != null) {
						process(consumer, slot, records.records(partition));
					}
				}
				this.slots.values().forEach((slot) -> passed(consumer, slot));
				answer();
				commit(consumer, this.slots.values(), false);
				this.progress = progress(consumer);
			}
		}
		catch (WakeupException ex) {
			// It stops. All batches have ended
		}
		if (isStopping()) {
			commit(consumer, this.slots.values(), true);
		}
	}

	/**
	 * Open the partitions that are not open yet, and let those go on that have paused
	 * long enough.
	 */
	private void resume(Consumer<byte[], byte[]> consumer) {
		for (PartitionSlot<S> slot : this.slots.values()) {
			if (slot.isPaused()) {
				continue;
			}
			if (slot.engine == null) {
				open(consumer, slot);
			}
			else {
				consumer.resume(List.of(slot.partition));
			}
		}
	}

	private void open(Consumer<byte[], byte[]> consumer, PartitionSlot<S> slot) {
		TopicPartition partition = slot.partition;
		try {
			Generation generation = this.topic.find();
			if (generation == null) {
				// It was written, and is read in a moment
				slot.failed("the generation of the topic is not known yet");
				return;
			}
			slot.topic(generation.id());
			long beginning = consumer.beginningOffsets(List.of(partition), ANSWER).getOrDefault(partition, 0L);
			PartitionEngine<S> opened = this.engine
				.partition(new PartitionRun(partition.partition(), generation.partitions(), generation.number(),
						(slot.next < 0) ? beginning : slot.next, slot.attested));
			slot.next = opened.open(beginning);
			consumer.seek(partition, slot.next);
			if (opened.isUnrecovered()) {
				this.log.warn("The store has lost states of the reducer '" + this.engine.functions().reducer().name()
						+ "', and the partition " + partition + " has no records before offset " + beginning
						+ " any more: keys without later records have no state, and folds of all records begin"
						+ " there. Compact the topic, or keep its records longer, so that all states can be rebuilt");
			}
			slot.engine = opened;
			slot.worked();
			consumer.resume(List.of(partition));
		}
		catch (WakeupException | InterruptException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			failed(consumer, slot, ex);
		}
	}

	private void failed(Consumer<byte[], byte[]> consumer, PartitionSlot<S> slot, @Nullable Throwable failure) {
		slot.failed(String.valueOf(failure));
		consumer.pause(List.of(slot.partition));
		this.log.warn("The partition " + slot.partition + " of the reducer '" + this.engine.functions().reducer().name()
				+ "' waits for its store or the relay, and is read again: " + failure);
	}

	/**
	 * Open all partitions again if the topic is another one, or has other partitions.
	 * @return whether nothing has changed
	 */
	private boolean checkTopic(Consumer<byte[], byte[]> consumer) {
		this.topicChecked = System.nanoTime();
		Generation present;
		try {
			present = this.topic.find();
		}
		catch (WakeupException | InterruptException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			this.log.warn("It is not known whether the topic '" + this.engine.functions().reducer().topic()
					+ "' has changed, and is asked again: " + ex);
			return false;
		}
		boolean same = true;
		for (PartitionSlot<S> slot : this.slots.values()) {
			PartitionEngine<S> engine = slot.engine;
			if (engine != null && (present == null || present.number() != engine.run().generation())) {
				same = false;
				// What had its effects under the former generation is not read again
				slot.attested = engine.attestation();
				if (slot.attested == null) {
					slot.next = engine.run().start();
				}
				slot.engine = null;
				consumer.pause(List.of(slot.partition));
			}
		}
		return same;
	}

	private void process(Consumer<byte[], byte[]> consumer, PartitionSlot<S> slot,
			List<ConsumerRecord<byte[], byte[]>> records) {
		PartitionEngine<S> engine = slot.engine;
		if (engine == null) {
			return;
		}
		List<DataRecord> data = records.stream().map(ReducerConsumer::toData).toList();
		if (data.stream().anyMatch(engine::isElsewhere) && !checkTopic(consumer)) {
			if (slot.engine != null) {
				consumer.seek(slot.partition, data.get(0).offset());
				failed(consumer, slot, new IllegalStateException("It is not known how many partitions there are"));
			}
			return;
		}
		boolean rebuilding = engine.attestation() == null;
		BatchResult result = engine.process(data);
		slot.next = result.next();
		switch (result.status()) {
			case DONE -> slot.worked();
			case FAILED -> {
				consumer.seek(slot.partition, result.next());
				failed(consumer, slot, result.failure());
			}
			case LOST -> lost(consumer, slot);
		}
		rebuilt(slot, rebuilding);
	}

	/**
	 * Rebuild the states: up to where they have had their effects, without publishing.
	 */
	private void lost(Consumer<byte[], byte[]> consumer, PartitionSlot<S> slot) {
		PartitionEngine<S> engine = slot.engine;
		if (engine != null && engine.attestation() == null) {
			// They were being rebuilt. What was committed is further than where this was
			slot.next = engine.run().start();
		}
		slot.attested = null;
		slot.engine = null;
		consumer.pause(List.of(slot.partition));
	}

	/**
	 * Note where the partition was read up to, beyond what no consumer sees.
	 */
	private void passed(Consumer<byte[], byte[]> consumer, PartitionSlot<S> slot) {
		PartitionEngine<S> engine = slot.engine;
		if (engine == null || slot.isPaused()) {
			return;
		}
		boolean rebuilding = engine.attestation() == null;
		try {
			long position = consumer.position(slot.partition, ANSWER);
			if (!engine.passed(position)) {
				lost(consumer, slot);
				return;
			}
			slot.next = position;
			rebuilt(slot, rebuilding);
		}
		catch (WakeupException | InterruptException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			failed(consumer, slot, ex);
		}
	}

	private void rebuilt(PartitionSlot<S> slot, boolean rebuilding) {
		PartitionEngine<S> engine = slot.engine;
		if (rebuilding && engine != null && engine.attestation() != null) {
			// What streams got meanwhile may have been from what was left
			slot.waiting.addAll(this.table.begun(this.engine.functions().reducer().name()));
		}
	}

	/**
	 * Send current states to the streams that wait for them.
	 */
	private void answer() {
		for (String stream : this.begun) {
			this.begun.remove(stream);
			this.slots.values().forEach((slot) -> slot.waiting.add(stream));
		}
		this.slots.values().forEach(this::answer);
		SnapshotRequest request = this.requests.poll();
		if (request != null) {
			answer(request);
		}
	}

	/** One at a time, so that records are not held up for long. */
	private void answer(SnapshotRequest request) {
		try {
			ReducerFunctions<S> functions = this.engine.functions();
			WantedQuery query = new WantedQuery(request.query(), functions.parameters(request.query()), Map.of());
			Variant variant = new Variant(request.variant(),
					functions.reducer().variant().apply(request.subscription()));
			for (PartitionSlot<S> slot : this.slots.values()) {
				PartitionEngine<S> engine = slot.engine;
				if (engine != null && engine.attestation() != null && !slot.isPaused()) {
					this.snapshots.publish(request.id(), engine.snapshot(query, variant))
						.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (Exception ex) {
			this.log.warn("A snapshot of a query could not be sent, and the client has to ask again: " + ex);
		}
	}

	private void answer(PartitionSlot<S> slot) {
		PartitionEngine<S> engine = slot.engine;
		if (engine == null || engine.attestation() == null || slot.isPaused()) {
			return;
		}
		for (String stream : List.copyOf(slot.waiting)) {
			StreamDefinition definition = this.table.get(stream);
			Variant variant = this.table.variantOf(stream);
			try {
				if (definition != null && variant != null && definition.begun()
						&& definition.reducer().equals(this.engine.functions().reducer().name())) {
					StreamSnapshot snapshot = engine.snapshot(definition.selection(), variant);
					this.snapshots.publish(stream, snapshot).get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
					if (!snapshot.complete()) {
						return;
					}
				}
				slot.waiting.remove(stream);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return;
			}
			catch (Exception ex) {
				this.log.warn("The current states of a stream could not be sent, and are sent again: " + ex);
				return;
			}
		}
	}

	private void commit(Consumer<byte[], byte[]> consumer, Collection<PartitionSlot<S>> slots, boolean wait) {
		Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
		for (PartitionSlot<S> slot : slots) {
			OffsetAndMetadata offset = slot.toCommit();
			if (offset != null) {
				offsets.put(slot.partition, offset);
				slot.committed(offset.offset());
			}
		}
		if (offsets.isEmpty()) {
			return;
		}
		if (!wait) {
			consumer.commitAsync(offsets, (committed, failure) -> {
				if (failure != null) {
					this.slots.values().forEach((slot) -> slot.committed(-1));
					this.log.warn("Offsets could not be committed, and are committed again: " + failure);
				}
			});
			return;
		}
		try {
			commit(consumer, offsets);
		}
		catch (InterruptException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			// The next owner does again what has had its effects, and nothing comes twice
			this.log.warn("Offsets could not be committed: " + ex);
		}
	}

	private static void commit(Consumer<byte[], byte[]> consumer, Map<TopicPartition, OffsetAndMetadata> offsets) {
		try {
			consumer.commitSync(offsets, ANSWER);
		}
		catch (WakeupException ex) {
			// It was to end the next poll, and it ends only one call
			consumer.commitSync(offsets, ANSWER);
		}
	}

	private static DataRecord toData(ConsumerRecord<byte[], byte[]> record) {
		Map<String, String> headers = new HashMap<>();
		for (Header header : record.headers()) {
			if (header.value() != null) {
				headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
			}
		}
		return new DataRecord(record.offset(), text(record.key()), record.value(),
				Instant.ofEpochMilli(record.timestamp()), headers);
	}

	private static @Nullable String text(byte @Nullable [] key) {
		try {
			return (key != null) ? StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString() : null;
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

	/**
	 * Takes over and gives back partitions. Called within polls.
	 */
	private final class Rebalances implements ConsumerRebalanceListener {

		private final Consumer<byte[], byte[]> consumer;

		Rebalances(Consumer<byte[], byte[]> consumer) {
			this.consumer = consumer;
		}

		@Override
		public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
			Map<TopicPartition, OffsetAndMetadata> committed = this.consumer.committed(Set.copyOf(partitions), ANSWER);
			for (TopicPartition partition : partitions) {
				if (committed.get(partition) == null) {
					// Until it is opened: a consumer polls only if it has a position
					this.consumer.seek(partition, 0);
				}
				PartitionSlot<S> slot = PartitionSlot.of(partition, committed.get(partition));
				ReducerConsumer.this.slots.put(partition, slot);
				slot.waiting
					.addAll(ReducerConsumer.this.table.begun(ReducerConsumer.this.engine.functions().reducer().name()));
			}
			// Nothing is read before the store has told what it has
			this.consumer.pause(partitions);
		}

		@Override
		public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
			List<PartitionSlot<S>> revoked = remove(partitions);
			commit(this.consumer, revoked, true);
		}

		@Override
		public void onPartitionsLost(Collection<TopicPartition> partitions) {
			remove(partitions);
		}

		private List<PartitionSlot<S>> remove(Collection<TopicPartition> partitions) {
			List<PartitionSlot<S>> removed = new ArrayList<>();
			for (TopicPartition partition : partitions) {
				PartitionSlot<S> slot = ReducerConsumer.this.slots.remove(partition);
				if (slot != null) {
					removed.add(slot);
				}
			}
			return removed;
		}

	}

}
