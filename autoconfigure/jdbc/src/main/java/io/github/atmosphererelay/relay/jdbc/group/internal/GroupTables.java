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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.relay.GroupOptions;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * The tables that say which members a group has, which of them owns a lane, and how far
 * the group has come. Stateless; blocks as long as the database takes.
 */
final class GroupTables {

	private static final String RENEW = "UPDATE ATMOSPHERE_GROUP_MEMBER SET GENERATION = GENERATION + 1"
			+ " WHERE LOG_NAME = ? AND NODE_ID = ?";

	/** One query for all groups, so that a node's groups cost no more than one does. */
	private static final String FIND = "SELECT GROUP_NAME, -1 AS SHARD, MEMBER_ID, GENERATION, WITHDRAWN"
			+ " FROM ATMOSPHERE_GROUP_MEMBER WHERE LOG_NAME = ?"
			+ " UNION ALL SELECT GROUP_NAME, SHARD, OWNER_ID, TOKEN, 0 FROM ATMOSPHERE_GROUP_LANE WHERE LOG_NAME = ?";

	private static final String JOIN = "INSERT INTO ATMOSPHERE_GROUP_MEMBER"
			+ " (LOG_NAME, GROUP_NAME, MEMBER_ID, NODE_ID, GENERATION, WITHDRAWN) VALUES (?, ?, ?, ?, 0, ?)";

	private static final String WITHDRAW = "UPDATE ATMOSPHERE_GROUP_MEMBER SET WITHDRAWN = 1"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND MEMBER_ID = ?";

	private static final String LEAVE = "DELETE FROM ATMOSPHERE_GROUP_MEMBER"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND MEMBER_ID = ?";

	private static final String REMOVE_DEAD = LEAVE + " AND GENERATION = ?";

	private static final String FREE_ALL = "UPDATE ATMOSPHERE_GROUP_LANE SET OWNER_ID = NULL"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND OWNER_ID = ?";

	private static final String FREE = FREE_ALL + " AND SHARD = ? AND TOKEN = ?";

	private static final String TAKE = "UPDATE ATMOSPHERE_GROUP_LANE SET OWNER_ID = ?, TOKEN = TOKEN + 1"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND TOKEN = ?";

	private static final String LOCK_UNLESS_LOCKED = "SELECT TOKEN FROM ATMOSPHERE_GROUP_LANE"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND TOKEN = ? FOR UPDATE SKIP LOCKED";

	private static final String EXISTS = "SELECT SHARD FROM ATMOSPHERE_GROUP_LANE"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ?";

	private static final String FORGET_CHANNELS = "DELETE FROM ATMOSPHERE_GROUP_CHANNEL"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ?";

	private static final String FIND_PROGRESS = "SELECT EPOCH, PROGRESS FROM ATMOSPHERE_GROUP_LANE"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND OWNER_ID = ? AND TOKEN = ?";

	private static final String FIND_CHANNELS = "SELECT CHANNEL, PROGRESS FROM ATMOSPHERE_GROUP_CHANNEL"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ?";

	private static final String ADVANCE = "UPDATE ATMOSPHERE_GROUP_LANE SET EPOCH = ?, PROGRESS = ?"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND OWNER_ID = ? AND TOKEN = ?";

	private static final String LOCK = "SELECT TOKEN FROM ATMOSPHERE_GROUP_LANE"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND OWNER_ID = ? AND TOKEN = ? FOR UPDATE";

	private static final String REMOVE_CHANNEL = "DELETE FROM ATMOSPHERE_GROUP_CHANNEL"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND CHANNEL = ? AND PROGRESS <= ?";

	private static final String PUT_BACK = "UPDATE ATMOSPHERE_GROUP_CHANNEL SET PROGRESS = ?"
			+ " WHERE LOG_NAME = ? AND GROUP_NAME = ? AND SHARD = ? AND PROGRESS > ?";

	private final String log;

	GroupTables(String log) {
		this.log = log;
	}

	String log() {
		return this.log;
	}

	/**
	 * Report that the members of a node live.
	 */
	void renew(JdbcOperations jdbc, UUID node) {
		jdbc.update(RENEW, this.log, node.toString());
	}

	/**
	 * Return the members and lanes of all groups of the log.
	 */
	Map<String, GroupView> find(JdbcOperations jdbc) {
		Map<String, GroupView> groups = new HashMap<>();
		jdbc.query(FIND, (row) -> {
			GroupView group = groups.computeIfAbsent(row.getString(1), (name) -> new GroupView());
			int shard = row.getInt(2);
			String member = row.getString(3);
			long number = row.getLong(4);
			if (shard < 0) {
				group.members().put(member, new GroupView.Member(number, row.getInt(5) != 0));
			}
			else {
				group.lanes().put(shard, new GroupView.Lane(member, number));
			}
		}, this.log, this.log);
		return groups;
	}

	boolean exists(JdbcOperations jdbc, String group) {
		return !jdbc.queryForList(EXISTS, Integer.class, this.log, group).isEmpty();
	}

	/**
	 * Create the lanes of a group. Fails with a
	 * {@link org.springframework.dao.DuplicateKeyException} if another node has done so
	 * meanwhile.
	 */
	void create(JdbcOperations jdbc, String group, GroupOptions.Start start) {
		boolean earliest = (start == GroupOptions.Start.EARLIEST);
		// A group's name has no quotes. Not every database knows the type of a parameter
		// in such a place
		jdbc.update("INSERT INTO ATMOSPHERE_GROUP_LANE (LOG_NAME, GROUP_NAME, SHARD, OWNER_ID, TOKEN, EPOCH, PROGRESS)"
				+ " SELECT LOG_NAME, '" + group + "', SHARD, NULL, 0, EPOCH, " + (earliest ? "0" : "HEAD")
				+ " FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?", this.log);
		jdbc.update(FORGET_CHANNELS, this.log, group);
		if (earliest) {
			// What was removed before is not missing
			jdbc.update("INSERT INTO ATMOSPHERE_GROUP_CHANNEL (LOG_NAME, GROUP_NAME, SHARD, CHANNEL, PROGRESS)"
					+ " SELECT LOG_NAME, '" + group
					+ "', SHARD, CHANNEL, TRIMMED_TO FROM ATMOSPHERE_TRIM WHERE LOG_NAME = ?", this.log);
		}
	}

	void join(JdbcOperations jdbc, String group, String member, UUID node, boolean withdrawn) {
		jdbc.update(JOIN, this.log, group, member, node.toString(), withdrawn ? 1 : 0);
	}

	void withdraw(JdbcOperations jdbc, String group, String member) {
		jdbc.update(WITHDRAW, this.log, group, member);
	}

	/**
	 * Remove a member, and free its lanes. Without a member others take them all the
	 * same, one by one, while one of them is locked.
	 */
	void leave(JdbcOperations jdbc, String group, String member) {
		jdbc.update(LEAVE, this.log, group, member);
		jdbc.update(FREE_ALL, this.log, group, member);
	}

	/**
	 * Remove a member that has not reported for a lease, unless it has meanwhile.
	 */
	void removeDead(JdbcOperations jdbc, String group, String member, long generation) {
		jdbc.update(REMOVE_DEAD, this.log, group, member, generation);
	}

	/**
	 * Take a lane within the present transaction, unless somebody else has taken it
	 * meanwhile, or has locked it. A lane stays locked for long if a node has stopped in
	 * the middle of a transaction.
	 * @return whether the member owns it now, with the token that follows the former one
	 */
	boolean take(JdbcOperations jdbc, String group, int shard, String member, long token) {
		return !jdbc.queryForList(LOCK_UNLESS_LOCKED, Long.class, this.log, group, shard, token).isEmpty()
				&& jdbc.update(TAKE, member, this.log, group, shard, token) > 0;
	}

	void free(JdbcOperations jdbc, LaneKey lane) {
		jdbc.update(FREE, this.log, lane.group(), lane.member(), lane.shard(), lane.token());
	}

	/**
	 * Return how far a lane has come.
	 * @return the progress, or {@code null} if the lane has another owner
	 */
	@Nullable StoredProgress progress(JdbcOperations jdbc, LaneKey lane) {
		List<StoredProgress> found = jdbc.query(FIND_PROGRESS,
				(row, index) -> new StoredProgress(row.getString(1), row.getLong(2), new HashMap<>()), this.log,
				lane.group(), lane.shard(), lane.member(), lane.token());
		if (found.isEmpty()) {
			return null;
		}
		StoredProgress progress = found.get(0);
		RowCallbackHandler reader = (row) -> progress.channels().put(row.getString(1), row.getLong(2));
		jdbc.query(FIND_CHANNELS, reader, this.log, lane.group(), lane.shard());
		return progress;
	}

	/**
	 * Store how far a lane has come, within the present transaction.
	 * @return {@code false} if the lane has another owner; then nothing was stored
	 */
	boolean advance(JdbcOperations jdbc, DatabaseDialect dialect, LaneKey lane, LaneProgress.Change change) {
		// A driver may not count a row that was as it should be already
		if (jdbc.update(ADVANCE, change.epoch(), change.floor(), this.log, lane.group(), lane.shard(), lane.member(),
				lane.token()) == 0 && !lock(jdbc, lane)) {
			return false;
		}
		store(jdbc, dialect, lane, change.changed());
		removeChannels(jdbc, lane, change);
		return true;
	}

	/**
	 * Store how far channels have come, within the present transaction.
	 */
	void store(JdbcOperations jdbc, DatabaseDialect dialect, LaneKey lane, Map<String, Long> channels) {
		List<Object[]> rows = new ArrayList<>();
		channels.forEach((channel, number) -> rows.add(row(lane, channel, number)));
		if (!rows.isEmpty()) {
			jdbc.batchUpdate(storeChannel(dialect), rows);
		}
	}

	/**
	 * Put channels back that are beyond the end of a shard which has gone back in time,
	 * within the present transaction.
	 */
	void putBack(JdbcOperations jdbc, LaneKey lane, long end) {
		jdbc.update(PUT_BACK, end, this.log, lane.group(), lane.shard(), end);
	}

	/**
	 * Have nobody take a lane before the present transaction ends.
	 * @return {@code false} if it has another owner already
	 */
	boolean lock(JdbcOperations jdbc, LaneKey lane) {
		return !jdbc.queryForList(LOCK, Long.class, this.log, lane.group(), lane.shard(), lane.member(), lane.token())
			.isEmpty();
	}

	private Object[] row(LaneKey lane, String channel, long number) {
		return new Object[] { this.log, lane.group(), lane.shard(), channel, number };
	}

	/**
	 * A transaction of the application may have moved a channel beyond the floor
	 * meanwhile, whose row stays.
	 */
	private void removeChannels(JdbcOperations jdbc, LaneKey lane, LaneProgress.Change change) {
		if (!change.removed().isEmpty()) {
			jdbc.batchUpdate(REMOVE_CHANNEL, change.removed()
				.keySet()
				.stream()
				.map((channel) -> new Object[] { this.log, lane.group(), lane.shard(), channel, change.floor() })
				.toList());
		}
	}

	/**
	 * Return the statement that stores the progress of one channel, and keeps a greater
	 * number: what a lane stores was computed before the latest transaction of the
	 * application.
	 */
	private static String storeChannel(DatabaseDialect dialect) {
		String columns = "(LOG_NAME, GROUP_NAME, SHARD, CHANNEL, PROGRESS)";
		String insert = "INSERT INTO ATMOSPHERE_GROUP_CHANNEL " + columns + " VALUES (?, ?, ?, ?, ?)";
		return switch (dialect) {
			case POSTGRESQL -> insert + " ON CONFLICT (LOG_NAME, GROUP_NAME, SHARD, CHANNEL) DO UPDATE"
					+ " SET PROGRESS = GREATEST(ATMOSPHERE_GROUP_CHANNEL.PROGRESS, EXCLUDED.PROGRESS)";
			case MARIADB, MYSQL -> insert + " ON DUPLICATE KEY UPDATE PROGRESS = GREATEST(PROGRESS, VALUES(PROGRESS))";
			case H2 -> "MERGE INTO ATMOSPHERE_GROUP_CHANNEL C USING (VALUES (CAST(? AS VARCHAR), CAST(? AS VARCHAR),"
					+ " CAST(? AS INT), CAST(? AS VARCHAR), CAST(? AS BIGINT))) V" + columns
					+ " ON C.LOG_NAME = V.LOG_NAME AND C.GROUP_NAME = V.GROUP_NAME AND C.SHARD = V.SHARD"
					+ " AND C.CHANNEL = V.CHANNEL"
					+ " WHEN MATCHED THEN UPDATE SET PROGRESS = GREATEST(C.PROGRESS, V.PROGRESS)"
					+ " WHEN NOT MATCHED THEN INSERT " + columns
					+ " VALUES (V.LOG_NAME, V.GROUP_NAME, V.SHARD, V.CHANNEL, V.PROGRESS)";
		};
	}

	/**
	 * How far a group has come in a shard.
	 *
	 * @param epoch the epoch of the shard when this was stored
	 * @param floor the number up to which all rows are handled, except in these channels
	 * @param channels the channels that have come to another number
	 */
	record StoredProgress(String epoch, long floor, Map<String, Long> channels) {
	}

}
