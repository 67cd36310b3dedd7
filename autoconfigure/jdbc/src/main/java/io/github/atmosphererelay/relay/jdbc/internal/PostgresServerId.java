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
 * Tells one PostgreSQL from another: by the identifier that it got when it was created, and
 * by its timeline, which changes when a replica is promoted and when it is restored to a
 * point in time.
 */
final class PostgresServerId {

	private static final Log logger = LogFactory.getLog(PostgresServerId.class);

	private static final String FIND = "SELECT S.SYSTEM_IDENTIFIER || '/' || C.TIMELINE_ID"
			+ " FROM PG_CONTROL_SYSTEM() S, PG_CONTROL_CHECKPOINT() C";

	private PostgresServerId() {
	}

	/**
	 * Find the id of the server.
	 * @param jdbc the connection, outside of a transaction
	 * @return the id; empty if the user may not read it
	 */
	static Optional<String> find(JdbcOperations jdbc) {
		try {
			return Optional.ofNullable(jdbc.queryForObject(FIND, String.class));
		}
		catch (DataAccessException ex) {
			logger.debug("The user may not read which server this is", ex);
			return Optional.empty();
		}
	}

}
