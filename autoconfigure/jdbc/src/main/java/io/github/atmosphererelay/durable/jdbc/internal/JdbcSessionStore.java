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

package io.github.atmosphererelay.durable.jdbc.internal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.durable.internal.StoredSessionCodec;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Keeps durable sessions in a table of a relational database, one row for each session.
 * Blocks as long as the database takes. Expired rows are removed by the node that holds
 * the lease, which is a row of the same table.
 */
public final class JdbcSessionStore implements SessionStore {

	/** A session's key never contains this character. */
	private static final String LEASE = "*cleanup";

	private static final String FIND = "SELECT OWNER_ID, GENERATION, EXPIRES_AT, SESSION_DATA FROM ATMOSPHERE_SESSION"
			+ " WHERE SESSION_KEY = ? AND EXPIRES_AT > ?";

	private static final String UPDATE = "UPDATE ATMOSPHERE_SESSION SET OWNER_ID = ?, GENERATION = ?, EXPIRES_AT = ?,"
			+ " SESSION_DATA = ? WHERE SESSION_KEY = ? AND (GENERATION < ? OR (GENERATION = ? AND OWNER_ID = ?)"
			+ " OR EXPIRES_AT <= ?)";

	private static final String INSERT = "INSERT INTO ATMOSPHERE_SESSION"
			+ " (OWNER_ID, GENERATION, EXPIRES_AT, SESSION_DATA, SESSION_KEY) VALUES (?, ?, ?, ?, ?)";

	private static final String RENEW = "UPDATE ATMOSPHERE_SESSION SET OWNER_ID = ?, EXPIRES_AT = ?"
			+ " WHERE SESSION_KEY = ? AND EXPIRES_AT <= ?";

	private static final String REMOVE = "DELETE FROM ATMOSPHERE_SESSION WHERE EXPIRES_AT <= ? AND SESSION_KEY <> ?";

	private static final String COUNT = "SELECT COUNT(*) FROM ATMOSPHERE_SESSION WHERE EXPIRES_AT > ?"
			+ " AND SESSION_KEY <> ?";

	private final JdbcOperations jdbc;

	private final Duration lease;

	private final String holder = UUID.randomUUID().toString();

	/**
	 * Create a store.
	 * @param jdbc accesses the database, which has the table
	 * @param lease how long only the node that holds the lease removes expired rows
	 */
	public JdbcSessionStore(JdbcOperations jdbc, Duration lease) {
		this.jdbc = jdbc;
		this.lease = lease;
	}

	@Override
	public @Nullable StoredSession find(String key) {
		List<Optional<StoredSession>> found = this.jdbc.query(FIND,
				(row, number) -> Optional.ofNullable(read(key, row)), key, System.currentTimeMillis());
		return found.isEmpty() ? null : found.get(0).orElse(null);
	}

	private static @Nullable StoredSession read(String key, ResultSet row) throws SQLException {
		return StoredSessionCodec.decode(key, row.getString(1), row.getLong(2), Instant.ofEpochMilli(row.getLong(3)),
				row.getBytes(4));
	}

	@Override
	public Set<String> save(Collection<StoredSession> sessions) {
		List<StoredSession> entries = List.copyOf(sessions);
		int[] updated = this.jdbc.batchUpdate(UPDATE, entries.stream().map(JdbcSessionStore::update).toList());
		Set<String> refused = new HashSet<>();
		for (int i = 0; i < updated.length; i++) {
			StoredSession entry = entries.get(i);
			// Some drivers do not report the number of updated rows of a batch.
			boolean saved = updated[i] > 0 || (updated[i] < 0 && this.jdbc.update(UPDATE, update(entry)) > 0);
			if (!saved && !insert(entry)) {
				refused.add(entry.key());
			}
		}
		return refused;
	}

	private static Object[] update(StoredSession session) {
		return new Object[] { session.owner(), session.generation(), session.expiresAt().toEpochMilli(),
				StoredSessionCodec.encode(session), session.key(), session.generation(), session.generation(),
				session.owner(), System.currentTimeMillis() };
	}

	private boolean insert(StoredSession session) {
		return insert(session.owner(), session.generation(), session.expiresAt(), StoredSessionCodec.encode(session),
				session.key());
	}

	private boolean insert(String owner, long generation, Instant expiresAt, byte[] data, String key) {
		try {
			return this.jdbc.update(INSERT, owner, generation, expiresAt.toEpochMilli(), data, key) > 0;
		}
		catch (DuplicateKeyException ex) {
			return false;
		}
	}

	@Override
	public int removeExpired(Instant now) {
		Instant end = now.plus(this.lease);
		boolean held = this.jdbc.update(RENEW, this.holder, end.toEpochMilli(), LEASE, now.toEpochMilli()) > 0
				|| insert(this.holder, 0, end, new byte[0], LEASE);
		return held ? this.jdbc.update(REMOVE, now.toEpochMilli(), LEASE) : 0;
	}

	@Override
	public long count(Instant now) {
		Long counted = this.jdbc.queryForObject(COUNT, Long.class, now.toEpochMilli(), LEASE);
		return (counted != null) ? counted : 0;
	}

}
