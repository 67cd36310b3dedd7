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

package io.github.atmosphererelay.jdbc.internal;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.transaction.TransactionException;

/**
 * Tasks that one node of many does, with a row for each in the table
 * {@code ATMOSPHERE_LEASE}. While its holder lives, no other node takes a lease; when the
 * holder has died, another one takes it after the lease time.
 * <p>
 * No node compares clocks with another one. The holder increments the generation of its
 * rows every sixth of the lease time. A node takes a lease over when it has seen the same
 * generation for the whole lease time, measured by its own monotonic clock; the update
 * names that generation, so that it fails if the holder was only late. The holder counts
 * its time from before it has sent its last successful update, and stops after two thirds
 * of the lease time: earlier than any other node can have waited for the whole of it.
 * <p>
 * That leaves a holder that has looked at {@link #holds}, and stands still between that
 * and what it does then. {@link #advance} is safe from that, too: it is an update that
 * names the owner.
 * <p>
 * Threads: one of its own, which blocks as long as the database takes. All methods may be
 * called by any thread.
 */
public final class Leases {

	private static final Log logger = LogFactory.getLog(Leases.class);

	private static final String FIND = "SELECT LEASE_NAME, OWNER_ID, GENERATION FROM ATMOSPHERE_LEASE"
			+ " WHERE LOG_NAME = ?";

	private static final String INSERT = "INSERT INTO ATMOSPHERE_LEASE"
			+ " (LOG_NAME, LEASE_NAME, OWNER_ID, GENERATION, PROGRESS) VALUES (?, ?, NULL, 0, 0)";

	private static final String RENEW = "UPDATE ATMOSPHERE_LEASE SET GENERATION = GENERATION + 1"
			+ " WHERE LOG_NAME = ? AND OWNER_ID = ?";

	private static final String TAKE = "UPDATE ATMOSPHERE_LEASE SET OWNER_ID = ?, GENERATION = GENERATION + 1"
			+ " WHERE LOG_NAME = ? AND LEASE_NAME = ? AND GENERATION = ?";

	private static final String RELEASE = "UPDATE ATMOSPHERE_LEASE SET OWNER_ID = NULL, GENERATION = GENERATION + 1"
			+ " WHERE LOG_NAME = ? AND OWNER_ID = ?";

	private static final String GIVE_BACK = "UPDATE ATMOSPHERE_LEASE SET OWNER_ID = ?, GENERATION = GENERATION + 1"
			+ " WHERE LOG_NAME = ? AND LEASE_NAME = ? AND OWNER_ID = ?";

	/**
	 * The owner of a lease that was given back, although not all that was done under it
	 * is stored.
	 */
	private static final String IN_DOUBT = new UUID(0, 0).toString();

	private static final String FIND_PROGRESS = "SELECT PROGRESS FROM ATMOSPHERE_LEASE"
			+ " WHERE LOG_NAME = ? AND LEASE_NAME = ?";

	private static final String FIND_ALL_PROGRESS = "SELECT LEASE_NAME, PROGRESS FROM ATMOSPHERE_LEASE"
			+ " WHERE LOG_NAME = ?";

	private static final String ADVANCE = "UPDATE ATMOSPHERE_LEASE SET PROGRESS = ?"
			+ " WHERE LOG_NAME = ? AND LEASE_NAME = ? AND OWNER_ID = ? AND PROGRESS = ?";

	private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final Database database;

	private final String log;

	private final Set<String> names;

	private final long leaseNanos;

	private final LeaseListener listener;

	private final Guard guard;

	private final LongSupplier clock;

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition wake = this.lock.newCondition();

	/** Held while rows of several leases are locked in the database. */
	private final ReentrantLock rows = new ReentrantLock();

	/** The leases of this node, with the time until which it may use them. */
	private final Map<String, Long> held = new ConcurrentHashMap<>();

	/** The leases of this node that nobody held when it took them. */
	private final Set<String> fresh = ConcurrentHashMap.newKeySet();

	/** The leases to be given back, with whether all that was done is stored. */
	private final Map<String, Boolean> returning = new ConcurrentHashMap<>();

	/** Known to the thread only. */
	private final Map<String, Sighting> sightings = new HashMap<>();

	/** Guarded by the lock. */
	private boolean looksNow;

	/** Whether rows may name this node as their owner. Known to the thread only. */
	private boolean mayHaveLeases;

	private volatile Map<String, String> holders = Map.of();

	private volatile boolean releases = true;

	private volatile String owner = "";

	private volatile @Nullable Thread thread;

	/**
	 * Create leases, of which this node holds none before {@link #start}.
	 * @param database the database, whose timeout should be below the lease time
	 * @param log the name of the log whose tasks these are
	 * @param names the names of the leases, at most 40 letters each
	 * @param leaseTime how long a task rests when its holder has died
	 * @param listener is told what this node holds
	 * @param guard keeps the thread going
	 */
	public Leases(Database database, String log, Collection<String> names, Duration leaseTime, LeaseListener listener,
			Guard guard) {
		this(database, log, names, leaseTime, listener, guard, System::nanoTime);
	}

	Leases(Database database, String log, Collection<String> names, Duration leaseTime, LeaseListener listener,
			Guard guard, LongSupplier clock) {
		this.database = database;
		this.log = log;
		this.names = Set.copyOf(names);
		this.leaseNanos = leaseTime.toNanos();
		this.listener = listener;
		this.guard = guard;
		this.clock = clock;
	}

	/**
	 * Begin to take leases. The database may be away; then they are taken when it is
	 * back.
	 * @param node the id of this node, which others see as the holder
	 */
	public void start(UUID node) {
		this.lock.lock();
		try {
			if (this.thread != null) {
				return;
			}
			begin(node);
			Thread thread = Threads.factory("leases").newThread(this::loop);
			this.thread = thread;
			thread.start();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Begin a life without a thread.
	 */
	void begin(UUID node) {
		this.owner = node.toString();
		this.sightings.clear();
		this.fresh.clear();
		this.returning.clear();
		// From an earlier life whose leases could not be given back
		this.mayHaveLeases = true;
	}

	/**
	 * Give the leases back, so that other nodes can take them at once. Whoever works
	 * under a lease has stopped before. Blocks while the database is slow, at most for
	 * the lease time.
	 */
	public void stop() {
		stop(true);
	}

	/**
	 * Hold no lease any more, and let other nodes wait until the lease time is over,
	 * because not all that was done under them is stored.
	 */
	public void abandon() {
		stop(false);
	}

	/**
	 * Give one lease back, which this node does not hold any more when this returns.
	 * Another node can take it at once. Whoever works under it has stopped before. Does
	 * not block.
	 * @param lease the lease's name
	 * @param complete whether all that was done under it is stored; if not, it is not
	 * {@linkplain #isFresh fresh} for the next holder
	 */
	public void giveBack(String lease, boolean complete) {
		this.returning.put(lease, complete);
		lose(lease);
		lookNow();
	}

	/**
	 * Look at the leases at once, because what the listener says has changed. Does not
	 * block.
	 */
	public void lookNow() {
		this.lock.lock();
		try {
			this.looksNow = true;
			this.wake.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void stop(boolean release) {
		this.releases = release;
		Thread thread;
		this.lock.lock();
		try {
			thread = this.thread;
			this.thread = null;
			this.wake.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		if (thread == null) {
			return;
		}
		try {
			thread.join(TimeUnit.NANOSECONDS.toMillis(this.leaseNanos));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Return whether this node holds a lease now. Does not block.
	 * @param lease the lease's name
	 * @return whether it may do what the lease is for
	 */
	public boolean holds(String lease) {
		Long until = this.held.get(lease);
		return until != null && this.clock.getAsLong() - until < 0;
	}

	/**
	 * Return whether nobody held a lease when this node took it, because it was new or
	 * was given back. Otherwise its holder may have died at work. Does not block.
	 * @param lease the name of a lease that this node holds
	 * @return whether all that the holder before has done is stored
	 */
	public boolean isFresh(String lease) {
		return this.fresh.contains(lease);
	}

	/**
	 * Return which node held a lease when this node last looked. Does not block.
	 * @param lease the lease's name
	 * @return the node's id, or {@code null} if nobody held it or this is not known
	 */
	public @Nullable UUID holder(String lease) {
		String holder = this.holders.get(lease);
		return (holder != null) ? UUID.fromString(holder) : null;
	}

	/**
	 * Return how far the task of a lease has come.
	 * @param jdbc the database
	 * @param lease the lease's name
	 * @return what the last successful {@link #advance} has stored, on any node; 0 before
	 * the first one
	 */
	public long progress(JdbcOperations jdbc, String lease) {
		Long progress = jdbc.queryForObject(FIND_PROGRESS, Long.class, this.log, lease);
		return (progress != null) ? progress : 0;
	}

	/**
	 * Return how far the tasks of all leases have come.
	 * @param jdbc the database
	 * @return what was stored for each lease that exists
	 */
	public Map<String, Long> progress(JdbcOperations jdbc) {
		Map<String, Long> progress = new HashMap<>();
		RowCallbackHandler reader = (row) -> progress.put(row.getString(1), row.getLong(2));
		jdbc.query(FIND_ALL_PROGRESS, reader, this.log);
		return progress;
	}

	/**
	 * Store how far the task of a lease has come, if this node is its holder and nobody
	 * has moved it meanwhile. Within a transaction it locks the lease's row, so that
	 * nobody can take the lease over before the transaction ends.
	 * @param jdbc the database
	 * @param lease the lease's name
	 * @param from how far it had come
	 * @param to how far it has come
	 * @return whether this was so
	 */
	public boolean advance(JdbcOperations jdbc, String lease, long from, long to) {
		return jdbc.update(ADVANCE, to, this.log, lease, this.owner, from) > 0;
	}

	/**
	 * Run a transaction that advances several leases. Their renewal, which locks the rows
	 * of all, waits until it has ended: each would otherwise have rows that the other one
	 * wants, and PostgreSQL notices such a deadlock after a second.
	 * @param <T> the type of the result
	 * @param work runs within the transaction
	 * @return what it returns
	 */
	public <T extends @Nullable Object> T inTransaction(Function<JdbcOperations, T> work) {
		this.rows.lock();
		try {
			return this.database.inTransaction(work);
		}
		finally {
			this.rows.unlock();
		}
	}

	/**
	 * Update the rows of all leases of this node.
	 */
	private void updateAll(String sql) {
		this.rows.lock();
		try {
			this.database.update(sql, this.log, this.owner);
		}
		finally {
			this.rows.unlock();
		}
	}

	private void loop() {
		this.guard.loop(this::isActive, this::step);
		release();
	}

	private boolean isActive() {
		return this.thread == Thread.currentThread();
	}

	private void step() throws InterruptedException {
		long pause = this.leaseNanos / 6;
		try {
			turn();
			this.guard.succeeded();
		}
		catch (DataAccessException | TransactionException ex) {
			this.guard.failed("The leases in the database could not be renewed", ex);
			// HikariCP hands a connection out again within half a second without a look
			// at
			// whether it still works
			pause = Math.max(pause, FAILED_NANOS);
		}
		expire();
		this.lock.lock();
		try {
			long remaining = pause;
			while (remaining > 0 && isActive() && !this.looksNow) {
				remaining = this.wake.awaitNanos(remaining);
			}
			this.looksNow = false;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Renew what this node holds, look at the rest, and take what is free.
	 */
	void turn() {
		giveBack();
		long renewedAt = this.clock.getAsLong();
		boolean renewed = this.mayHaveLeases && this.listener.isAtWork();
		if (renewed) {
			updateAll(RENEW);
		}
		Set<String> missing = new HashSet<>(this.names);
		Map<String, String> holders = new HashMap<>();
		List<Row> rows = find();
		long seenAt = this.clock.getAsLong();
		this.mayHaveLeases = false;
		for (Row row : rows) {
			missing.remove(row.lease());
			if (!this.names.contains(row.lease())) {
				continue;
			}
			if (this.owner.equals(row.owner())) {
				// Only this node gives a row its owner, so the row was renewed above, too
				this.mayHaveLeases = true;
				if (renewed) {
					hold(row.lease(), renewedAt);
				}
			}
			else {
				lose(row.lease());
				take(row, seenAt);
			}
			String holder = this.held.containsKey(row.lease()) ? this.owner : row.owner();
			if (holder != null && !holder.equals(IN_DOUBT)) {
				holders.put(row.lease(), holder);
			}
		}
		this.holders = Map.copyOf(holders);
		if (!missing.isEmpty()) {
			missing.forEach(this::insert);
			// To take them without another wait, as the first node
			turn();
		}
	}

	/**
	 * Give back what is to be given back. One that fails is tried again at the next turn.
	 */
	private void giveBack() {
		for (Map.Entry<String, Boolean> lease : this.returning.entrySet()) {
			this.database.inTransaction((jdbc) -> jdbc.update(GIVE_BACK, lease.getValue() ? null : IN_DOUBT, this.log,
					lease.getKey(), this.owner));
			this.returning.remove(lease.getKey());
		}
	}

	private void hold(String lease, long since) {
		if (this.returning.containsKey(lease)) {
			return;
		}
		// Less than the lease time, by more than clocks of different speed make up
		if (this.held.put(lease, since + this.leaseNanos / 3 * 2) == null) {
			this.listener.gained(lease);
		}
	}

	private List<Row> find() {
		return this.database.jdbc()
			.query(FIND, (row, index) -> new Row(row.getString(1), row.getString(2), row.getLong(3)), this.log);
	}

	private boolean mayTake(Row row, long now) {
		Sighting last = this.sightings.get(row.lease());
		boolean silent = false;
		if (last == null || last.generation() != row.generation()) {
			this.sightings.put(row.lease(), new Sighting(row.generation(), now));
		}
		else {
			silent = now - last.since() >= this.leaseNanos;
		}
		return (row.isFree() || silent) && this.listener.mayTake() && this.listener.isAtWork();
	}

	private void take(Row row, long seenAt) {
		if (!mayTake(row, seenAt)) {
			return;
		}
		long before = this.clock.getAsLong();
		// Even if it fails, because the answer may be lost after the commit
		this.mayHaveLeases = true;
		int taken = this.database.update(TAKE, this.owner, this.log, row.lease(), row.generation());
		if (taken == 0) {
			return;
		}
		if (!row.isFree()) {
			logger.info("Took over '" + row.lease() + "' of '" + this.log + "' from node " + row.owner()
					+ ", which has not renewed it");
		}
		this.sightings.remove(row.lease());
		if (row.owner() == null) {
			this.fresh.add(row.lease());
		}
		hold(row.lease(), before);
	}

	private void insert(String lease) {
		try {
			this.database.update(INSERT, this.log, lease);
		}
		catch (DuplicateKeyException ex) {
			// Another node was faster
		}
	}

	/**
	 * Forget what could not be renewed in time: others may have it by now.
	 */
	void expire() {
		for (String lease : this.held.keySet()) {
			if (!holds(lease)) {
				lose(lease);
			}
		}
	}

	private void lose(String lease) {
		this.fresh.remove(lease);
		if (this.held.remove(lease) != null) {
			logger.info("This node no longer holds '" + lease + "' of '" + this.log + "'");
			this.listener.lost(lease);
		}
	}

	void release() {
		Set<String> held = Set.copyOf(this.held.keySet());
		this.held.clear();
		this.fresh.clear();
		this.holders = Map.of();
		held.forEach(this.listener::lost);
		try {
			if (this.mayHaveLeases && this.releases) {
				this.mayHaveLeases = false;
				updateAll(RELEASE);
			}
		}
		catch (DataAccessException | TransactionException ex) {
			logger.debug("The leases of '" + this.log + "' could not be given back, and expire", ex);
		}
	}

	/**
	 * A lease as it is in the table.
	 */
	private record Row(String lease, @Nullable String owner, long generation) {

		private boolean isFree() {
			return this.owner == null || this.owner.equals(IN_DOUBT);
		}

	}

	/**
	 * A generation that this node has seen, and since when.
	 */
	private record Sighting(long generation, long since) {
	}

}
