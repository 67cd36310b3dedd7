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

import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.DataAccessException;

/**
 * Wakes other nodes by {@code NOTIFY}, in a transaction of its own, because PostgreSQL
 * commits transactions that notify one after the other. Not more often than every five
 * milliseconds.
 */
final class PostgresNotifier implements Notifier {

	private static final Log logger = LogFactory.getLog(PostgresNotifier.class);

	/** Without a flush of the write-ahead log: there is nothing to lose. */
	private static final String NOTIFY = "SELECT SET_CONFIG('synchronous_commit', 'off', TRUE), PG_NOTIFY(?, ?)";

	private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

	private final String channel;

	private final String self;

	private volatile boolean due;

	private long sentAt = System.nanoTime();

	/**
	 * Create a notifier.
	 * @param channel the name for {@code NOTIFY}
	 * @param self what tells this node's notifications from those of others
	 */
	PostgresNotifier(String channel, String self) {
		this.channel = channel;
		this.self = self;
	}

	@Override
	public boolean due() {
		this.due = true;
		return true;
	}

	@Override
	public boolean isOverdue() {
		return System.nanoTime() - this.sentAt >= INTERVAL_NANOS;
	}

	@Override
	public void sendIfDue(JdbcLink link) {
		if (!this.due) {
			return;
		}
		this.due = false;
		this.sentAt = System.nanoTime();
		try {
			link.jdbc().query(NOTIFY, (row) -> {
				// It has no result
			}, this.channel, this.self);
		}
		catch (DataAccessException ex) {
			if (link.isLost(ex)) {
				throw ex;
			}
			// Others find the rows when they poll
			logger.debug("Other nodes could not be notified", ex);
		}
	}

}
