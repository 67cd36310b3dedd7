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

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

import io.github.atmosphererelay.guard.internal.LogText;
import io.github.atmosphererelay.message.Audience;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.message.Publication;
import io.github.atmosphererelay.message.WireFormatException;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.SetAsideMessage;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.RowMapper;

/**
 * The table of messages that groups have set aside. Stateless; blocks as long as the
 * database takes.
 */
final class GroupSetAsideTable {

	private static final int MAX_MESSAGES = 10_000;

	private static final long MAX_BYTES = 64 * 1024 * 1024;

	private static final int MAX_REASON = 600;

	private static final String WHERE = " WHERE LOG_NAME = ? AND GROUP_NAME = ?";

	private static final String SELECT = "SELECT CHANNEL, EPOCH, NUMBER, SET_ASIDE_AT, ATTEMPTS, REASON, ENVELOPE"
			+ " FROM ATMOSPHERE_GROUP_SET_ASIDE" + WHERE;

	private static final String FIND = SELECT + " AND MESSAGE_ID = ?";

	private static final String LIST = SELECT + " ORDER BY SET_ASIDE_AT, MESSAGE_ID LIMIT ? OFFSET ?";

	private static final String DELETE = "DELETE FROM ATMOSPHERE_GROUP_SET_ASIDE" + WHERE + " AND MESSAGE_ID = ?";

	private static final String INSERT = "INSERT INTO ATMOSPHERE_GROUP_SET_ASIDE (LOG_NAME, GROUP_NAME, MESSAGE_ID,"
			+ " CHANNEL, EPOCH, NUMBER, SET_ASIDE_AT, ATTEMPTS, REASON, SIZE_BYTES, ENVELOPE)"
			+ " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String COUNT = "SELECT COUNT(*) FROM ATMOSPHERE_GROUP_SET_ASIDE" + WHERE;

	private static final String SUM = "SELECT COUNT(*), COALESCE(SUM(SIZE_BYTES), 0)"
			+ " FROM ATMOSPHERE_GROUP_SET_ASIDE" + WHERE;

	private final String log;

	private final EnvelopeCodec codec;

	GroupSetAsideTable(String log, EnvelopeCodec codec) {
		this.log = log;
		this.codec = codec;
	}

	/**
	 * Store a message, within the present transaction.
	 * @throws RelayOverloadedException if there is no room for another one
	 */
	void store(JdbcOperations jdbc, SetAsideMessage message) {
		Publication publication = message.publication();
		Position position = Objects.requireNonNull(publication.position(), "A message in a log has a position");
		if (!delete(jdbc, message.group(), publication.id())) {
			checkRoom(jdbc, message.group());
		}
		byte[] envelope = this.codec.encode(new Envelope(publication.id(), publication.origin(), Envelope.Kind.MESSAGE,
				publication.time(), new Audience.Channel(publication.channel(), publication.exceptSession()),
				publication.headers(), publication.payload(), null, null));
		jdbc.update(INSERT, this.log, message.group(), publication.id().toString(), publication.channel(),
				position.epoch(), position.offset(), message.time().toEpochMilli(), message.attempts(),
				reason(message.reason()), envelope.length, envelope);
	}

	private static String reason(String reason) {
		String line = LogText.line(reason);
		return (line.length() <= MAX_REASON) ? line : line.substring(0, MAX_REASON - 3) + "...";
	}

	private void checkRoom(JdbcOperations jdbc, String group) {
		jdbc.query(SUM, (row) -> {
			if (row.getInt(1) >= MAX_MESSAGES || row.getLong(2) >= MAX_BYTES) {
				throw RelayOverloadedException.forSetAside(group, row.getInt(1));
			}
		}, this.log, group);
	}

	long count(JdbcOperations jdbc, String group) {
		Long count = jdbc.queryForObject(COUNT, Long.class, this.log, group);
		return (count != null) ? count : 0;
	}

	List<SetAsideMessage> list(JdbcOperations jdbc, String group, long offset, int limit) {
		return jdbc.query(LIST, mapper(group), this.log, group, limit, offset);
	}

	@Nullable SetAsideMessage find(JdbcOperations jdbc, String group, UUID id) {
		List<SetAsideMessage> found = jdbc.query(FIND, mapper(group), this.log, group, id.toString());
		return found.isEmpty() ? null : found.get(0);
	}

	/**
	 * Delete a message.
	 * @return whether it was there
	 */
	boolean delete(JdbcOperations jdbc, String group, UUID id) {
		return jdbc.update(DELETE, this.log, group, id.toString()) > 0;
	}

	private RowMapper<SetAsideMessage> mapper(String group) {
		return (row, index) -> {
			String channel = row.getString(1);
			Position position = new Position(row.getString(2), row.getLong(3));
			return new SetAsideMessage(group, publication(row.getBytes(7), channel, position), row.getInt(5),
					row.getString(6), Instant.ofEpochMilli(row.getLong(4)));
		};
	}

	private Publication publication(byte[] envelope, String channel, Position position) {
		try {
			return Publication.of(this.codec.decode(envelope), channel, position);
		}
		catch (WireFormatException ex) {
			throw new IllegalStateException("A row of ATMOSPHERE_GROUP_SET_ASIDE cannot be read by this version of the"
					+ " library, or is larger than 'atmosphere.relay.max-message-size'", ex);
		}
	}

}
