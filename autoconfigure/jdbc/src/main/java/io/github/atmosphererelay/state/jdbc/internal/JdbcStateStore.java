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

package io.github.atmosphererelay.state.jdbc.internal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.state.LastingStates;
import io.github.atmosphererelay.state.StateEntry;
import io.github.atmosphererelay.state.StateResult;
import io.github.atmosphererelay.state.StateStore;
import io.github.atmosphererelay.state.StateVersion;
import io.github.atmosphererelay.state.internal.StateValues;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Keeps states in a table of a relational database, one row for each key. Blocks as long
 * as the database takes. Entries are written in the order of their keys, so that nodes do
 * not wait for each other in a circle.
 */
public final class JdbcStateStore implements StateStore {

	private static final String UPDATE = "UPDATE ATMOSPHERE_STATE SET GENERATION = ?, ENTRY_OFFSET = ?, EXPIRES_AT = ?,"
			+ " STATE_VALUE = ? WHERE STATE_SPACE = ? AND STATE_KEY = ? AND (GENERATION < ?"
			+ " OR (GENERATION = ? AND ENTRY_OFFSET < ?) OR EXPIRES_AT <= ?)";

	private static final int[] UPDATE_TYPES = { Types.BIGINT, Types.BIGINT, Types.BIGINT, Types.VARBINARY,
			Types.VARCHAR, Types.VARCHAR, Types.BIGINT, Types.BIGINT, Types.BIGINT, Types.BIGINT };

	private static final String INSERT = "INSERT INTO ATMOSPHERE_STATE"
			+ " (GENERATION, ENTRY_OFFSET, EXPIRES_AT, STATE_VALUE, STATE_SPACE, STATE_KEY) VALUES (?, ?, ?, ?, ?, ?)";

	private static final int[] INSERT_TYPES = Arrays.copyOf(UPDATE_TYPES, 6);

	private static final String FIND = "SELECT STATE_KEY, GENERATION, ENTRY_OFFSET, STATE_VALUE FROM ATMOSPHERE_STATE"
			+ " WHERE STATE_SPACE = ? AND EXPIRES_AT > ? AND STATE_KEY IN (";

	private static final String REMOVE = "DELETE FROM ATMOSPHERE_STATE WHERE EXPIRES_AT <= ?";

	private static final int MAX_KEYS = 200;

	private final JdbcOperations jdbc;

	private final int maxValueBytes;

	private final long ttlMillis;

	/** Whether only entries without a value are forgotten. */
	private final boolean lasting;

	/**
	 * Create a store.
	 * @param jdbc accesses the database, which has the table
	 * @param maxValueBytes the maximum size of a value in bytes
	 * @param ttl after how long an entry that is not written again is forgotten
	 */
	public JdbcStateStore(JdbcOperations jdbc, int maxValueBytes, Duration ttl) {
		this(jdbc, maxValueBytes, ttl.toMillis(), false);
	}

	private JdbcStateStore(JdbcOperations jdbc, int maxValueBytes, long ttlMillis, boolean lasting) {
		this.jdbc = jdbc;
		this.maxValueBytes = maxValueBytes;
		this.ttlMillis = ttlMillis;
		this.lasting = lasting;
	}

	@Override
	public String name() {
		return "jdbc";
	}

	@Override
	public int maxValueBytes() {
		return this.maxValueBytes;
	}

	@Override
	public List<StateResult> putIfNewer(String space, List<StateEntry> entries) {
		StateResult[] results = new StateResult[entries.size()];
		List<Integer> order = new ArrayList<>();
		for (int i = 0; i < results.length; i++) {
			StateResult tooLarge = StateValues.check(entries.get(i), this.maxValueBytes);
			if (tooLarge != null) {
				results[i] = tooLarge;
			}
			else {
				order.add(i);
			}
		}
		// A later entry of a key comes in a later round, so that each round has a key
		// once
		order.sort(Comparator.comparing((i) -> entries.get(i).key()));
		while (!order.isEmpty()) {
			List<Integer> round = new ArrayList<>();
			List<Integer> later = new ArrayList<>();
			String last = "";
			for (int i : order) {
				String key = entries.get(i).key();
				(key.equals(last) ? later : round).add(i);
				last = key;
			}
			for (int from = 0; from < round.size(); from += MAX_KEYS) {
				put(space, entries, round.subList(from, Math.min(round.size(), from + MAX_KEYS)), results);
			}
			order = later;
		}
		return List.of(results);
	}

	private void put(String space, List<StateEntry> entries, List<Integer> round, StateResult[] results) {
		long now = System.currentTimeMillis();
		List<Integer> missing = new ArrayList<>();
		List<Integer> outdated = new ArrayList<>();
		try {
			Map<String, StateEntry> present = find(space, round.stream().map((i) -> entries.get(i).key()).toList());
			for (int i : round) {
				StateEntry entry = entries.get(i);
				StateEntry before = present.get(entry.key());
				if (before == null) {
					missing.add(i);
				}
				else if (entry.version().compareTo(before.version()) > 0) {
					outdated.add(i);
				}
				else {
					results[i] = compare(entry, before);
				}
			}
		}
		catch (DataAccessException ex) {
			round.forEach((i) -> results[i] = StateResult.failed(ex));
			return;
		}
		write(UPDATE, UPDATE_TYPES, space, entries, outdated, results, now);
		write(INSERT, INSERT_TYPES, space, entries, missing, results, now);
	}

	private static StateResult compare(StateEntry entry, StateEntry present) {
		return entry.version().equals(present.version()) ? StateResult.EQUAL : StateResult.OLDER;
	}

	/**
	 * Write entries together. Those that others have written meanwhile are compared
	 * again, each for itself.
	 */
	private void write(String sql, int[] types, String space, List<StateEntry> entries, List<Integer> written,
			StateResult[] results, long now) {
		if (written.isEmpty()) {
			return;
		}
		int[] rows;
		try {
			rows = this.jdbc.batchUpdate(sql,
					written.stream()
						.map((i) -> Arrays.copyOf(update(space, entries.get(i), now), types.length))
						.toList(),
					types);
		}
		catch (DataAccessException ex) {
			// It is not known which of them were written
			rows = new int[written.size()];
		}
		for (int i = 0; i < rows.length; i++) {
			int entry = written.get(i);
			// Some drivers do not report the number of rows of a batch
			results[entry] = (rows[i] > 0) ? StateResult.NEWER : put(space, entries.get(entry), now);
		}
	}

	/**
	 * Write one entry.
	 */
	private StateResult put(String space, StateEntry entry, long now) {
		try {
			for (int attempt = 0; attempt < 2; attempt++) {
				StateEntry present = find(space, Collections.singletonList(entry.key())).get(entry.key());
				if (present != null && entry.version().compareTo(present.version()) <= 0) {
					return compare(entry, present);
				}
				if (this.jdbc.update(UPDATE, update(space, entry, now), UPDATE_TYPES) > 0
						|| insert(space, entry, now)) {
					return StateResult.NEWER;
				}
				// Another node has written a newer one in between
			}
			return StateResult.OLDER;
		}
		catch (DataAccessException ex) {
			return StateResult.failed(ex);
		}
	}

	private boolean insert(String space, StateEntry entry, long now) {
		try {
			return this.jdbc.update(INSERT, Arrays.copyOf(update(space, entry, now), 6), INSERT_TYPES) > 0;
		}
		catch (DuplicateKeyException ex) {
			return false;
		}
	}

	private Object[] update(String space, StateEntry entry, long now) {
		StateVersion version = entry.version();
		long expiresAt = (this.lasting && entry.value() != null) ? Long.MAX_VALUE : now + this.ttlMillis;
		return new Object[] { version.generation(), version.offset(), expiresAt, entry.value(), space, entry.key(),
				version.generation(), version.generation(), version.offset(), now };
	}

	@Override
	public Map<String, StateEntry> find(String space, Collection<String> keys) {
		Map<String, StateEntry> found = new HashMap<>();
		List<String> all = List.copyOf(keys);
		long now = System.currentTimeMillis();
		for (int from = 0; from < all.size(); from += MAX_KEYS) {
			List<String> some = all.subList(from, Math.min(all.size(), from + MAX_KEYS));
			List<Object> arguments = new ArrayList<>();
			arguments.add(space);
			arguments.add(now);
			arguments.addAll(some);
			this.jdbc
				.query(FIND + String.join(", ", Collections.nCopies(some.size(), "?")) + ")",
						(row, number) -> entry(row), arguments.toArray())
				.forEach((entry) -> found.put(entry.key(), entry));
		}
		return found;
	}

	@Override
	public LastingStates lasting(String space) {
		return new JdbcLastingStates(this.jdbc, new JdbcStateStore(this.jdbc, this.maxValueBytes, this.ttlMillis, true),
				space);
	}

	static StateEntry entry(ResultSet row) throws SQLException {
		String key = Objects.requireNonNull(row.getString(1));
		StateVersion version = new StateVersion(row.getLong(2), row.getLong(3));
		byte[] value = row.getBytes(4);
		return (value != null) ? new StateEntry(key, version, value) : StateEntry.removed(key, version);
	}

	@Override
	public int removeExpired(Instant now) {
		return this.jdbc.update(REMOVE, now.toEpochMilli());
	}

}
