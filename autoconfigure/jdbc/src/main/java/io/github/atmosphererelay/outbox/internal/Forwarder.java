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

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.LeaseListener;
import io.github.atmosphererelay.jdbc.internal.Leases;
import io.github.atmosphererelay.jdbc.internal.LogRow;
import io.github.atmosphererelay.jdbc.internal.ShardHead;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.TransactionException;

/**
 * Forwards the messages of those shards of the outbox whose leases this node holds.
 * Always from the stored cursor on, so that nothing is overtaken and nothing is left out:
 * which node has written a message, and when, does not matter. A
 * {@link MessageDispatcher} sends what was read. The cursor moves up to the first message
 * that is not done, and the rows before it are deleted in the same transaction.
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

	/**
	 * How long the tables rest after a failure: longer than the half second within which
	 * HikariCP hands a connection out again without a look at whether it still works.
	 */
	private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

	/**
	 * After such a pause the database may be another one than before, without any error
	 * of a connection: pools replace idle connections that do not work any more.
	 */
	private static final long PAUSE_NANOS = 300 * MILLI;

	/** How long the end waits for receipts. */
	private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(3);

	private static final String LEASE = "shard-";

	private final OutboxLog log;

	private final Database database;

	private final EnvelopeCodec codec;

	private final OutboxSettings settings;

	private final Leases leases;

	private final SetAsideTable setAside;

	private final OutboxBacklog backlog;

	private final MessageDispatcher dispatcher;

	private final BooleanSupplier relayUp;

	private final OutboxStatistics statistics;

	private final Guard guard;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition signal = this.lock.newCondition();

	/** Guarded by the lock. */
	private final Set<Integer> woken = new HashSet<>();

	/** Guarded by the lock. */
	private boolean signalled;

	private final Map<Integer, ShardQueue> shards = new HashMap<>();

	/** The shards that this node has begun with since its start. */
	private final Set<Integer> opened = new HashSet<>();

	private final Set<Integer> dirty = new HashSet<>();

	private long pollNanos = MIN_POLL_NANOS;

	private long nextPollAt;

	private long advancedAt;

	/** When the tables were read or written last. */
	private long usedAt;

	/** Since when the relay is away, or 0 if it is up. */
	private long awaySince;

	/** Since when the thread has worked without a rest, or 0 while it rests. */
	private volatile long workingSince;

	private volatile boolean stopping;

	private volatile boolean drained;

	private volatile @Nullable Thread thread;

	/** Of the present life, or of the last one. Guarded by the lock. */
	private @Nullable Thread last;

	Forwarder(OutboxLog log, EnvelopeCodec codec, OutboxSettings settings, SetAsideTable setAside, MessageSender sender,
			LogReader logs, BooleanSupplier relayUp, OutboxStatistics statistics, Consumer<Object> events, Guard guard,
			Guard leaseGuard) {
		this.log = log;
		this.database = log.database();
		this.codec = codec;
		this.settings = settings;
		this.setAside = setAside;
		this.relayUp = relayUp;
		this.statistics = statistics;
		this.guard = guard;
		List<String> names = new ArrayList<>();
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			names.add(lease(shard));
		}
		this.leases = new Leases(this.database, log.name(), names, settings.leaseTime(), new Gains(), leaseGuard);
		this.backlog = new OutboxBacklog(log.name(), this.leases, setAside);
		this.dispatcher = new MessageDispatcher(settings, sender, logs, relayUp, statistics, events, new HeldShards(),
				this::signal);
	}

	/**
	 * Return the name of a shard's lease.
	 */
	static String lease(int shard) {
		return LEASE + shard;
	}

	void start(UUID node) {
		this.lock.lock();
		try {
			if (this.thread != null) {
				return;
			}
			Thread before = this.last;
			this.stopping = false;
			this.drained = false;
			this.nextPollAt = System.nanoTime();
			this.pollNanos = MIN_POLL_NANOS;
			Thread thread = Threads.factory("outbox").newThread(() -> {
				if (before != null) {
					// It may have outlived the stop, while the database stalled
					join(before);
				}
				this.guard.loop(this::isActive, this::step);
				this.guard.run(this::end);
			});
			this.thread = thread;
			this.last = thread;
			this.workingSince = 0;
			thread.start();
			this.leases.start(node);
		}
		finally {
			this.lock.unlock();
		}
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
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
		return this.leases.holds(lease(shard));
	}

	@Nullable UUID holder(int shard) {
		return this.leases.holder(lease(shard));
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
		this.workingSince = System.nanoTime();
		try {
			this.dispatcher.takeResults();
			dropLost();
			lookAtRelay();
			openHeld();
			this.statistics.forwarding(this.shards.size());
			read();
			this.dispatcher.sendReady(this.stopping);
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
		this.workingSince = 0;
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
		if (this.dispatcher.isSending() || hasProgress()) {
			wait = Math.min(wait, this.advancedAt + ADVANCE_NANOS - now);
		}
		return Math.max(this.dispatcher.waitNanos(now, wait), MILLI);
	}

	private boolean hasProgress() {
		return this.shards.values().stream().anyMatch(ShardQueue::hasProgress);
	}

	/**
	 * Return whether the thread makes progress. It may stand still where the database
	 * does not answer, although the leases can be renewed.
	 */
	private boolean isAtWork() {
		Thread thread = this.thread;
		long since = this.workingSince;
		return thread != null && thread.isAlive()
				&& (since == 0 || System.nanoTime() - since < this.settings.leaseTime().toNanos());
	}

	/**
	 * Leave the shards to other nodes if this node has not reached the relay for the
	 * lease time.
	 */
	private void lookAtRelay() {
		if (this.relayUp.getAsBoolean()) {
			if (this.awaySince != 0) {
				this.awaySince = 0;
				this.leases.lookNow();
			}
			return;
		}
		long now = System.nanoTime();
		if (this.awaySince == 0) {
			this.awaySince = (now != 0) ? now : 1;
		}
		if (this.dispatcher.isSending() || this.shards.isEmpty()
				|| now - this.awaySince < this.settings.leaseTime().toNanos()) {
			return;
		}
		advance(true);
		logger.info("This node does not reach the relay, and leaves the messages of the outbox to other nodes");
		for (ShardQueue shard : this.shards.values()) {
			this.opened.remove(shard.shard());
			this.leases.giveBack(lease(shard.shard()), !shard.isInDoubt() && !shard.hasProgress());
		}
		forget();
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
		ShardHead head = head(this.log.log().heads(jdbc), shard);
		long cursor = this.leases.progress(jdbc, lease(shard));
		if (head.number() < cursor) {
			logger.warn("Shard " + shard + " of the outbox begins anew: it ends at " + head.number() + ", and " + cursor
					+ " messages were forwarded. Was the table ATMOSPHERE_SHARD changed?");
			this.database.inTransaction((operations) -> this.leases.advance(operations, lease(shard), cursor, 0));
			this.shards.put(shard, new ShardQueue(shard, head.epoch(), 0, head.number()));
		}
		else {
			// Otherwise any message up to the end may have been sent: how far the holder
			// before has read is not stored
			boolean clean = this.leases.isFresh(lease(shard)) && this.opened.add(shard);
			this.shards.put(shard, new ShardQueue(shard, head.epoch(), cursor, clean ? 0 : head.number()));
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
		dropMoved();
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
			this.statistics.seen(this.backlog.status(this.database.jdbc(), heads));
			this.pollNanos = found ? MIN_POLL_NANOS : Math.min(this.settings.maxPoll().toNanos(), this.pollNanos * 2);
			this.nextPollAt = System.nanoTime() + this.pollNanos;
		}
		this.usedAt = System.nanoTime();
	}

	/**
	 * After a pause, forget the shards that the database does not have as this node has
	 * left them: it may be an older copy by now, in which the same numbers stand for
	 * other messages.
	 */
	private void dropMoved() {
		if (this.shards.isEmpty() || System.nanoTime() - this.usedAt < PAUSE_NANOS) {
			return;
		}
		JdbcOperations jdbc = this.database.jdbc();
		List<ShardHead> heads = this.log.log().heads(jdbc);
		Map<String, Long> progress = this.leases.progress(jdbc);
		this.shards.values().removeIf((shard) -> {
			ShardHead head = head(heads, shard.shard());
			boolean same = shard.isFrom(head, progress.getOrDefault(lease(shard.shard()), 0L))
					&& (shard.readUpTo() == shard.cursor() || isLastRead(jdbc, shard));
			if (!same) {
				logger.warn("Shard " + shard.shard() + " of the outbox is not as this node has left it, as after a"
						+ " change to another database server. It is read again from the stored cursor on");
				signal();
			}
			return !same;
		});
		this.usedAt = System.nanoTime();
	}

	private boolean isLastRead(JdbcOperations jdbc, ShardQueue shard) {
		byte[] envelope = this.log.find(jdbc, shard.shard(), shard.readUpTo());
		return envelope != null && shard.hasRead(envelope);
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
				this.dispatcher.add(address);
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
	 * Store how far the shards are done, and delete the rows before. Not more often than
	 * necessary while messages are on their way.
	 */
	private void advance(boolean now) {
		if (!hasProgress()
				|| (!now && this.dispatcher.isSending() && System.nanoTime() - this.advancedAt < ADVANCE_NANOS)) {
			return;
		}
		dropMoved();
		Map<ShardQueue, Long> targets = new LinkedHashMap<>();
		this.shards.values()
			.stream()
			.filter(ShardQueue::hasProgress)
			.sorted((one, other) -> Integer.compare(one.shard(), other.shard()))
			.forEach((shard) -> targets.put(shard, shard.target()));
		Set<ShardQueue> refused = new HashSet<>();
		this.leases.inTransaction((jdbc) -> {
			refused.clear();
			targets.forEach((shard, target) -> {
				if (this.leases.advance(jdbc, lease(shard.shard()), shard.cursor(), target)) {
					this.log.delete(jdbc, shard.shard(), shard.cursor(), target);
				}
				else {
					refused.add(shard);
				}
			});
			return null;
		});
		this.advancedAt = System.nanoTime();
		this.usedAt = this.advancedAt;
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
		this.statistics.forwarding(0);
		this.shards.clear();
		this.dispatcher.forget();
	}

	private void end() {
		long deadline = System.nanoTime() + DRAIN_NANOS;
		while (this.dispatcher.isSending() && System.nanoTime() - deadline < 0) {
			this.dispatcher.takeResults();
			this.lock.lock();
			try {
				if (this.dispatcher.isSending() && !this.dispatcher.hasResults()) {
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
		this.dispatcher.takeResults();
		int before = this.shards.size();
		dropLost();
		try {
			while (hasProgress()) {
				advance(true);
			}
			// Otherwise the next holder has to say that it may repeat messages
			this.drained = !this.dispatcher.isSending() && this.shards.size() == before
					&& this.shards.values().stream().noneMatch(ShardQueue::isInDoubt);
		}
		finally {
			this.opened.clear();
			forget();
			this.dispatcher.reset();
		}
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

		@Override
		public boolean mayTake() {
			return Forwarder.this.relayUp.getAsBoolean();
		}

		@Override
		public boolean isAtWork() {
			return Forwarder.this.isAtWork();
		}

	}

	/**
	 * What the dispatcher asks, on this forwarder's thread.
	 */
	private final class HeldShards implements MessageDispatcher.Shards {

		@Override
		public boolean isCurrent(ShardQueue shard) {
			return Forwarder.this.isCurrent(shard);
		}

		@Override
		public boolean mayForward(ShardQueue shard) {
			return Forwarder.this.isCurrent(shard) && holds(shard.shard());
		}

		@Override
		public boolean setAside(ShardQueue shard, QueuedMessage message, String reason) {
			boolean held = Forwarder.this.database.inTransaction((jdbc) -> {
				// Only the holder of the lease: another holder may have sent the message
				// meanwhile
				boolean holds = Forwarder.this.leases.advance(jdbc, lease(shard.shard()), shard.cursor(),
						shard.cursor());
				if (holds) {
					Forwarder.this.setAside.insert(jdbc, message, reason);
				}
				return holds;
			});
			if (!held) {
				refused(shard);
			}
			return held;
		}

	}

}
