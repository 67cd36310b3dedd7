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
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.WireFormatException.Reason;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the logs of recorded channels in one topic, in which each channel has its
 * partition. Exists as long as its {@link KafkaConnector}, across all receivers and
 * senders.
 * <p>
 * {@link KafkaPositions} describes positions. A receipt waits until this node has read
 * the record back, because the producer does not learn the record's leader epoch.
 * <p>
 * Threads: the connector's worker calls {@link #open}, {@link #isChanged},
 * {@link #canOpenMore}, {@link #replaceAdmin}, {@link #interrupted}, {@link #sendNotices}
 * and {@link #disconnect}; the receiver's thread calls {@link #receive} and
 * {@link #progressed}. Any thread may call the other methods, which do not block.
 */
final class KafkaLog implements ChannelLog {

	private static final Log logger = LogFactory.getLog(KafkaLog.class);

	/** How many times the delivery of a record is attempted. */
	static final int MAX_ATTEMPTS = 3;

	private static final Duration SEARCH_TIMEOUT = Duration.ofSeconds(10);

	private static final int READ_THREADS = 3;

	/** How many idempotency keys are kept in all partitions together. */
	static final int MAX_KEYS = 100_000;

	private final KafkaRelaySettings settings;

	private final KafkaClientFactory clients;

	private final KafkaSubscriptions subscriptions;

	private final RelayListener listener;

	private final KafkaTopic topic;

	private final KafkaLogRanges ranges;

	private final KafkaLogReaderPool readers;

	private final KafkaLogReadCoordinator reads;

	private final KafkaLogNotifier notices;

	private final Runnable whenWarm;

	private final Runnable whenDiverged;

	private final AtomicBoolean foreignReported = new AtomicBoolean();

	/**
	 * Publications whose receipt waits until this node has read their record. Bounded by
	 * the number of publications that the sender accepts.
	 */
	private final Map<UUID, CompletableFuture<Receipt>> expected = new ConcurrentHashMap<>();

	/**
	 * Completes receipts on a separate thread. Code of publishers then does not delay the
	 * receiver, and many reads at once do not delay receipts. There is one thread, so
	 * receipts are completed in order.
	 */
	private final ThreadPoolExecutor receipts = executor(1, "kafka-receipts");

	private final ThreadPoolExecutor executor = executor(READ_THREADS, "kafka-reads");

	/** Partitions that have lost records, which is not reported yet. */
	private final Set<Integer> unreported = new TreeSet<>();

	/** Whether the topic was created again and the connector has not been told so. */
	private boolean renewed;

	/** The number of partitions of the last warning. */
	private int reportedPartitions;

	private volatile @Nullable KafkaLogLife life;

	private volatile boolean warm;

	KafkaLog(KafkaRelaySettings settings, KafkaClientFactory clients, KafkaSubscriptions subscriptions,
			RelayListener listener, ScheduledExecutorService scheduler, KafkaAdmin admin, Runnable whenWarm,
			Runnable whenDiverged) {
		this.settings = settings;
		this.clients = clients;
		this.subscriptions = subscriptions;
		this.listener = listener;
		this.whenWarm = whenWarm;
		this.whenDiverged = whenDiverged;
		this.topic = KafkaTopic.ofLogs(settings);
		this.notices = new KafkaLogNotifier(settings, subscriptions, listener);
		this.ranges = new KafkaLogRanges(settings.logTopic(), settings.publishTimeout(), admin);
		Guard guard = listener.guards().of(Part.LOG_READER);
		this.readers = KafkaLogReaderPool.create(settings, clients::logReader, guard);
		this.reads = new KafkaLogReadCoordinator(settings, this.ranges, this.readers, scheduler, this.executor,
				whenDiverged, guard);
	}

	private static ThreadPoolExecutor executor(int threads, String purpose) {
		return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				Threads.factory(purpose), new ThreadPoolExecutor.DiscardPolicy());
	}

	/**
	 * Look up the topic, and set the offsets at which the next receiver starts. Reports
	 * gaps. Blocks.
	 * @param admin the client that asks the broker, now and until {@link #disconnect}
	 * @return whether the topic was created again since the last call
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	boolean open(Admin admin) throws InterruptedException {
		KafkaTopic.Description found = this.topic.prepare(admin);
		KafkaLogLife known = this.life;
		boolean same = known != null && known.id().equals(found.id());
		// Partitions that are added later stay unused, because using them would move
		// channels to other partitions.
		int count = (known != null && same) ? known.partitions().length : found.usable(this.settings.partitions());
		Map<Integer, KafkaOffsets.Range> held = this.topic.ranges(admin, found, count);
		if (known != null && same) {
			resume(known, held);
			openMore(admin, known, held);
			checkCount(found, known);
		}
		else {
			// A topic that was created after this node's start contains only records of
			// the time since then.
			Map<Integer, OptionalLong> recent = (known != null) ? null : recent(admin, held.keySet());
			KafkaLogLife life = KafkaLogLife.begin(this.settings, found.id(), count, held, recent,
					this.listener::keyForgotten);
			// Set together with the life: if the rest fails, the next attempt does not
			// see the change again
			for (int i = 0; known != null && i < Math.max(count, known.partitions().length); i++) {
				this.unreported.add(i);
			}
			this.renewed |= known != null;
			this.life = life;
			report(found);
			new KafkaLogTopicCheck(this.settings).run(admin);
		}
		this.warm = false;
		this.ranges.connect(admin);
		this.reads.connected();
		reportGaps(this.unreported);
		this.unreported.clear();
		boolean renewed = this.renewed;
		this.renewed = false;
		return renewed;
	}

	private Map<Integer, OptionalLong> recent(Admin admin, Collection<Integer> partitions) throws InterruptedException {
		if (partitions.isEmpty()) {
			return Map.of();
		}
		return this.topic.offsetsAt(admin, partitions,
				System.currentTimeMillis() - 2 * this.settings.idempotencyWindow().toMillis());
	}

	private void resume(KafkaLogLife life, Map<Integer, KafkaOffsets.Range> held) {
		for (KafkaLogPartition partition : life.partitions()) {
			KafkaOffsets.Range range = held.get(partition.number());
			if (range == null || life.closed().contains(partition.number())) {
				continue;
			}
			if (partition.isDiverged(range)) {
				long offset = divergence(partition, range);
				logger.warn("Partition " + partition.number() + " of topic '" + this.settings.logTopic()
						+ "' contains other records than before from offset " + offset + " on, because of an unclean"
						+ " leader election. Records that only the former leader had are lost. Clients with positions"
						+ " are told. Set unclean.leader.election.enable of the topic to 'false'");
				this.unreported.add(partition.number());
				partition.truncate(offset, range);
			}
			else if (partition.resume(range)) {
				this.unreported.add(partition.number());
			}
		}
	}

	/**
	 * Start reading the partitions that had no leader so far and have one now. What was
	 * appended before that is reported as a gap.
	 */
	private void openMore(Admin admin, KafkaLogLife known, Map<Integer, KafkaOffsets.Range> held)
			throws InterruptedException {
		Set<Integer> more = new TreeSet<>(known.closed());
		more.retainAll(held.keySet());
		if (!more.isEmpty()) {
			KafkaLogLife life = known.open(this.settings, held, recent(admin, more), this.listener::keyForgotten);
			more.removeAll(life.closed());
			this.unreported.addAll(more);
			this.life = life;
		}
	}

	/**
	 * Check whether partitions that had no leader when this node started, and therefore
	 * are not read, have one now.
	 * @param admin the client that asks the broker
	 * @return whether {@link #open} has to be called again
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	boolean canOpenMore(Admin admin) throws InterruptedException {
		KafkaLogLife life = this.life;
		if (life == null || life.closed().isEmpty()) {
			return false;
		}
		List<Integer> led = new ArrayList<>(life.closed());
		led.removeAll(this.topic.describe(admin).leaderless());
		return !led.isEmpty() && !this.topic.ranges(admin, led, KafkaTopic.TIMEOUT).isEmpty();
	}

	/**
	 * Find the offset from which the broker's records differ from those that this node
	 * has read, by binary search.
	 */
	private long divergence(KafkaLogPartition partition, KafkaOffsets.Range range) {
		KafkaLogIndex.Part read = partition.readOf(range);
		long same = read.from();
		long differs = Math.max(read.from(), read.to());
		TopicPartition key = new TopicPartition(this.settings.logTopic(), partition.number());
		long deadline = System.nanoTime() + SEARCH_TIMEOUT.toNanos();
		try (Consumer<byte[], byte[]> consumer = this.clients.logReader()) {
			consumer.assign(List.of(key));
			while (same < differs) {
				long middle = (same + differs) >>> 1;
				List<KafkaLogReader.Mark> marks = KafkaLogReader.marks(consumer, key, middle, range.end(), () -> {
					long left = deadline - System.nanoTime();
					if (left <= 0) {
						throw new TimeoutException(
								"The broker did not answer in time: the records of topic '" + this.settings.logTopic()
										+ "' could not be compared with those that this node has read");
					}
					return consumer.poll(Duration.ofNanos(left)).records(key);
				});
				if (!marks.isEmpty() && marks.get(0).offset() < differs && partition.isSame(marks.get(0))) {
					same = marks.get(0).offset() + 1;
				}
				else {
					differs = middle;
				}
			}
		}
		return same;
	}

	private void report(KafkaTopic.Description found) {
		if (found.partitions() != this.settings.partitions()) {
			logger.warn("Topic '" + this.settings.logTopic() + "' has " + found.partitions()
					+ " partitions, but 'atmosphere.relay.kafka.partitions' is " + this.settings.partitions()
					+ ". This node uses " + found.usable(this.settings.partitions())
					+ ". Set the same number on all nodes, or they do not get each other's messages");
		}
	}

	/**
	 * Warn if nodes that start now would use more partitions than this one. Nodes have to
	 * use the same number, because it decides which partition a channel has.
	 */
	private void checkCount(KafkaTopic.Description found, KafkaLogLife life) {
		int count = life.partitions().length;
		if (found.usable(this.settings.partitions()) == count || this.reportedPartitions == found.partitions()) {
			return;
		}
		this.reportedPartitions = found.partitions();
		logger.warn("Topic '" + this.settings.logTopic() + "' now has " + found.partitions()
				+ " partitions. This node continues to use " + count + " of them, but nodes that start from now on use "
				+ found.usable(this.settings.partitions()) + ", so these two groups of nodes do not get each other's"
				+ " messages of recorded channels. Stop all nodes and then start them again, or start new nodes with"
				+ " 'atmosphere.relay.kafka.partitions' set to " + count);
	}

	private void reportGaps(Set<Integer> lost) {
		if (lost.isEmpty()) {
			return;
		}
		logger.warn("Messages of recorded channels may be lost: topic '" + this.settings.logTopic()
				+ "' no longer has all records that were appended while this node was not connected, in " + lost.size()
				+ " of its partitions. Clients with positions are told. The outage was longer than the"
				+ " topic's retention, or the topic was created again or has lost records");
		for (Address address : this.subscriptions.addresses()) {
			KafkaLogPartition partition = (address instanceof Address.Channel) ? partition(address.value()) : null;
			if (partition != null && lost.contains(partition.number())) {
				this.listener.gap(address);
			}
		}
	}

	/**
	 * Note that the broker has lost records that this node has read.
	 * @param partitions the affected partitions, of any topic
	 */
	void diverged(Collection<TopicPartition> partitions) {
		KafkaLogLife life = this.life;
		for (TopicPartition partition : partitions) {
			if (life != null && partition.topic().equals(this.settings.logTopic())
					&& partition.partition() < life.partitions().length) {
				life.partitions()[partition.partition()].diverged();
			}
		}
	}

	/**
	 * Return whether the broker's records of a partition differ from those that this node
	 * has read.
	 * @return whether {@link #open} has to be called again
	 */
	boolean isDiverged() {
		KafkaLogLife life = this.life;
		return life != null && Arrays.stream(life.partitions()).anyMatch(KafkaLogPartition::isDiverged);
	}

	/**
	 * Check whether the topic was created again.
	 * @param admin the client that asks the broker
	 * @return whether the topic is another one than the one that was opened
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	boolean isChanged(Admin admin) throws InterruptedException {
		KafkaLogLife known = this.life;
		if (known == null) {
			return false;
		}
		KafkaTopic.Description found = this.topic.prepare(admin);
		if (!known.id().equals(found.id())) {
			return true;
		}
		checkCount(found, known);
		return false;
	}

	/**
	 * Replace the client that asks the broker.
	 * @param admin the client that asks the broker until {@link #disconnect}
	 */
	void replaceAdmin(Admin admin) {
		this.ranges.connect(admin);
	}

	/**
	 * Note that there is no working receiver at present.
	 */
	void interrupted() {
		this.reads.disconnected();
	}

	/**
	 * Close the connections, because they may not work. {@link #open} creates new ones.
	 */
	void disconnect() {
		this.reads.disconnected();
		this.ranges.disconnect();
		this.readers.disconnect();
	}

	void close() {
		this.reads.close();
		this.readers.close();
		this.ranges.disconnect();
		this.receipts.shutdown();
		this.executor.shutdown();
	}

	void awaitEnd(Duration timeout) throws InterruptedException {
		this.readers.awaitEnd(timeout);
	}

	/**
	 * Return the offsets at which a receiver starts.
	 * @return the next offset by partition
	 */
	Map<Integer, Long> current() {
		KafkaLogLife life = this.life;
		return (life != null) ? life.current() : Map.of();
	}

	/**
	 * Return whether this node has read everything that was in the log when it started.
	 * @return whether the latest records and the idempotency keys are in memory
	 */
	boolean isWarm() {
		KafkaLogLife life = this.life;
		return life != null && life.isWarm();
	}

	/**
	 * Look up where a partition ends.
	 * @return completes with the offset after its last record
	 */
	CompletableFuture<Long> end(int partition) {
		return this.ranges.ask(partition).thenApply(KafkaOffsets.Range::end);
	}

	/**
	 * Return the topic as this node reads it.
	 * @return the topic, or {@code null} if it was not found yet
	 */
	@Nullable KafkaLogLife life() {
		return this.life;
	}

	/**
	 * Return the offset from which a partition has to be received.
	 * @param partition the partition's number
	 * @return an offset
	 */
	long start(int partition) {
		KafkaLogLife life = this.life;
		return (life != null && partition < life.partitions().length) ? life.partitions()[partition].start() : 0;
	}

	/**
	 * Process a record.
	 * @param record the record
	 * @return whether to continue; if not, the receiver has to seek to {@link #start} in
	 * the record's partition
	 */
	boolean receive(ConsumerRecord<byte[], byte[]> record) {
		KafkaLogLife life = this.life;
		if (life == null || record.partition() >= life.partitions().length) {
			return true;
		}
		KafkaLogPartition partition = life.partitions()[record.partition()];
		switch (partition.arrived(record.offset(), KafkaLogEntry.leaderEpoch(record))) {
			case TAKE -> {
				return take(record, partition);
			}
			case GO_BACK -> {
				return false;
			}
			case DIVERGED -> this.whenDiverged.run();
			case PASS -> logger.trace("Passed over a record");
		}
		return true;
	}

	/**
	 * Deliver a record. If the listener fails, the record is received again: otherwise
	 * subscribers would miss it, although later positions say that they have got it.
	 */
	private boolean take(ConsumerRecord<byte[], byte[]> record, KafkaLogPartition partition) {
		try {
			deliver(record, partition);
		}
		catch (Throwable ex) {
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
			if (partition.failed(record.offset()) < MAX_ATTEMPTS) {
				return false;
			}
			giveUp(record, partition, ex);
		}
		partition.delivered(record.offset());
		return true;
	}

	/**
	 * Stop trying to deliver a record, and tell subscribers of its channel that there is
	 * a gap. They read the record from the log.
	 */
	private void giveUp(ConsumerRecord<byte[], byte[]> record, KafkaLogPartition partition, Throwable failure) {
		try {
			partition.giveUp(record.offset(), record.key());
		}
		catch (Throwable ex) {
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
		}
		try {
			logger.error("The record at offset " + record.offset() + " of partition " + record.partition()
					+ " of topic '" + record.topic() + "' was not delivered, because the listener failed "
					+ MAX_ATTEMPTS + " times. Subscribers of its channel are told of a gap and read it from the log",
					failure);
			byte @Nullable [] key = record.key();
			String value = (key != null) ? new String(key, StandardCharsets.UTF_8) : "";
			for (Address address : this.subscriptions.addresses()) {
				if (address.value().equals(value)) {
					this.listener.gap(address);
				}
			}
		}
		catch (Throwable ex) {
			logger.error("Subscribers could not be told of a gap in a recorded channel", ex);
		}
	}

	private void deliver(ConsumerRecord<byte[], byte[]> record, KafkaLogPartition partition) {
		boolean live = partition.isLive(record.offset());
		try {
			Envelope envelope = decode(record);
			KafkaLogLife life = this.life;
			if (envelope.kind() == Envelope.Kind.CONTROL && life != null) {
				this.notices.take(record, envelope, partition, life);
				return;
			}
			KafkaLogEntry entry = KafkaLogEntry.of(record, envelope);
			if (partition(entry.address()) != partition) {
				reportForeign();
				throw new WireFormatException(Reason.FOREIGN,
						"The record is in a partition that its channel does not have");
			}
			KafkaKeys.First first = partition.add(entry);
			boolean once = first == null || first.offset() == entry.offset();
			answer(envelope, (first != null) ? first.id() : envelope.id(),
					partition.positions().position((first != null) ? first.place() : entry.place()));
			if (once && live && this.subscriptions.contains(entry.address())) {
				this.listener.received(envelope, partition.positions().position(entry.place()));
			}
		}
		catch (WireFormatException ex) {
			logger.debug("Skipped a record of the log", ex);
			partition.skip(record.offset(), record.key());
			if (live) {
				this.listener.rejected(ex.getReason());
			}
		}
	}

	/**
	 * Write the notices of lost records that other nodes have to read, until the notices
	 * are in the partitions. Called by the connector's worker at intervals.
	 * @param sender sends the notices
	 */
	void sendNotices(KafkaSender sender) {
		KafkaLogLife life = this.life;
		if (life != null) {
			this.notices.send(life, sender);
		}
	}

	@Override
	public boolean hasLostSince(String channel, Position since) {
		String address = new Address.Channel(channel).value();
		KafkaLogPartition partition = partition(address);
		KafkaPlace place = (partition != null) ? partition.positions().place(since) : null;
		return partition != null && place != null
				&& partition.cuts().hasLostSince(KafkaLogIndex.hash(address.getBytes(StandardCharsets.UTF_8)), place);
	}

	private Envelope decode(ConsumerRecord<byte[], byte[]> record) {
		byte @Nullable [] value = record.value();
		if (value == null) {
			throw new WireFormatException(Reason.FOREIGN, "The record has no value");
		}
		return this.settings.codec().decode(value);
	}

	private void reportForeign() {
		if (!this.foreignReported.getAndSet(true)) {
			logger.error("Another node uses other partitions of topic '" + this.settings.logTopic()
					+ "' for its channels than this node, so this node ignores its messages of recorded channels. Set"
					+ " 'atmosphere.relay.kafka.partitions' to the same number on all nodes and restart them");
		}
	}

	private void answer(Envelope envelope, UUID first, Position position) {
		// The future is removed when it completes, so a second attempt to deliver the
		// record still finds it.
		CompletableFuture<Receipt> future = this.expected.get(envelope.id());
		if (future != null) {
			Outcome outcome = first.equals(envelope.id()) ? Outcome.RELAYED : Outcome.DUPLICATE;
			future.completeAsync(() -> new Receipt(first, outcome, position), this.receipts);
		}
	}

	/**
	 * Note how far the receiver has come, even if there were no records.
	 * @param partition the partition's number
	 * @param offset the offset before which the receiver has processed everything
	 */
	void passed(int partition, long offset) {
		KafkaLogLife life = this.life;
		if (life != null && partition < life.partitions().length) {
			life.partitions()[partition].passed(offset);
		}
	}

	/**
	 * Note that records have been received, and complete the reads that wait for them.
	 */
	void progressed() {
		KafkaLogLife life = this.life;
		if (life == null) {
			return;
		}
		for (KafkaLogPartition partition : life.partitions()) {
			partition.progressed();
		}
	}

	/**
	 * Check whether everything has been read that has to be read before subscriptions are
	 * confirmed. This can become false again: a partition that had no leader is read from
	 * before its end when it gets one.
	 */
	void checkWarm() {
		boolean warm = this.life != null && isWarm();
		if (warm && !this.warm) {
			this.whenWarm.run();
		}
		// Set last, so that the callback is tried again if it fails
		this.warm = warm;
	}

	CompletableFuture<Receipt> append(Envelope envelope, LogOptions options, byte[] key, byte[] value,
			KafkaSender sender) {
		String address = envelope.address().value();
		if (!(envelope.address() instanceof Address.Channel)) {
			return CompletableFuture.failedFuture(new IllegalArgumentException(
					"Only messages to a channel can be recorded, but this one is" + " for " + address));
		}
		KafkaLogPartition partition = partition(address);
		if (partition == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		String idempotencyKey = options.idempotencyKey();
		if (idempotencyKey != null) {
			// A publication that is known to be a duplicate need not be written.
			// Duplicates that are written follow the first record closely, so each node
			// that reads them has read the first record as well.
			KafkaKeys.First first = partition.find(address, idempotencyKey, System.currentTimeMillis());
			if (first != null) {
				return CompletableFuture.completedFuture(
						new Receipt(first.id(), Outcome.DUPLICATE, partition.positions().position(first.place())));
			}
		}
		CompletableFuture<Receipt> future = new CompletableFuture<>();
		this.expected.put(envelope.id(), future);
		future.whenComplete((receipt, failure) -> this.expected.remove(envelope.id(), future));
		return sender.append(envelope.id(), key, value, new Target(partition, this.settings.logTopic()), future);
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		KafkaLogPartition partition = partition(new Address.Channel(channel).value());
		return (partition != null) ? this.reads.position(partition)
				: CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		String address = new Address.Channel(channel).value();
		KafkaLogPartition partition = partition(address);
		return (partition != null) ? this.reads.read(partition, address, since, limit, direction)
				: CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
	}

	private @Nullable KafkaLogPartition partition(String address) {
		KafkaLogLife life = this.life;
		return (life != null) ? life.partition(address) : null;
	}

	/**
	 * The destination of a record in the log.
	 *
	 * @param partition the partition
	 * @param topic the topic of the logs
	 */
	record Target(KafkaLogPartition partition, String topic) {
	}

}
