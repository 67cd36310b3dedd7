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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;

/**
 * A node's membership in a group: a consumer of the topic of the logs in a consumer group
 * of Kafka, which says which partitions belong to this node. The consumer fetches no
 * records, see {@link KafkaGroupReader}. Its thread polls all the time, so that the
 * membership does not depend on how long messages are handled, and no code of the
 * application runs on it.
 * <p>
 * A commit carries the generation of the group that the consumer knows. The broker
 * refuses an old one, so a node that has stood still cannot commit after others have got
 * its lanes.
 */
final class KafkaGroupMember implements GroupMembership, KafkaLane.Owner {

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(30);

	/** The answer to a commit is noticed within this time. */
	private static final Duration POLL = Duration.ofMillis(20);

	private static final Duration ANSWER = Duration.ofSeconds(3);

	private static final Duration CLOSE = Duration.ofSeconds(2);

	private static final Duration PAUSE = Duration.ofMillis(500);

	/** Missing rights are not granted within a second. */
	private static final Duration REFUSED_PAUSE = Duration.ofSeconds(10);

	/**
	 * How long a lane that another member is to have may take to be released. The
	 * listener promises less.
	 */
	static final Duration MAX_HAND_OVER = Duration.ofSeconds(60);

	private static final int SEQUENCE_BITS = 20;

	private final RateLimitedLog log = new RateLimitedLog(LogFactory.getLog(KafkaGroupMember.class), LOG_INTERVAL);

	private final GroupOptions options;

	private final GroupLaneListener listener;

	private final KafkaRelaySettings settings;

	private final KafkaClientFactory clients;

	private final KafkaGroupStore store;

	private final KafkaGroupStarts starts;

	private final Supplier<@Nullable KafkaLogLife> life;

	private final IntFunction<CompletableFuture<Long>> ends;

	private final Guard guard;

	private final KafkaGroupReader reader;

	private final Thread thread;

	private final Duration lease;

	/** The lanes that the listener has. Changed by the member's thread. */
	private final Map<Integer, KafkaLane> lanes = new TreeMap<>();

	private final List<KafkaLane> released = new ArrayList<>();

	/** Lanes that have ended because a new leader has other records. */
	private final Map<KafkaLane, KafkaLaneCommit> cut = new HashMap<>();

	/** Where the successors of such lanes begin. Used by the member's thread. */
	private final Map<Integer, KafkaLaneCommit> cuts = new HashMap<>();

	private KafkaGroupPulse pulse;

	/** Released when a lane was, to end a wait. */
	private final Semaphore changes = new Semaphore(0);

	private int sequence;

	private long startAt;

	private long lastStep;

	private volatile boolean withdrawn;

	private volatile boolean left;

	KafkaGroupMember(GroupOptions options, GroupLaneListener listener, KafkaRelaySettings settings,
			KafkaClientFactory clients, KafkaGroupStore store, Supplier<@Nullable KafkaLogLife> life,
			IntFunction<CompletableFuture<Long>> ends, Guard guard) {
		this.options = options;
		this.listener = listener;
		this.settings = settings;
		this.clients = clients;
		this.store = store;
		this.starts = new KafkaGroupStarts(options, settings, store::birth, KafkaGroupStarts.CHILDHOOD);
		this.life = life;
		this.ends = ends;
		this.guard = guard;
		this.lease = clients.groupSessionTimeout();
		this.pulse = new KafkaGroupPulse(Map.of(), this.lease, System::nanoTime);
		this.reader = new KafkaGroupReader(settings, options.name(), clients::groupReader, guard);
		this.thread = Threads.factory("kafka-group").newThread(this::run);
	}

	void start() {
		this.reader.start();
		this.thread.start();
	}

	@Override
	public void withdraw() {
		this.withdrawn = true;
		this.changes.release();
	}

	@Override
	public void leave() {
		this.left = true;
		this.changes.release();
	}

	/**
	 * Return whether the membership has ended.
	 */
	boolean isOver() {
		return this.thread.getState() == Thread.State.TERMINATED;
	}

	/**
	 * Wait until the membership has ended, after {@link #leave()}.
	 */
	void awaitEnd(Duration timeout) throws InterruptedException {
		this.thread.join(timeout.toMillis());
	}

	@Override
	public void wakeReader() {
		this.reader.wake();
	}

	@Override
	public void available(KafkaLane lane) {
		if (!this.left) {
			this.listener.available(lane);
		}
	}

	@Override
	public void released(KafkaLane lane) {
		synchronized (this.released) {
			this.released.add(lane);
		}
		this.changes.release();
	}

	@Override
	public void cut(KafkaLane lane, KafkaLaneCommit kept) {
		synchronized (this.released) {
			this.cut.put(lane, kept);
		}
		this.changes.release();
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return this.store.setAside(message);
	}

	@Override
	public CompletableFuture<Long> end(KafkaLane lane) {
		return this.ends.apply(lane.number());
	}

	private boolean isEnded() {
		return this.left || this.withdrawn && this.lanes.isEmpty();
	}

	private void run() {
		try {
			this.guard.loop(() -> !isEnded(), this::live);
		}
		finally {
			this.reader.close();
		}
	}

	/**
	 * Be a member as long as the topic is the same and nothing fails.
	 */
	private void live() throws InterruptedException {
		KafkaLogLife life = this.life.get();
		// Kafka logs a lot for each client, so none is made while no broker is there
		if (life == null || !this.clients.isReachable()) {
			this.changes.tryAcquire(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
			return;
		}
		Duration pause = Duration.ZERO;
		Consumer<byte[], byte[]> consumer = null;
		try {
			consumer = this.clients.groupMember(this.settings.groupId(this.options.name()));
			consumer.subscribe(List.of(this.settings.logTopic()), new Rebalance(consumer));
			this.pulse = new KafkaGroupPulse(consumer.metrics(), this.lease, System::nanoTime);
			this.lastStep = System.nanoTime();
			while (!isEnded() && isCurrent(life) && !isSilent()) {
				step(consumer, life);
			}
		}
		catch (KafkaException ex) {
			pause = (ex instanceof AuthorizationException) ? REFUSED_PAUSE : PAUSE;
			report(ex);
		}
		finally {
			try {
				// On the way out the listener must not be asked for anything
				loseAll();
			}
			finally {
				if (consumer != null) {
					close(consumer);
				}
			}
		}
		if (!pause.isZero()) {
			this.changes.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	/**
	 * Return whether the coordinator was not heard for so long that others have got the
	 * lanes. Then the consumer is replaced, because the brokers that it knows may be
	 * gone.
	 */
	private boolean isSilent() {
		boolean over = this.pulse.isOver(!this.lanes.isEmpty());
		if (over && !this.lanes.isEmpty()) {
			this.log.warn(() -> "This node has not heard the broker for so long that other nodes get its share of the"
					+ " group '" + this.options.name() + "'. It gives the share up and joins again");
		}
		return over;
	}

	private void report(KafkaException ex) {
		String hint = (ex instanceof GroupAuthorizationException)
				? ". The application needs 'Read' on consumer groups with the prefix 'atmosphere-'" : "";
		this.log.warn(() -> "This node cannot be a member of the group '" + this.options.name() + "' and tries again: "
				+ ex + hint);
	}

	private static void close(Consumer<byte[], byte[]> consumer) {
		consumer.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
			.withTimeout(CLOSE));
	}

	private boolean isCurrent(KafkaLogLife life) {
		KafkaLogLife present = this.life.get();
		return present != null && present.id().equals(life.id());
	}

	private void step(Consumer<byte[], byte[]> consumer, KafkaLogLife life) {
		long now = System.nanoTime();
		if (now - this.lastStep > this.lease.toNanos()) {
			// This process has stood still: before anything else is handled, since other
			// members have got these lanes
			loseAll();
		}
		this.lastStep = now;
		takeReleased();
		sendCommits(consumer, this.pulse.isAskDue());
		consumer.poll(POLL);
		startLanes(consumer, life);
	}

	private void loseAll() {
		this.cuts.clear();
		lose(List.copyOf(this.lanes.values()));
	}

	private void lose(Collection<KafkaLane> lost) {
		for (KafkaLane lane : lost) {
			forget(lane);
			if (lane.end() && !this.left) {
				this.guard.run(() -> this.listener.lost(lane));
			}
		}
	}

	private void forget(KafkaLane lane) {
		this.lanes.remove(lane.number(), lane);
		this.reader.remove(lane);
	}

	/**
	 * Take back the lanes that the listener has released. They are assigned again, also
	 * to this member, as long as their partition belongs to it.
	 */
	private void takeReleased() {
		List<KafkaLane> taken;
		Map<KafkaLane, KafkaLaneCommit> cut;
		synchronized (this.released) {
			taken = List.copyOf(this.released);
			this.released.clear();
			cut = Map.copyOf(this.cut);
			this.cut.clear();
		}
		cut.forEach((lane, kept) -> {
			if (this.lanes.get(lane.number()) == lane) {
				forget(lane);
				this.cuts.put(lane.number(), kept);
				if (!this.left) {
					this.guard.run(() -> this.listener.lost(lane));
				}
			}
		});
		for (KafkaLane lane : taken) {
			if (this.lanes.get(lane.number()) == lane) {
				forget(lane);
			}
		}
	}

	/**
	 * Send what has to be committed.
	 * @param ask whether something has to be committed in any case, to hear the
	 * coordinator
	 */
	private void sendCommits(Consumer<byte[], byte[]> consumer, boolean ask) {
		Map<TopicPartition, KafkaLane> sent = new HashMap<>();
		Map<TopicPartition, OffsetAndMetadata> offsets = takeCommits(sent, ask);
		if (offsets.isEmpty()) {
			return;
		}
		try {
			consumer.commitAsync(offsets, (committed, failure) -> answered(sent.values(), failure));
		}
		catch (RuntimeException | Error ex) {
			answered(sent.values(), ex);
			throw ex;
		}
	}

	private Map<TopicPartition, OffsetAndMetadata> takeCommits(Map<TopicPartition, KafkaLane> sent, boolean ask) {
		Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
		long now = System.nanoTime();
		for (KafkaLane lane : this.lanes.values()) {
			if (lane.hasCommit(now) || ask && sent.isEmpty() && lane.canCommit()) {
				TopicPartition partition = new TopicPartition(this.settings.logTopic(), lane.number());
				offsets.put(partition, lane.takeCommit());
				sent.put(partition, lane);
			}
		}
		return offsets;
	}

	/**
	 * Commit at once, while the consumer must not poll.
	 */
	private void commitNow(Consumer<byte[], byte[]> consumer) {
		Map<TopicPartition, KafkaLane> sent = new HashMap<>();
		Map<TopicPartition, OffsetAndMetadata> offsets = takeCommits(sent, false);
		if (offsets.isEmpty()) {
			return;
		}
		try {
			consumer.commitSync(offsets, ANSWER);
			answered(sent.values(), null);
		}
		catch (RuntimeException | Error ex) {
			answered(sent.values(), ex);
		}
	}

	private void answered(Collection<KafkaLane> committed, @Nullable Throwable failure) {
		if (failure == null || failure instanceof OffsetMetadataTooLarge) {
			this.pulse.heard();
		}
		if (failure instanceof RebalanceInProgressException) {
			this.pulse.joining();
		}
		if (failure instanceof CommitFailedException || failure instanceof FencedInstanceIdException) {
			// The group has gone on without this member
			lose(committed);
			return;
		}
		if (failure instanceof OffsetMetadataTooLarge) {
			committed.forEach((lane) -> {
				int max = lane.commitLess();
				this.log.warn(() -> "The broker's 'offset.metadata.max.bytes' is too small for what the group '"
						+ this.options.name() + "' has handled in a partition. Commits name " + max
						+ " channels from now on, and after a change of owners more messages are handled again. Set it"
						+ " to 4096 or more");
			});
		}
		RelayUnavailableException thrown = (failure != null) ? new RelayUnavailableException(KafkaRelay.NAME, failure)
				: null;
		committed.forEach((lane) -> lane.commitEnded(thrown));
	}

	private void startLanes(Consumer<byte[], byte[]> consumer, KafkaLogLife life) {
		Set<TopicPartition> starting = new HashSet<>(consumer.assignment());
		starting.removeIf((partition) -> partition.partition() >= life.partitions().length
				|| this.lanes.containsKey(partition.partition()));
		if (starting.isEmpty() || this.withdrawn || System.nanoTime() - this.startAt < 0) {
			return;
		}
		try {
			List<KafkaGroupStarts.Start> found = this.starts.find(consumer, life, starting, nextToken(consumer), ANSWER)
				.stream()
				.map(this::afterCut)
				.toList();
			// With the generation, so that a member that the group has gone on without
			// gets no lanes
			Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
			found.forEach((start) -> offsets.put(start.partition(), start.toOffset()));
			consumer.commitSync(offsets, ANSWER);
			found.forEach((start) -> startLane(start, life));
		}
		catch (AuthorizationException ex) {
			throw ex;
		}
		catch (KafkaException | RelayUnavailableException ex) {
			this.startAt = System.nanoTime() + PAUSE.toNanos();
			this.log.warn(() -> "This node cannot begin to read partitions for the group '" + this.options.name()
					+ "' and tries again: " + KafkaGroupStore.root(ex));
		}
		// What takes long here is the broker, which hears from this member meanwhile
		this.lastStep = System.nanoTime();
	}

	/**
	 * Return where the successor of a lane begins whose partition has lost records.
	 */
	private KafkaGroupStarts.Start afterCut(KafkaGroupStarts.Start start) {
		KafkaLaneCommit kept = this.cuts.get(start.partition().partition());
		return (kept != null) ? new KafkaGroupStarts.Start(start.partition(), kept.withToken(start.commit().token()),
				Optional.empty(), Discontinuity.Reason.LOG_LOST) : start;
	}

	private long nextToken(Consumer<byte[], byte[]> consumer) {
		this.sequence = (this.sequence + 1) & ((1 << SEQUENCE_BITS) - 1);
		return ((long) consumer.groupMetadata().generationId() << SEQUENCE_BITS) | this.sequence;
	}

	private void startLane(KafkaGroupStarts.Start start, KafkaLogLife life) {
		KafkaLane lane = new KafkaLane(this, this.options, this.settings, life, start.partition().partition(),
				start.commit(), start.epoch());
		this.cuts.remove(lane.number());
		if (start.missed() != null) {
			lane.missed(start.missed(), start.commit().base());
		}
		this.lanes.put(lane.number(), lane);
		if (!this.left) {
			this.listener.assigned(lane);
		}
		this.reader.add(lane);
	}

	/**
	 * Wait until lanes are released that another member is to have. What they commit, and
	 * the others, is committed meanwhile.
	 */
	private void handOver(Consumer<byte[], byte[]> consumer, Collection<KafkaLane> revoked) {
		long deadline = System.nanoTime() + MAX_HAND_OVER.toNanos();
		while (!this.left && revoked.stream().anyMatch((lane) -> !lane.isEnded()) && System.nanoTime() < deadline
				&& !this.pulse.isOver(true)) {
			commitNow(consumer);
			try {
				this.changes.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				break;
			}
		}
		this.lastStep = System.nanoTime();
	}

	/**
	 * Follows which partitions belong to the consumer. Called within a poll.
	 */
	private final class Rebalance implements ConsumerRebalanceListener {

		private final Consumer<byte[], byte[]> consumer;

		Rebalance(Consumer<byte[], byte[]> consumer) {
			this.consumer = consumer;
		}

		@Override
		public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
			for (TopicPartition partition : partitions) {
				// The reader fetches them, so the position does not matter
				this.consumer.seek(partition, 0);
				this.consumer.pause(List.of(partition));
			}
		}

		@Override
		public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
			List<KafkaLane> revoked = lanesOf(partitions);
			for (KafkaLane lane : revoked) {
				KafkaGroupMember.this.guard.run(() -> KafkaGroupMember.this.listener.revoked(lane));
			}
			handOver(this.consumer, revoked);
			revoked.stream().filter(KafkaLane::isEnded).forEach(KafkaGroupMember.this::forget);
			lose(revoked);
			forgetCuts(partitions);
		}

		@Override
		public void onPartitionsLost(Collection<TopicPartition> partitions) {
			lose(lanesOf(partitions));
			forgetCuts(partitions);
		}

		/**
		 * The next owner finds out by itself.
		 */
		private void forgetCuts(Collection<TopicPartition> partitions) {
			partitions.forEach((partition) -> KafkaGroupMember.this.cuts.remove(partition.partition()));
		}

		private List<KafkaLane> lanesOf(Collection<TopicPartition> partitions) {
			List<KafkaLane> lanes = new ArrayList<>();
			for (TopicPartition partition : partitions) {
				KafkaLane lane = KafkaGroupMember.this.lanes.get(partition.partition());
				if (lane != null) {
					lanes.add(lane);
				}
			}
			return lanes;
		}

	}

}
