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

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.SqlFailures;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A thread with a connection of its own, which it opens again when it is lost, until the
 * worker is stopped.
 */
final class JdbcWorker {

	private static final Log logger = LogFactory.getLog(JdbcWorker.class);

	private static final long MAX_RETRY_MILLIS = 800;

	private static final int JITTER_MILLIS = 200;

	private final String name;

	private final ConnectionSource source;

	private final Duration timeout;

	private final Guard guard;

	private final Work work;

	private final Signal signal = new Signal();

	/** For which the thread waits between two attempts to connect. */
	private final Signal ended = new Signal();

	private final Thread thread;

	private volatile @Nullable JdbcLink link;

	/** Whether the present connection is in use, or was when it was lost. */
	private volatile boolean begun;

	private volatile boolean stopped;

	/** How often connecting has failed in a row; only used by the thread. */
	private int failures;

	/**
	 * Create a worker that is not started yet.
	 * @param name what the worker does, which is a part of the thread's name
	 * @param source opens connections
	 * @param timeout how long an answer of the database may take
	 * @param guard keeps the thread going
	 * @param work what is done with the connection
	 */
	JdbcWorker(String name, ConnectionSource source, Duration timeout, Guard guard, Work work) {
		this.name = name;
		this.source = source;
		this.timeout = timeout;
		this.guard = guard;
		this.work = work;
		this.thread = Threads.factory("jdbc-" + name).newThread(this::run);
	}

	void start() {
		this.thread.start();
	}

	/**
	 * Return the signal for which the work waits when it has nothing to do. It is raised
	 * when the connection is aborted and when the worker is stopped, too.
	 */
	Signal signal() {
		return this.signal;
	}

	/**
	 * Replace the connection, if it was in use. One that is being set up is new already,
	 * and ends by its own timeout if the database does not answer.
	 */
	void reconnect() {
		JdbcLink link = this.link;
		if (link != null && this.begun) {
			link.abort();
			this.signal.raise();
		}
	}

	/**
	 * Have the thread end after its present step. Does not block.
	 */
	void stop() {
		this.stopped = true;
		this.ended.raise();
		this.signal.raise();
	}

	/**
	 * Wait until the thread has ended, and abort its connection if that takes too long.
	 * @param limit how long to wait
	 * @throws InterruptedException if the calling thread is interrupted
	 */
	void awaitEnd(Duration limit) throws InterruptedException {
		try {
			this.thread.join(Math.max(1, limit.toMillis()));
		}
		finally {
			if (this.thread.isAlive()) {
				JdbcLink link = this.link;
				if (link != null) {
					link.abort();
				}
				this.thread.interrupt();
			}
		}
		this.thread.join(this.timeout.toMillis());
	}

	/**
	 * Let a moment pass, unless the worker is stopped.
	 * @param nanos how long, in nanoseconds
	 * @throws InterruptedException if the worker has to end
	 */
	void pause(long nanos) throws InterruptedException {
		this.ended.await(nanos);
	}

	private void run() {
		this.guard.loop(() -> !this.stopped, this::live);
	}

	/**
	 * Open a connection and work with it until it is lost.
	 */
	private void live() throws InterruptedException {
		Throwable cause = null;
		this.begun = false;
		try (JdbcLink opened = JdbcLink.open(this.source, this.timeout)) {
			this.link = opened;
			this.work.begin(opened);
			this.begun = true;
			this.failures = 0;
			while (!this.stopped && !opened.isAborted() && this.work.step(opened)) {
				// Until there is a reason to end
			}
		}
		catch (InterruptedException ex) {
			throw ex;
		}
		catch (Throwable ex) {
			cause = ex;
		}
		finally {
			this.link = null;
		}
		if (this.stopped) {
			this.work.end(null);
			return;
		}
		if (cause instanceof Error) {
			this.guard.failed(cause);
		}
		log(this.begun, cause);
		this.work.end(cause);
		pause();
	}

	private void log(boolean begun, @Nullable Throwable cause) {
		if (cause != null && (begun || this.failures == 0)) {
			logger.warn((begun ? "The connection of the jdbc relay's " + this.name + " was lost, and is opened again: "
					: "The jdbc relay's " + this.name + " cannot work with the database, and retries until it can: ")
					+ SqlFailures.cause(cause));
		}
		logger.debug("The jdbc relay's " + this.name + " has no connection", cause);
	}

	private void pause() throws InterruptedException {
		long delay = (this.failures == 0) ? 0 : Math.min(MAX_RETRY_MILLIS, 50L << Math.min(this.failures, 10));
		this.failures++;
		pause(TimeUnit.MILLISECONDS.toNanos(delay + ThreadLocalRandom.current().nextInt(JITTER_MILLIS)));
	}

	/**
	 * What a worker does. Called by the worker's thread.
	 */
	interface Work {

		/**
		 * Begin with a new connection.
		 * @param link the connection
		 * @throws Exception if the connection cannot be used; another one is tried later
		 */
		void begin(JdbcLink link) throws Exception;

		/**
		 * Do the next piece of work, or wait for some.
		 * @param link the connection
		 * @return {@code false} to close the connection and open another one
		 * @throws InterruptedException if the worker has to end
		 */
		boolean step(JdbcLink link) throws InterruptedException;

		/**
		 * There is no connection any more, or none could be opened.
		 * @param cause the reason, or {@code null} if there is none to tell
		 */
		void end(@Nullable Throwable cause);

	}

}
