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
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Takes counters of a {@link ShardedLog} on H2, which has been seen to give a number a
 * second time under load, in one of many thousand transactions. So nothing rests on a
 * single one of its promises: the counters are locked and read first, and set only if
 * they still are what was read. If a row with the same number exists nevertheless, the
 * counter is set to the last row, and the append is done again within the same
 * transaction. If that does not help, numbers are left out, which readers report as a
 * gap. Without that, no transaction could append to the shard any more.
 */
final class H2Counters {

	private static final Log logger = LogFactory.getLog(H2Counters.class);

	/**
	 * How many numbers are left out at each further attempt. After the server was killed,
	 * an index may refuse the numbers of a transaction that was not committed, although
	 * no row with them can be seen.
	 */
	private static final int[] LEFT_OUT = { 0, 1, 100, 10_000 };

	private static final String LOCK = "SELECT SHARD, EPOCH, HEAD FROM ATMOSPHERE_SHARD"
			+ " WHERE LOG_NAME = ? AND SHARD IN (%s) ORDER BY SHARD FOR UPDATE";

	private static final String SET = "UPDATE ATMOSPHERE_SHARD SET HEAD = CASE SHARD%s END"
			+ " WHERE LOG_NAME = ? AND SHARD IN (%s) AND HEAD = CASE SHARD%s END";

	private static final String REPAIR = "UPDATE ATMOSPHERE_SHARD SET HEAD = ? + GREATEST(HEAD, COALESCE("
			+ "(SELECT NUMBER FROM ATMOSPHERE_MESSAGE WHERE LOG_NAME = ? AND SHARD = ?"
			+ " ORDER BY LOG_NAME DESC, SHARD DESC, NUMBER DESC LIMIT 1), 0))" + " WHERE LOG_NAME = ? AND SHARD = ?";

	private final String name;

	H2Counters(String name) {
		this.name = name;
	}

	/**
	 * Lock counters, in ascending order.
	 * @param jdbc the transaction's connection
	 * @param shards the shards
	 * @return what they are
	 */
	List<ShardHead> lock(JdbcOperations jdbc, Collection<Integer> shards) {
		List<ShardHead> heads = jdbc.query(String.format(LOCK, ShardedLog.list(shards)),
				(row, index) -> new ShardHead(row.getInt(1), row.getString(2), row.getLong(3)), this.name);
		if (heads.size() < shards.size()) {
			throw ShardedLog.missingShard(this.name);
		}
		return heads;
	}

	/**
	 * Set counters that are locked.
	 * @param jdbc the transaction's connection
	 * @param heads what they are
	 * @param last what they shall be, by shard
	 */
	void set(JdbcOperations jdbc, Collection<ShardHead> heads, long[] last) {
		List<ShardHead> changed = heads.stream().filter((head) -> last[head.shard()] != head.number()).toList();
		if (changed.isEmpty()) {
			return;
		}
		// One statement: the driver sends the statements of a batch one after the other
		List<Object> parameters = new ArrayList<>();
		changed.forEach((head) -> parameters.add(last[head.shard()]));
		parameters.add(this.name);
		changed.forEach((head) -> parameters.add(head.number()));
		String cases = changed.stream()
			.map((head) -> " WHEN " + head.shard() + " THEN CAST(? AS BIGINT)")
			.collect(Collectors.joining());
		String shards = ShardedLog.list(changed.stream().map(ShardHead::shard).toList());
		if (jdbc.update(String.format(SET, cases, shards, cases), parameters.toArray()) < changed.size()) {
			throw new ConcurrencyFailureException("A counter of '" + this.name + "' has changed while it was locked");
		}
	}

	/**
	 * Append, again if the counters were wrong.
	 * @param jdbc the transaction's connection
	 * @param shards the shards to which is appended
	 * @param append appends
	 * @return what it returns
	 */
	<T> T repair(JdbcOperations jdbc, Collection<Integer> shards, Supplier<T> append) {
		for (int leftOut : LEFT_OUT) {
			Savepoint begin = Objects.requireNonNull(jdbc.execute((Connection link) -> link.setSavepoint()));
			try {
				return append.get();
			}
			catch (DuplicateKeyException | ConcurrencyFailureException ex) {
				if (!isWrong(ex)) {
					throw ex;
				}
				logger.warn("A counter of '" + this.name + "' in table ATMOSPHERE_SHARD was behind its rows, and is set"
						+ " right", ex);
				rollBack(jdbc, begin);
				for (Integer shard : shards) {
					jdbc.update(REPAIR, leftOut, this.name, shard, this.name, shard);
				}
			}
		}
		return append.get();
	}

	/**
	 * A lock that was not free in time, or a deadlock, says nothing about the counter.
	 */
	private static boolean isWrong(DataAccessException ex) {
		return ex instanceof DuplicateKeyException || ex.getClass() == ConcurrencyFailureException.class;
	}

	private static void rollBack(JdbcOperations jdbc, Savepoint savepoint) {
		jdbc.execute((Connection connection) -> {
			connection.rollback(savepoint);
			return true;
		});
	}

}
