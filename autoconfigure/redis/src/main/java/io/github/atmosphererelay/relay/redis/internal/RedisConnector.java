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

package io.github.atmosphererelay.relay.redis.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a link to Redis from the relay's start to its stop, with all subscriptions that
 * are needed. One worker thread does everything that may block: connecting and
 * subscribing.
 */
final class RedisConnector {

	private static final Log logger = LogFactory.getLog(RedisConnector.class);

	/**
	 * The number of channels of one SUBSCRIBE. Thousands of channels then take neither a
	 * round trip each, nor one command that fills the connection's buffers.
	 */
	private static final int BATCH = 500;

	private static final long MAX_RETRY_MILLIS = 800;

	private static final int JITTER_MILLIS = 200;

	/** Longer than the longest delay between two attempts to connect. */
	private static final Duration CATCH_UP_INTERVAL = Duration.ofSeconds(2);

	private static final Duration INDEX_INTERVAL = Duration.ofSeconds(5);

	/**
	 * How long Redis may take to confirm subscriptions. Confirmations arrive after all
	 * messages that are already on the way.
	 */
	static final Duration CONFIRMATION_TIMEOUT = Duration.ofSeconds(15);

	private final RedisDriver driver;

	private final RedisRelaySettings settings;

	private final RelayListener listener;

	private final RedisLogScripts scripts;

	private final RedisLog log;

	private final @Nullable RedisGroups groups;

	private final Guards guards;

	private final RedisSubscriptions subscriptions;

	private final ScheduledExecutorService worker;

	private final AtomicBoolean changesQueued = new AtomicBoolean();

	private volatile @Nullable Attachment attachment;

	private volatile boolean stopped;

	/**
	 * How many links have failed since the last one that was reported as connected; only
	 * used by the worker. An open connection proves little, because Redis may refuse the
	 * subscriptions each time.
	 */
	private int failures;

	/**
	 * When the last attempt to connect was made, in {@code System.nanoTime()}; only used
	 * by the worker.
	 */
	private long attemptedAt = System.nanoTime();

	RedisConnector(RedisDriver driver, RedisRelaySettings settings, RedisLogScripts scripts,
			@Nullable RedisGroups groups, RelayListener listener) {
		this.driver = driver;
		this.groups = groups;
		this.settings = settings;
		this.listener = listener;
		this.guards = listener.guards();
		this.scripts = scripts;
		this.log = new RedisLog(this, scripts, settings, listener);
		this.subscriptions = new RedisSubscriptions(settings.keyPrefix());
		this.worker = Executors.newSingleThreadScheduledExecutor(Threads.factory("redis-worker"));
	}

	void start() {
		execute(this::connect, 0);
		this.guards.of(Part.RELAY_CONNECTION).repeat(this.worker, this::catchUp, CATCH_UP_INTERVAL, CATCH_UP_INTERVAL);
		this.guards.of(Part.LOG_APPENDS).repeat(this.worker, this::tendIndex, INDEX_INTERVAL, INDEX_INTERVAL);
	}

	private void tendIndex() {
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null) ? attachment.link : null;
		if (link != null) {
			this.scripts.tendIndex(link);
		}
	}

	/**
	 * Do tasks that could not be queued for the worker, for example for lack of memory.
	 */
	private void catchUp() {
		if (this.attachment != null) {
			carryChanges();
		}
		else if (System.nanoTime() - this.attemptedAt >= CATCH_UP_INTERVAL.toNanos()) {
			connect();
		}
	}

	void stop() {
		this.stopped = true;
		Attachment attachment = this.attachment;
		Thread closer = (attachment != null) ? attachment.detach() : null;
		this.worker.shutdownNow();
		boolean interrupted = false;
		try {
			this.worker.awaitTermination(3 * this.settings.commandTimeout().toMillis(), TimeUnit.MILLISECONDS);
			if (closer != null) {
				closer.join(2 * this.settings.commandTimeout().toMillis());
			}
		}
		catch (InterruptedException ex) {
			interrupted = true;
		}
		for (CompletableFuture<@Nullable Void> open : this.subscriptions.clear()) {
			open.completeExceptionally(new RelayUnavailableException(RedisRelay.NAME, null));
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	void reconnect() {
		Attachment attachment = this.attachment;
		// Without a link, the next attempt is already scheduled
		if (attachment != null) {
			attachment
				.lost(new IllegalStateException("The connection does not carry messages: a probe did not return"));
		}
	}

	CompletableFuture<Receipt> publish(Envelope envelope) {
		byte[] message;
		try {
			message = this.settings.codec().encode(envelope);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		return withLink((link) -> {
			byte[] topic = this.subscriptions.channel(envelope.address());
			LogOptions options = envelope.log();
			if (options != null) {
				return this.scripts.append(link, envelope, options, topic, message);
			}
			return link.publish(topic, message).thenApply((outcome) -> Receipt.of(envelope.id(), outcome));
		});
	}

	/**
	 * Return the logs of recorded channels.
	 * @return the logs, which are unavailable while there is no link
	 */
	RedisLog log() {
		return this.log;
	}

	Guards guards() {
		return this.guards;
	}

	/**
	 * Use the present link.
	 * @param action uses the link
	 * @return the action's result; fails if there is no link
	 */
	<T> CompletableFuture<T> withLink(Function<RedisLink, CompletableFuture<T>> action) {
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null) ? attachment.link : null;
		if (link == null) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(RedisRelay.NAME, null));
		}
		try {
			return action.apply(link);
		}
		catch (IllegalArgumentException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	CompletableFuture<@Nullable Void> subscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.subscriptions.subscribe(address);
		if (!future.isDone()) {
			queueChanges();
		}
		if (this.stopped) {
			future.completeExceptionally(new RelayUnavailableException(RedisRelay.NAME, null));
		}
		return future;
	}

	void unsubscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.subscriptions.unsubscribe(address);
		queueChanges();
		if (future != null) {
			future.cancel(false);
		}
	}

	private void connect() {
		if (this.stopped || this.attachment != null) {
			return;
		}
		this.attemptedAt = System.nanoTime();
		Attachment attachment = new Attachment();
		try {
			RedisLink link = this.driver.connect(attachment);
			this.subscriptions.newLink();
			if (!attachment.attach(link)) {
				closeLater(link);
				throw new IllegalStateException("The connection was lost while it was being opened");
			}
		}
		catch (Throwable ex) {
			if (ex instanceof Error) {
				this.guards.of(Part.RELAY_CONNECTION).failed(ex);
			}
			retry(ex);
			return;
		}
		carryChanges();
	}

	private void retry(Throwable ex) {
		if (this.stopped) {
			return;
		}
		if (this.failures == 0) {
			logger.warn(
					"The relay cannot connect to Redis, so messages do not reach other nodes. It keeps trying: " + ex);
		}
		logger.debug("The relay cannot connect to Redis", ex);
		// The attempt may have taken long, so catchUp() starts to count from here.
		this.attemptedAt = System.nanoTime();
		long delay = Math.min(MAX_RETRY_MILLIS, 100L << Math.min(this.failures, 10));
		this.failures++;
		execute(this::connect, delay + ThreadLocalRandom.current().nextInt(JITTER_MILLIS));
	}

	private void replace(boolean hadWorked, Throwable cause) {
		if (!hadWorked) {
			retry(cause);
			return;
		}
		logger.warn("The relay has lost the connection to Redis, so messages do not reach other nodes. It reconnects: "
				+ cause);
		try {
			this.listener.connectionChanged(false);
		}
		finally {
			execute(this::connect, ThreadLocalRandom.current().nextInt(JITTER_MILLIS));
		}
	}

	private void queueChanges() {
		if (this.attachment != null && this.changesQueued.compareAndSet(false, true)) {
			execute(this::carryChanges, 0);
		}
	}

	private void carryChanges() {
		this.changesQueued.set(false);
		Attachment attachment = this.attachment;
		RedisLink link = (attachment != null) ? attachment.link : null;
		if (attachment == null || link == null) {
			// The next link subscribes to all addresses that are needed
			return;
		}
		RedisSubscriptions.Changes changes = this.subscriptions.takeChanges();
		try {
			for (List<byte[]> batch : batches(changes.unsubscribe())) {
				link.unsubscribe(batch);
			}
			for (List<byte[]> batch : batches(changes.subscribe())) {
				link.subscribe(batch);
			}
		}
		catch (Throwable ex) {
			attachment.lost(ex);
			return;
		}
		attachment.readyAt(changes.asked());
		if (!changes.subscribe().isEmpty()) {
			execute(() -> expectConfirmed(attachment, changes.asked()), CONFIRMATION_TIMEOUT.toMillis());
		}
	}

	private void expectConfirmed(Attachment attachment, long asked) {
		if (this.attachment == attachment && !this.subscriptions.isConfirmed(asked)) {
			attachment.lost(new IllegalStateException(
					"Redis did not confirm subscriptions within " + CONFIRMATION_TIMEOUT.toSeconds() + " s"));
		}
	}

	private static List<List<byte[]>> batches(List<byte[]> channels) {
		List<List<byte[]>> batches = new ArrayList<>();
		for (int i = 0; i < channels.size(); i += BATCH) {
			batches.add(channels.subList(i, Math.min(i + BATCH, channels.size())));
		}
		return batches;
	}

	private void execute(Runnable task, long delayMillis) {
		try {
			this.guards.of(Part.RELAY_CONNECTION).later(this.worker, task, Duration.ofMillis(delayMillis));
		}
		catch (RejectedExecutionException ex) {
			// The relay was stopped
		}
	}

	private void closeOrAskFor(RedisLink link) {
		try {
			closeLater(link);
		}
		catch (Throwable ex) {
			// No thread could be created for it
			this.guards.of(Part.RELAY_CONNECTION).failed(ex);
			execute(link::close, 0);
		}
	}

	private static Thread closeLater(RedisLink link) {
		// Closing a frozen connection may block
		Thread closer = Threads.factory("redis-closer").newThread(link::close);
		closer.start();
		return closer;
	}

	/**
	 * Forwards events of one link to the relay's listener. Once it is detached, it
	 * forwards nothing more, whatever the link's threads still deliver.
	 */
	private final class Attachment implements RedisLink.Listener {

		private volatile @Nullable RedisLink link;

		private boolean detached;

		private boolean reported;

		private long readyAt = -1;

		private synchronized boolean attach(RedisLink link) {
			if (this.detached || RedisConnector.this.stopped) {
				this.detached = true;
				return false;
			}
			this.link = link;
			RedisConnector.this.attachment = this;
			return true;
		}

		private @Nullable Thread detach() {
			RedisLink link = take();
			return (link != null) ? closeLater(link) : null;
		}

		private synchronized @Nullable RedisLink take() {
			RedisLink link = this.link;
			this.detached = true;
			this.link = null;
			return link;
		}

		private synchronized void readyAt(long asked) {
			if (this.readyAt < 0 && !this.detached) {
				this.readyAt = asked;
				reportIfReady();
			}
		}

		private void reportIfReady() {
			if (!this.reported && this.readyAt >= 0 && RedisConnector.this.subscriptions.isConfirmed(this.readyAt)) {
				this.reported = true;
				execute(this::report, 0);
			}
		}

		private void report() {
			RedisConnector.this.failures = 0;
			logger.info("Connected to Redis (" + RedisConnector.this.driver.name() + ", "
					+ RedisConnector.this.driver.topology() + ")");
			RedisLink link = this.link;
			if (link != null && RedisConnector.this.settings.recorded().getAsBoolean()) {
				RedisConnector.this.scripts.warnOfEviction(link);
			}
			RedisConnector.this.listener.connectionChanged(true);
		}

		private synchronized boolean isReported() {
			return this.reported;
		}

		@Override
		public synchronized void message(byte[] message) {
			if (this.detached) {
				return;
			}
			RelayListener listener = RedisConnector.this.listener;
			EnvelopeCodec codec = RedisConnector.this.settings.codec();
			RedisGroups groups = RedisConnector.this.groups;
			try {
				if (groups != null && AppendNotice.isNotice(message)) {
					groups.appended(AppendNotice.decode(message));
					return;
				}
				if (RecordedFrame.isFrame(message)) {
					RecordedFrame frame = RecordedFrame.decode(message, codec);
					listener.received(frame.envelope(), frame.position());
				}
				else {
					listener.received(codec.decode(message), null);
				}
			}
			catch (WireFormatException ex) {
				listener.rejected(ex.getReason());
			}
			catch (Throwable ex) {
				// An exception would end the client library's reading
				RedisConnector.this.guards.of(Part.RELAY_RECEIVER).failed(ex);
			}
		}

		@Override
		public void subscribed(byte[] channel) {
			RedisSubscriptions.Confirmation confirmation;
			synchronized (this) {
				if (this.detached) {
					return;
				}
				confirmation = RedisConnector.this.subscriptions.confirm(channel);
				if (confirmation != null && confirmation.interrupted()) {
					interrupted(confirmation.address());
				}
				reportIfReady();
			}
			CompletableFuture<@Nullable Void> future = (confirmation != null) ? confirmation.future() : null;
			if (future != null) {
				future.complete(null);
			}
		}

		private void interrupted(Address address) {
			RedisGroups groups = RedisConnector.this.groups;
			int lane = RedisLanes.of(address);
			if (groups != null && lane >= 0) {
				groups.announcementsMissed(lane);
			}
			else {
				RedisConnector.this.listener.gap(address);
			}
		}

		@Override
		public Guards guards() {
			return RedisConnector.this.guards;
		}

		@Override
		public void lost(Throwable cause) {
			RedisLink link = take();
			if (link == null) {
				return;
			}
			RedisConnector.this.attachment = null;
			try {
				if (!RedisConnector.this.stopped) {
					// The link is detached, so no report can follow
					boolean reported = isReported();
					execute(() -> replace(reported, cause), 0);
				}
			}
			finally {
				closeOrAskFor(link);
			}
		}

	}

}
