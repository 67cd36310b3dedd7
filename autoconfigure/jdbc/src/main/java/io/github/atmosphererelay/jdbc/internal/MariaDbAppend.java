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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

import io.github.atmosphererelay.message.Position;

/**
 * Appends to a {@link ShardedLog} by one compound statement of MariaDB, which begins and
 * commits a transaction: the counters are locked for as long as the server takes for it,
 * and never while the client or the network is slow.
 */
final class MariaDbAppend {

	private final String name;

	MariaDbAppend(String name) {
		this.name = name;
	}

	/**
	 * Append rows.
	 * @param connection the connection, in autocommit mode
	 * @param rows the rows
	 * @return for each row, what became of it
	 * @throws SQLException if the statement has failed
	 */
	List<AppendResult> append(Connection connection, List<NewRow> rows) throws SQLException {
		SortedMap<Integer, Integer> counts = new TreeMap<>();
		int[] places = new int[rows.size()];
		for (int i = 0; i < places.length; i++) {
			places[i] = counts.merge(rows.get(i).shard(), 1, Integer::sum);
		}
		try (PreparedStatement statement = connection.prepareStatement(sql(counts, rows, places))) {
			int index = 1;
			for (int i = 0; i < 2 * counts.size(); i++) {
				statement.setString(index++, this.name);
			}
			for (NewRow row : rows) {
				statement.setString(index++, this.name);
				statement.setString(index++, row.channel());
				statement.setLong(index++, row.createdAt());
				statement.setLong(index++, row.expiresAt());
				if (row.logSize() != null) {
					statement.setInt(index++, row.logSize());
				}
				else {
					statement.setNull(index++, Types.INTEGER);
				}
				statement.setInt(index++, row.envelope().length);
				statement.setBytes(index++, row.envelope());
			}
			return results(rows, places, execute(statement, counts));
		}
	}

	/**
	 * Numbers in the text are those of this class itself.
	 */
	private static String sql(SortedMap<Integer, Integer> counts, List<NewRow> rows, int[] places) {
		StringBuilder sql = new StringBuilder("BEGIN NOT ATOMIC");
		counts.keySet()
			.forEach((shard) -> sql.append(" DECLARE H")
				.append(shard)
				.append(" BIGINT; DECLARE E")
				.append(shard)
				.append(" VARCHAR(40);"));
		sql.append(" DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; START TRANSACTION;");
		// One by one: a statement for several scans the table, and waits for the counters
		// in
		// between, too
		counts.forEach((shard, count) -> sql.append(" UPDATE ATMOSPHERE_SHARD SET HEAD = HEAD + ")
			.append(count)
			.append(" WHERE LOG_NAME = ? AND SHARD = ")
			.append(shard)
			.append(';'));
		counts.forEach((shard, count) -> sql.append(" SELECT HEAD - ")
			.append(count)
			.append(", EPOCH INTO H")
			.append(shard)
			.append(", E")
			.append(shard)
			.append(" FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ")
			.append(shard)
			.append(';'));
		sql.append(" INSERT INTO ATMOSPHERE_MESSAGE (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT,"
				+ " LOG_SIZE, SIZE_BYTES, ENVELOPE) VALUES");
		for (int i = 0; i < places.length; i++) {
			int shard = rows.get(i).shard();
			sql.append((i > 0) ? ", (?, " : " (?, ")
				.append(shard)
				.append(", H")
				.append(shard)
				.append(" + ")
				.append(places[i])
				.append(", ?, ?, ?, ?, ?, ?)");
		}
		return sql.append("; COMMIT; SELECT ")
			.append(counts.keySet()
				.stream()
				.map((shard) -> "E" + shard + ", H" + shard)
				.collect(Collectors.joining(", ")))
			.append("; END")
			.toString();
	}

	private static ShardHead[] execute(PreparedStatement statement, SortedMap<Integer, Integer> counts)
			throws SQLException {
		ShardHead[] before = new ShardHead[ShardedLog.SHARDS];
		boolean result = statement.execute();
		while (!result) {
			if (statement.getUpdateCount() < 0) {
				throw new SQLException("The compound statement has returned no result");
			}
			result = statement.getMoreResults();
		}
		try (ResultSet row = statement.getResultSet()) {
			row.next();
			int column = 1;
			for (int shard : counts.keySet()) {
				before[shard] = new ShardHead(shard, row.getString(column), row.getLong(column + 1));
				column += 2;
			}
		}
		return before;
	}

	private static List<AppendResult> results(List<NewRow> rows, int[] places, ShardHead[] before) {
		List<AppendResult> results = new ArrayList<>(rows.size());
		for (int i = 0; i < places.length; i++) {
			NewRow row = rows.get(i);
			ShardHead head = before[row.shard()];
			results
				.add(new AppendResult(row.messageId(), new Position(head.epoch(), head.number() + places[i]), false));
		}
		return results;
	}

}
