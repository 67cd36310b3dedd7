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

package io.github.atmosphererelay.relay.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * The relay's life from one start to the stop: makes a receiver and a sender, replaces
 * them when they fail or are found not to work, and keeps the offsets over all of them.
 * <p>
 * Everything that waits for the broker is done by one worker thread, one thing after the
 * other; the public state is read by any thread.
 */
final class KafkaLink {

	private static final Log logger = LogFactory.getLog(KafkaLink.class);

	private static final long FIRST_DELAY_MILLIS = 50;

	private static final long MAX_DELAY_MILLIS = 1000;

	/** Rights do not come back within a second, and each attempt is logged by Kafka. */
	private static final long DENIED_DELAY_MILLIS = 10_000;

	private static final Duration CHECK_INTERVAL = Duration.ofMinutes(1);

	/** A consumer that dies younger than this will probably do so again. */
	private static final Duration STABLE = Duration.ofSeconds(5);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(1);

	private final KafkaRelaySettings settings;

	private final KafkaClients clients;

	private final RelayListener listener;

	private final KafkaTopic topics;

	private final KafkaSubscriptions subscriptions = new KafkaSubscriptions();

	private final KafkaOffsets offsets = new KafkaOffsets();

	private final ScheduledExecutorService worker = Executors
		.newSingleThreadScheduledExecutor((task) -> newThread(task, "atmosphere-kafka"));

	private final ScheduledExecutorService scheduler = Executors
		.newSingleThreadScheduledExecutor((task) -> newThread(task, "atmosphere-kafka-deadlines"));

	private final AtomicBoolean reconnectRequested = new AtomicBoolean();

	/** Guards the clients against a stop that comes while they are made. */
	private final Object monitor = new Object();

	private volatile boolean stopped;

	private volatile KafkaTopic.@Nullable Description topic;

	private volatile @Nullable KafkaSender sender;

	private @Nullable KafkaReceiver receiver;

	private boolean announced;

	private long connectedAt;

	private @Nullable ScheduledFuture<?> nextAttempt;

	private long delay = FIRST_DELAY_MILLIS;

	private @Nullable String loggedFailure;

	private int loggedPartitions;

	KafkaLink(KafkaRelaySettings settings, KafkaClients clients, RelayListener listener) {
		this.settings = settings;
		this.clients = clients;
		this.listener = listener;
		this.topics = new KafkaTopic(settings);
		this.loggedPartitions = settings.partitions();
	}

	void start() {
		submit(this::connect, 0);
		this.worker.scheduleWithFixedDelay(this::check, CHECK_INTERVAL.toMillis(), CHECK_INTERVAL.toMillis(),
				TimeUnit.MILLISECONDS);
	}

	/**
	 * End everything. Waits for a few seconds at most; what takes longer ends by itself.
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
		this.worker.shutdownNow();
		if (receiver != null) {
			receiver.close();
		}
		this.subscriptions.fail(new RelayUnavailableException(KafkaRelay.NAME, null));
		if (sender != null) {
			sender.close();
		}
		try {
			if (receiver != null) {
				receiver.awaitEnd(END_TIMEOUT);
			}
			this.worker.awaitTermination(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
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
		return sender.publish(envelope.id(), key, value);
	}

	CompletableFuture<@Nullable Position> subscribe(Address address) {
		CompletableFuture<@Nullable Position> future = this.subscriptions.add(address);
		if (this.stopped) {
			future.completeExceptionally(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
		return future;
	}

	void unsubscribe(Address address) {
		this.subscriptions.remove(address);
	}

	/**
	 * Replace the clients soon. Requests that come before it is done are one.
	 */
	void reconnect() {
		if (this.reconnectRequested.compareAndSet(false, true)) {
			submit(() -> {
				// A connection made since the request is not the one complained about.
				if (this.reconnectRequested.get()) {
					replaceAll();
				}
			}, 0);
		}
	}

	/**
	 * Look whether the topic is still what it was. Consumers do not notice a topic that
	 * was deleted and made again and has grown past their offset, nor do manually
	 * assigned ones notice new partitions.
	 */
	void check() {
		KafkaTopic.Description known = this.topic;
		if (this.receiver == null || known == null) {
			return;
		}
		try {
			KafkaTopic.Description present = withAdmin(this.topics::prepare);
			if (!present.id().equals(known.id())) {
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
		}
	}

	/**
	 * Look soon instead of at the next time.
	 */
	void checkNow() {
		submit(this::check, 0);
	}

	private void replaceAll() {
		KafkaReceiver receiver = detachReceiver();
		KafkaSender sender;
		synchronized (this.monitor) {
			sender = this.sender;
			this.sender = null;
		}
		if (receiver == null && sender == null) {
			// A next attempt is scheduled already.
			return;
		}
		announce(false);
		end(receiver, sender);
		connect();
	}

	private void replaceReceiver() {
		end(detachReceiver(), null);
		connect();
	}

	private void receiverDied(KafkaReceiver receiver, @Nullable Throwable failure) {
		if (this.receiver != receiver) {
			return;
		}
		logger.warn("The consumer of topic '" + this.settings.topic() + "' has ended and is replaced"
				+ ((failure != null) ? ": " + failure : ""));
		boolean atOnce = System.nanoTime() - this.connectedAt < STABLE.toNanos();
		this.delay = atOnce ? MAX_DELAY_MILLIS : FIRST_DELAY_MILLIS;
		detachReceiver();
		announce(false);
		retry(failure);
	}

	private @Nullable KafkaReceiver detachReceiver() {
		KafkaReceiver receiver;
		synchronized (this.monitor) {
			receiver = this.receiver;
			this.receiver = null;
		}
		if (receiver != null) {
			this.subscriptions.interrupted();
			receiver.close();
		}
		return receiver;
	}

	/**
	 * End clients on a thread of their own, because it can block for long. Usually it
	 * does not, and then their successors begin after they have ended, which keeps the
	 * order of records simple.
	 * @param receiver a closed receiver, or {@code null}
	 * @param sender the sender to end, or {@code null}
	 */
	private void end(@Nullable KafkaReceiver receiver, @Nullable KafkaSender sender) {
		Thread thread = newThread(() -> {
			if (sender != null) {
				sender.abandon();
			}
		}, "atmosphere-kafka-end");
		thread.start();
		try {
			if (receiver != null) {
				receiver.awaitEnd(END_TIMEOUT);
			}
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
		this.reconnectRequested.set(false);
		try {
			open();
			this.delay = FIRST_DELAY_MILLIS;
			this.loggedFailure = null;
			this.connectedAt = System.nanoTime();
			announce(true);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (RuntimeException ex) {
			end(detachReceiver(), null);
			logFailure(ex);
			announce(false);
			retry(null);
		}
	}

	private void open() throws InterruptedException {
		KafkaTopic.Description description = withAdmin((admin) -> {
			KafkaTopic.Description found = this.topics.prepare(admin);
			Set<Integer> lost = this.offsets.resume(found.id(), this.topics.ranges(admin, found.partitions()));
			this.topic = found;
			if (!lost.isEmpty()) {
				reportGap(lost, found);
			}
			return found;
		});
		reportPartitions(description);
		startReceiver();
		if (this.sender == null) {
			KafkaSender sender = new KafkaSender(this.settings, written(description), this.clients.producers(),
					this.scheduler, this::reconnect);
			if (!install(() -> this.sender = sender)) {
				sender.abandon();
			}
		}
		this.subscriptions.positioned();
		if (this.stopped) {
			this.subscriptions.fail(new RelayUnavailableException(KafkaRelay.NAME, null));
		}
	}

	private void startReceiver() {
		KafkaReceiver[] self = new KafkaReceiver[1];
		KafkaReceiver receiver = new KafkaReceiver(this.settings, this.clients.consumers(), this.offsets,
				this.subscriptions, this.listener, this.scheduler,
				(failure) -> submit(() -> receiverDied(self[0], failure), 0));
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

	private <T> T withAdmin(AdminCall<T> call) throws InterruptedException {
		Admin admin = this.clients.admin();
		try {
			return call.execute(admin);
		}
		finally {
			admin.close(Duration.ZERO);
		}
	}

	private void reportGap(Set<Integer> lost, KafkaTopic.Description description) {
		logger.warn("Topic '" + this.settings.topic() + "' no longer holds all that was published meanwhile in "
				+ lost.size() + " of its " + description.partitions() + " partitions");
		int partitions = written(description);
		for (Address address : this.subscriptions.addresses()) {
			int partition = KafkaTopic.partition(address.value().getBytes(StandardCharsets.UTF_8), partitions);
			// Nodes that count other partitions than this one may have used any of them.
			if (lost.contains(partition) || description.partitions() != this.settings.partitions()) {
				this.listener.gap(address);
			}
		}
	}

	private void reportPartitions(KafkaTopic.Description description) {
		if (description.partitions() == this.loggedPartitions) {
			return;
		}
		this.loggedPartitions = description.partitions();
		if (description.partitions() == this.settings.partitions()) {
			logger.info("Topic '" + this.settings.topic() + "' has now as many partitions as configured");
			return;
		}
		logger.warn("Topic '" + this.settings.topic() + "' has " + description.partitions() + " partitions, and "
				+ this.settings.partitions() + " are configured. All are read; " + written(description)
				+ " are written to from the next connection on. Configure the same number on" + " all nodes");
	}

	/**
	 * Over how many partitions this node spreads the addresses.
	 * @param description the topic
	 * @return at most as many as the topic has
	 */
	private int written(KafkaTopic.Description description) {
		return Math.min(this.settings.partitions(), description.partitions());
	}

	private void announce(boolean connected) {
		if (this.announced != connected && !this.stopped) {
			this.announced = connected;
			logger.info("The kafka relay is " + (connected ? "" : "not ") + "connected to topic '"
					+ this.settings.topic() + "'");
			this.listener.connectionChanged(connected);
		}
	}

	private void logFailure(RuntimeException failure) {
		String message = failure.toString();
		if (message.equals(this.loggedFailure)) {
			logger.debug("Still no connection", failure);
			return;
		}
		this.loggedFailure = message;
		String what = "The kafka relay cannot use topic '" + this.settings.topic() + "' and keeps trying: " + message;
		if (failure instanceof AuthorizationException) {
			what += ". Grant this application the rights to describe, read and write the topic, and to create it or"
					+ " create it yourself";
		}
		logger.warn(what);
		logger.debug("Cause of the failure", failure);
	}

	private void retry(@Nullable Throwable failure) {
		boolean denied = failure instanceof AuthorizationException || failure instanceof AuthenticationException;
		if (this.nextAttempt != null) {
			this.nextAttempt.cancel(false);
		}
		this.nextAttempt = submit(this::connect, denied ? DENIED_DELAY_MILLIS : this.delay);
		this.delay = Math.min(2 * this.delay, MAX_DELAY_MILLIS);
	}

	private @Nullable ScheduledFuture<?> submit(Runnable task, long delayMillis) {
		try {
			return this.worker.schedule(() -> {
				try {
					task.run();
				}
				catch (Error ex) {
					logger.error("The kafka relay has failed and stays disconnected", ex);
					throw ex;
				}
			}, delayMillis, TimeUnit.MILLISECONDS);
		}
		catch (RejectedExecutionException ex) {
			logger.trace("Stopped meanwhile");
			return null;
		}
	}

	private static Thread newThread(Runnable task, String name) {
		Thread thread = new Thread(task, name);
		thread.setDaemon(true);
		return thread;
	}

	/**
	 * What is asked of the broker over one short connection.
	 */
	private interface AdminCall<T> {

		T execute(Admin admin) throws InterruptedException;

	}

}
