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
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.internal.Threads;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.SmartDataSource;

/**
 * The few connections with which a relay reads logs and removes rows. They stay open for
 * half a minute after their last use. For use by Spring's {@code JdbcTemplate} and
 * transactions, which give connections back by {@link #shouldClose}. Safe for use by many
 * threads.
 */
final class JdbcPool extends AbstractDataSource implements SmartDataSource {

	private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

	private final ConnectionSource source;

	private final LinkPreparation preparation;

	private final Duration timeout;

	private final Semaphore permits;

	private final Deque<Idle> idle = new ArrayDeque<>();

	private final Map<Connection, JdbcLink> used = new HashMap<>();

	private boolean closed;

	/**
	 * Create a pool without connections.
	 * @param source opens connections
	 * @param preparation prepares new connections
	 * @param timeout how long to wait for a connection, and for each answer
	 * @param size the maximum number of connections
	 */
	JdbcPool(ConnectionSource source, LinkPreparation preparation, Duration timeout, int size) {
		this.source = source;
		this.preparation = preparation;
		this.timeout = timeout;
		this.permits = new Semaphore(size);
	}

	@Override
	public Connection getConnection() throws SQLException {
		try {
			if (!this.permits.tryAcquire(this.timeout.toNanos(), TimeUnit.NANOSECONDS)) {
				throw new SQLTransientConnectionException("All connections of the jdbc relay are in use");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new SQLTransientConnectionException("Interrupted while waiting for a connection", ex);
		}
		try {
			return use();
		}
		catch (SQLException | RuntimeException | Error ex) {
			this.permits.release();
			throw ex;
		}
	}

	private Connection use() throws SQLException {
		JdbcLink link = takeIdle();
		if (link == null) {
			link = JdbcLink.open(this.source, this.timeout);
			try {
				this.preparation.prepare(link);
			}
			catch (SQLException | RuntimeException | Error ex) {
				link.close();
				throw ex;
			}
		}
		synchronized (this) {
			if (!this.closed) {
				this.used.put(link.connection(), link);
				return link.connection();
			}
		}
		link.close();
		throw stopped();
	}

	private static SQLException stopped() {
		return new SQLTransientConnectionException("The jdbc relay is stopped");
	}

	private synchronized @Nullable JdbcLink takeIdle() throws SQLException {
		if (this.closed) {
			throw stopped();
		}
		Idle idle = this.idle.pollFirst();
		return (idle != null) ? idle.link() : null;
	}

	@Override
	public Connection getConnection(String username, String password) {
		throw new UnsupportedOperationException("The pool has its own credentials");
	}

	/**
	 * Take a connection back.
	 * @param connection the connection
	 * @return {@code false}: the pool closes it, if it has to be closed
	 */
	@Override
	public boolean shouldClose(Connection connection) {
		JdbcLink link;
		boolean keep;
		synchronized (this) {
			link = this.used.remove(connection);
			keep = link != null && !this.closed && link.isUsable();
			if (keep) {
				this.idle.addFirst(new Idle(link, System.nanoTime()));
			}
		}
		if (link != null) {
			if (!keep) {
				link.abort();
			}
			this.permits.release();
		}
		return false;
	}

	/**
	 * End the present use of all connections, and close those that are idle. Does not
	 * block.
	 */
	void reconnect() {
		List<JdbcLink> links = new ArrayList<>();
		synchronized (this) {
			links.addAll(this.used.values());
			this.idle.forEach((idle) -> links.add(idle.link()));
			this.idle.clear();
		}
		links.forEach(JdbcLink::abort);
	}

	/**
	 * Close the connections that nobody uses, because they are probably lost. Does not
	 * block.
	 */
	void dropIdle() {
		List<JdbcLink> links;
		synchronized (this) {
			links = this.idle.stream().map(Idle::link).toList();
			this.idle.clear();
		}
		links.forEach(JdbcLink::abort);
	}

	/**
	 * Close connections that were not used for a while. Does not block.
	 */
	void closeIdle() {
		List<JdbcLink> links = new ArrayList<>();
		synchronized (this) {
			while (!this.idle.isEmpty() && System.nanoTime() - this.idle.getLast().since() >= IDLE_NANOS) {
				links.add(this.idle.removeLast().link());
			}
		}
		if (!links.isEmpty()) {
			Threads.factory("jdbc-closer").newThread(() -> links.forEach(JdbcLink::close)).start();
		}
	}

	/**
	 * Close all connections, for good. Does not block.
	 */
	void close() {
		synchronized (this) {
			this.closed = true;
		}
		reconnect();
	}

	/**
	 * A connection that nobody uses.
	 *
	 * @param link the connection
	 * @param since since when, by {@link System#nanoTime()}
	 */
	private record Idle(JdbcLink link, long since) {
	}

}
