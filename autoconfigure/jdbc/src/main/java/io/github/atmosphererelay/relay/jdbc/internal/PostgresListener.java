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

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Wakes the reader when another node notifies, on one thread with a connection of its
 * own. A connection on which nothing comes may be lost without anybody noticing, so the
 * listener has this node's writer notify it when it has been quiet for ten seconds, and
 * opens another connection if that does not arrive within two. Until it listens again the
 * reader polls more often.
 */
final class PostgresListener implements JdbcWorker.Work {

	private static final Log logger = LogFactory.getLog(PostgresListener.class);

	private static final int WAIT_MILLIS = 500;

	private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

	private static final long ECHO_NANOS = TimeUnit.SECONDS.toNanos(2);

	/** After which a pooler counts as one that does not pass notifications on. */
	private static final int MAX_SILENT = 3;

	private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

	private final JdbcConnector connector;

	private final JdbcWorker worker;

	private final String channel;

	private final String self;

	private final PostgresNotifier notifier;

	private final boolean always;

	private volatile State state = State.CONNECTING;

	private volatile boolean reported;

	private long heardAt;

	private boolean asked;

	/** How many connections in a row have not brought the first answer. */
	private int silent;

	PostgresListener(JdbcConnector connector, ConnectionSource source, String channel, String self,
			PostgresNotifier notifier, boolean always, Guard guard) {
		this.connector = connector;
		this.channel = channel;
		this.self = self;
		this.notifier = notifier;
		this.always = always;
		this.worker = new JdbcWorker("listener", source, connector.answerTimeout(), guard, this);
	}

	void start() {
		this.worker.start();
	}

	void stop() {
		this.worker.stop();
	}

	void reconnect() {
		this.worker.reconnect();
	}

	void awaitEnd(Duration limit) throws InterruptedException {
		this.worker.awaitEnd(limit);
	}

	State state() {
		return this.state;
	}

	@Override
	public void begin(JdbcLink link) throws Exception {
		if (!this.always && PostgresLinks.isPooled(link)) {
			this.state = State.POOLED;
			report("The connection to PostgreSQL leads through a pooler, through which notifications may not come."
					+ " Nodes are not woken, and poll: messages take longer after a pause. A direct connection is"
					+ " set by 'atmosphere.relay.jdbc.listen-url'");
			return;
		}
		if (this.silent >= MAX_SILENT) {
			this.state = State.SILENT;
			report("PostgreSQL does not pass notifications on to this node. Nodes are not woken, and poll:"
					+ " messages take longer after a pause");
			this.silent = 0;
			return;
		}
		this.state = State.CONNECTING;
		link.jdbc().execute("LISTEN \"" + this.channel + "\"");
		ask();
	}

	private void report(String message) {
		if (!this.reported) {
			this.reported = true;
			logger.warn(message);
		}
	}

	@Override
	public boolean step(JdbcLink link) throws InterruptedException {
		if (this.state == State.POOLED || this.state == State.SILENT) {
			link.close();
			this.worker.signal().await(PAUSE_NANOS);
			return false;
		}
		try {
			listen(link);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return true;
	}

	private void listen(JdbcLink link) throws SQLException {
		PGNotification[] notifications = link.unwrap(PGConnection.class).getNotifications(WAIT_MILLIS);
		boolean wake = false;
		if (notifications != null && notifications.length > 0) {
			this.heardAt = System.nanoTime();
			this.asked = false;
			this.silent = 0;
			if (this.state != State.LISTENING) {
				this.state = State.LISTENING;
				// It may have missed some before
				wake = true;
			}
			for (PGNotification notification : notifications) {
				// This node's reader knows of this node's rows, and a question to itself
				// says nothing to the others
				wake |= !notification.getParameter().startsWith(this.self)
						&& !notification.getParameter().endsWith(PostgresNotifier.QUESTION_MARK);
			}
		}
		if (wake) {
			this.connector.wake();
		}
		long now = System.nanoTime();
		Long askedAt = this.notifier.askedAt();
		if (this.asked && askedAt != null && now - askedAt >= ECHO_NANOS) {
			this.silent += (this.state != State.LISTENING) ? 1 : 0;
			throw new IllegalStateException("No notification has arrived");
		}
		if (!this.asked && now - this.heardAt >= QUIET_NANOS) {
			ask();
		}
	}

	/**
	 * The writer sends the question, as it notifies the other nodes. While it has no
	 * connection there is no answer to wait for.
	 */
	private void ask() {
		this.asked = true;
		this.notifier.ask();
		this.connector.wakeWriter();
	}

	@Override
	public void end(@Nullable Throwable cause) {
		if (this.state == State.LISTENING) {
			this.state = State.CONNECTING;
			this.connector.wake();
		}
	}

	/**
	 * How far the listener is.
	 */
	enum State {

		/** It has no connection, or none that has brought a notification. */
		CONNECTING,

		/** Notifications arrive. */
		LISTENING,

		/** A pooler is in between. */
		POOLED,

		/** Notifications do not arrive. */
		SILENT

	}

}
