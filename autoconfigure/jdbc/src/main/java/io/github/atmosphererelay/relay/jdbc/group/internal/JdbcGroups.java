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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.ConsumerGroups;
import io.github.atmosphererelay.relay.GroupLaneListener;
import io.github.atmosphererelay.relay.GroupMembership;
import io.github.atmosphererelay.relay.GroupOptions;
import io.github.atmosphererelay.relay.GroupTransactions;
import io.github.atmosphererelay.relay.SetAsideMessage;
import io.github.atmosphererelay.relay.SetAsideMessages;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The consumer groups of the log in the tables, in one life of the relay. A lane is a
 * shard of the log.
 * <p>
 * {@link GroupLeases} says which lanes this node has, and a few threads ask the database
 * for them. Listeners are called by the threads of the leases and, when messages come, by
 * the reader of the relay.
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

	private final Database database;

	private final GroupTables tables;

	private final LaneRows rows;

	private final GroupSetAsideTable setAsideTable;

	private final EnvelopeCodec codec;

	private final Consumer<WireFormatException.Reason> rejected;

	private final Guard guard;

	private final ShardEnds ends = new ShardEnds();

	private final LaneCalls calls;

	private final InboxCleaner inbox;

	private final GroupLeases leases;

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
		this.database = database;
		this.tables = new GroupTables(log);
		this.rows = new LaneRows(log);
		this.setAsideTable = new GroupSetAsideTable(log, codec);
		this.codec = codec;
		this.rejected = rejected;
		this.guard = guards.of(Part.LEASES);
		this.calls = new LaneCalls(THREADS, this.guard);
		this.inbox = new InboxCleaner(new GroupInbox(log), database, this.calls, this.guard);
		this.leases = new GroupLeases(leases, this.tables, this.guard,
				new LaneBalancer(leases, this.tables, this.guard, this::lane), this.inbox::clean);
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
	 * Return the ends of the shards.
	 */
	ShardEnds ends() {
		return this.ends;
	}

	/**
	 * Return whether this node handles messages of a shard. Does not block.
	 * @param shard the number of the shard
	 * @return whether a group has its lane here
	 */
	public boolean follows(int shard) {
		for (GroupMember member : this.leases.members()) {
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
		Position former = this.ends.end(shard);
		if (former != null && former.offset() == number && former.epoch().equals(epoch)) {
			return;
		}
		boolean quiet = !recorded && former != null && former.epoch().equals(epoch);
		this.ends.seen(shard, new Position(epoch, number), quiet);
		for (GroupMember member : this.leases.members()) {
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

	@Override
	public GroupMembership join(GroupOptions options, GroupLaneListener listener) {
		GroupMember member = new GroupMember(this.leases, options, listener);
		this.leases.join(member);
		return member;
	}

	private JdbcLane lane(GroupMember member, LaneKey key) {
		Predicate<String> isMine = (channel) -> channel.equals(LaneRows.WHOLE_SHARD) || channel.equals(UNKNOWN_CHANNEL)
				|| member.options().channels().test(channel);
		LaneReader reader = new LaneReader(this.rows, this.codec, member.options().channels(), this.rejected);
		return new JdbcLane(this, member, key, reader, isMine);
	}

	/**
	 * Remove rows of the inbox from time to time, because this node has a group that
	 * needs it.
	 * @param retention how long a row is kept
	 */
	public void keepInbox(Duration retention) {
		this.inbox.keep(retention);
	}

	/**
	 * Take a lane away from its owner, which gets it, or another one, with a new token.
	 */
	void giveUp(JdbcLane lane) {
		this.leases.giveUp(lane);
	}

	/**
	 * Ask the database something on another thread.
	 */
	<T extends @Nullable Object> CompletableFuture<T> ask(Supplier<T> question) {
		return this.calls.ask(question);
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
		this.inbox.stop();
		this.leases.stop();
	}

	/**
	 * Give the lanes back, and wait for the end.
	 * @param limit how long to wait
	 * @throws InterruptedException if the calling thread is interrupted
	 */
	public void awaitEnd(Duration limit) throws InterruptedException {
		this.leases.awaitEnd(limit);
	}

	/**
	 * Fail what is being asked. Does not block.
	 */
	public void close() {
		this.leases.close();
		this.calls.close();
	}

}
