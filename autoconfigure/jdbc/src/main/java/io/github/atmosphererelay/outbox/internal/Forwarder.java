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

package io.github.atmosphererelay.outbox.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.UnknownSessionException;
import io.github.atmosphererelay.event.MessageForwarded;
import io.github.atmosphererelay.event.MessageSetAside;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.LeaseListener;
import io.github.atmosphererelay.jdbc.internal.Leases;
import io.github.atmosphererelay.jdbc.internal.LogRow;
import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.Outcome;
import io.github.atmosphererelay.relay.Receipt;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.TransactionException;

/**
 * Forwards the messages of those shards of the outbox whose leases this node holds.
 * Always from the stored cursor on, so that nothing is overtaken and nothing is left out:
 * which node has written a message, and when, does not matter. Messages of one address
 * are sent one after another, those of different addresses at the same time. The cursor
 * moves up to the first message that is not done, and the rows before it are deleted in
 * the same transaction.
 * <p>
 * Threads: one of its own, which reads and writes the tables and so may block. What is
 * known of the shards belongs to that thread; receipts and wake-ups come from others.
 */
final class Forwarder {

	private static final Log logger = LogFactory.getLog(Forwarder.class);

	private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

	/** How often the tables are looked at without a wake-up, while there is work. */
	private static final long MIN_POLL_NANOS = TimeUnit.SECONDS.toNanos(1);

	/** How long cursors are left behind while messages are on their way. */
	private static final long ADVANCE_NANOS = 25 * MILLI;

	private static final long RETRY_NANOS = 100 * MILLI;

	private static final long MAX_RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

	/**
	 * How long the tables rest after a failure: longer than the half second within which
	 * HikariCP hands a connection out again without a look at whether it still works.
	 */
	private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

	/** How long the end waits for receipts. */
	private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(3);

	private static final String LEASE = "shard-";

	private static final String CREATED_AT = "SELECT MIN(CREATED_AT) FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND (";

	private final ForwardedLog log;

	private final Database database;

	private final EnvelopeCodec codec;

	private final OutboxSettings settings;

	private final Leases leases;

	private final SetAsideTable setAside;

	private final MessageSender sender;

	private final BooleanSupplier relayUp;

	private final OutboxStatistics statistics;

	private final Consumer<Object> events;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition signal = this.lock.newCondition();

	/** Guarded by the lock. */
	private final Set<Integer> woken = new HashSet<>();

	/** Guarded by the lock. */
	private boolean signalled;

	private final Queue<Result> results = new ConcurrentLinkedQueue<>();

	private final Map<Integer, ShardQueue> shards = new HashMap<>();

	/** The shards that this node has begun with since its start. */
	private final Set<Integer> opened = new HashSet<>();

	private final Set<Integer> dirty = new HashSet<>();

	private final Deque<AddressQueue> ready = new ArrayDeque<>();

	private final List<AddressQueue> delayed = new ArrayList<>();

	private int sending;

	private long pollNanos = MIN_POLL_NANOS;

	private long nextPollAt;

	private long advancedAt;

	private volatile boolean stopping;

	private volatile boolean drained;

	private volatile @Nullable Thread thread;

	Forwarder(ForwardedLog log, EnvelopeCodec codec, OutboxSettings settings, SetAsideTable setAside,
			MessageSender sender, BooleanSupplier relayUp, OutboxStatistics statistics, Consumer<Object> events,
			Guard guard, Guard leaseGuard) {
		this.log = log;
		this.database = log.database();
		this.codec = codec;
		this.settings = settings;
		this.setAside = setAside;
		this.sender = sender;
		this.relayUp = relayUp;
		this.statistics = statistics;
		this.events = events;
		this.guard = guard;
		List<String> names = new ArrayList<>();
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			names.add(LEASE + shard);
		}
		this.leases = new Leases(this.database, log.name(), names, settings.leaseTime(), new Gains(), leaseGuard);
	}

	void start(UUID node) {
		this.lock.lock();
		try {
			if (this.thread != null) {
				return;
			}
			this.stopping = false;
			this.drained = false;
			this.nextPollAt = System.nanoTime();
			this.pollNanos = MIN_POLL_NANOS;
			this.leases.start(node);
			Thread thread = Threads.factory("outbox").newThread(() -> {
				this.guard.loop(this::isActive, this::step);
				this.guard.run(this::end);
			});
			this.thread = thread;
			thread.start();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Send nothing more, wait for what is on its way, store how far it has come, and give
	 * the leases back. Blocks for some seconds at most, unless the database stalls.
	 */
	void stop() {
		Thread thread;
		this.lock.lock();
		try {
			thread = this.thread;
			this.thread = null;
			this.stopping = true;
			this.signalled = true;
			this.signal.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		if (thread == null) {
			return;
		}
		try {
			thread.join(TimeUnit.NANOSECONDS.toMillis(2 * DRAIN_NANOS));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		if (this.drained) {
			this.leases.stop();
		}
		else {
			this.leases.abandon();
		}
	}

	/**
	 * Rows were appended to shards. Does not block.
	 */
	void wake(Collection<Integer> shards) {
		this.lock.lock();
		try {
			this.woken.addAll(shards);
			this.signalled = true;
			this.signal.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean holds(int shard) {
		return this.leases.holds(LEASE + shard);
	}

	@Nullable UUID holder(int shard) {
		return this.leases.holder(LEASE + shard);
	}

	private void signal() {
		this.lock.lock();
		try {
			this.signalled = true;
			this.signal.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isActive() {
		return this.thread == Thread.currentThread();
	}

	private void step() throws InterruptedException {
		this.lock.lock();
		try {
			this.dirty.addAll(this.woken);
			this.woken.clear();
			this.signalled = false;
		}
		finally {
			this.lock.unlock();
		}
		try {
			takeResults();
			dropLost();
			openHeld();
			read();
			sendReady();
			advance(false);
			this.guard.succeeded();
		}
		catch (DataAccessException | TransactionException ex) {
			// The database is away or stalls. What was committed waits there. After a
			// crash, the numbers of rows that were read may belong to other messages, so
			// begin again at the stored cursors
			forget();
			this.guard.failed("The outbox could not be read or written", ex);
			await(FAILED_NANOS, false);
			return;
		}
		catch (Throwable ex) {
			// What is known of the shards may be wrong now: begin again at their cursors
			forget();
			throw ex;
		}
		await(waitNanos(), true);
	}

	private void await(long nanos, boolean forSignal) throws InterruptedException {
		this.lock.lock();
		try {
			long remaining = nanos;
			while (remaining > 0 && isActive() && !(forSignal && this.signalled)) {
				remaining = this.signal.awaitNanos(remaining);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private long waitNanos() {
		long now = System.nanoTime();
		long wait = this.nextPollAt - now;
		if (this.sending > 0 || hasProgress()) {
			wait = Math.min(wait, this.advancedAt + ADVANCE_NANOS - now);
		}
		for (AddressQueue address : this.delayed) {
			wait = Math.min(wait, address.notBefore() - now);
		}
		if (!this.ready.isEmpty()) {
			// The relay is down
			wait = Math.min(wait, RETRY_NANOS);
		}
		return Math.max(wait, MILLI);
	}

	private boolean hasProgress() {
		return this.shards.values().stream().anyMatch((shard) -> shard.done() > shard.cursor());
	}

	/**
	 * Forget the shards that are another node's now, or may be.
	 */
	private void dropLost() {
		this.shards.values().removeIf((shard) -> !holds(shard.shard()));
	}

	private boolean isCurrent(ShardQueue shard) {
		return this.shards.get(shard.shard()) == shard;
	}

	/**
	 * Begin with the shards that this node has got. Looked at in each step: a lease may
	 * be over for a moment and then renewed, of which nobody is told.
	 */
	private void openHeld() {
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			if (!this.shards.containsKey(shard) && holds(shard)) {
				open(shard);
			}
		}
	}

	/**
	 * Begin with a shard where it was left. What the holder before had read, it may have
	 * sent without storing that.
	 */
	private void open(int shard) {
		JdbcOperations jdbc = this.database.jdbc();
		long head = head(this.log.log().heads(jdbc), shard).number();
		long cursor = this.leases.progress(jdbc, LEASE + shard);
		if (head < cursor) {
			logger.warn("Shard " + shard + " of the outbox begins anew: it ends at " + head + ", and " + cursor
					+ " messages were forwarded. Was the table ATMOSPHERE_SHARD changed?");
			this.database.inTransaction((operations) -> this.leases.advance(operations, LEASE + shard, cursor, 0));
			this.shards.put(shard, new ShardQueue(shard, 0, head));
		}
		else {
			boolean clean = this.leases.isFresh(LEASE + shard) && this.opened.add(shard);
			this.shards.put(shard,
					new ShardQueue(shard, cursor, clean ? 0 : Math.min(head, cursor + ShardQueue.MAX_MESSAGES)));
		}
		this.dirty.add(shard);
	}

	private static ShardHead head(List<ShardHead> heads, int shard) {
		return heads.stream()
			.filter((head) -> head.shard() == shard)
			.findFirst()
			.orElseThrow(() -> new IllegalStateException("Table ATMOSPHERE_SHARD has no row for shard " + shard));
	}

	private void read() {
		long now = System.nanoTime();
		boolean poll = now - this.nextPollAt >= 0;
		if (!poll && this.dirty.stream().noneMatch(this::hasRoom)) {
			return;
		}
		List<ShardHead> heads = this.log.log().heads(this.database.jdbc());
		boolean found = false;
		for (ShardHead head : heads) {
			ShardQueue shard = this.shards.get(head.shard());
			if (shard == null) {
				this.dirty.remove(head.shard());
				continue;
			}
			while (head.number() > shard.readUpTo() && shard.roomForMessages() > 0) {
				found = true;
				if (!read(shard, head)) {
					break;
				}
			}
			if (head.number() <= shard.readUpTo()) {
				this.dirty.remove(head.shard());
			}
			else {
				this.dirty.add(head.shard());
			}
		}
		if (poll) {
			look(heads);
			this.pollNanos = found ? MIN_POLL_NANOS : Math.min(this.settings.maxPoll().toNanos(), this.pollNanos * 2);
			this.nextPollAt = System.nanoTime() + this.pollNanos;
		}
	}

	private boolean hasRoom(int shard) {
		ShardQueue queue = this.shards.get(shard);
		return queue != null && queue.roomForMessages() > ShardQueue.MAX_MESSAGES / 4;
	}

	/**
	 * Read a page of a shard.
	 * @return whether there was one
	 */
	private boolean read(ShardQueue shard, ShardHead head) {
		List<LogRow> rows = this.log.log()
			.read(this.database.jdbc(), head, shard.readUpTo(), shard.roomForMessages(), shard.roomForBytes());
		for (LogRow row : rows) {
			AddressQueue address = shard.add(message(shard, row));
			if (address.messages().size() == 1) {
				this.ready.add(address);
			}
		}
		return !rows.isEmpty();
	}

	private QueuedMessage message(ShardQueue shard, LogRow row) {
		boolean repeated = shard.isRepeated(row.number());
		try {
			return new QueuedMessage(row.number(), row.envelope(), this.codec.decode(row.envelope()), null, repeated);
		}
		catch (WireFormatException ex) {
			return new QueuedMessage(row.number(), row.envelope(), null, ex, repeated);
		}
	}

	/**
	 * Look at how much waits, on whichever node.
	 */
	private void look(List<ShardHead> heads) {
		JdbcOperations jdbc = this.database.jdbc();
		Map<String, Long> progress = this.leases.progress(jdbc);
		long waiting = 0;
		Map<Integer, Long> first = new LinkedHashMap<>();
		for (ShardHead head : heads) {
			long done = progress.getOrDefault(LEASE + head.shard(), 0L);
			if (head.number() > done) {
				waiting += head.number() - done;
				first.put(head.shard(), done + 1);
			}
		}
		this.statistics.seen(new OutboxStatus(waiting, oldest(jdbc, first), this.setAside.count(jdbc)));
	}

	private long oldest(JdbcOperations jdbc, Map<Integer, Long> first) {
		if (first.isEmpty()) {
			return 0;
		}
		List<Object> parameters = new ArrayList<>();
		parameters.add(this.log.name());
		List<String> rows = new ArrayList<>();
		first.forEach((shard, number) -> {
			rows.add("(SHARD = ? AND NUMBER = ?)");
			parameters.add(shard);
			parameters.add(number);
		});
		Long oldest = jdbc.queryForObject(CREATED_AT + String.join(" OR ", rows) + ")", Long.class,
				parameters.toArray());
		return (oldest != null) ? oldest : 0;
	}

	private void sendReady() {
		long now = System.nanoTime();
		this.delayed.removeIf((address) -> {
			boolean due = now - address.notBefore() >= 0;
			if (due) {
				this.ready.add(address);
			}
			return due;
		});
		while (!this.ready.isEmpty() && this.relayUp.getAsBoolean() && !this.stopping) {
			AddressQueue address = this.ready.remove();
			if (isCurrent(address.shard()) && holds(address.shard().shard())) {
				send(address);
			}
		}
	}

	private void send(AddressQueue address) {
		QueuedMessage message = address.messages().getFirst();
		this.sending++;
		CompletableFuture<Receipt> sent;
		try {
			sent = this.sender.send(envelope(message), !message.isDelivered());
			message.setDelivered();
		}
		catch (Throwable ex) {
			sent = CompletableFuture.failedFuture(ex);
		}
		sent.whenComplete((receipt, failure) -> {
			this.results.add(new Result(address, message, receipt, failure));
			signal();
		});
	}

	private static Envelope envelope(QueuedMessage message) {
		Envelope envelope = message.envelope();
		if (envelope == null) {
			throw (message.fault() != null) ? message.fault() : new IllegalStateException("The row cannot be read");
		}
		if (!message.isRepeated() || envelope.log() != null) {
			return envelope;
		}
		Map<String, String> headers = new HashMap<>(envelope.headers());
		headers.put(Outbox.REPEATED_HEADER, "true");
		return new Envelope(envelope.id(), envelope.origin(), envelope.kind(), envelope.time(), envelope.audience(),
				headers, envelope.payload(), envelope.sequence(), null);
	}

	private void takeResults() {
		Result result = this.results.poll();
		while (result != null) {
			this.sending = Math.max(0, this.sending - 1);
			if (isCurrent(result.address().shard())) {
				take(result);
			}
			result = this.results.poll();
		}
	}

	private void take(Result result) {
		Receipt receipt = result.receipt();
		if (result.failure() != null) {
			failed(result.address(), result.message(), Failures.unwrap(result.failure()));
		}
		else if (receipt == null || receipt.outcome() == Outcome.UNCONFIRMED) {
			result.message().setRepeated();
			later(result.address(), RETRY_NANOS);
		}
		else {
			this.statistics.countForwarded();
			done(result.address());
			this.events.accept(new MessageForwarded(result.message().id(), receipt));
		}
	}

	private void failed(AddressQueue address, QueuedMessage message, Throwable failure) {
		if (failure instanceof RelayUnavailableException || failure instanceof RelayOverloadedException) {
			later(address, RETRY_NANOS);
			return;
		}
		if (failure instanceof UnknownSessionException) {
			this.statistics.countReceiverGone();
			done(address);
			return;
		}
		this.statistics.countFailedAttempt();
		long now = System.nanoTime();
		long failing = now - message.failed(now);
		long left = this.settings.maxHold().toNanos() - failing;
		if (message.attempts() < this.settings.maxAttempts() && left > 0) {
			long pause = Math.min(MAX_RETRY_NANOS, RETRY_NANOS << Math.min(20, message.attempts() - 1));
			later(address, Math.min(pause, left));
			return;
		}
		String reason = failure.toString();
		try {
			this.database.inTransaction((jdbc) -> {
				this.setAside.insert(jdbc, message, reason);
				return null;
			});
		}
		catch (DataAccessException | TransactionException ex) {
			later(address, RETRY_NANOS);
			throw ex;
		}
		this.statistics.countSetAside();
		logger.error("A message could not be forwarded in " + message.attempts() + " attempts, and was set aside: "
				+ message.id(), failure);
		Envelope envelope = message.envelope();
		this.events.accept(new MessageSetAside(message.id(),
				(envelope != null) ? envelope.address().value() : "unreadable", message.attempts(), reason));
		done(address);
	}

	private void later(AddressQueue address, long nanos) {
		address.setNotBefore(System.nanoTime() + nanos);
		this.delayed.add(address);
	}

	private void done(AddressQueue address) {
		address.shard().done(address);
		if (!address.messages().isEmpty()) {
			this.ready.add(address);
		}
	}

	/**
	 * Store how far the shards are done, and delete the rows before. Not more often than
	 * necessary while messages are on their way.
	 */
	private void advance(boolean now) {
		if (!hasProgress() || (!now && this.sending > 0 && System.nanoTime() - this.advancedAt < ADVANCE_NANOS)) {
			return;
		}
		Map<ShardQueue, Long> targets = new LinkedHashMap<>();
		this.shards.values()
			.stream()
			.filter((shard) -> shard.done() > shard.cursor())
			.sorted((one, other) -> Integer.compare(one.shard(), other.shard()))
			.forEach((shard) -> targets.put(shard, shard.done()));
		Set<ShardQueue> refused = new HashSet<>();
		this.leases.inTransaction((jdbc) -> {
			refused.clear();
			targets.forEach((shard, target) -> {
				if (this.leases.advance(jdbc, LEASE + shard.shard(), shard.cursor(), target)) {
					this.log.delete(jdbc, shard.shard(), shard.cursor(), target);
				}
				else {
					refused.add(shard);
				}
			});
			return null;
		});
		this.advancedAt = System.nanoTime();
		targets.forEach((shard, target) -> {
			if (refused.contains(shard)) {
				refused(shard);
			}
			else {
				shard.setCursor(target);
			}
		});
	}

	/**
	 * The cursor is not where this node has left it: another node has the lease, or an
	 * earlier commit has got no answer and was one.
	 */
	private void refused(ShardQueue shard) {
		this.shards.remove(shard.shard());
		signal();
	}

	private void forget() {
		this.shards.clear();
		this.ready.clear();
		this.delayed.clear();
	}

	private void end() {
		long deadline = System.nanoTime() + DRAIN_NANOS;
		while (this.sending > 0 && System.nanoTime() - deadline < 0) {
			takeResults();
			this.lock.lock();
			try {
				if (this.sending > 0 && this.results.isEmpty()) {
					this.signal.awaitNanos(10 * MILLI);
				}
			}
			catch (InterruptedException ex) {
				break;
			}
			finally {
				this.lock.unlock();
			}
		}
		takeResults();
		dropLost();
		try {
			advance(true);
			this.drained = this.sending == 0;
		}
		finally {
			this.opened.clear();
			forget();
			this.sending = 0;
		}
	}

	/**
	 * What became of a message.
	 */
	private record Result(AddressQueue address, QueuedMessage message, @Nullable Receipt receipt,
			@Nullable Throwable failure) {
	}

	/**
	 * Hears of leases on their thread.
	 */
	private final class Gains implements LeaseListener {

		@Override
		public void gained(String lease) {
			signal();
		}

		@Override
		public void lost(String lease) {
			signal();
		}

	}

}
