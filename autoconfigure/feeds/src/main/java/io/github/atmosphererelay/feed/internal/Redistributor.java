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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

import io.github.atmosphererelay.feed.ForwardedRange;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a share of a feed's partitions, as a member of a consumer group, and sends each
 * node what it wants of them. One thread does all of it.
 * <p>
 * Nothing is sent again: a node finds what is missing by the next range, and reads it
 * from the topic. If this node serves the channels of its partitions, their messages are
 * kept in its memory.
 */
final class Redistributor implements ConsumerRebalanceListener {

	private static final Log logger = LogFactory.getLog(Redistributor.class);

	private static final Duration POLL = Duration.ofMillis(50);

	private static final Duration COMMIT_INTERVAL = Duration.ofMillis(500);

	private static final Duration DRAIN = Duration.ofSeconds(1);

	private static final Duration ANSWER = Duration.ofSeconds(4);

	private final FeedRun run;

	private final String group;

	private final FeedInterest interest;

	private final CompletableFuture<@Nullable Void> listening;

	private final RangeOutlet outlet;

	private final RetryLoop loop;

	private final RangeRouter router;

	private final Map<TopicPartition, PartitionSpans> partitions = new ConcurrentHashMap<>();

	private final SentRanges sent = new SentRanges();

	private volatile @Nullable Consumer<byte[], byte[]> consumer;

	private volatile long lag;

	private @Nullable TopicInfo topic;

	/** Whether the topic was made again since this process has begun to read it. */
	private boolean recreated;

	private long committedAt;

	/**
	 * Create a redistributor.
	 * @param run what it works with
	 * @param group the consumer group
	 * @param interest who wants what
	 * @param listening completes when that is known
	 * @param outlet brings ranges to nodes
	 */
	Redistributor(FeedRun run, String group, FeedInterest interest, CompletableFuture<@Nullable Void> listening,
			RangeOutlet outlet) {
		this.run = run;
		this.group = group;
		this.interest = interest;
		this.listening = listening;
		this.outlet = outlet;
		this.router = new RangeRouter(run, interest);
		this.loop = new RetryLoop("feed-redistributor-" + run.settings().name(), this::read, this::failed);
	}

	/**
	 * Begin, when it is known which node wants what.
	 */
	void start() {
		this.listening.thenRun(this.loop::start);
	}

	/**
	 * Stop, and leave the partitions to others. May block for up to two seconds.
	 */
	void stop() {
		this.loop.stop(() -> {
			Consumer<byte[], byte[]> consumer = this.consumer;
			if (consumer != null) {
				consumer.wakeup();
			}
		});
	}

	/**
	 * Return the partitions that this process reads.
	 */
	Set<Integer> partitions() {
		Set<Integer> numbers = new TreeSet<>();
		this.partitions.keySet().forEach((partition) -> numbers.add(partition.partition()));
		return numbers;
	}

	/**
	 * Return how many records of its partitions it has not read yet.
	 */
	long lag() {
		return this.lag;
	}

	/**
	 * Return the memory of a partition's messages.
	 * @return the memory, or {@code null} if another process reads the partition, or in
	 * another epoch
	 */
	@Nullable RecoveryMemory memory(int partition, PartitionPlace place) {
		PartitionSpans spans = this.partitions.get(new TopicPartition(this.run.settings().topic(), partition));
		return (spans != null && spans.epoch().equals(place.epoch())) ? this.run.memory() : null;
	}

	private void begin(TopicInfo topic, TopicPartition partition, long position) {
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.begin(partition.partition(), position);
		}
		this.partitions.put(partition, new PartitionSpans(this.run.settings().name(), this.run.node(), topic.epoch(),
				partition.partition(), position));
	}

	private void end(TopicPartition partition) {
		this.partitions.remove(partition);
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.end(partition.partition());
		}
	}

	private void failed(Throwable failure) {
		logger.warn("The redistributor of the feed '" + this.run.settings().name()
				+ "' has lost its connection, and connects again: " + failure);
		if (!(failure instanceof KafkaException)) {
			this.run.guard().failed(failure);
		}
	}

	private void read() throws InterruptedException {
		FeedClients clients = this.run.clients();
		if (!clients.isReachable()) {
			throw new KafkaException("no broker accepts a connection");
		}
		try (TopicWatch watch = new TopicWatch(this.run.settings().topic(), clients.admin())) {
			TopicInfo known = this.topic;
			TopicInfo found = watch.ask();
			this.recreated |= known != null && !known.id().equals(found.id());
			this.topic = found;
			Consumer<byte[], byte[]> consumer = clients.groupMember(this.group, null);
			this.consumer = consumer;
			try {
				consumer.subscribe(List.of(this.run.settings().topic()), this);
				while (!this.loop.isStopping()) {
					TopicInfo answer = watch.look();
					if (answer != null) {
						adopt(answer);
					}
					poll(consumer, watch);
				}
			}
			finally {
				// Takes the partitions away from this process
				consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
					.withTimeout(DRAIN));
				this.consumer = null;
				List.copyOf(this.partitions.keySet()).forEach(this::end);
				this.lag = 0;
			}
		}
	}

	/**
	 * Take over what the broker says of the topic.
	 * @return whether it has another epoch
	 */
	private boolean adopt(TopicInfo found) {
		TopicInfo known = this.topic;
		if (known == null || known.equals(found)
				|| (known.id().equals(found.id()) && found.partitions() < known.partitions())) {
			return false;
		}
		if (!known.id().equals(found.id())) {
			throw new KafkaException("the topic '" + this.run.settings().topic() + "' was made again");
		}
		this.topic = found;
		Map.copyOf(this.partitions).forEach((partition, spans) -> begin(found, partition, spans.position()));
		return true;
	}

	private boolean hasChanged(TopicWatch watch) throws InterruptedException {
		TopicInfo found = watch.askIfDue();
		return found != null && adopt(found);
	}

	private void poll(Consumer<byte[], byte[]> consumer, TopicWatch watch) throws InterruptedException {
		ConsumerRecords<byte[], byte[]> records;
		try {
			records = consumer.poll(POLL);
		}
		catch (OffsetOutOfRangeException ex) {
			catchUp(ex.offsetOutOfRangePartitions().keySet(), consumer);
			return;
		}
		RecoveryMemory memory = this.run.memory();
		if (memory != null) {
			memory.forget();
		}
		Map<UUID, List<ForwardedRange>> out = new LinkedHashMap<>();
		for (TopicPartition partition : List.copyOf(this.partitions.keySet())) {
			PartitionSpans spans = this.partitions.get(partition);
			TopicInfo topic = this.topic;
			if (spans == null || topic == null) {
				continue;
			}
			boolean taken = this.router.route(topic, records.records(partition), consumer.position(partition, ANSWER),
					spans, () -> hasChanged(watch), out);
			if (!taken) {
				// What was read and not taken is read again, in the new epoch
				this.partitions.forEach((each, now) -> consumer.seek(each, now.position()));
				break;
			}
		}
		send(out);
		commit(consumer);
		this.lag = consumer.assignment().stream().mapToLong((each) -> consumer.currentLag(each).orElse(0)).sum();
	}

	/**
	 * Read on from where there is something: this group was away for longer than the
	 * topic keeps its records, or the broker has lost the last ones.
	 */
	private void catchUp(Collection<TopicPartition> lost, Consumer<byte[], byte[]> consumer) {
		TopicInfo topic = this.topic;
		Map<TopicPartition, Long> begins = consumer.beginningOffsets(lost, ANSWER);
		Map<TopicPartition, Long> ends = consumer.endOffsets(lost, ANSWER);
		for (TopicPartition partition : lost) {
			PartitionSpans spans = this.partitions.get(partition);
			if (spans != null && topic != null) {
				long begin = begins.getOrDefault(partition, 0L);
				long next = Math.min(Math.max(spans.position(), begin), ends.getOrDefault(partition, begin));
				consumer.seek(partition, next);
				begin(topic, partition, next);
			}
		}
	}

	private void send(Map<UUID, List<ForwardedRange>> out) throws InterruptedException {
		List<CompletableFuture<@Nullable Void>> sent = new ArrayList<>();
		ForwardingStatistics statistics = this.run.statistics().forwarding();
		out.forEach((node, ranges) -> {
			statistics.countSent(node, ranges);
			CompletableFuture<@Nullable Void> each;
			try {
				each = this.outlet.send(node, ranges);
			}
			catch (Throwable ex) {
				this.run.guard().failed(ex);
				each = CompletableFuture.failedFuture(ex);
			}
			each.whenComplete((nothing, ex) -> {
				if (ex != null) {
					statistics.countFailure(ex);
				}
			});
			sent.add(each);
		});
		Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
		this.partitions.forEach((partition, spans) -> offsets.put(partition, GroupOffsets.of(spans)));
		this.sent.add(offsets, sent);
		this.sent.hold();
	}

	private void commit(Consumer<byte[], byte[]> consumer) {
		long now = System.nanoTime();
		if (now - this.committedAt < COMMIT_INTERVAL.toNanos()) {
			return;
		}
		this.committedAt = now;
		Map<TopicPartition, OffsetAndMetadata> offsets = this.sent.take();
		if (!offsets.isEmpty()) {
			consumer.commitAsync(offsets, (done, ex) -> {
				if (ex != null) {
					logger.debug("Offsets were not committed", ex);
				}
			});
		}
	}

	@Override
	public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
		Consumer<byte[], byte[]> consumer = this.consumer;
		TopicInfo topic = this.topic;
		if (consumer == null || topic == null || assigned.isEmpty()) {
			return;
		}
		Map<TopicPartition, OffsetAndMetadata> begins = new HashMap<>();
		GroupOffsets.find(consumer, topic, assigned, this.recreated).forEach((partition, offset) -> {
			consumer.seek(partition, offset);
			begin(topic, partition, offset);
			begins.put(partition, GroupOffsets.of(topic, offset));
		});
		// A member that gets one of them later goes on here, even if nothing was read
		// until then
		this.sent.add(begins, List.of());
	}

	@Override
	public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
		Consumer<byte[], byte[]> consumer = this.consumer;
		if (consumer == null || revoked.isEmpty()) {
			return;
		}
		revoked.forEach(this::end);
		try {
			this.sent.drain(DRAIN);
			Map<TopicPartition, OffsetAndMetadata> offsets = this.sent.take();
			if (!offsets.isEmpty()) {
				consumer.commitSync(offsets, DRAIN);
			}
		}
		catch (InterruptedException | InterruptException ex) {
			Thread.currentThread().interrupt();
		}
		catch (KafkaException ex) {
			// The next member reads something again, which nodes drop
			logger.debug("Offsets were not committed", ex);
		}
		this.sent.forget(revoked);
	}

	@Override
	public void onPartitionsLost(Collection<TopicPartition> lost) {
		lost.forEach(this::end);
		this.sent.forget(lost);
	}

}
