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
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the relay connected from its start to its stop: creates a receiver and a sender,
 * replaces them when they fail or turn out not to work, and keeps the offsets across all
 * of them.
 * <p>
 * Threads: one worker thread does everything that waits for the broker, one task after
 * the other. Any thread may read the public state.
 */
final class KafkaConnector {

	private static final Log logger = LogFactory.getLog(KafkaConnector.class);

	private static final Duration CHECK_INTERVAL = Duration.ofMinutes(1);

	/** How often to check whether partitions without a leader have got one. */
	private static final Duration OPEN_INTERVAL = Duration.ofSeconds(5);

	/** How often to check whether other nodes have to be told of lost records. */
	private static final Duration NOTICE_INTERVAL = Duration.ofMillis(500);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(1);

	private final KafkaRelaySettings settings;

	private final KafkaClientFactory clients;

	private final RelayListener listener;

	private final KafkaTopic topics;

	private final KafkaReporter reporter;

	private final KafkaSubscriptions subscriptions = new KafkaSubscriptions();

	private final KafkaOffsets offsets = new KafkaOffsets();

	/** The logs of recorded channels, or {@code null} if there are no such channels. */
	private final @Nullable KafkaLog log;

	private final KafkaAdmin admin;

	private final KafkaWorker worker;

	private final ScheduledExecutorService scheduler = Executors
		.newSingleThreadScheduledExecutor(Threads.factory("kafka-deadlines"));

	/**
	 * Counts the connections that the listener has been told of. A request to reconnect
	 * concerns the connection that was current when the request came, and must not
	 * replace a later one.
	 */
	private volatile int generation;

	/**
	 * The latest generation for which a reconnect was requested.
	 */
	private final AtomicInteger reconnectedGeneration = new AtomicInteger(-1);

	/**
	 * Guards the clients, so that a stop does not miss those that are just being created.
	 */
	private final Object monitor = new Object();

	private volatile boolean stopped;

	private volatile KafkaTopic.@Nullable Description topic;

	private volatile @Nullable KafkaSender sender;

	private @Nullable KafkaReceiver receiver;

	private boolean announced;

	/** Partitions that have lost messages, which is not reported yet. */
	private final Set<Integer> lost = new TreeSet<>();

	KafkaConnector(KafkaRelaySettings settings, KafkaClientFactory clients, RelayListener listener) {
		this.settings = settings;
		this.clients = clients;
		this.listener = listener;
		this.worker = new KafkaWorker(this::connect, listener.guards().of(Part.RELAY_CONNECTION));
		this.topics = new KafkaTopic(settings);
		this.admin = new KafkaAdmin(clients::admin, () -> this.worker.execute(this::replaceAdmin));
		this.reporter = new KafkaReporter(settings);
		this.log = settings.recorded() ? new KafkaLog(settings, clients, this.subscriptions, listener, this.scheduler,
				this.admin, () -> this.worker.execute(this::confirmSubscriptions),
				() -> this.worker.execute(this::logDiverged)) : null;
	}

	void start() {
		this.worker.execute(this::connect);
		this.worker.repeat(this::check, CHECK_INTERVAL);
		if (this.log != null) {
			this.worker.repeat(this::openMore, OPEN_INTERVAL);
			this.worker.repeat(this::sendNotices, NOTICE_INTERVAL);
		}
	}

	/**
	 * Close everything. Blocks for a few seconds at most. Clients that take longer close
	 * in the background.
	 */
	void stop() {
		KafkaSender sender;
		KafkaReceiver receiver;
		synchronized (this.monitor) {
			this.stopped = true;
			sender = this.sender;
			this.sender = null;
			receiver = this.receiver;
			this.receiver = null;
		}
		this.worker.stop();
		if (receiver != null) {
			receiver.close();
		}
		this.subscriptions.fail(new RelayUnavailableException(KafkaRelay.NAME, null));
		if (sender != null) {
			sender.close();
		}
		if (this.log != null) {
			this.log.close();
		}
		this.admin.close();
		try {
			if (receiver != null) {
				receiver.awaitEnd(END_TIMEOUT);
			}
			this.worker.awaitEnd(END_TIMEOUT);
			if (this.log != null) {
				this.log.awaitEnd(END_TIMEOUT);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.scheduler.shutdownNow();
	}

	KafkaTopic.@Nullable Description topic() {
		return this.topic;
	}

	CompletableFuture<Receipt> publish(Envelope envelope) {
		KafkaSender sender = this.sender;
		if (sender == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		byte[] value;
		try {
			value = this.settings.codec().encode(envelope);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		byte[] key = envelope.address().value().getBytes(StandardCharsets.UTF_8);
		LogOptions options = envelope.log();
		return (this.log != null && options != null) ? this.log.append(envelope, options, key, value, sender)
				: sender.publish(envelope.id(), key, value);
	}

	/**
	 * Return the logs of recorded channels.
	 * @return the logs, or {@code null} if there are no recorded channels
	 */
	@Nullable KafkaLog log() {
		return this.log;
	}

	CompletableFuture<@Nullable Void> subscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.subscriptions.add(address);
		if (this.stopped) {
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		return future;
	}

	void unsubscribe(Address address) {
		this.subscriptions.remove(address);
	}

	/**
	 * Replace the clients soon. Requests that come before the replacement is done count
	 * as one. Requests that come while a connection is being made are ignored.
	 */
	void reconnect() {
		int present = this.generation;
		if (this.reconnectedGeneration.getAndSet(present) != present) {
			this.worker.execute(() -> {
				if (this.generation == present) {
					replaceAll();
				}
			});
		}
	}

	/**
	 * Check whether the topic is still the same. A consumer does not notice that a topic
	 * was deleted and created again and has grown past the consumer's offset. With manual
	 * assignment it does not notice new partitions either.
	 */
	private void check() {
		KafkaTopic.Description known = this.topic;
		KafkaReceiver receiver = this.receiver;
		if (receiver == null) {
			this.worker.attemptIfNoneIsScheduled();
			return;
		}
		if (receiver.isEnded()) {
			// The receiver's thread has ended without reporting it
			receiverEnded(receiver, null);
			return;
		}
		if (this.log != null && this.log.isDiverged()) {
			// The log has diverged, and the task that replaces the receiver did not run
			replaceReceiver();
			return;
		}
		if (known == null) {
			return;
		}
		replaceAdmin();
		long start = System.nanoTime();
		Admin admin = this.admin.get();
		try {
			KafkaTopic.Description present = this.topics.prepare(admin);
			boolean another = !present.id().equals(known.id()) || this.log != null && this.log.isChanged(admin);
			this.admin.answered();
			if (another) {
				replaceAll();
			}
			else if (present.partitions() != known.partitions()) {
				replaceReceiver();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException ex) {
			logger.debug("Topic '" + this.settings.topic() + "' could not be checked", ex);
			this.admin.failed(admin, ex, Duration.ofNanos(System.nanoTime() - start), KafkaTopic.TIMEOUT);
		}
	}

	/**
	 * Look up what the coordinator of a group says of a member. Creates no client.
	 */
	CompletableFuture<KafkaGroupMember.Standing> standing(String group, String member) {
		Admin admin = this.admin.present();
		if (admin == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		return admin
			.describeConsumerGroups(List.of(group),
					new DescribeConsumerGroupsOptions().timeoutMs((int) KafkaTopic.TIMEOUT.toMillis()))
			.all()
			.toCompletionStage()
			.toCompletableFuture()
			.thenApply((groups) -> Objects.requireNonNull(groups.get(group)))
			.thenApply((found) -> {
				if (found.members().stream().noneMatch((each) -> each.consumerId().equals(member))) {
					return KafkaGroupMember.Standing.UNKNOWN;
				}
				return (found.groupState() == GroupState.PREPARING_REBALANCE) ? KafkaGroupMember.Standing.WAITING
						: KafkaGroupMember.Standing.SETTLED;
			});
	}

	/**
	 * Replace the administrative client if it gets no answers while the receiver works.
	 * Otherwise reads of the log would fail until the next connection.
	 */
	private void replaceAdmin() {
		Throwable fault = this.admin.fault();
		if (fault == null || this.receiver == null) {
			return;
		}
		this.listener.guards()
			.of(Part.RELAY_CONNECTION)
			.failed("The administrative client of the kafka relay no longer gets answers and is replaced", fault);
		this.admin.disconnect();
		if (this.log != null) {
			this.log.replaceAdmin(this.admin.get());
		}
	}

	/**
	 * Start reading partitions that had no leader when the node started and have one now.
	 */
	private void openMore() {
		if (this.receiver == null || this.log == null) {
			return;
		}
		try {
			if (this.log.canOpenMore(this.admin.get())) {
				replaceReceiver();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException ex) {
			logger.debug("Partitions without a leader could not be looked up", ex);
		}
	}

	/**
	 * Send loss notices, but only while there is a receiver. The receiver shows whether
	 * this node's notice has reached the partition, or whether another node has sent the
	 * same one.
	 */
	private void sendNotices() {
		KafkaSender sender = this.sender;
		if (this.log != null && sender != null && this.receiver != null) {
			this.log.sendNotices(sender);
		}
	}

	void checkSoon() {
		this.worker.execute(this::check);
	}

	private void replaceAll() {
		if (this.receiver == null && this.sender == null) {
			// The next attempt to connect is already scheduled.
			return;
		}
		detachReceiver();
		announce(false);
		endSender();
		if (this.log != null) {
			this.log.disconnect();
		}
		this.admin.disconnect();
		connect();
	}

	private void replaceReceiver() {
		detachReceiver();
		connect();
	}

	/**
	 * Replace the receiver, so that the log is read again from the offset where it has
	 * diverged.
	 */
	private void logDiverged() {
		if (this.receiver != null && this.log != null && this.log.isDiverged()) {
			replaceReceiver();
		}
	}

	private void receiverEnded(KafkaReceiver receiver, @Nullable Throwable failure) {
		if (this.receiver != receiver) {
			return;
		}
		this.reporter.consumerEnded(failure);
		if (failure instanceof LogTruncationException truncation) {
			truncation.divergentOffsets().forEach((partition, offset) -> {
				if (partition.topic().equals(this.settings.topic())) {
					this.offsets.truncated(partition.partition(), offset.offset());
				}
			});
			if (this.log != null) {
				this.log.diverged(truncation.partitions());
			}
		}
		detachReceiver();
		announce(false);
		this.worker
			.attemptAgain(failure instanceof AuthorizationException || failure instanceof AuthenticationException);
	}

	private void detachReceiver() {
		KafkaReceiver receiver;
		synchronized (this.monitor) {
			receiver = this.receiver;
			this.receiver = null;
		}
		if (receiver != null) {
			if (this.log != null) {
				this.log.interrupted();
			}
			this.subscriptions.interrupted();
			receiver.close();
		}
	}

	/**
	 * Close the sender on a separate thread, because closing can block for long. Usually
	 * it takes less than a second, and the next sender starts after that, which keeps
	 * records in order. A receiver needs no such care: once closed it delivers nothing
	 * more, whenever its thread ends.
	 */
	private void endSender() {
		KafkaSender sender;
		synchronized (this.monitor) {
			sender = this.sender;
			this.sender = null;
		}
		if (sender == null) {
			return;
		}
		Thread thread = Threads.factory("kafka-end").newThread(sender::abandon);
		thread.start();
		try {
			thread.join(END_TIMEOUT.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void connect() {
		if (this.stopped || this.receiver != null) {
			return;
		}
		long start = System.nanoTime();
		try {
			open();
			this.worker.attemptSucceeded();
			announce(true);
			this.generation++;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException | Error ex) {
			// An Error too: a class that a customizer needs may be missing now, or memory
			// may be short, and the next attempt may succeed. Without a next attempt the
			// relay would stay down until a restart
			detachReceiver();
			if (!this.stopped) {
				this.admin.connectFailed(ex, Duration.ofNanos(System.nanoTime() - start));
				this.reporter.failed(ex);
				announce(false);
				this.worker.attemptAgain(false);
			}
		}
	}

	private void open() throws InterruptedException {
		KafkaTopic.Description known = this.topic;
		if (!this.clients.isReachable()) {
			throw new KafkaException("no bootstrap server accepts connections: " + this.clients.servers());
		}
		Admin admin = this.admin.get();
		KafkaTopic.Description description = this.topics.prepare(admin);
		this.admin.answered();
		Map<Integer, KafkaOffsets.Range> ranges = this.topics.ranges(admin, description, description.partitions());
		if (ranges.isEmpty()) {
			throw new KafkaException("no partition of topic '" + this.settings.topic() + "' has a leader");
		}
		this.lost.addAll(this.offsets.resume(description.id(), description.partitions(), ranges));
		if (!this.lost.isEmpty()) {
			reportGap(this.lost, description);
			this.lost.clear();
		}
		boolean anotherLog = this.log != null && this.log.open(admin);
		this.topic = description;
		this.reporter.found(description);
		if (known != null && !known.id().equals(description.id()) || anotherLog) {
			// The sender's partitions are those of the former topic.
			endSender();
		}
		startReceiver();
		if (this.sender == null) {
			KafkaSender sender = new KafkaSender(this.settings, description.usable(this.settings.partitions()),
					this.clients.producers(), this.scheduler, this::reconnect,
					this.listener.guards().of(Part.RELAY_SENDER));
			if (!install(() -> this.sender = sender)) {
				sender.abandon();
			}
		}
		confirmSubscriptions();
		if (this.stopped) {
			this.subscriptions.fail(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
	}

	/**
	 * Confirm subscriptions, if there is a receiver and it has read the backlog of the
	 * log. From then on this node receives what is published, and can read what was
	 * published before.
	 */
	private void confirmSubscriptions() {
		if (this.receiver != null && (this.log == null || this.log.isWarm())) {
			this.subscriptions.positioned();
		}
	}

	private void startReceiver() {
		KafkaReceiver[] self = new KafkaReceiver[1];
		KafkaReceiver receiver = new KafkaReceiver(this.settings, this.clients.consumers(), this.offsets,
				this.subscriptions, this.listener, this.log, this.scheduler,
				(failure) -> this.worker.execute(() -> receiverEnded(self[0], failure)));
		self[0] = receiver;
		if (install(() -> this.receiver = receiver)) {
			receiver.start();
		}
	}

	private boolean install(Runnable assignment) {
		synchronized (this.monitor) {
			if (!this.stopped) {
				assignment.run();
			}
			return !this.stopped;
		}
	}

	private void reportGap(Set<Integer> lost, KafkaTopic.Description description) {
		this.reporter.lost(lost.size());
		int partitions = description.usable(this.settings.partitions());
		for (Address address : this.subscriptions.addresses()) {
			int partition = KafkaTopic.partition(address.value().getBytes(StandardCharsets.UTF_8), partitions);
			// A node that is configured for another number of partitions may have used
			// any of them.
			if (lost.contains(partition) || description.partitions() != this.settings.partitions()) {
				this.listener.gap(address);
			}
		}
	}

	private void announce(boolean connected) {
		if (this.announced == connected || this.stopped) {
			return;
		}
		this.announced = connected;
		if (connected) {
			this.reporter.connected();
		}
		else {
			this.reporter.disconnected();
		}
		this.listener.connectionChanged(connected);
	}

}
