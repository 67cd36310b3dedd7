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

import org.springframework.jdbc.core.JdbcOperations;

/**
 * Inserts rows of a {@link ShardedLog} into H2, many by one statement: its driver sends
 * the rows of a batch one after the other, and waits for the answer to each. Used by one
 * thread. Blocks as long as the database takes.
 */
final class H2Insert {

	private static final String INSERT = "INSERT INTO ATMOSPHERE_MESSAGE"
			+ " (LOG_NAME, SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES, ENVELOPE)"
			+ " SELECT CAST(? AS VARCHAR), SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES,"
			+ " ENVELOPE FROM UNNEST(CAST(? AS INT ARRAY), CAST(? AS BIGINT ARRAY), CAST(? AS VARCHAR ARRAY),"
			+ " CAST(? AS BIGINT ARRAY), CAST(? AS BIGINT ARRAY), CAST(? AS INT ARRAY), CAST(? AS INT ARRAY),"
			+ " CAST(? AS VARBINARY ARRAY))"
			+ " R(SHARD, NUMBER, CHANNEL, CREATED_AT, EXPIRES_AT, LOG_SIZE, SIZE_BYTES, ENVELOPE)";

	/**
	 * Maximum size of a row that is inserted together with others, and of what one
	 * statement inserts: H2 ends the whole database when its memory is used up.
	 */
	static final int MAX_BYTES = 1024 * 1024;

	private static final int MAX_ROWS = 500;

	private final String name;

	private final List<NewRow> rows = new ArrayList<>();

	private final List<Long> numbers = new ArrayList<>();

	H2Insert(String name) {
		this.name = name;
	}

	/**
	 * Add a row.
	 * @param row the row
	 * @param number its number
	 * @return whether the row is small enough to be inserted together with others
	 */
	boolean add(NewRow row, long number) {
		if (row.envelope().length > MAX_BYTES) {
			return false;
		}
		this.rows.add(row);
		this.numbers.add(number);
		return true;
	}

	/**
	 * Insert the rows.
	 * @param jdbc the transaction's connection
	 */
	void insert(JdbcOperations jdbc) {
		int begin = 0;
		while (begin < this.rows.size()) {
			int end = begin;
			long bytes = 0;
			do {
				bytes += this.rows.get(end++).envelope().length;
			}
			while (end < this.rows.size() && end - begin < MAX_ROWS
					&& bytes + this.rows.get(end).envelope().length <= MAX_BYTES);
			List<NewRow> part = this.rows.subList(begin, end);
			List<Long> numbers = this.numbers.subList(begin, end);
			jdbc.execute((Connection connection) -> insert(connection, part, numbers));
			begin = end;
		}
	}

	private int insert(Connection connection, List<NewRow> rows, List<Long> numbers) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
			statement.setString(1, this.name);
			H2Append.setArray(statement, 2, "INT", rows, NewRow::shard);
			statement.setArray(3, connection.createArrayOf("BIGINT", numbers.toArray()));
			H2Append.setArray(statement, 4, "VARCHAR", rows, NewRow::channel);
			H2Append.setArray(statement, 5, "BIGINT", rows, NewRow::createdAt);
			H2Append.setArray(statement, 6, "BIGINT", rows, NewRow::expiresAt);
			H2Append.setArray(statement, 7, "INT", rows, NewRow::logSize);
			H2Append.setArray(statement, 8, "INT", rows, (row) -> row.envelope().length);
			H2Append.setArray(statement, 9, "VARBINARY", rows, NewRow::envelope);
			return statement.executeUpdate();
		}
	}

}
