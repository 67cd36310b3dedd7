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

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

import io.github.atmosphererelay.message.Position;

/**
 * Appends to a {@link ShardedLog} by one statement of PostgreSQL, which is a transaction
 * by itself: the counters are locked for as long as the server takes for it, and never
 * while the client or the network is slow. If a counter does not exist it appends
 * nothing.
 */
final class PostgresAppend {

	private static final String APPEND = """
			WITH L AS (SELECT SHARD FROM ATMOSPHERE_SHARD WHERE LOG_NAME = ? AND SHARD = ANY (?)
					ORDER BY SHARD FOR UPDATE),
				H AS (UPDATE ATMOSPHERE_SHARD S SET HEAD = S.HEAD + C.N
					FROM L JOIN UNNEST(?, ?) AS C (SHARD, N) ON C.SHARD = L.SHARD
					WHERE S.LOG_NAME = ? AND S.SHARD = L.SHARD AND (SELECT COUNT(*) FROM L) = ?
					RETURNING S.SHARD, S.EPOCH, S.HEAD - C.N AS BEFORE),
				I AS (INSERT INTO ATMOSPHERE_MESSAGE
						(LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES, ENVELOPE)
					SELECT ?, H.SHARD, H.BEFORE + R.PLACE, R.CHANNEL, ?, R.EXPIRES_AT, R.LOG_SIZE, LENGTH(R.ENVELOPE),
							R.ENVELOPE
					FROM H JOIN UNNEST(?, ?, ?, ?, ?, ?)
						AS R (SHARD, PLACE, CHANNEL, EXPIRES_AT, LOG_SIZE, ENVELOPE)
					ON R.SHARD = H.SHARD)
			SELECT SHARD, EPOCH, BEFORE FROM H""";

	private final String name;

	PostgresAppend(String name) {
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
		int size = rows.size();
		Integer[] shards = new Integer[size];
		Integer[] places = new Integer[size];
		String[] channels = new String[size];
		Long[] expiries = new Long[size];
		Integer[] logSizes = new Integer[size];
		byte[][] envelopes = new byte[size][];
		SortedMap<Integer, Integer> counts = new TreeMap<>();
		for (int i = 0; i < size; i++) {
			NewRow row = rows.get(i);
			shards[i] = row.shard();
			places[i] = counts.merge(row.shard(), 1, Integer::sum);
			channels[i] = row.channel();
			expiries[i] = row.expiresAt();
			logSizes[i] = row.logSize();
			envelopes[i] = row.envelope();
		}
		List<Array> arrays = new ArrayList<>();
		arrays.add(connection.createArrayOf("int4", counts.keySet().toArray()));
		arrays.add(connection.createArrayOf("int4", counts.keySet().toArray()));
		arrays.add(connection.createArrayOf("int4", counts.values().toArray()));
		arrays.add(connection.createArrayOf("int4", shards));
		arrays.add(connection.createArrayOf("int4", places));
		arrays.add(connection.createArrayOf("varchar", channels));
		arrays.add(connection.createArrayOf("int8", expiries));
		arrays.add(connection.createArrayOf("int4", logSizes));
		arrays.add(connection.createArrayOf("bytea", envelopes));
		try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
			statement.setString(1, this.name);
			statement.setArray(2, arrays.get(0));
			statement.setArray(3, arrays.get(1));
			statement.setArray(4, arrays.get(2));
			statement.setString(5, this.name);
			statement.setInt(6, counts.size());
			statement.setString(7, this.name);
			statement.setLong(8, rows.get(0).createdAt());
			for (int i = 3; i < arrays.size(); i++) {
				statement.setArray(6 + i, arrays.get(i));
			}
			ShardHead[] before = new ShardHead[ShardedLog.SHARDS];
			try (ResultSet result = statement.executeQuery()) {
				while (result.next()) {
					int shard = result.getInt(1);
					before[shard] = new ShardHead(shard, result.getString(2), result.getLong(3));
				}
			}
			return results(rows, places, before);
		}
	}

	private List<AppendResult> results(List<NewRow> rows, Integer[] places, ShardHead[] before) {
		List<AppendResult> results = new ArrayList<>(rows.size());
		for (int i = 0; i < rows.size(); i++) {
			NewRow row = rows.get(i);
			ShardHead head = before[row.shard()];
			if (head == null) {
				throw ShardedLog.missingShard(this.name);
			}
			results
				.add(new AppendResult(row.messageId(), new Position(head.epoch(), head.number() + places[i]), false));
		}
		return results;
	}

}
