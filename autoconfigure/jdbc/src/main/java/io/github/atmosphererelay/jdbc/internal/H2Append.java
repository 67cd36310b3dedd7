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

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Appends to a {@link ShardedLog} by one statement of H2. It does not tell the numbers of
 * the rows, so it is for ephemeral channels.
 * <p>
 * In a transaction, although it is one statement: H2's driver may send a statement again
 * that was in autocommit mode when the connection was lost, and a transaction whose
 * client has given up is rolled back. If an index has a number that was never committed,
 * H2 repeats the statement by itself without undoing the update of the counters: then
 * rows stand there twice, which readers notice by the ids of the messages, and numbers
 * are left out, which they report as a gap.
 */
final class H2Append {

	/**
	 * An update as the outer statement, because H2 does not undo the inner one when a
	 * query fails. An outer join, because H2 executes the inner one each time that it
	 * comes to it, and the order of an outer join is fixed.
	 */
	private static final String APPEND = "INSERT INTO ATMOSPHERE_MESSAGE"
			+ " (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES, ENVELOPE)"
			+ " SELECT F.LOG_NAME, F.SHARD, F.HEAD - R.FOLLOWERS, NULL, ?, R.EXPIRES_AT, NULL, LENGTH(R.ENVELOPE),"
			+ " R.ENVELOPE FROM FINAL TABLE (UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD + CASE SHARD%s END"
			+ " WHERE LOG_NAME = ? AND SHARD IN (%s)"
			+ " AND (SELECT COUNT(*) FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD IN (%s)) = ?) F"
			+ " LEFT JOIN UNNEST(CAST(? AS INT ARRAY), CAST(? AS INT ARRAY), CAST(? AS BIGINT ARRAY),"
			+ " CAST(? AS VARBINARY ARRAY)) R(SHARD, FOLLOWERS, EXPIRES_AT, ENVELOPE) ON R.SHARD = F.SHARD";

	private final String name;

	H2Append(String name) {
		this.name = name;
	}

	/**
	 * Append rows.
	 * @param connection the connection of the present transaction
	 * @param rows the rows, of ephemeral channels and none larger than
	 * {@link H2Insert#MAX_BYTES}
	 * @throws SQLException if the statement has failed; an integrity violation if one of
	 * the numbers exists, see {@link H2Counters}. In each case, and also if there is no
	 * counter, the transaction has to be rolled back
	 */
	void append(Connection connection, List<NewRow> rows) throws SQLException {
		SortedMap<Integer, Integer> counts = new TreeMap<>();
		List<Integer> places = new ArrayList<>();
		rows.forEach((row) -> places.add(counts.merge(row.shard(), 1, Integer::sum)));
		List<Integer> followers = new ArrayList<>();
		for (int i = 0; i < rows.size(); i++) {
			followers.add(Objects.requireNonNull(counts.get(rows.get(i).shard())) - places.get(i));
		}
		String cases = counts.keySet()
			.stream()
			.map((shard) -> " WHEN " + shard + " THEN CAST(? AS BIGINT)")
			.collect(Collectors.joining());
		String shards = ShardedLog.list(counts.keySet());
		try (PreparedStatement statement = connection.prepareStatement(String.format(APPEND, cases, shards, shards))) {
			int index = 1;
			statement.setLong(index++, rows.get(0).createdAt());
			for (int count : counts.values()) {
				statement.setLong(index++, count);
			}
			statement.setString(index++, this.name);
			statement.setString(index++, this.name);
			statement.setInt(index++, counts.size());
			setArray(statement, index++, "INT", rows, NewRow::shard);
			statement.setArray(index++, connection.createArrayOf("INT", followers.toArray()));
			setArray(statement, index++, "BIGINT", rows, NewRow::expiresAt);
			setArray(statement, index, "VARBINARY", rows, NewRow::envelope);
			if (statement.executeUpdate() < rows.size()) {
				throw ShardedLog.missingShard(this.name);
			}
		}
	}

	static void setArray(PreparedStatement statement, int index, String type, List<NewRow> rows,
			Function<NewRow, @Nullable Object> column) throws SQLException {
		Object[] values = rows.stream().map(column).toArray();
		statement.setArray(index, statement.getConnection().createArrayOf(type, values));
	}

}
