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
 * The logs of the recorded channels: one topic, in which each channel has its partition.
 * Lives as long as its {@link KafkaConnector}, over all receivers and senders.
 * <p>
 * What positions are is described by {@link KafkaPositions}. A receipt waits until this
 * node has read the record, because the producer does not learn its leader epoch.
 * {@link #open}, {@link #isChanged}, {@link #canOpenMore}, {@link #replaceAdmin},
 * {@link #interrupted}, {@link #sendNotices} and {@link #disconnect} belong to the link's
 * worker, {@link #receive} and {@link #progressed} to the receiver's thread; the other
 * methods may be called by any thread and do not block.
 */
final class KafkaLog implements ChannelLog {

	private static final Log logger = LogFactory.getLog(KafkaLog.class);

	/** How often the delivery of a record is tried. */
	static final int MAX_ATTEMPTS = 3;

	private static final Duration SEARCH_TIMEOUT = Duration.ofSeconds(10);

	private static final int READ_THREADS = 3;

	/** How many idempotency keys are kept, over all partitions. */
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
	 * Publications whose own record decides what their receipt says. Bounded by what the
	 * sender accepts.
	 */
	private final Map<UUID, CompletableFuture<Receipt>> expected = new ConcurrentHashMap<>();

	/**
	 * Answers publishers on a thread of its own, so that nobody keeps the receiver from
	 * reading, and reads, of which many may come at once, keep no receipt waiting. A
	 * single thread keeps them in order.
	 */
	private final ThreadPoolExecutor receipts = executor(1, "kafka-receipts");

	private final ThreadPoolExecutor executor = executor(READ_THREADS, "kafka-reads");

	/** The partitions in which records were lost and nobody has been told so. */
	private final Set<Integer> unreported = new TreeSet<>();

	/** Whether the topic is another one, and the caller has not been told so. */
	private boolean renewed;

	/** The number of partitions that was last complained of. */
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
	 * Look up the topic, and fix where the next receiver begins. Reports gaps.
	 * @param admin asks the broker, now and until {@link #disconnect}
	 * @return whether the topic is another one than before
	 * @throws InterruptedException if the wait for the broker is interrupted
	 */
	boolean open(Admin admin) throws InterruptedException {
		KafkaTopic.Description found = this.topic.prepare(admin);
		KafkaLogLife known = this.life;
		boolean same = known != null && known.id().equals(found.id());
		// Partitions that are added later would move channels: they stay unused.
		int count = (known != null && same) ? known.partitions().length : found.usable(this.settings.partitions());
		Map<Integer, KafkaOffsets.Range> held = this.topic.ranges(admin, found, count);
		if (known != null && same) {
			resume(known, held);
			openMore(admin, known, held);
			checkCount(found, known);
		}
		else {
			// A topic that is made anew has nothing that was there before this node.
			Map<Integer, OptionalLong> recent = (known != null) ? null : recent(admin, held.keySet());
			KafkaLogLife life = KafkaLogLife.begin(this.settings, found.id(), count, held, recent,
					this.listener::keyForgotten);
			// Noted with the life: if the rest fails, the next attempt finds nothing new
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
						+ "' has other records than before from offset " + offset + " on. It had an unclean leader"
						+ " election: what only the former leader had is lost");
				this.unreported.add(partition.number());
				partition.truncate(offset, range);
			}
			else if (partition.resume(range)) {
				this.unreported.add(partition.number());
			}
		}
	}

	/**
	 * Begin with the partitions that had no leader so far and have one now. What came
	 * there before they are read is a gap.
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
	 * Look whether partitions that had no leader when this node started, and so are not
	 * read, have one now.
	 * @param admin asks the broker
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
	 * Look where the broker's records begin to differ from those that were read.
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
						throw new TimeoutException("The records of topic '" + this.settings.logTopic()
								+ "' could not be compared with those that were read");
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
			logger.warn("Topic '" + this.settings.logTopic() + "' has " + found.partitions() + " partitions, and "
					+ this.settings.partitions() + " are configured: this node uses "
					+ found.usable(this.settings.partitions()) + " of them. Configure the same number on all nodes");
		}
	}

	/**
	 * Say so if nodes that start now would use more partitions than this one: the number
	 * decides in which partition a channel is.
	 */
	private void checkCount(KafkaTopic.Description found, KafkaLogLife life) {
		int count = life.partitions().length;
		if (found.usable(this.settings.partitions()) == count || this.reportedPartitions == found.partitions()) {
			return;
		}
		this.reportedPartitions = found.partitions();
		logger.warn("Topic '" + this.settings.logTopic() + "' has now " + found.partitions()
				+ " partitions. This node goes on with " + count + " of them, and nodes that start from now on use "
				+ found.usable(this.settings.partitions()) + ": these do not get each other's messages of recorded"
				+ " channels. Stop all nodes before you start the first of them again, or start them with"
				+ " 'atmosphere.relay.kafka.partitions' set to " + count);
	}

	private void reportGaps(Set<Integer> lost) {
		if (lost.isEmpty()) {
			return;
		}
		logger.warn("Topic '" + this.settings.logTopic() + "' no longer holds all that was published meanwhile in "
				+ lost.size() + " of its partitions");
		for (Address address : this.subscriptions.addresses()) {
			KafkaLogPartition partition = (address instanceof Address.Channel) ? partition(address.value()) : null;
			if (partition != null && lost.contains(partition.number())) {
				this.listener.gap(address);
			}
		}
	}

	/**
	 * Take note of partitions in which the broker has lost records that were read.
	 * @param partitions partitions of any topic
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
	 * Return whether a partition is known to have other records than this node has read.
	 * @return whether {@link #open} has to be called again
	 */
	boolean isDiverged() {
		KafkaLogLife life = this.life;
		return life != null && Arrays.stream(life.partitions()).anyMatch(KafkaLogPartition::isDiverged);
	}

	/**
	 * Look whether the topic was made anew.
	 * @param admin asks the broker
	 * @return whether it is another one than the log was opened with
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
	 * Ask the broker with another client from now on.
	 * @param admin asks the broker until {@link #disconnect}
	 */
	void replaceAdmin(Admin admin) {
		this.ranges.connect(admin);
	}

	/**
	 * There is no receiver at present, or none that works.
	 */
	void interrupted() {
		this.reads.disconnected();
	}

	/**
	 * End the connections, because they may not work. {@link #open} makes new ones.
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
	 * Return where a receiver begins.
	 * @return the next offset by partition
	 */
	Map<Integer, Long> current() {
		KafkaLogLife life = this.life;
		return (life != null) ? life.current() : Map.of();
	}

	/**
	 * Return whether all has been read that was there when the node started.
	 * @return whether the latest records and the idempotency keys are known
	 */
	boolean isWarm() {
		KafkaLogLife life = this.life;
		return life != null && life.isWarm();
	}

	/**
	 * Return where to receive a partition from.
	 * @param partition its number
	 * @return an offset
	 */
	long start(int partition) {
		KafkaLogLife life = this.life;
		return (life != null && partition < life.partitions().length) ? life.partitions()[partition].start() : 0;
	}

	/**
	 * Take a record.
	 * @param record the record
	 * @return whether to go on; if not, what follows in its partition has to be received
	 * again, from {@link #start} on
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
	 * Deliver a record. If that fails it is tried again: else its subscribers would miss
	 * it, and a position after it would say that they have had it.
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
	 * Let those who follow the channel read it.
	 */
	private void giveUp(ConsumerRecord<byte[], byte[]> record, KafkaLogPartition partition, Throwable failure) {
		try {
			partition.giveUp(record.offset(), record.key());
		}
		catch (Throwable ex) {
			this.listener.guards().of(Part.RELAY_RECEIVER).failed(ex);
		}
		try {
			logger.error("The listener has failed " + MAX_ATTEMPTS + " times on the record at offset " + record.offset()
					+ " of partition " + record.partition() + " of topic '" + record.topic()
					+ "': those who follow its channel are told of a gap", failure);
			byte @Nullable [] key = record.key();
			String value = (key != null) ? new String(key, StandardCharsets.UTF_8) : "";
			for (Address address : this.subscriptions.addresses()) {
				if (address.value().equals(value)) {
					this.listener.gap(address);
				}
			}
		}
		catch (Throwable ex) {
			logger.error("A gap could not be reported", ex);
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
				throw new WireFormatException(Reason.FOREIGN, "A record in the partition of other channels");
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
	 * Tell other nodes of records that this one had read and the broker has lost, until
	 * that stands in the partitions. Called by the connector's worker now and then.
	 * @param sender writes it
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
			throw new WireFormatException(Reason.FOREIGN, "A record without a value");
		}
		return this.settings.codec().decode(value);
	}

	private void reportForeign() {
		if (!this.foreignReported.getAndSet(true)) {
			logger.error("Another node writes to other partitions of topic '" + this.settings.logTopic()
					+ "' than this one, which ignores what it finds there. Configure the same number of partitions on all"
					+ " nodes");
		}
	}

	private void answer(Envelope envelope, UUID first, Position position) {
		// It is removed when it completes, so that a second attempt still finds it.
		CompletableFuture<Receipt> future = this.expected.get(envelope.id());
		if (future != null) {
			Outcome outcome = first.equals(envelope.id()) ? Outcome.RELAYED : Outcome.DUPLICATE;
			future.completeAsync(() -> new Receipt(first, outcome, position), this.receipts);
		}
	}

	/**
	 * Take note of how far the receiver has come, with or without records.
	 * @param partition a partition's number
	 * @param offset the offset before which it has passed everything
	 */
	void passed(int partition, long offset) {
		KafkaLogLife life = this.life;
		if (life != null && partition < life.partitions().length) {
			life.partitions()[partition].passed(offset);
		}
	}

	/**
	 * Records have been received.
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
	 * Look whether all is read that has to be before subscriptions are confirmed. May
	 * have to be done again: a partition that had no leader is read from before its end
	 * when it has one.
	 */
	void checkWarm() {
		boolean warm = this.life != null && isWarm();
		if (warm && !this.warm) {
			this.whenWarm.run();
		}
		// Afterwards, so that it is tried again if it fails
		this.warm = warm;
	}

	CompletableFuture<Receipt> append(Envelope envelope, LogOptions options, byte[] key, byte[] value,
			KafkaSender sender) {
		String address = envelope.address().value();
		if (!(envelope.address() instanceof Address.Channel)) {
			return CompletableFuture
				.failedFuture(new IllegalArgumentException("Only messages to a channel can be recorded"));
		}
		KafkaLogPartition partition = partition(address);
		if (partition == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		String idempotencyKey = options.idempotencyKey();
		if (idempotencyKey != null) {
			// A double that is known for one need not be written. Those that are written
			// are near the first one, where every node that reads it reads them, too.
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
	 * Where a record of the log goes.
	 *
	 * @param partition its partition
	 * @param topic the log's topic
	 */
	record Target(KafkaLogPartition partition, String topic) {
	}

}
