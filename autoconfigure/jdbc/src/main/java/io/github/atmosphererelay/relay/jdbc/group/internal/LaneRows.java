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

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.jdbc.internal.ShardedLogPoll;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Reads the rows of a shard for a lane. Stateless; blocks as long as the database takes.
 * The statements sort by all columns of the index that they use, which H2 needs.
 */
final class LaneRows {

	/** With the size of rows that come with their envelope, a query returns 2 MB. */
	static final int CHUNK = 256;

	/** Above it, the lag is the difference of the numbers, which is more. */
	static final int MAX_COUNT = 10_000;

	/** A mark for it stands for all channels of a shard. */
	static final String WHOLE_SHARD = "";

	private static final int MAX_INLINE_BYTES = 8 * 1024;

	/** As in the log itself: large envelopes are read one by one. */
	private static final String COLUMNS = "SELECT NUMBER, CHANNEL, SIZE_BYTES, CASE WHEN SIZE_BYTES <= "
			+ MAX_INLINE_BYTES + " THEN SUBSTRING(ENVELOPE, 1, " + MAX_INLINE_BYTES + ") END FROM ATMOSPHERE_MESSAGE";

	private static final String SCAN = COLUMNS + " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ? AND NUMBER <= ?"
			+ " AND CHANNEL IS NOT NULL ORDER BY LOG_NAME, SHARD, NUMBER LIMIT " + CHUNK;

	private static final String READ_CHANNEL = COLUMNS
			+ " WHERE LOG_NAME = ? AND CHANNEL = ? AND NUMBER > ? AND NUMBER <= ?"
			+ " ORDER BY LOG_NAME, CHANNEL, NUMBER LIMIT " + CHUNK;

	private static final String FIND_MARKS = "SELECT CHANNEL, TRIMMED_TO FROM ATMOSPHERE_TRIM"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND TRIMMED_TO > ?";

	private static final String FIND_MARK = "SELECT MAX(TRIMMED_TO) FROM ATMOSPHERE_TRIM"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND CHANNEL IN (?, '" + WHOLE_SHARD + "')";

	private static final String COUNT = "SELECT CHANNEL, COUNT(*) FROM (SELECT CHANNEL FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ? AND NUMBER <= ? AND CHANNEL IS NOT NULL"
			+ " ORDER BY LOG_NAME, SHARD, NUMBER LIMIT " + MAX_COUNT + ") R GROUP BY CHANNEL";

	private static final String COUNT_CHANNEL = "SELECT COUNT(*) FROM (SELECT NUMBER FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND CHANNEL = ? AND NUMBER > ? AND NUMBER <= ?"
			+ " ORDER BY LOG_NAME, CHANNEL, NUMBER LIMIT " + MAX_COUNT + ") R";

	private final String log;

	private final ShardedLogPoll large;

	LaneRows(String log) {
		this.log = log;
		this.large = new ShardedLogPoll(log);
	}

	/**
	 * Read the next rows of all recorded channels, in ascending order. There are no more
	 * if there are less than {@value #CHUNK}.
	 */
	List<Row> scan(JdbcOperations jdbc, int shard, long after, long last) {
		return jdbc.query(SCAN,
				(row, index) -> new Row(row.getLong(1), row.getString(2), row.getInt(3), row.getBytes(4)), this.log,
				shard, after, last);
	}

	/**
	 * Read the next rows of one channel, as {@link #scan} does.
	 */
	List<Row> channel(JdbcOperations jdbc, String channel, long after, long last) {
		return jdbc.query(READ_CHANNEL,
				(row, index) -> new Row(row.getLong(1), row.getString(2), row.getInt(3), row.getBytes(4)), this.log,
				channel, after, last);
	}

	/**
	 * Read the envelope of a row.
	 * @return the envelope, or {@code null} if the row was removed
	 */
	byte @Nullable [] envelope(JdbcOperations jdbc, int shard, Row row) {
		return (row.envelope() != null) ? row.envelope() : this.large.readOne(jdbc, shard, row.number());
	}

	/**
	 * Find the channels of which rows after a number were removed.
	 * @return for each of them the last such number, and for {@value #WHOLE_SHARD} that
	 * of channels that are not known any more
	 */
	Map<String, Long> removed(JdbcOperations jdbc, int shard, long after) {
		Map<String, Long> removed = new HashMap<>();
		RowCallbackHandler reader = (row) -> removed.put(row.getString(1), row.getLong(2));
		jdbc.query(FIND_MARKS, reader, this.log, shard, after);
		return removed;
	}

	/**
	 * Find up to which number rows of a channel may have been removed.
	 */
	long removed(JdbcOperations jdbc, int shard, String channel) {
		Long number = jdbc.queryForObject(FIND_MARK, Long.class, this.log, shard, channel);
		return (number != null) ? number : 0;
	}

	/**
	 * Count the rows of each recorded channel in a range, up to {@value #MAX_COUNT} of
	 * all of them.
	 */
	Map<String, Long> count(JdbcOperations jdbc, int shard, long after, long last) {
		Map<String, Long> counts = new HashMap<>();
		RowCallbackHandler reader = (row) -> counts.put(row.getString(1), row.getLong(2));
		jdbc.query(COUNT, reader, this.log, shard, after, last);
		return counts;
	}

	/**
	 * Count the rows of one channel in a range, up to {@value #MAX_COUNT}.
	 */
	long countChannel(JdbcOperations jdbc, String channel, long after, long last) {
		Long count = jdbc.queryForObject(COUNT_CHANNEL, Long.class, this.log, channel, after, last);
		return (count != null) ? count : 0;
	}

	/**
	 * A row.
	 *
	 * @param number its number in the shard
	 * @param channel the channel
	 * @param size the size of the envelope in bytes
	 * @param envelope the envelope, or {@code null} if it is large
	 */
	record Row(long number, String channel, int size, byte @Nullable [] envelope) {
	}

}
