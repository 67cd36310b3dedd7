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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import io.github.atmosphererelay.group.internal.GroupTransactions;
import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;

/**
 * The consumer groups of the log in the tables, in one life of the relay. A lane is a
 * shard of the log.
 * <p>
 * Each member has a row whose generation it increments every sixth of the lease time. A
 * member whose generation another node has seen unchanged for the whole lease time has
 * lost its lanes, and the others share them. The member itself counts its time from
 * before its last successful report, and gives up after two thirds of the lease time. So
 * nodes do not compare clocks. Each new owner of a lane increments the lane's token, and
 * everything is stored under the condition that owner and token are still the same:
 * nothing comes from a node that stood still meanwhile.
 * <p>
 * Members take their share by themselves: each computes it from the members that it sees,
 * gives back what it has too much, and takes what is free. Without members the tables are
 * not touched, so that a relay without groups works without them.
 * <p>
 * Threads: one for the leases, with a connection of its own, one that ends leases in time
 * while that waits for the database, and a few that read and store. Listeners are called
 * by the former two and, when messages come, by the reader of the relay.
 */
public final class JdbcGroups implements ConsumerGroups, SetAsideMessages {

	/**
	 * The name in reports that concern channels of a shard that are not known any more.
	 */
	static final String UNKNOWN_CHANNEL = "*";

	/**
	 * How many connections lanes need at once.
	 */
	public static final int THREADS = 2;

	private static final String RELAY = "jdbc";

	private static final Log logger = LogFactory.getLog(JdbcGroups.class);

	private static final Duration LEASE = Duration.ofSeconds(10);

	/** How often to look for leases that have ended. */
	private static final Duration EXPIRY = Duration.ofMillis(250);

	private static final long HURRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

	/** How long to look often for lanes that others have to give back. */
	private static final long HURRIED_NANOS = TimeUnit.SECONDS.toNanos(30);

	private static final long FAILED_NANOS = TimeUnit.SECONDS.toNanos(1);

	/** Between two removals of rows of the inbox, by each node. */
	private static final long CLEAN_NANOS = TimeUnit.MINUTES.toNanos(1);

	private static final int MAX_WAITING = 1000;

	private final UUID node = UUID.randomUUID();

	private final Database leases;

	private final Database database;

	private final GroupTables tables;

	private final LaneRows rows;

	private final GroupSetAsideTable setAsideTable;

	private final GroupInbox inbox;

	private final EnvelopeCodec codec;

	private final Consumer<WireFormatException.Reason> rejected;

	private final Guard guard;

	private final GroupShares shares;

	private final long leaseNanos = LEASE.toNanos();

	private final List<GroupMember> members = new CopyOnWriteArrayList<>();

	/** What the thread has to do before its next look. */
	private final Queue<Consumer<JdbcOperations>> tasks = new ConcurrentLinkedQueue<>();

	/** The ends of the shards, as the relay's reader knows them. */
	private final AtomicReferenceArray<@Nullable Position> ends = new AtomicReferenceArray<>(ShardedLog.SHARDS);

	/** The same as of the last time when rows of recorded channels may have come. */
	private final AtomicReferenceArray<@Nullable Position> recordedEnds = new AtomicReferenceArray<>(ShardedLog.SHARDS);

	private final ThreadPoolExecutor executor = Threads.pool("jdbc-groups", THREADS,
			new ArrayBlockingQueue<>(MAX_WAITING));

	/** The answers that are not known yet. */
	private final Set<CompletableFuture<?>> open = ConcurrentHashMap.newKeySet();

	private final Semaphore wake = new Semaphore(0);

	private final Object lifecycle = new Object();

	private @Nullable Thread thread;

	/** Ends lanes in time, also while the thread waits for the database. */
	private @Nullable ScheduledExecutorService timer;

	private long hurriedSince = System.nanoTime() - HURRIED_NANOS;

	/** Whether a member has got its row in the last turn. */
	private boolean begun;

	private volatile @Nullable Duration inboxRetention;

	private long inboxCleanedAt = System.nanoTime() - CLEAN_NANOS;

	private volatile boolean stopped;

	/**
	 * Create groups without members. Does not connect.
	 * @param leases a connection for the leases
	 * @param database {@link #THREADS} connections for lanes
	 * @param log the name of the log
	 * @param codec reads and writes envelopes
	 * @param guards keep the threads going
	 * @param rejected hears of rows that are not envelopes, and are passed over
	 */
	public JdbcGroups(Database leases, Database database, String log, EnvelopeCodec codec, Guards guards,
			Consumer<WireFormatException.Reason> rejected) {
		this.leases = leases;
		this.database = database;
		this.tables = new GroupTables(log);
		this.rows = new LaneRows(log);
		this.setAsideTable = new GroupSetAsideTable(log, codec);
		this.inbox = new GroupInbox(log);
		this.codec = codec;
		this.rejected = rejected;
		this.guard = guards.of(Part.LEASES);
		this.shares = new GroupShares(this.leaseNanos);
	}

	/**
	 * Create what handles messages of a log's groups in transactions of the application.
	 * @param manager the application's transaction manager
	 * @param dataSource the application's database, which has the relay's tables
	 * @param log the name of the log
	 * @param codec reads and writes envelopes
	 * @return the transactions
	 */
	public static GroupTransactions transactions(PlatformTransactionManager manager, DataSource dataSource, String log,
			EnvelopeCodec codec) {
		return new JdbcGroupTransactions(manager, dataSource, log, new GroupSetAsideTable(log, codec));
	}

	GroupTables tables() {
		return this.tables;
	}

	LaneRows rows() {
		return this.rows;
	}

	GroupSetAsideTable setAsideTable() {
		return this.setAsideTable;
	}

	Database database() {
		return this.database;
	}

	JdbcOperations jdbc() {
		return this.database.jdbc();
	}

	/**
	 * Return the end of a shard up to which all rows can be seen.
	 * @throws RelayUnavailableException if it is not known yet
	 */
	Position end(int shard) {
		Position end = this.ends.get(shard);
		if (end == null) {
			throw new RelayUnavailableException(RELAY, null);
		}
		return end;
	}

	/**
	 * Return whether this node handles messages of a shard. Does not block.
	 * @param shard the number of the shard
	 * @return whether a group has its lane here
	 */
	public boolean follows(int shard) {
		for (GroupMember member : this.members) {
			if (member.has(shard)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Note up to where a shard can be seen. Called by the relay's reader; does not block.
	 * @param shard the number of the shard
	 * @param epoch its epoch
	 * @param number the number of the row that was read last
	 * @param recorded whether there may be rows of recorded channels among those that
	 * were read since the last call; otherwise no lane has to look at them
	 */
	public void seen(int shard, String epoch, long number, boolean recorded) {
		Position former = this.ends.get(shard);
		if (former != null && former.offset() == number && former.epoch().equals(epoch)) {
			return;
		}
		boolean quiet = !recorded && former != null && former.epoch().equals(epoch);
		if (!quiet) {
			this.recordedEnds.set(shard, new Position(epoch, number));
		}
		this.ends.set(shard, new Position(epoch, number));
		for (GroupMember member : this.members) {
			this.guard.run(() -> {
				if (quiet && former != null) {
					member.passOver(shard, former.offset(), number);
				}
				else {
					member.wake(shard);
				}
			});
		}
	}

	/**
	 * Return whether there may be rows of recorded channels in a shard after a position.
	 */
	boolean hasRecordedAfter(int shard, Position position) {
		Position end = this.recordedEnds.get(shard);
		return end != null && (!end.epoch().equals(position.epoch()) || end.offset() > position.offset());
	}

	@Override
	public GroupMembership join(GroupOptions options, GroupLaneListener listener) {
		GroupMember member = new GroupMember(this, options, listener);
		synchronized (this.lifecycle) {
			if (this.stopped) {
				return member;
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
		return member;
	}

	/**
	 * Remove rows of the inbox from time to time, because this node has a group that
	 * needs it.
	 * @param retention how long a row is kept
	 */
	public void keepInbox(Duration retention) {
		this.inboxRetention = retention;
	}

	private void cleanInbox() {
		Duration retention = this.inboxRetention;
		if (retention == null || System.nanoTime() - this.inboxCleanedAt < CLEAN_NANOS) {
			return;
		}
		this.inboxCleanedAt = System.nanoTime();
		cleanInbox(retention);
	}

	/**
	 * Remove some rows, and then more behind what others ask the database.
	 */
	private void cleanInbox(Duration retention) {
		ask(() -> this.database.inTransaction((jdbc) -> this.inbox.removeOld(jdbc, this.database.dialect(), retention)))
			.whenComplete((removed, ex) -> {
				if (ex != null) {
					this.guard.failed("Old rows of ATMOSPHERE_GROUP_INBOX could not be removed", ex);
				}
				else if (removed == GroupInbox.BATCH && !this.stopped) {
					cleanInbox(retention);
				}
			});
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
		long pause = this.leaseNanos / 6;
		try {
			doTasks();
			boolean waits = turn();
			// A new member has a row then, and can take lanes
			for (int i = 0; i < 2 && this.begun; i++) {
				waits = turn();
			}
			if (waits) {
				pause = HURRY_NANOS;
			}
			cleanInbox();
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
				task.accept(this.leases.jdbc());
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
	 * Renew what this node's members hold, give back what is too much, and take what is
	 * free.
	 * @return whether to look again soon
	 */
	private boolean turn() {
		if (this.members.isEmpty()) {
			return false;
		}
		long renewedAt = System.nanoTime();
		this.tables.renew(this.leases.jdbc(), this.node);
		Map<String, GroupView> views = this.tables.find(this.leases.jdbc());
		long now = System.nanoTime();
		this.shares.look(views.values(), now);
		this.begun = false;
		boolean waits = false;
		for (GroupMember member : this.members) {
			if (view(views, member).members().containsKey(member.id())) {
				member.hold(renewedAt + this.leaseNanos / 3 * 2);
			}
			else {
				member.lanes().forEach(member::lose);
			}
		}
		// What takes long for one group does not end the leases of the others
		for (GroupMember member : this.members) {
			GroupView view = view(views, member);
			GroupView.Member row = view.members().get(member.id());
			if (row == null || view.lanes().isEmpty()) {
				begin(member, row == null);
			}
			else {
				checkLanes(member, view);
				waits |= balance(member, row, view, now);
			}
		}
		if (!waits) {
			this.hurriedSince = System.nanoTime();
		}
		return this.begun || (waits && System.nanoTime() - this.hurriedSince < HURRIED_NANOS);
	}

	private static GroupView view(Map<String, GroupView> views, GroupMember member) {
		return views.getOrDefault(member.group(), new GroupView());
	}

	/**
	 * Rows of single lanes are not created again: nobody knows how far the group had
	 * come.
	 */
	private void checkLanes(GroupMember member, GroupView view) {
		if (view.lanes().size() < ShardedLog.SHARDS) {
			List<Integer> missing = IntStream.range(0, ShardedLog.SHARDS)
				.boxed()
				.filter((shard) -> !view.lanes().containsKey(shard))
				.toList();
			this.guard.failed("The group '" + member.group() + "' does not handle the messages of all channels",
					new IllegalStateException("Table ATMOSPHERE_GROUP_LANE has no rows for the shards " + missing
							+ " of this group. Restore them, or stop the group and remove all of its rows"));
		}
	}

	/**
	 * Create what is missing in the tables.
	 */
	private void begin(GroupMember member, boolean join) {
		if (member.hasLeft()) {
			return;
		}
		try {
			this.leases.inTransaction((jdbc) -> {
				if (!this.tables.exists(jdbc, member.group())) {
					this.tables.create(jdbc, member.group(), member.options().start());
				}
				if (join) {
					this.tables.join(jdbc, member.group(), member.id(), this.node, member.isWithdrawn());
				}
				return true;
			});
		}
		catch (DuplicateKeyException ex) {
			logger.debug("Another node has created the group '" + member.group() + "' meanwhile", ex);
		}
		this.begun = true;
	}

	/**
	 * Bring a member towards its share.
	 * @return whether it waits for lanes of others
	 */
	private boolean balance(GroupMember member, GroupView.Member row, GroupView view, long now) {
		for (JdbcLane lane : member.lanes()) {
			GroupView.Lane stored = view.lanes().get(lane.number());
			if (stored == null || stored.token() != lane.token() || !member.id().equals(stored.owner())) {
				logger.info("Lane " + lane.number() + " of the group '" + member.group() + "' has another owner");
				member.lose(lane);
			}
			else if (lane.isLost()) {
				// It could not store for another reason, and begins anew with another
				// token
				member.lose(lane);
				this.tables.free(this.leases.jdbc(), lane.key());
			}
		}
		if (member.isWithdrawn()) {
			if (!row.withdrawn()) {
				this.tables.withdraw(this.leases.jdbc(), member.group(), member.id());
			}
			return false;
		}
		removeDead(member, view, now);
		int quota = this.shares.quota(view, member.id(), ShardedLog.SHARDS, now);
		giveBack(member, quota);
		return take(member, view, quota, now);
	}

	private void removeDead(GroupMember member, GroupView view, long now) {
		view.members().forEach((id, row) -> {
			if (!this.shares.lives(id, now) && !id.equals(member.id())) {
				logger.info("A member of the group '" + member.group() + "' has not reported for " + LEASE.toSeconds()
						+ " s, and loses its lanes: " + id);
				this.tables.removeDead(this.leases.jdbc(), member.group(), id, row.generation());
			}
		});
	}

	private void giveBack(GroupMember member, int quota) {
		List<JdbcLane> kept = member.lanes().stream().filter((lane) -> !lane.isRevoked()).toList();
		kept.stream()
			.sorted(Comparator.comparingInt(JdbcLane::number).reversed())
			.limit(Math.max(0, kept.size() - quota))
			.forEach(member::revoke);
	}

	private boolean take(GroupMember member, GroupView view, int quota, long now) {
		// Members that begin at the same time would try the same lanes
		int first = Math.floorMod(member.id().hashCode(), ShardedLog.SHARDS);
		for (int i = 0; i < ShardedLog.SHARDS && member.laneCount() < quota && !member.hasLeft(); i++) {
			int shard = (first + i) % ShardedLog.SHARDS;
			GroupView.Lane lane = view.lanes().get(shard);
			if (lane != null && !member.has(shard) && isFree(lane, member, view, now)) {
				take(member, shard, lane.token());
			}
		}
		return member.laneCount() < quota;
	}

	private boolean isFree(GroupView.Lane lane, GroupMember member, GroupView view, long now) {
		String owner = lane.owner();
		return owner == null || owner.equals(member.id()) || !view.members().containsKey(owner)
				|| !this.shares.lives(owner, now);
	}

	private void take(GroupMember member, int shard, long token) {
		if (this.leases.inTransaction((jdbc) -> this.tables.take(jdbc, member.group(), shard, member.id(), token))) {
			Predicate<String> isMine = (channel) -> channel.equals(LaneRows.WHOLE_SHARD)
					|| channel.equals(UNKNOWN_CHANNEL) || member.options().channels().test(channel);
			LaneReader reader = new LaneReader(this.rows, this.codec, member.options().channels(), this.rejected);
			member.assign(new JdbcLane(this, member, new LaneKey(member.group(), shard, member.id(), token + 1), reader,
					isMine));
		}
	}

	/**
	 * Ask the database something on another thread.
	 */
	<T extends @Nullable Object> CompletableFuture<T> ask(Supplier<T> question) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.open.add(answer);
		answer.whenComplete((result, ex) -> this.open.remove(answer));
		try {
			this.executor.execute(() -> answer(answer, question));
		}
		catch (RejectedExecutionException ex) {
			answer.completeExceptionally(this.executor.isShutdown() ? new RelayUnavailableException(RELAY, null)
					: RelayOverloadedException.forReads(RELAY, MAX_WAITING));
		}
		return answer;
	}

	private <T extends @Nullable Object> void answer(CompletableFuture<T> answer, Supplier<T> question) {
		try {
			answer.complete(question.get());
		}
		catch (RelayException ex) {
			answer.completeExceptionally(ex);
		}
		catch (DataAccessException | TransactionException ex) {
			answer.completeExceptionally(new RelayUnavailableException(RELAY, ex));
		}
		catch (Throwable ex) {
			this.guard.failed(ex);
			answer.completeExceptionally(ex);
		}
	}

	@Override
	public SetAsideMessages setAside() {
		return this;
	}

	@Override
	public CompletableFuture<Long> count(String group) {
		return ask(() -> this.setAsideTable.count(jdbc(), group));
	}

	@Override
	public CompletableFuture<List<SetAsideMessage>> list(String group, long offset, int limit) {
		return ask(() -> this.setAsideTable.list(jdbc(), group, offset, limit));
	}

	@Override
	public CompletableFuture<@Nullable SetAsideMessage> find(String group, UUID id) {
		return ask(() -> this.setAsideTable.find(jdbc(), group, id));
	}

	@Override
	public CompletableFuture<Boolean> remove(String group, UUID id) {
		return ask(() -> this.database.inTransaction((jdbc) -> this.setAsideTable.delete(jdbc, group, id)));
	}

	/**
	 * Begin to end: members get no further lanes. Does not block.
	 */
	public void stop() {
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
	public void awaitEnd(Duration limit) throws InterruptedException {
		Thread thread;
		synchronized (this.lifecycle) {
			thread = this.thread;
		}
		if (thread != null) {
			thread.join(limit.toMillis());
		}
	}

	/**
	 * Fail what is being asked. Does not block.
	 */
	public void close() {
		synchronized (this.lifecycle) {
			if (this.timer != null) {
				this.timer.shutdownNow();
			}
		}
		this.executor.shutdownNow();
		for (CompletableFuture<?> answer : this.open) {
			answer.completeExceptionally(new RelayUnavailableException(RELAY, null));
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
