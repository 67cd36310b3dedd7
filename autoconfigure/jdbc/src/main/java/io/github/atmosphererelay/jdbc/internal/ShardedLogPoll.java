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
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Reads the ends of all shards of a {@link ShardedLog} and the next rows of each, in one
 * query, because readers do so all the time. What one query returns is bounded in bytes:
 * rows that are large come without their envelope. Stateless, safe for use by many
 * threads. Blocks as long as the database takes.
 */
public final class ShardedLogPoll {

	/**
	 * The maximum number of rows of each shard, a power of two.
	 */
	public static final int MAX_ROWS = 64;

	/** By the binary logarithm of the number of rows. */
	private static final String[] POLLS = IntStream.rangeClosed(0, Integer.numberOfTrailingZeros(MAX_ROWS))
		.mapToObj((power) -> createPoll(1 << power))
		.toArray(String[]::new);

	private static final String READ_ONE = "SELECT ENVELOPE FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER = ?";

	private static final String READ_SHARD = "SELECT NUMBER, " + ShardedLog.INLINE_ENVELOPE
			+ " FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ? AND NUMBER <= ?"
			+ " ORDER BY LOG_NAME, SHARD, NUMBER";

	private static final Comparator<ShardPage.Row> BY_NUMBER = Comparator.comparingLong(ShardPage.Row::number);

	private final String name;

	/**
	 * Create a poll of a log.
	 * @param name the name of the log
	 */
	public ShardedLogPoll(String name) {
		this.name = name;
	}

	private static String createPoll(int rows) {
		StringBuilder sql = new StringBuilder(
				"SELECT SHARD, EPOCH, HEAD AS NUMBER, NULL AS ENVELOPE FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ?");
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			sql.append(" UNION ALL (SELECT SHARD, NULL, NUMBER, ")
				.append(ShardedLog.INLINE_ENVELOPE)
				.append(" FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND SHARD = ")
				.append(shard)
				.append(" AND NUMBER > ? ORDER BY LOG_NAME, SHARD, NUMBER LIMIT ")
				.append(rows)
				.append(')');
		}
		return sql.toString();
	}

	/**
	 * Read the ends and the next rows.
	 * @param jdbc the database
	 * @param after for each shard, the number after which to read
	 * @param maxRows how many rows of each shard to read at most: a power of two, up to
	 * {@value #MAX_ROWS}
	 * @return a page for each shard that exists, in ascending order
	 */
	public List<ShardPage> poll(JdbcOperations jdbc, long[] after, int maxRows) {
		Object[] parameters = new Object[1 + 2 * ShardedLog.SHARDS];
		parameters[0] = this.name;
		for (int shard = 0; shard < ShardedLog.SHARDS; shard++) {
			parameters[1 + 2 * shard] = this.name;
			parameters[2 + 2 * shard] = after[shard];
		}
		Map<Integer, ShardHead> heads = new TreeMap<>();
		Map<Integer, List<ShardPage.Row>> rows = new TreeMap<>();
		jdbc.query(POLLS[Integer.numberOfTrailingZeros(maxRows)], (row) -> {
			int shard = row.getInt(1);
			String epoch = row.getString(2);
			long number = row.getLong(3);
			if (epoch != null) {
				heads.put(shard, new ShardHead(shard, epoch, number));
			}
			else {
				rows.computeIfAbsent(shard, (key) -> new ArrayList<>()).add(new ShardPage.Row(number, row.getBytes(4)));
			}
		}, parameters);
		return heads.values().stream().map((head) -> {
			List<ShardPage.Row> page = rows.getOrDefault(head.shard(), new ArrayList<>());
			// A database may look at the ends before or after it looks at the rows
			page.removeIf((row) -> row.number() > head.number());
			Collections.sort(page, BY_NUMBER);
			return new ShardPage(head, page);
		}).toList();
	}

	/**
	 * Read the rows of one shard.
	 * @param jdbc the database
	 * @param shard the number of the shard
	 * @param after the number after which to read
	 * @param last the number up to which to read, at most {@value #MAX_ROWS} more
	 * @return the rows that exist, in ascending order
	 */
	public List<ShardPage.Row> readShard(JdbcOperations jdbc, int shard, long after, long last) {
		return jdbc.query(READ_SHARD, (row, index) -> new ShardPage.Row(row.getLong(1), row.getBytes(2)), this.name,
				shard, after, last);
	}

	/**
	 * Read one row.
	 * @param jdbc the database
	 * @param shard the number of the shard
	 * @param number the number of the row
	 * @return the encoded envelope, or {@code null} if the row does not exist any more
	 */
	public byte @Nullable [] readOne(JdbcOperations jdbc, int shard, long number) {
		List<byte[]> rows = jdbc.query(READ_ONE, (row, index) -> row.getBytes(1), this.name, shard, number);
		return rows.isEmpty() ? null : rows.get(0);
	}

}
