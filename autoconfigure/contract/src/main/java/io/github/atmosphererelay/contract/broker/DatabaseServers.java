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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Starts database servers. A server whose programs are missing skips the test or the test
 * class that asks for it. The drivers are for the module of the test to bring.
 * <p>
 * The methods without {@code new} return a server that all test classes of this process
 * share: each creates databases with names of its own, and none can disturb the server.
 * It ends with the process. For use by any thread.
 */
public final class DatabaseServers {

	private static final ReentrantLock LOCK = new ReentrantLock();

	private static final Map<Kind, DatabaseServer> SHARED = new EnumMap<>(Kind.class);

	private DatabaseServers() {
	}

	/**
	 * Return the shared PostgreSQL.
	 * @return the running server
	 */
	public static DatabaseServer postgres() {
		return shared(Kind.POSTGRESQL, DatabaseServers::newPostgres);
	}

	/**
	 * Return the shared MariaDB.
	 * @return the running server
	 */
	public static DatabaseServer mariaDb() {
		return shared(Kind.MARIADB, DatabaseServers::newMariaDb);
	}

	/**
	 * Return the shared H2 in server mode.
	 * @return the running server
	 */
	public static DatabaseServer h2() {
		return shared(Kind.H2, DatabaseServers::newH2);
	}

	/**
	 * Start a PostgreSQL that a test may disturb.
	 * @param settings what is set besides, for example {@code wal_level=logical}
	 * @return the running server, to be closed
	 */
	public static DatabaseServer newPostgres(String... settings) {
		return started(new PostgresServer(settings));
	}

	/**
	 * Start a MariaDB that a test may disturb.
	 * @param settings what is set besides, for example {@code innodb-lock-wait-timeout=5}
	 * @return the running server, to be closed
	 */
	public static DatabaseServer newMariaDb(String... settings) {
		return started(new MariaDbServer(settings));
	}

	/**
	 * Start an H2 in server mode that a test may disturb.
	 * @return the running server, to be closed
	 */
	public static DatabaseServer newH2() {
		return started(new H2Server());
	}

	private static DatabaseServer started(DatabaseServer server) {
		try {
			server.createData();
			server.start();
			return server;
		}
		catch (IOException ex) {
			server.close();
			throw new UncheckedIOException(ex);
		}
		catch (RuntimeException ex) {
			server.close();
			throw ex;
		}
	}

	private static DatabaseServer shared(Kind kind, Supplier<DatabaseServer> start) {
		LOCK.lock();
		try {
			return SHARED.computeIfAbsent(kind, (key) -> start.get().share());
		}
		finally {
			LOCK.unlock();
		}
	}

	private enum Kind {

		POSTGRESQL, MARIADB, H2

	}

}
