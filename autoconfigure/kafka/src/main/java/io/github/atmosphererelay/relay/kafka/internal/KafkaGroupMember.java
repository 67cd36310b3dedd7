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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.RepeatedFailures;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Discontinuity;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
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

	private static final Duration FAILURE_LOG_INTERVAL = Duration.ofMinutes(1);

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

	private final RepeatedFailures failures = new RepeatedFailures(LogFactory.getLog(KafkaGroupMember.class),
			FAILURE_LOG_INTERVAL);

	private final GroupOptions options;

	private final GroupLaneListener listener;

	private final KafkaRelaySettings settings;

	private final KafkaClientFactory clients;

	private final KafkaGroupStore store;

	private final KafkaGroupStarts starts;

	private final Supplier<@Nullable KafkaLogLife> life;

	private final Questions questions;

	private final Guard guard;

	private final KafkaGroupReader reader;

	private final Thread thread;

	private final Duration lease;

	private final KafkaGroupLanes lanes;

	private final KafkaGroupCommits commits;

	private volatile KafkaGroupPulse pulse;

	private int sequence;

	private long startAt;

	private long lastStep;

	private volatile boolean withdrawn;

	private volatile boolean left;

	KafkaGroupMember(GroupOptions options, GroupLaneListener listener, KafkaRelaySettings settings,
			KafkaClientFactory clients, KafkaGroupStore store, Supplier<@Nullable KafkaLogLife> life,
			Questions questions, Guard guard) {
		this.options = options;
		this.listener = listener;
		this.settings = settings;
		this.clients = clients;
		this.store = store;
		this.starts = new KafkaGroupStarts(options, settings, store::birth, KafkaGroupStarts.CHILDHOOD);
		this.life = life;
		this.questions = questions;
		this.guard = guard;
		this.lease = clients.groupSessionTimeout();
		this.pulse = new KafkaGroupPulse(Map.of(), this.lease, System::nanoTime);
		this.reader = new KafkaGroupReader(settings, options.name(), clients::groupReader,
				clients::impatientGroupReader, guard);
		this.lanes = new KafkaGroupLanes(listener, this.reader, guard);
		this.commits = new KafkaGroupCommits(options.name(), settings.logTopic(), this.lanes, this.log);
		this.thread = Threads.factory("kafka-group").newThread(this::run);
	}

	void start() {
		this.reader.start();
		this.thread.start();
	}

	@Override
	public void withdraw() {
		this.withdrawn = true;
		this.lanes.wake();
	}

	@Override
	public void leave() {
		this.left = true;
		this.lanes.silence();
		this.lanes.wake();
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
		this.lanes.released(lane);
	}

	@Override
	public void cut(KafkaLane lane, KafkaLaneCommit kept) {
		this.lanes.cut(lane, kept);
	}

	@Override
	public CompletableFuture<@Nullable Void> setAside(SetAsideMessage message) {
		return this.store.setAside(message);
	}

	@Override
	public CompletableFuture<Long> end(KafkaLane lane) {
		return this.questions.end(lane.number());
	}

	@Override
	public boolean isHeld() {
		return this.pulse.isHeld();
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
			this.lanes.await(PAUSE.toMillis());
			return;
		}
		// Of the last life, if memory was too short to end it
		this.lanes.loseAll();
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
				this.lanes.loseAll();
				this.reader.renew();
			}
			finally {
				if (consumer != null) {
					close(consumer);
				}
			}
		}
		if (!pause.isZero()) {
			this.lanes.await(pause.toMillis());
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
		this.failures.failed(this.guard,
				"This node cannot be a member of the group '" + this.options.name() + "' and tries again", ex,
				"If a right is missing: the application needs 'Read' on consumer groups with the prefix 'atmosphere-', and"
						+ " 'Describe', 'Read' and 'Write' on the topics '" + this.settings.logTopic() + "' and '"
						+ this.settings.groupTopic() + "'");
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
			this.lanes.loseAll();
		}
		this.lastStep = now;
		this.lanes.takeReleased();
		boolean ask = this.pulse.isAskDue();
		boolean joining = this.pulse.isJoining();
		if (ask && joining && !this.lanes.isEmpty()) {
			askWhileJoining(consumer, this.pulse);
		}
		this.commits.send(consumer, this.pulse, ask && !joining);
		KafkaGroupPulse pulse = this.pulse;
		consumer.poll(POLL);
		pulse.polled();
		startLanes(consumer, life);
	}

	/**
	 * Hear the coordinator in another way than by this consumer, whose connection gives
	 * no answers before all members have joined. Until then the coordinator takes no
	 * lanes away.
	 */
	private void askWhileJoining(Consumer<byte[], byte[]> consumer, KafkaGroupPulse pulse) {
		long at = System.nanoTime();
		ConsumerGroupMetadata member = consumer.groupMetadata();
		CompletableFuture<Standing> answer;
		try {
			answer = this.questions.standing(member.groupId(), member.memberId());
		}
		catch (RuntimeException ex) {
			// Not a reason to give lanes up
			answer = CompletableFuture.failedFuture(ex);
		}
		answer.whenComplete((standing, failure) -> {
			if (failure != null) {
				notAnswered(Failures.root(failure));
			}
			else if (standing == Standing.WAITING) {
				pulse.waited(at);
			}
			else if (standing == Standing.UNKNOWN) {
				pulse.gone(at);
			}
		});
	}

	private void notAnswered(Throwable failure) {
		String hint = (failure instanceof AuthorizationException)
				? ". The user of the administrative client needs 'Describe' on consumer groups with the prefix"
						+ " 'atmosphere-'"
				: "";
		this.log.warn(() -> "It is not known whether the group '" + this.options.name() + "' waits for members to join."
				+ " If it does for long, this node gives its share up: " + failure + hint);
	}

	private void startLanes(Consumer<byte[], byte[]> consumer, KafkaLogLife life) {
		Set<TopicPartition> starting = new HashSet<>(consumer.assignment());
		starting.removeIf((partition) -> partition.partition() >= life.partitions().length
				|| this.lanes.contains(partition.partition()));
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
			if (!offsets.isEmpty()) {
				long at = System.nanoTime();
				consumer.commitSync(offsets, ANSWER);
				this.pulse.heard(at);
			}
			found.forEach((start) -> startLane(start, life));
			if (found.size() < starting.size()) {
				waitForLeaders(starting, found);
			}
		}
		catch (AuthorizationException ex) {
			throw ex;
		}
		catch (KafkaException | RelayUnavailableException ex) {
			this.startAt = System.nanoTime() + PAUSE.toNanos();
			reportNotBegun(Failures.root(ex));
		}
		// What takes long here is the broker, which hears from this member meanwhile
		this.lastStep = System.nanoTime();
	}

	private void waitForLeaders(Set<TopicPartition> starting, List<KafkaGroupStarts.Start> found) {
		this.startAt = System.nanoTime() + PAUSE.toNanos();
		Set<TopicPartition> missing = new HashSet<>(starting);
		found.forEach((start) -> missing.remove(start.partition()));
		this.log.warn(() -> "The group '" + this.options.name() + "' begins to read these partitions when they have a"
				+ " leader: " + missing);
	}

	/**
	 * Report that lanes cannot begin. That the group has just changed, or a broker is
	 * away, passes by itself and does not count as a failure.
	 */
	private void reportNotBegun(Throwable cause) {
		String message = "This node cannot begin to read partitions for the group '" + this.options.name()
				+ "' and tries again";
		if (cause instanceof AuthorizationException || cause instanceof UnknownTopicOrPartitionException) {
			this.failures.failed(this.guard, message, cause, "The application needs 'Describe', 'Read' and 'Write' on"
					+ " the topic '" + this.settings.groupTopic() + "', and 'Create' if the relay is to create it");
		}
		else {
			this.log.warn(() -> message + ": " + cause);
		}
	}

	/**
	 * Return where the successor of a lane begins whose partition has lost records.
	 */
	private KafkaGroupStarts.Start afterCut(KafkaGroupStarts.Start start) {
		KafkaLaneCommit kept = this.lanes.cut(start.partition().partition());
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
		if (start.missed() != null) {
			lane.missed(start.missed(), start.commit().base());
		}
		this.lanes.add(lane);
	}

	/**
	 * Wait until lanes are released that another member is to have. What they commit, and
	 * the others, is committed meanwhile.
	 */
	private void handOver(Consumer<byte[], byte[]> consumer, Collection<KafkaLane> revoked) {
		long deadline = System.nanoTime() + MAX_HAND_OVER.toNanos();
		while (!this.left && revoked.stream().anyMatch((lane) -> !lane.isEnded()) && System.nanoTime() < deadline
				&& !this.pulse.isOver(true)) {
			this.commits.sendNow(consumer, this.pulse, this.pulse.isAskDue(), ANSWER);
			try {
				this.lanes.await(POLL.toMillis());
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				break;
			}
		}
		this.pulse.handedOver();
		this.lastStep = System.nanoTime();
	}

	/**
	 * What a member asks the broker beside its consumer. Nothing blocks.
	 */
	interface Questions {

		/** Look up where a partition of the log ends. */
		CompletableFuture<Long> end(int partition);

		/**
		 * Look up what the coordinator says of a member.
		 */
		CompletableFuture<Standing> standing(String group, String member);

	}

	/**
	 * What the coordinator of a group says of a member.
	 */
	enum Standing {

		/** It waits for members to join, and has not removed this one. */
		WAITING,

		/** It does not wait. */
		SETTLED,

		/** It does not know the member. */
		UNKNOWN

	}

	/**
	 * Follows which partitions belong to the consumer. Called within a poll.
	 */
	private final class Rebalance implements ConsumerRebalanceListener {

		private final Consumer<byte[], byte[]> consumer;

		private final KafkaGroupLanes lanes = KafkaGroupMember.this.lanes;

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
			List<Integer> numbers = numbers(partitions);
			List<KafkaLane> revoked = this.lanes.all(numbers);
			this.lanes.revoke(revoked);
			handOver(this.consumer, revoked);
			this.lanes.lose(revoked);
			this.lanes.forgetCuts(numbers);
		}

		@Override
		public void onPartitionsLost(Collection<TopicPartition> partitions) {
			this.lanes.lose(this.lanes.all(numbers(partitions)));
			this.lanes.forgetCuts(numbers(partitions));
		}

		private static List<Integer> numbers(Collection<TopicPartition> partitions) {
			return partitions.stream().map(TopicPartition::partition).toList();
		}

	}

}
