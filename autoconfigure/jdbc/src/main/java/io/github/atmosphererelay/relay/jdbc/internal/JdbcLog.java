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
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.jdbc.internal.ShardedLogPages;
import io.github.atmosphererelay.message.Address;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.relay.ChannelLog;
import io.github.atmosphererelay.relay.LogPage;
import io.github.atmosphererelay.relay.PageLimit;
import io.github.atmosphererelay.relay.ReadDirection;
import io.github.atmosphererelay.relay.RelayException;
import io.github.atmosphererelay.relay.RelayOverloadedException;
import io.github.atmosphererelay.relay.RelayUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The logs of recorded channels in the database. Pages are read on a few threads.
 * Positions come from the node's reader, which has then handed everything before them to
 * the listener.
 */
final class JdbcLog implements ChannelLog {

	private static final int MAX_WAITING = 1000;

	private final JdbcConnector connector;

	private final JdbcSubscriptions subscriptions;

	private final ScheduledExecutorService timer;

	private final Guard guard;

	private final Duration timeout;

	private final ShardedLogPages pages;

	private final JdbcTemplate jdbc;

	private final ThreadPoolExecutor executor;

	/** The pages that were asked for and are not known yet. */
	private final Set<CompletableFuture<LogPage>> open = ConcurrentHashMap.newKeySet();

	JdbcLog(JdbcConnector connector, JdbcPool pool, JdbcRelaySettings settings, JdbcSubscriptions subscriptions,
			ScheduledExecutorService timer, Guard guard, int threads) {
		this.connector = connector;
		this.subscriptions = subscriptions;
		this.timer = timer;
		this.guard = guard;
		this.timeout = settings.publishTimeout();
		this.pages = new ShardedLogPages(settings.logName(), settings.codec(),
				(reason) -> connector.tell((listener) -> listener.rejected(reason)));
		this.jdbc = new JdbcTemplate(pool);
		this.executor = Threads.pool("jdbc-log-reader", threads, new ArrayBlockingQueue<>(MAX_WAITING));
	}

	@Override
	public CompletableFuture<LogPage> read(String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		if (!this.connector.isReady()) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
		CompletableFuture<LogPage> page = new CompletableFuture<>();
		this.open.add(page);
		page.whenComplete((result, ex) -> this.open.remove(page));
		try {
			ScheduledFuture<?> end = this.guard.later(this.timer,
					() -> page
						.completeExceptionally(RelayUnavailableException.forSlowRead(JdbcRelay.NAME, this.timeout)),
					this.timeout);
			this.executor.execute(() -> {
				if (!page.isDone()) {
					read(page, channel, since, limit, direction);
				}
				end.cancel(false);
			});
		}
		catch (RejectedExecutionException ex) {
			page.completeExceptionally(this.executor.isShutdown() ? new RelayUnavailableException(JdbcRelay.NAME, null)
					: RelayOverloadedException.forReads(JdbcRelay.NAME, MAX_WAITING));
		}
		return page;
	}

	private void read(CompletableFuture<LogPage> page, String channel, @Nullable Position since, PageLimit limit,
			ReadDirection direction) {
		try {
			page.complete(readTwice(channel, since, limit, direction));
		}
		catch (RelayException ex) {
			page.completeExceptionally(ex);
		}
		catch (Throwable ex) {
			if (ex instanceof Error) {
				this.guard.failed(ex);
			}
			page.completeExceptionally(new RelayUnavailableException(JdbcRelay.NAME, ex));
		}
	}

	private LogPage readTwice(String channel, @Nullable Position since, PageLimit limit, ReadDirection direction) {
		try {
			return this.pages.read(this.jdbc, channel, since, limit, direction);
		}
		catch (DataAccessException ex) {
			if (!this.connector.isReady()) {
				throw ex;
			}
			// The connection may have been lost while nobody used it
			return this.pages.read(this.jdbc, channel, since, limit, direction);
		}
	}

	@Override
	public CompletableFuture<Position> position(String channel) {
		if (!this.connector.isReady()) {
			return CompletableFuture.failedFuture(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
		CompletableFuture<Position> position = this.subscriptions
			.position(ShardedLog.shardOf(new Address.Channel(channel)), System.nanoTime() + this.timeout.toNanos());
		this.connector.wake();
		return position;
	}

	/**
	 * The reader sees the epochs of all shards with each poll.
	 */
	@Override
	public boolean reportsNewEpochs() {
		return true;
	}

	/**
	 * Answer no more questions. The pages that wait fail, and so do those that are being
	 * read. Does not block.
	 */
	void close() {
		this.executor.shutdownNow();
		for (CompletableFuture<LogPage> page : this.open) {
			page.completeExceptionally(new RelayUnavailableException(JdbcRelay.NAME, null));
		}
	}

}
