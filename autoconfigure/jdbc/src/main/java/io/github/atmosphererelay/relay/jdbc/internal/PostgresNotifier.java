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
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;

/**
 * Wakes other nodes by {@code NOTIFY}, in a transaction of its own, because PostgreSQL
 * commits transactions that notify one after the other. While there is more to write, not
 * more often than every five milliseconds.
 * <p>
 * A notification contains the id of the node that has sent it. With
 * {@value #QUESTION_MARK} behind the id it is a question of that node to itself, whether
 * notifications come: it goes the way of all others, so that a connection that listens at
 * another database hears nothing.
 */
final class PostgresNotifier implements Notifier {

	private static final Log logger = LogFactory.getLog(PostgresNotifier.class);

	/** Without a flush of the write-ahead log: there is nothing to lose. */
	private static final String NOTIFY = "SELECT SET_CONFIG('synchronous_commit', 'off', TRUE), PG_NOTIFY(?, ?)";

	static final String QUESTION_MARK = "?";

	private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

	private final String channel;

	private final String self;

	private volatile boolean due;

	private volatile boolean questionDue;

	/** When the last question was sent, or {@code null} while it was not. */
	private volatile @Nullable Long askedAt;

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

	/**
	 * Have a question sent. Called by the listener's thread.
	 */
	void ask() {
		this.askedAt = null;
		this.questionDue = true;
	}

	/**
	 * Return when the last question was sent.
	 * @return the time by {@link System#nanoTime()}, or {@code null} if it was not sent
	 * yet
	 */
	@Nullable Long askedAt() {
		return this.askedAt;
	}

	@Override
	public boolean markDue() {
		this.due = true;
		return true;
	}

	@Override
	public boolean intervalIsOver() {
		return System.nanoTime() - this.sentAt >= INTERVAL_NANOS;
	}

	@Override
	public void sendIfDue(JdbcLink link) {
		if (this.questionDue) {
			this.questionDue = false;
			send(link, this.self + QUESTION_MARK);
			this.askedAt = System.nanoTime();
		}
		if (this.due) {
			this.due = false;
			this.sentAt = System.nanoTime();
			send(link, this.self);
		}
	}

	private void send(JdbcLink link, String payload) {
		try {
			link.jdbc().query(NOTIFY, (row) -> {
				// It has no result
			}, this.channel, payload);
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
