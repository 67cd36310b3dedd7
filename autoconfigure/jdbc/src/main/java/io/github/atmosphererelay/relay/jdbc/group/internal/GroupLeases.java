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

package io.github.atmosphererelay.relay.jdbc.group.internal;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.TransactionException;

/**
 * Which lanes this node's members have, in the tables and here.
 * <p>
 * Each member has a row whose generation it increments every sixth of the lease time. A
 * member whose generation another node has seen unchanged for the whole lease time has
 * lost its lanes, and the others share them. The member itself counts its time from
 * before its last successful report, and gives up after two thirds of the lease time. So
 * nodes do not compare clocks. Each new owner of a lane increments the lane's token, and
 * everything is stored under the condition that owner and token are still the same:
 * nothing comes from a node that stood still meanwhile.
 * <p>
 * Members take their share by themselves, see {@link LaneBalancer}. Without members the
 * tables are not touched, so that a relay without groups works without them.
 * <p>
 * Threads: one with a connection of its own, which calls listeners, and one that ends
 * leases in time while the former waits for the database. Both start with the first
 * member.
 */
final class GroupLeases {

	private static final Log logger = LogFactory.getLog(GroupLeases.class);

	/** How often to look for leases that have ended. */
	private static final Duration EXPIRY = Duration.ofMillis(250);

	private static final long HURRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

	private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final Database database;

	private final GroupTables tables;

	private final Guard guard;

	private final LaneBalancer balancer;

	private final Runnable eachTurn;

	private final List<GroupMember> members = new CopyOnWriteArrayList<>();

	/** What the thread has to do before its next look. */
	private final Queue<Consumer<JdbcOperations>> tasks = new ConcurrentLinkedQueue<>();

	private final Semaphore wake = new Semaphore(0);

	private final Object lifecycle = new Object();

	private @Nullable Thread thread;

	/** Ends lanes in time, also while the thread waits for the database. */
	private @Nullable ScheduledExecutorService timer;

	private volatile boolean stopped;

	/**
	 * Create leases without members. Does not connect.
	 * @param database a connection
	 * @param tables the tables of groups
	 * @param guard keeps the threads going
	 * @param balancer brings members towards their shares
	 * @param eachTurn runs whenever the leases were renewed; does not block
	 */
	GroupLeases(Database database, GroupTables tables, Guard guard, LaneBalancer balancer, Runnable eachTurn) {
		this.database = database;
		this.tables = tables;
		this.guard = guard;
		this.balancer = balancer;
		this.eachTurn = eachTurn;
	}

	List<GroupMember> members() {
		return this.members;
	}

	/**
	 * Let a member take its share. Does nothing if the relay has stopped. Does not block.
	 */
	void join(GroupMember member) {
		synchronized (this.lifecycle) {
			if (this.stopped) {
				return;
			}
			this.members.add(member);
			if (this.thread == null) {
				this.thread = Threads.factory("jdbc-group-leases").newThread(this::run);
				this.thread.start();
				ScheduledExecutorService timer = Executors
					.newSingleThreadScheduledExecutor(Threads.factory("jdbc-group-time"));
				this.guard.repeat(timer, this::expire, EXPIRY, EXPIRY);
				this.timer = timer;
			}
		}
		lookNow();
	}

	/**
	 * Look at the leases at once. Does not block.
	 */
	void lookNow() {
		this.wake.release();
	}

	void leave(GroupMember member) {
		this.members.remove(member);
		later((jdbc) -> this.tables.leave(jdbc, member.group(), member.id()));
	}

	void free(JdbcLane lane) {
		later((jdbc) -> this.tables.free(jdbc, lane.key()));
	}

	/**
	 * Take a lane away from its owner, which gets it, or another one, with a new token.
	 */
	void giveUp(JdbcLane lane) {
		later((jdbc) -> {
			for (GroupMember member : this.members) {
				if (member.lanes().contains(lane)) {
					member.lose(lane);
				}
			}
			this.tables.free(jdbc, lane.key());
		});
	}

	private void later(Consumer<JdbcOperations> task) {
		this.tasks.add(task);
		lookNow();
	}

	private void run() {
		this.guard.loop(() -> !this.stopped, this::step);
		end();
	}

	private void step() throws InterruptedException {
		long pause = LaneBalancer.LEASE.toNanos() / 6;
		try {
			doTasks();
			boolean waits = this.balancer.turn(this.members);
			// A new member has a row then, and can take lanes
			for (int i = 0; i < 2 && this.balancer.hasBegun(); i++) {
				waits = this.balancer.turn(this.members);
			}
			if (waits) {
				pause = HURRY_NANOS;
			}
			this.eachTurn.run();
			this.guard.succeeded();
		}
		catch (DataAccessException | TransactionException ex) {
			if (!this.stopped) {
				this.guard.failed("The leases of consumer groups could not be renewed. They need the tables"
						+ " ATMOSPHERE_GROUP_*, see 'atmosphere.jdbc.initialize-schema'", ex);
			}
			pause = FAILED_NANOS;
		}
		if (this.wake.tryAcquire(pause, TimeUnit.NANOSECONDS)) {
			this.wake.drainPermits();
		}
	}

	private void expire() {
		long now = System.nanoTime();
		for (GroupMember member : this.members) {
			this.guard.run(() -> member.expire(now));
		}
	}

	private void doTasks() {
		for (int i = this.tasks.size(); i > 0; i--) {
			Consumer<JdbcOperations> task = this.tasks.peek();
			if (task == null) {
				return;
			}
			try {
				task.accept(this.database.jdbc());
				this.tasks.remove(task);
			}
			catch (DataAccessException | TransactionException ex) {
				// It waits for a lane that somebody has locked, perhaps, and keeps nobody
				// waiting for longer than that
				this.tasks.remove(task);
				this.tasks.add(task);
				this.guard.failed("A lane could not be given back, which is tried again", ex);
				return;
			}
		}
	}

	/**
	 * Begin to end: members get no further lanes. Does not block.
	 */
	void stop() {
		synchronized (this.lifecycle) {
			this.stopped = true;
		}
		lookNow();
	}

	/**
	 * Give the lanes back, and wait for the end.
	 * @param limit how long to wait
	 * @throws InterruptedException if the calling thread is interrupted
	 */
	void awaitEnd(Duration limit) throws InterruptedException {
		Thread thread;
		synchronized (this.lifecycle) {
			thread = this.thread;
		}
		if (thread != null) {
			thread.join(limit.toMillis());
		}
	}

	/**
	 * End what {@link #awaitEnd} has not seen ending. Does not block.
	 */
	void close() {
		synchronized (this.lifecycle) {
			if (this.timer != null) {
				this.timer.shutdownNow();
			}
		}
	}

	private void end() {
		try {
			this.members.forEach(GroupMember::leave);
			for (int i = this.tasks.size(); i > 0 && !this.tasks.isEmpty(); i--) {
				doTasks();
			}
		}
		catch (DataAccessException | TransactionException ex) {
			logger.debug("The lanes of this node could not be given back, and expire", ex);
		}
	}

}
