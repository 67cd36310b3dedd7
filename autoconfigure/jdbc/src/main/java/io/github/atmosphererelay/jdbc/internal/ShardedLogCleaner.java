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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Removes rows of a {@link ShardedLog} that are not needed any more, in transactions of
 * at most {@value #BATCH} rows: those whose time is over, those that exceed the size of
 * their channel's log, and idempotency keys whose window has ended. What is removed from
 * a recorded channel leaves a mark in the same transaction, so that a reader whose
 * position is older knows that it has missed something.
 * <p>
 * For use by one thread. Blocks as long as the database takes. Several nodes may do so at
 * the same time: it only costs them time.
 */
public final class ShardedLogCleaner {

	/**
	 * The number of rows that are removed in one transaction.
	 */
	public static final int BATCH = 1000;

	/** Above this number the oldest marks of channels become marks of their shard. */
	static final int MAX_MARKS = 10_000;

	/**
	 * In place of a channel's name, in a mark that stands for all channels of a shard.
	 */
	static final String WHOLE_SHARD = "";

	private static final int SCAN = 200;

	private static final String FIND_EXPIRED = "SELECT SHARD, NUMBER, CHANNEL FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND EXPIRES_AT <= ? ORDER BY LOG_NAME, EXPIRES_AT LIMIT " + BATCH;

	private static final String REMOVE_ROWS = "DELETE FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER BETWEEN ? AND ?";

	private static final String SCAN_NEW = scanNew();

	private static final String FIND_EXCESS = "SELECT NUMBER FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND CHANNEL = ?"
			+ " ORDER BY LOG_NAME DESC, CHANNEL DESC, NUMBER DESC LIMIT 1 OFFSET ?";

	private static final String FIND_CUT = "SELECT MAX(NUMBER) FROM (SELECT NUMBER FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND CHANNEL = ? AND NUMBER <= ?" + " ORDER BY LOG_NAME, CHANNEL, NUMBER LIMIT "
			+ BATCH + ") OLDEST";

	private static final String CUT = "DELETE FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND CHANNEL = ? AND NUMBER <= ?";

	/** So few, because the counter of their shard is locked meanwhile. */
	private static final int KEY_BATCH = 200;

	private static final String FIND_KEYS = "SELECT SHARD, KEY_HASH FROM ATMOSPHERE_KEY"
			+ " WHERE LOG_NAME = ? AND EXPIRES_AT <= ? LIMIT " + KEY_BATCH;

	private static final String LOCK_SHARD = "SELECT HEAD FROM ATMOSPHERE_SHARD"
			+ " WHERE LOG_NAME = ? AND SHARD = ? FOR UPDATE";

	/**
	 * The sum keeps InnoDB from the index of the times, where it would lock other keys.
	 */
	private static final String REMOVE_KEY = "DELETE FROM ATMOSPHERE_KEY"
			+ " WHERE LOG_NAME = ? AND KEY_HASH = ? AND EXPIRES_AT + 0 <= ?";

	private static final String COUNT_MARKS = "SELECT COUNT(*) FROM ATMOSPHERE_TRIM WHERE LOG_NAME = ?";

	/**
	 * The oldest are those that most rows of their shard have come after: numbers of
	 * different shards do not compare.
	 */
	private static final String FIND_MARKS = "SELECT T.SHARD, T.CHANNEL, T.TRIMMED_TO FROM ATMOSPHERE_TRIM T"
			+ " JOIN ATMOSPHERE_SHARD S ON S.LOG_NAME = T.LOG_NAME AND S.SHARD = T.SHARD"
			+ " WHERE T.LOG_NAME = ? AND T.CHANNEL <> '" + WHOLE_SHARD + "' ORDER BY S.HEAD - T.TRIMMED_TO DESC LIMIT "
			+ BATCH;

	private static final String REMOVE_MARK = "DELETE FROM ATMOSPHERE_TRIM"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND CHANNEL = ? AND TRIMMED_TO = ?";

	private final String name;

	private final Database database;

	/** For each shard, the number up to which the rows' channels were looked at. */
	private final long[] scanned = new long[ShardedLog.SHARDS];

	/**
	 * Create a cleaner.
	 * @param name the name of the log
	 * @param database the database
	 */
	public ShardedLogCleaner(String name, Database database) {
		this.name = name;
		this.database = database;
	}

	private static String scanNew() {
		StringBuilder sql = new StringBuilder(
				"SELECT SHARD, HEAD AS NUMBER, NULL AS CHANNEL, 0 AS LOG_SIZE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?");
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			sql.append(" UNION ALL (SELECT SHARD, NUMBER, CHANNEL, LOG_SIZE FROM ATMOSPHERE_MESSAGE")
				.append(" WHERE LOG_NAME = ? AND SHARD = ")
				.append(shard)
				.append(" AND NUMBER > ? AND CHANNEL IS NOT NULL ORDER BY LOG_NAME, SHARD, NUMBER LIMIT ")
				.append(SCAN)
				.append(')');
		}
		return sql.toString();
	}

	/**
	 * Look at all channels again, because other nodes have appended and cut meanwhile.
	 */
	public void restart() {
		Arrays.fill(this.scanned, 0);
	}

	/**
	 * Remove the rows whose time is over.
	 * @param active whether to go on after a transaction
	 * @return the number of rows
	 */
	public int removeExpired(BooleanSupplier active) {
		long now = System.currentTimeMillis();
		int removed = 0;
		int batch = BATCH;
		while (batch == BATCH && active.getAsBoolean()) {
			List<Expired> rows = this.database.jdbc()
				.query(FIND_EXPIRED, (row, index) -> new Expired(row.getInt(1), row.getLong(2), row.getString(3)),
						this.name, now);
			batch = rows.size();
			if (!rows.isEmpty()) {
				this.database.inTransaction((jdbc) -> remove(jdbc, rows));
			}
			removed += batch;
		}
		return removed;
	}

	private int remove(JdbcOperations jdbc, List<Expired> rows) {
		Map<Mark, Long> marks = new HashMap<>();
		for (Expired row : rows) {
			if (row.channel() != null) {
				marks.merge(new Mark(row.shard(), row.channel()), row.number(), Math::max);
			}
		}
		if (!marks.isEmpty()) {
			jdbc.batchUpdate(this.database.dialect().raiseTrimMark(),
					marks.entrySet()
						.stream()
						.map((mark) -> new Object[] { this.name, mark.getKey().shard(), mark.getKey().channel(),
								mark.getValue() })
						.toList());
		}
		jdbc.batchUpdate(REMOVE_ROWS, ranges(rows));
		return rows.size();
	}

	/**
	 * Return the parameters that remove the rows, and no others: one statement for all
	 * whose numbers follow each other.
	 */
	private List<Object[]> ranges(List<Expired> rows) {
		List<Object[]> ranges = new ArrayList<>();
		int shard = -1;
		long first = 0;
		long last = 0;
		for (Expired row : rows.stream()
			.sorted(Comparator.comparingInt(Expired::shard).thenComparingLong(Expired::number))
			.toList()) {
			if (row.shard() != shard || row.number() != last + 1) {
				if (shard >= 0) {
					ranges.add(new Object[] { this.name, shard, first, last });
				}
				shard = row.shard();
				first = row.number();
			}
			last = row.number();
		}
		ranges.add(new Object[] { this.name, shard, first, last });
		return ranges;
	}

	/**
	 * Cut the logs to which something was appended since the last call.
	 * @param active whether to go on after a transaction
	 * @return the number of rows that were removed
	 */
	public int cutLogs(BooleanSupplier active) {
		int removed = 0;
		boolean more = true;
		while (more && active.getAsBoolean()) {
			Map<String, Appended> appended = new TreeMap<>();
			more = scan(appended);
			for (Appended channel : appended.values()) {
				removed += cut(channel, active);
			}
		}
		return removed;
	}

	/**
	 * Find the channels of the next rows.
	 * @return whether there are more rows
	 */
	private boolean scan(Map<String, Appended> channels) {
		Object[] parameters = new Object[1 + 2 * ShardedLog.SHARDS];
		parameters[0] = this.name;
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			parameters[1 + 2 * shard] = this.name;
			parameters[2 + 2 * shard] = this.scanned[shard];
		}
		long[] heads = new long[ShardedLog.SHARDS];
		long[] last = new long[ShardedLog.SHARDS];
		int[] counts = new int[ShardedLog.SHARDS];
		this.database.jdbc().query(SCAN_NEW, (row) -> {
			int shard = row.getInt(1);
			long number = row.getLong(2);
			String channel = row.getString(3);
			if (channel == null) {
				heads[shard] = number;
				return;
			}
			counts[shard]++;
			if (number > last[shard]) {
				last[shard] = number;
			}
			Appended present = channels.get(channel);
			if (present == null || number > present.number()) {
				channels.put(channel, new Appended(shard, channel, number, row.getInt(4)));
			}
		}, parameters);
		boolean more = false;
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			boolean full = (counts[shard] == SCAN);
			// The end may have been looked at before the rows
			this.scanned[shard] = full ? last[shard] : Math.max(heads[shard], last[shard]);
			more |= full;
		}
		return more;
	}

	private int cut(Appended channel, BooleanSupplier active) {
		List<Long> excess = this.database.jdbc()
			.queryForList(FIND_EXCESS, Long.class, this.name, channel.channel(), channel.logSize());
		if (excess.isEmpty()) {
			return 0;
		}
		long end = excess.get(0);
		int removed = 0;
		int batch = BATCH;
		while (batch == BATCH && active.getAsBoolean()) {
			Integer rows = this.database.inTransaction((jdbc) -> {
				Long cut = jdbc.queryForObject(FIND_CUT, Long.class, this.name, channel.channel(), end);
				if (cut == null) {
					return 0;
				}
				jdbc.update(this.database.dialect().raiseTrimMark(), this.name, channel.shard(), channel.channel(),
						cut);
				return jdbc.update(CUT, this.name, channel.channel(), cut);
			});
			batch = (rows != null) ? rows : 0;
			removed += batch;
		}
		return removed;
	}

	/**
	 * Remove the idempotency keys whose window has ended. Nothing is appended to a shard
	 * while its keys are removed: otherwise a key could be gone between the two
	 * statements that find and read it, and both sides could lock two keys in different
	 * orders.
	 * @param active whether to go on after a transaction
	 * @return the number of keys
	 */
	public int removeKeys(BooleanSupplier active) {
		return removeKeys(System.currentTimeMillis(), active);
	}

	int removeKeys(long now, BooleanSupplier active) {
		int removed = 0;
		int batch = KEY_BATCH;
		while (batch == KEY_BATCH && active.getAsBoolean()) {
			Map<Integer, List<Object[]>> shards = new TreeMap<>();
			RowCallbackHandler collect = (row) -> shards.computeIfAbsent(row.getInt(1), (shard) -> new ArrayList<>())
				.add(new Object[] { this.name, row.getString(2), now });
			this.database.jdbc().query(FIND_KEYS, collect, this.name, now);
			batch = shards.values().stream().mapToInt(List::size).sum();
			shards.forEach((shard, keys) -> this.database.inTransaction((jdbc) -> {
				this.database.dialect().limitPause(jdbc);
				jdbc.queryForList(LOCK_SHARD, Long.class, this.name, shard);
				// One may have been used again meanwhile
				return jdbc.batchUpdate(REMOVE_KEY, keys);
			}));
			removed += batch;
		}
		return removed;
	}

	/**
	 * Keep the number of marks within its limit. The oldest marks of channels become one
	 * mark of their shard, which stands for all of its channels: a reader whose position
	 * is older than that mark has then missed something for all that is known.
	 * @param maxMarks the limit
	 */
	void foldMarks(int maxMarks) {
		Integer count = this.database.jdbc().queryForObject(COUNT_MARKS, Integer.class, this.name);
		int excess = ((count != null) ? count : 0) - maxMarks;
		while (excess > 0) {
			List<Marked> oldest = this.database.jdbc()
				.query(FIND_MARKS, (row, index) -> new Marked(row.getInt(1), row.getString(2), row.getLong(3)),
						this.name)
				.stream()
				.limit(excess)
				.toList();
			if (oldest.isEmpty()) {
				return;
			}
			this.database.inTransaction((jdbc) -> {
				Map<Integer, Long> shards = new TreeMap<>();
				oldest.forEach((mark) -> shards.merge(mark.shard(), mark.number(), Math::max));
				shards.forEach((shard, number) -> jdbc.update(this.database.dialect().raiseTrimMark(), this.name, shard,
						WHOLE_SHARD, number));
				return jdbc.batchUpdate(REMOVE_MARK,
						oldest.stream()
							.map((mark) -> new Object[] { this.name, mark.shard(), mark.channel(), mark.number() })
							.toList());
			});
			excess -= oldest.size();
		}
	}

	/**
	 * Keep the number of marks within {@value #MAX_MARKS}.
	 */
	public void foldMarks() {
		foldMarks(MAX_MARKS);
	}

	/**
	 * A row whose time is over, and its channel if that is recorded.
	 */
	private record Expired(int shard, long number, @Nullable String channel) {
	}

	/**
	 * The key of a mark.
	 */
	private record Mark(int shard, String channel) {
	}

	/**
	 * A mark.
	 */
	private record Marked(int shard, String channel, long number) {
	}

	/**
	 * A channel to which something was appended, its newest row, and how many rows its
	 * log keeps.
	 */
	private record Appended(int shard, String channel, long number, int logSize) {
	}

}
