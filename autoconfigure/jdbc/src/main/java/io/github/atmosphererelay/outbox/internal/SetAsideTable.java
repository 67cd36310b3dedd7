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

package io.github.atmosphererelay.outbox.internal;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

import io.github.atmosphererelay.guard.internal.LogText;
import io.github.atmosphererelay.message.Envelope;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * The table of messages that were set aside. Stateless; blocks as long as the database
 * takes.
 */
final class SetAsideTable {

	private static final int MAX_DESTINATION = 300;

	private static final int MAX_REASON = 500;

	private static final String COLUMNS = "MESSAGE_ID, DESTINATION, CREATED_AT, SET_ASIDE_AT, ATTEMPTS, REASON";

	private static final String INSERT = "INSERT INTO ATMOSPHERE_SET_ASIDE (LOG_NAME, " + COLUMNS
			+ ", ENVELOPE) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String LIST = "SELECT " + COLUMNS + " FROM ATMOSPHERE_SET_ASIDE WHERE LOG_NAME = ?"
			+ " ORDER BY SET_ASIDE_AT, MESSAGE_ID LIMIT ? OFFSET ?";

	private static final String FIND = "SELECT ENVELOPE FROM ATMOSPHERE_SET_ASIDE"
			+ " WHERE LOG_NAME = ? AND MESSAGE_ID = ?";

	private static final String DELETE = "DELETE FROM ATMOSPHERE_SET_ASIDE WHERE LOG_NAME = ? AND MESSAGE_ID = ?";

	private static final String COUNT = "SELECT COUNT(*) FROM ATMOSPHERE_SET_ASIDE WHERE LOG_NAME = ?";

	private final String log;

	SetAsideTable(String log) {
		this.log = log;
	}

	/**
	 * Set a message aside, within the present transaction.
	 */
	void insert(JdbcOperations jdbc, QueuedMessage message, String reason) {
		Envelope envelope = message.envelope();
		long now = System.currentTimeMillis();
		// It is there already if the commit of an earlier attempt has got no answer
		delete(jdbc, message.id());
		jdbc.update(INSERT, this.log, message.id().toString(),
				shortened((envelope != null) ? envelope.address().value() : "unreadable", MAX_DESTINATION),
				(envelope != null) ? envelope.time() : now, now, message.attempts(), shortened(reason, MAX_REASON),
				message.encoded());
	}

	private static String shortened(String text, int max) {
		String clean = LogText.line(text);
		return (clean.length() <= max) ? clean : clean.substring(0, max - 3) + "...";
	}

	List<SetAsideMessage> list(JdbcOperations jdbc, long offset, int limit) {
		return jdbc.query(LIST,
				(row, index) -> new SetAsideMessage(UUID.fromString(row.getString(1)), row.getString(2),
						Instant.ofEpochMilli(row.getLong(3)), Instant.ofEpochMilli(row.getLong(4)), row.getInt(5),
						row.getString(6)),
				this.log, limit, offset);
	}

	byte @Nullable [] find(JdbcOperations jdbc, UUID id) {
		List<byte[]> found = jdbc.query(FIND, (row, index) -> row.getBytes(1), this.log, id.toString());
		return found.isEmpty() ? null : found.get(0);
	}

	/**
	 * Delete a message, within the present transaction.
	 * @return whether it was there: of several operators one sends it again
	 */
	boolean delete(JdbcOperations jdbc, UUID id) {
		return jdbc.update(DELETE, this.log, id.toString()) > 0;
	}

	long count(JdbcOperations jdbc) {
		Long count = jdbc.queryForObject(COUNT, Long.class, this.log);
		return (count != null) ? count : 0;
	}

}
