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

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Opens the connections of a {@link JdbcRelay}, which keeps each of them for as long as
 * it works. They must not come from a pool that the application needs, and must give up
 * to connect, and to wait for an answer while connecting, after a few seconds.
 */
@FunctionalInterface
public interface ConnectionSource {

	/**
	 * Open a connection. May block for a few seconds. Called by several threads.
	 * @return a new connection
	 * @throws SQLException if the database is away or refuses the connection
	 */
	Connection open() throws SQLException;

}
