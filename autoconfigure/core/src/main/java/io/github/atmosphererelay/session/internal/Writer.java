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

package io.github.atmosphererelay.session.internal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.session.CloseReason;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Writes to the sessions of a shard on a thread of its own: takes the next ready session,
 * writes a batch of its queue with one flush, and puts the session at the end of the
 * ready queue if more is queued, so that a busy session does not starve the others. It
 * serves the shard until another writer takes its place.
 */
final class Writer implements Runnable {

	private static final Log logger = LogFactory.getLog(Writer.class);

	private static final int BATCH_MESSAGES = 256;

	private static final long BATCH_BYTES = 64 * 1024;

	private final WriterShard shard;

	private final WriterPool writers;

	private final SessionStatistics statistics;

	private final Thread thread;

	private final List<OutboundMessage> batch = new ArrayList<>();

	private volatile boolean idle;

	/** The session that is being written to. */
	private volatile @Nullable LocalSession current;

	/** When writing to the current session began. Read only after {@link #current}. */
	private volatile long since;

	Writer(WriterShard shard, WriterPool writers, SessionStatistics statistics, ThreadFactory threads) {
		this.shard = shard;
		this.writers = writers;
		this.statistics = statistics;
		this.thread = threads.newThread(this);
	}

	void start() {
		this.thread.start();
	}

	Thread thread() {
		return this.thread;
	}

	WriterShard shard() {
		return this.shard;
	}

	boolean isIdle() {
		return this.idle;
	}

	@Nullable LocalSession current() {
		return this.current;
	}

	/**
	 * Return how long the writer has been writing to the same session.
	 * @return the time in nanoseconds, 0 if it is not writing
	 */
	long busyNanos(long now) {
		// In this order. Otherwise a session that the writer has just begun with could be
		// seen with the time of the session before.
		boolean busy = (this.current != null);
		return busy ? Math.max(0, now - this.since) : 0;
	}

	@Override
	public void run() {
		this.writers.guards().of(Part.WRITERS).loop(() -> this.shard.owner() == this, this::step);
		this.writers.finished(this);
	}

	private void step() {
		LocalSession session = this.shard.poll();
		if (session != null) {
			serve(session);
		}
		else {
			sleep();
		}
	}

	private void sleep() {
		this.idle = true;
		// A session may have become ready before its thread could see that the writer
		// sleeps
		if (!this.shard.hasReady() && this.shard.owner() == this) {
			LockSupport.park(this);
		}
		this.idle = false;
	}

	private void serve(LocalSession session) {
		this.since = System.nanoTime();
		this.current = session;
		boolean done = true;
		try {
			done = write(session);
		}
		catch (Throwable ex) {
			// Errors too, because a writer that dies would silence every session of its
			// shard
			this.writers.broken(session);
			session.queue().sent();
			// All of the batch, because what was written before may still be buffered
			this.statistics.countDrop(DropReason.SESSION_ENDED, this.batch.size());
			if (logger.isDebugEnabled()) {
				logger.debug("Session " + session.id() + " cannot be written to", ex);
			}
		}
		finally {
			this.batch.clear();
			this.current = null;
			try {
				if (done) {
					session.unschedule();
				}
			}
			finally {
				if (this.shard.owner() != this) {
					this.shard.wake();
				}
			}
		}
	}

	/**
	 * Write a batch of a session's queue.
	 * @param session the session
	 * @return whether the socket has accepted it; otherwise another writer may already
	 * have the session
	 */
	private boolean write(LocalSession session) throws IOException {
		if (session.isAborted()) {
			return true;
		}
		SessionTransport transport = session.transport();
		session.queue().drain(this.batch, BATCH_MESSAGES, BATCH_BYTES);
		boolean ping = session.takePing();
		if (!this.batch.isEmpty() || ping) {
			long bytes = 0;
			int internal = 0;
			long internalBytes = 0;
			for (OutboundMessage message : this.batch) {
				if (session.isAborted()) {
					throw new IOException("The session was ended while it was being written to");
				}
				transport.write(message);
				bytes += message.size();
				if (message.isInternal()) {
					internal++;
					internalBytes += message.size();
				}
			}
			if (ping) {
				transport.ping();
			}
			boolean flushed = this.writers.flush(session);
			this.statistics.countDeliveries(this.batch.size(), bytes);
			if (internal > 0) {
				this.statistics.countInternalDeliveries(internal, internalBytes);
			}
			if (!flushed) {
				return false;
			}
			session.queue().sent();
		}
		CloseReason close = session.takeClose();
		if (close != null) {
			this.writers.close(session, close);
		}
		return true;
	}

}
