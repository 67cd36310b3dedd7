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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayListener;
import io.github.atmosphererelay.relay.RelayProbe;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.jdbc.group.internal.JdbcGroups;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * One life of the relay, from start to stop: its writer, its reader, and what they share.
 */
final class JdbcConnector {

	private static final Log logger = LogFactory.getLog(JdbcConnector.class);

	private static final Duration SWEEP_INTERVAL = Duration.ofMillis(50);

	private static final Duration IDLE_CHECK_INTERVAL = Duration.ofSeconds(10);

	/** How long what is to be written may take when the relay is stopped. */
	private static final Duration FLUSH_TIMEOUT = Duration.ofMillis(500);

	private static final Duration END_TIMEOUT = Duration.ofMillis(300);

	/** For reading logs. */
	private static final int POOL_SIZE = 3;

	/** Names are identifiers of PostgreSQL, of at most 63 letters. */
	private static final int CHANNEL_ID_LENGTH = 18;

	private final ConnectionSource source;

	private final ConnectionSource listenSource;

	private final JdbcRelaySettings settings;

	private final RelayListener listener;

	private final Guards guards;

	private final JdbcSubscriptions subscriptions = new JdbcSubscriptions();

	private final ScheduledExecutorService timer = Executors
		.newSingleThreadScheduledExecutor(Threads.factory("jdbc-timer"));

	private final JdbcWriter writer;

	private final JdbcReader reader;

	private final JdbcPool pool;

	/**
	 * One connection for the lease and the removal of old rows. Those who read logs
	 * cannot keep this node from renewing its lease.
	 */
	private final JdbcPool housekeeping;

	private final JdbcLog channelLog;

	private final JdbcCleaner cleaner;

	/** For the leases of groups, which nobody may keep waiting. */
	private final JdbcPool groupLeases;

	/** For the lanes of groups. */
	private final JdbcPool groupLanes;

	private final JdbcGroups groups;

	private final LateNotifier notifier = new LateNotifier();

	private final ProbeWatch probe = new ProbeWatch();

	private final Object listenerLock = new Object();

	/** Known from the first connection of any life on. */
	private final AtomicReference<@Nullable ShardedLog> log;

	private boolean begun;

	private volatile @Nullable PostgresListener postgresListener;

	private volatile boolean stopping;

	private volatile boolean stopped;

	private boolean writerReady;

	private boolean readerReady;

	/** What the listener was told last, or is about to be told. */
	private boolean ready;

	JdbcConnector(ConnectionSource source, ConnectionSource listenSource, JdbcRelaySettings settings,
			AtomicReference<@Nullable ShardedLog> log, RelayListener listener) {
		this.log = log;
		this.source = source;
		this.listenSource = listenSource;
		this.settings = settings;
		this.listener = listener;
		this.guards = listener.guards();
		this.writer = new JdbcWriter(this, source, settings, this.guards.of(Part.RELAY_SENDER), this.notifier);
		this.reader = new JdbcReader(this, source, settings, this.subscriptions, this.guards.of(Part.RELAY_RECEIVER));
		this.pool = new JdbcPool(source, this::prepare, answerTimeout(), POOL_SIZE);
		this.channelLog = new JdbcLog(this, this.pool, settings, this.subscriptions, this.timer,
				this.guards.of(Part.LOG_READER), POOL_SIZE);
		this.housekeeping = new JdbcPool(source, this::prepare, answerTimeout(), 1);
		this.groupLeases = new JdbcPool(source, this::prepare, answerTimeout(), 1);
		this.groupLanes = new JdbcPool(source, this::prepare, answerTimeout(), JdbcGroups.THREADS);
		this.groups = new JdbcGroups(Database.byOwnConnections(this.groupLeases, answerTimeout()),
				Database.byOwnConnections(this.groupLanes, answerTimeout()), settings.logName(), settings.codec(),
				this.guards, (reason) -> tell((told) -> told.rejected(reason)));
		this.cleaner = new JdbcCleaner(this.housekeeping, settings, answerTimeout(), this.guards);
	}

	void start() {
		this.writer.start();
		this.reader.start();
		this.guards.of(Part.RELAY_SENDER).repeat(this.timer, this::sweep, SWEEP_INTERVAL, SWEEP_INTERVAL);
		this.guards.of(Part.RELAY_CONNECTION)
			.repeat(this.timer, this::closeIdle, IDLE_CHECK_INTERVAL, IDLE_CHECK_INTERVAL);
	}

	void stop() {
		boolean begun;
		PostgresListener postgresListener;
		synchronized (this) {
			this.stopping = true;
			begun = this.begun;
			postgresListener = this.postgresListener;
		}
		this.writer.close();
		this.cleaner.stop();
		this.groups.stop();
		if (postgresListener != null) {
			postgresListener.stop();
		}
		boolean interrupted = awaitEnd(this.writer::awaitEnd, FLUSH_TIMEOUT);
		// Only now, so that this node gets what it has written last
		this.reader.stop();
		interrupted |= awaitEnd(this.reader::awaitEnd, END_TIMEOUT);
		if (postgresListener != null) {
			interrupted |= awaitEnd(postgresListener::awaitEnd, END_TIMEOUT);
		}
		if (begun) {
			interrupted |= awaitEnd(this.cleaner::awaitEnd, FLUSH_TIMEOUT);
		}
		interrupted |= awaitEnd(this.groups::awaitEnd, FLUSH_TIMEOUT);
		synchronized (this.listenerLock) {
			this.stopped = true;
		}
		this.timer.shutdownNow();
		// Who reads a log now fails instead of waiting for the database
		this.pool.close();
		this.housekeeping.close();
		this.groupLeases.close();
		this.groupLanes.close();
		this.channelLog.close();
		this.groups.close();
		for (CompletableFuture<?> open : this.subscriptions.end()) {
			open.completeExceptionally(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	private void closeIdle() {
		this.pool.closeIdle();
		this.housekeeping.closeIdle();
		this.groupLeases.closeIdle();
		this.groupLanes.closeIdle();
	}

	/**
	 * Wait for the end of one part. An interrupt ends this wait alone, so that no part is
	 * left running.
	 * @return whether the thread was interrupted
	 */
	private static boolean awaitEnd(Ending part, Duration limit) {
		try {
			part.await(limit);
			return false;
		}
		catch (InterruptedException ex) {
			return true;
		}
	}

	private void sweep() {
		this.writer.sweep();
		this.subscriptions.removeOverdue(System.nanoTime())
			.forEach((future) -> future.completeExceptionally(
					RelayUnavailableException.forSlowRead(JdbcRelay.NAME, this.settings.publishTimeout())));
	}

	void reconnect() {
		this.probe.suspect();
		this.writer.reconnect();
		this.reader.reconnect();
		this.pool.reconnect();
		this.housekeeping.reconnect();
		this.groupLeases.reconnect();
		this.groupLanes.reconnect();
		PostgresListener postgresListener = this.postgresListener;
		if (postgresListener != null) {
			postgresListener.reconnect();
		}
	}

	CompletableFuture<Receipt> publish(Envelope envelope, Hurry hurry) {
		return this.writer.publish(envelope, hurry);
	}

	void probe(RelayProbe probe) {
		boolean proven = this.probe.begin(probe);
		publish(probe.envelope(), proven ? Hurry.NONE : Hurry.HERE).whenComplete((receipt, ex) -> {
			if (ex != null) {
				probe.failed(ex);
			}
		});
	}

	ProbeWatch probe() {
		return this.probe;
	}

	/**
	 * Write soon what waits to be written together with something else.
	 * @return whether there is something, of which the reader is told
	 */
	boolean flush() {
		return this.writer.flush();
	}

	CompletableFuture<@Nullable Void> subscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.subscriptions.subscribe(address);
		if (!future.isDone()) {
			this.reader.wake();
		}
		return future;
	}

	void unsubscribe(Address address) {
		CompletableFuture<@Nullable Void> future = this.subscriptions.unsubscribe(address);
		if (future != null) {
			future.cancel(false);
		}
	}

	ChannelLog channelLog() {
		return this.channelLog;
	}

	JdbcGroups groups() {
		return this.groups;
	}

	/**
	 * Return how long an answer of the database may take before its connection is given
	 * up. Longer than publishers wait, so that a slow answer is unconfirmed rather than
	 * the end of all that is under way.
	 */
	Duration answerTimeout() {
		Duration timeout = this.settings.publishTimeout().multipliedBy(2);
		Duration least = Duration.ofSeconds(2);
		return (timeout.compareTo(least) > 0) ? timeout : least;
	}

	/**
	 * Prepare a new connection. The first one tells which database it is.
	 * @param link the connection
	 * @throws SQLException if it cannot be used
	 */
	void prepare(JdbcLink link) throws SQLException {
		ShardedLog log = this.log.get();
		if (log == null) {
			log = this.settings.log(DatabaseDialect.of(link.jdbc()));
			this.log.compareAndSet(null, log);
		}
		begin(log);
		LinkDialect.prepare(link, log.dialect());
	}

	private synchronized void begin(ShardedLog log) {
		if (this.begun) {
			return;
		}
		this.begun = true;
		if (!this.stopping) {
			this.cleaner.start();
		}
		if (log.dialect() == DatabaseDialect.POSTGRESQL) {
			String channel = "atmosphere_" + UUID.nameUUIDFromBytes(log.name().getBytes(StandardCharsets.UTF_8))
				.toString()
				.substring(0, CHANNEL_ID_LENGTH);
			String self = UUID.randomUUID().toString();
			PostgresNotifier notifier = new PostgresNotifier(channel, self);
			this.notifier.set(notifier);
			// A node that does not listen wakes those that do
			if (this.settings.listen() != ListenMode.NEVER) {
				startListener(channel, self, notifier);
			}
		}
	}

	private void startListener(String channel, String self, PostgresNotifier notifier) {
		PostgresListener listener = new PostgresListener(this, this.listenSource, channel, self, notifier,
				this.settings.listen() == ListenMode.ALWAYS, this.guards.of(Part.RELAY_CONNECTION));
		this.postgresListener = listener;
		if (!this.stopping) {
			listener.start();
		}
	}

	/**
	 * Return the log. Only after a connection was {@linkplain #prepare prepared}.
	 */
	ShardedLog log() {
		ShardedLog log = this.log.get();
		if (log == null) {
			throw new IllegalStateException("No connection was made yet");
		}
		return log;
	}

	/**
	 * Give all shards a new epoch if the server is another one than the one that has
	 * written them, as far as that can be seen.
	 * @param link the reader's connection
	 */
	void checkServer(JdbcLink link) {
		if (log().dialect() == DatabaseDialect.POSTGRESQL) {
			PostgresServerId.find(link.jdbc())
				.ifPresent((server) -> log().moveToServer(link.jdbc(), server)
					.forEach((shard) -> logger.warn("Shard " + shard + " of '" + this.settings.logName()
							+ "' gets a new epoch, because another server or timeline of PostgreSQL has it now: it"
							+ " was restored or promoted, and may lack what was committed")));
		}
	}

	/**
	 * Give all shards a new epoch. Blocks as long as the database takes.
	 * @return the number of shards that have a new epoch
	 */
	int renewEpochs() {
		ShardedLog log = this.log.get();
		if (log == null) {
			throw new RelayUnavailableException(JdbcRelay.NAME, null);
		}
		JdbcTemplate jdbc = new JdbcTemplate(this.pool);
		int renewed = 0;
		for (ShardHead head : log.heads(jdbc)) {
			renewed += log.renewEpoch(jdbc, head.shard(), head.epoch()) ? 1 : 0;
		}
		logger.warn("The epochs of '" + this.settings.logName() + "' were renewed on demand: clients cannot recover"
				+ " from positions before");
		wake();
		return renewed;
	}

	/**
	 * Return whether other nodes wake this one.
	 */
	boolean isWoken() {
		PostgresListener postgresListener = this.postgresListener;
		return postgresListener != null && postgresListener.state() == PostgresListener.State.LISTENING;
	}

	void wake() {
		this.reader.wake();
	}

	/**
	 * Have the writer send what the notifier has to send.
	 */
	void wakeWriter() {
		this.writer.wake();
	}

	/**
	 * This node's writer has committed.
	 */
	void committed() {
		this.reader.wake();
	}

	/**
	 * Somebody else on this node has committed.
	 */
	void committedElsewhere() {
		this.reader.wake();
		this.writer.wakeOthers();
	}

	/**
	 * Call the listener, unless the relay is stopped.
	 * @param call what to call
	 */
	void tell(Consumer<RelayListener> call) {
		synchronized (this.listenerLock) {
			if (!this.stopped) {
				call.accept(this.listener);
			}
		}
	}

	synchronized void writerReady(boolean ready) {
		this.probe.suspect();
		this.writerReady = ready;
		reportLater();
	}

	void readerReady(boolean ready) {
		this.probe.suspect();
		if (!ready) {
			this.pool.dropIdle();
			this.housekeeping.dropIdle();
			this.groupLeases.dropIdle();
			this.groupLanes.dropIdle();
		}
		synchronized (this) {
			this.readerReady = ready;
			reportLater();
		}
	}

	private void reportLater() {
		boolean ready = this.writerReady && this.readerReady;
		if (ready == this.ready) {
			return;
		}
		this.ready = ready;
		try {
			// One thread, so that the reports keep their order
			this.guards.of(Part.RELAY_CONNECTION).later(this.timer, () -> report(ready), Duration.ZERO);
		}
		catch (RejectedExecutionException ex) {
			// Stopped
		}
	}

	private void report(boolean connected) {
		if (connected) {
			logger.info("Connected to " + log().dialect() + " for '" + this.settings.logName() + "'");
		}
		tell((listener) -> listener.connectionChanged(connected));
	}

	/**
	 * Return whether the relay can read and write.
	 */
	synchronized boolean isReady() {
		return this.ready;
	}

	Map<String, Object> details() {
		Map<String, Object> details = new TreeMap<>();
		details.put("log", this.settings.logName());
		ShardedLog log = this.log.get();
		if (log != null) {
			details.put("database", log.dialect().name().toLowerCase(Locale.ROOT));
			PostgresListener postgresListener = this.postgresListener;
			details.put("wakeUp",
					(postgresListener != null) ? postgresListener.state().name().toLowerCase(Locale.ROOT) : "polling");
		}
		return details;
	}

	/**
	 * The notifier of the database, once it is known which one it is.
	 */
	private static final class LateNotifier implements Notifier {

		private volatile Notifier notifier = NONE;

		private void set(Notifier notifier) {
			this.notifier = notifier;
		}

		@Override
		public boolean markDue() {
			return this.notifier.markDue();
		}

		@Override
		public boolean intervalIsOver() {
			return this.notifier.intervalIsOver();
		}

		@Override
		public void sendIfDue(JdbcLink link) {
			this.notifier.sendIfDue(link);
		}

	}

	/**
	 * Waits for the end of something.
	 */
	private interface Ending {

		void await(Duration limit) throws InterruptedException;

	}

}
