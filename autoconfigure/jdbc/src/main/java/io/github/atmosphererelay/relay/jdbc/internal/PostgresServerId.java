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

package io.github.atmosphererelay.relay.jdbc.internal;

import java.util.Optional;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Tells one PostgreSQL from another: by the identifier that it got when it was created,
 * and by its timeline, which changes when a replica is promoted and when it is restored
 * to a point in time.
 */
final class PostgresServerId {

	private static final Log logger = LogFactory.getLog(PostgresServerId.class);

	/**
	 * The control file tells the timeline of the last checkpoint, which may be long
	 * before a promotion.
	 */
	private static final String FIND = "SELECT SYSTEM_IDENTIFIER || '/'"
			+ " || SUBSTR(PG_WALFILE_NAME(PG_CURRENT_WAL_LSN()), 1, 8) FROM PG_CONTROL_SYSTEM()";

	private static final String IS_STANDBY = "SELECT PG_IS_IN_RECOVERY()";

	private PostgresServerId() {
	}

	/**
	 * Find the id of the server.
	 * @param jdbc the connection, outside of a transaction
	 * @return the id; empty if the user may not read it
	 * @throws IllegalStateException if the server is a standby, which may become another
	 * one while the connection lasts
	 */
	static Optional<String> find(JdbcOperations jdbc) {
		if (Boolean.TRUE.equals(jdbc.queryForObject(IS_STANDBY, Boolean.class))) {
			throw new IllegalStateException("The server is a standby, on which nobody can write");
		}
		try {
			return Optional.ofNullable(jdbc.queryForObject(FIND, String.class));
		}
		catch (DataAccessException ex) {
			logger.debug("The user may not read which server this is", ex);
			return Optional.empty();
		}
	}

}
