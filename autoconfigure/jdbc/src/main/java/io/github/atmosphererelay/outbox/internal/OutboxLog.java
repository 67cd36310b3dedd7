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

package io.github.atmosphererelay.outbox.internal;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

import io.github.atmosphererelay.broadcast.OutboxException;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.jdbc.internal.Database;
import io.github.atmosphererelay.jdbc.internal.DatabaseDialect;
import io.github.atmosphererelay.jdbc.internal.ShardedLog;
import io.github.atmosphererelay.message.Envelope;
import io.github.atmosphererelay.message.LogOptions;
import io.github.atmosphererelay.message.internal.EnvelopeCodec;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * The log of messages that wait to be forwarded to a relay that is not the database
 * itself.
 */
public final class OutboxLog implements OutboxTarget {

	private static final String DELETE = "DELETE FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER > ? AND NUMBER <= ?";

	private static final String FIND = "SELECT ENVELOPE FROM ATMOSPHERE_MESSAGE"
			+ " WHERE LOG_NAME = ? AND SHARD = ? AND NUMBER = ?";

	private static final int CREATION_SECONDS = 10;

	private final Database database;

	private final String name;

	private final EnvelopeCodec codec;

	private volatile Consumer<Set<Integer>> listener = (shards) -> {
	};

	private volatile @Nullable ShardedLog created;

	private final Object creationLock = new Object();

	/** Guarded by its lock. */
	private @Nullable CompletableFuture<ShardedLog> creation;

	/**
	 * Create access to the log. Does not connect.
	 * @param database the database
	 * @param name the name of the log
	 * @param codec encodes the messages
	 */
	public OutboxLog(Database database, String name, EnvelopeCodec codec) {
		this.database = database;
		this.name = name;
		this.codec = codec;
	}

	/**
	 * Set who is told of commits. Must not block.
	 */
	void listener(Consumer<Set<Integer>> listener) {
		this.listener = listener;
	}

	String name() {
		return this.name;
	}

	Database database() {
		return this.database;
	}

	/**
	 * Return the log, whose counters are created the first time. Not within a transaction
	 * of the application.
	 */
	ShardedLog log() {
		ShardedLog log = this.created;
		if (log == null) {
			ShardedLog first = new ShardedLog(this.name, this.database.dialect(), this.codec, Long.MAX_VALUE);
			createShards(first);
			this.created = first;
			log = first;
		}
		return log;
	}

	/**
	 * Return the log within a transaction of the application. The counters are created
	 * already, unless the database was away when this node started and has just come
	 * back; then another thread creates them, with a connection of its own.
	 */
	private ShardedLog logInTransaction() {
		ShardedLog log = this.created;
		if (log != null) {
			return log;
		}
		try {
			return creation().get(CREATION_SECONDS, TimeUnit.SECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new OutboxException("The tables of the outbox could not be prepared", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new OutboxException("The tables of the outbox could not be prepared", ex);
		}
	}

	/**
	 * Return the attempt that is under way, or begin one: all transactions wait for the
	 * same, because each attempt needs a connection beside theirs.
	 */
	private CompletableFuture<ShardedLog> creation() {
		synchronized (this.creationLock) {
			CompletableFuture<ShardedLog> creation = this.creation;
			if (creation == null || creation.isCompletedExceptionally()) {
				CompletableFuture<ShardedLog> next = new CompletableFuture<>();
				Threads.factory("outbox-start").newThread(() -> {
					try {
						next.complete(log());
					}
					catch (Throwable ex) {
						next.completeExceptionally(ex);
					}
				}).start();
				creation = next;
				this.creation = next;
			}
			return creation;
		}
	}

	private void createShards(ShardedLog log) {
		for (int attempt = 0;; attempt++) {
			try {
				this.database.inTransaction((jdbc) -> {
					log.createShards(jdbc);
					return null;
				});
				return;
			}
			catch (DataAccessException ex) {
				if (attempt >= ShardedLog.SHARDS) {
					throw ex;
				}
				// Another node was faster with one of them
			}
		}
	}

	/**
	 * Delete rows, within the present transaction.
	 * @param after the number after which to delete
	 * @param upTo the number of the last row
	 */
	void delete(JdbcOperations jdbc, int shard, long after, long upTo) {
		jdbc.update(DELETE, this.name, shard, after, upTo);
	}

	/**
	 * Read a row.
	 * @return its envelope, or {@code null} if there is no such row
	 */
	byte @Nullable [] find(JdbcOperations jdbc, int shard, long number) {
		List<byte[]> found = jdbc.query(FIND, (row, index) -> row.getBytes(1), this.name, shard, number);
		return found.isEmpty() ? null : found.get(0);
	}

	@Override
	public DatabaseDialect dialect(JdbcOperations jdbc) {
		ShardedLog log = this.created;
		return (log != null) ? log.dialect() : DatabaseDialect.of(jdbc);
	}

	@Override
	public void append(JdbcOperations jdbc, List<Envelope> envelopes) {
		logInTransaction().append(jdbc, envelopes.stream().map(OutboxLog::withKey).toList(), false);
	}

	/**
	 * A message to a recorded channel that is forwarded twice is recorded once, because
	 * its key is the same.
	 */
	private static Envelope withKey(Envelope envelope) {
		LogOptions log = envelope.log();
		if (log == null || log.idempotencyKey() != null) {
			return envelope;
		}
		return new Envelope(envelope.id(), envelope.origin(), envelope.kind(), envelope.time(), envelope.audience(),
				envelope.headers(), envelope.payload(), envelope.sequence(),
				new LogOptions(log.size(), log.retention(), envelope.id().toString(), log.idempotencyWindow()));
	}

	@Override
	public void committed(Set<Integer> shards) {
		this.listener.accept(shards);
	}

}
