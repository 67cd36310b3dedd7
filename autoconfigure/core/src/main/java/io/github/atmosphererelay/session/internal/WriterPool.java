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
import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

import io.github.atmosphererelay.guard.Guard;
import io.github.atmosphererelay.guard.Guards;
import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The writers of this node, and the watchdog that watches them. A writer that is stuck in
 * a socket is replaced, so that the other sessions of its shard do not wait. Its session
 * is ended after the send timeout, or earlier if too many writers are stuck and this one
 * has been stuck longest.
 * <p>
 * Writers are platform threads even if virtual threads are enabled: containers block
 * inside monitors, which would pin the few carrier threads of older JVMs.
 */
public final class WriterPool {

	private static final Log logger = LogFactory.getLog(WriterPool.class);

	private static final Duration WATCH_INTERVAL = Duration.ofMillis(50);

	private static final Duration STUCK_AFTER = Duration.ofMillis(100);

	private static final int MAX_CLOSERS = 8;

	private final WriterSettings settings;

	private final SessionStatistics statistics;

	private final ScheduledExecutorService scheduler;

	private final ReplayBudget replays;

	private final WriterShard[] shards;

	private final AtomicInteger nextShard = new AtomicInteger();

	private final ThreadFactory writerThreads = Threads.factory("writer");

	/** Writers that were replaced and are still stuck in their socket. */
	private final Queue<Writer> stuck = new ConcurrentLinkedQueue<>();

	/** Sessions whose sockets accept no more data now. */
	private final Set<LocalSession> blocked = ConcurrentHashMap.newKeySet();

	/** Tasks that {@link #closers} has refused, for want of memory or of a thread. */
	private final Queue<Runnable> unclosed = new ConcurrentLinkedQueue<>();

	private final Guards guards;

	private @Nullable ThreadPoolExecutor closers;

	private @Nullable ScheduledFuture<?> watch;

	private volatile boolean running;

	/**
	 * Create the writers; {@link #start()} starts them.
	 * @param settings the writers' settings
	 * @param statistics receives the counts
	 * @param scheduler runs the watchdog, which does not block it
	 */
	public WriterPool(WriterSettings settings, SessionStatistics statistics, ScheduledExecutorService scheduler) {
		this(settings, statistics, scheduler, new Guards());
	}

	/**
	 * Create the writers; {@link #start()} starts them.
	 * @param settings the writers' settings
	 * @param statistics receives the counts
	 * @param scheduler runs the watchdog, which does not block it
	 * @param guards guard the node's background parts
	 */
	public WriterPool(WriterSettings settings, SessionStatistics statistics, ScheduledExecutorService scheduler,
			Guards guards) {
		this.guards = guards;
		this.settings = settings;
		this.statistics = statistics;
		this.scheduler = scheduler;
		this.replays = new ReplayBudget(settings.replayBytes(), settings.sessionReplayBytes());
		this.shards = new WriterShard[settings.shards()];
		for (int i = 0; i < this.shards.length; i++) {
			this.shards[i] = new WriterShard(i);
		}
	}

	/**
	 * Start the threads. May follow a {@link #stop()}.
	 */
	public synchronized void start() {
		if (this.running) {
			return;
		}
		this.running = true;
		// Its queue is bounded by the number of sessions, because each is closed and
		// aborted once
		this.closers = Threads.pool("closer", MAX_CLOSERS, new LinkedBlockingQueue<>());
		for (WriterShard shard : this.shards) {
			appoint(shard);
		}
		this.watch = watchdog().repeat(this.scheduler, this::watch, WATCH_INTERVAL, WATCH_INTERVAL);
	}

	/**
	 * Stop the threads. Sessions should have been closed before; messages that are still
	 * queued are not written.
	 */
	public synchronized void stop() {
		if (!this.running) {
			return;
		}
		this.running = false;
		if (this.watch != null) {
			this.watch.cancel(false);
		}
		for (WriterShard shard : this.shards) {
			shard.setOwner(null);
		}
		if (this.closers != null) {
			this.closers.shutdown();
		}
	}

	/**
	 * Open a session.
	 * @param id the session's id
	 * @param principal the client's principal, or {@code null} if it is anonymous
	 * @param remoteAddress the client's address, or {@code null} if it is not known
	 * @param transport the session's socket
	 * @param endListener is notified of the session's end, once, on any thread; must not
	 * block
	 * @return the session
	 */
	public LocalSession open(String id, @Nullable Principal principal, @Nullable InetSocketAddress remoteAddress,
			SessionTransport transport, BiConsumer<LocalSession, DisconnectReason> endListener) {
		WriterShard shard = this.shards[Math.floorMod(this.nextShard.getAndIncrement(), this.shards.length)];
		this.statistics.countOpened();
		return new LocalSession(id, principal, remoteAddress, transport, this, shard, this.statistics, endListener);
	}

	/**
	 * Create a session for a single message of a client without a connection. It is not
	 * counted, nothing can be sent to it, and it is nowhere registered.
	 * @param id the session's id
	 * @param principal the client's principal, or {@code null} if it is anonymous
	 * @param remoteAddress the client's address
	 * @return the session
	 */
	public LocalSession detached(String id, @Nullable Principal principal, InetSocketAddress remoteAddress) {
		return new LocalSession(id, principal, remoteAddress, DetachedTransport.INSTANCE, this, this.shards[0],
				this.statistics, (session, reason) -> {
				});
	}

	/**
	 * Start the delivery of a message to many sessions.
	 * @param message the message
	 * @param limits the limits of each session's queue
	 * @return the delivery, for the calling thread
	 */
	public Fanout fanout(OutboundMessage message, QueueLimits limits) {
		return new Fanout(this, message, limits);
	}

	/**
	 * Run a short task later, which does not block.
	 */
	void later(Runnable task, Duration delay) {
		try {
			watchdog().later(this.scheduler, task, delay);
		}
		catch (RejectedExecutionException ex) {
			logger.trace("The node ends", ex);
		}
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public SessionStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Return the budget for history and missed messages that are not yet written to
	 * clients.
	 * @return the budget of this node
	 */
	public ReplayBudget replays() {
		return this.replays;
	}

	/**
	 * Return the guards of the node's background parts.
	 * @return the guards
	 */
	public Guards guards() {
		return this.guards;
	}

	private Guard watchdog() {
		return this.guards.of(Part.WRITERS_WATCHDOG);
	}

	/**
	 * Return how many writers are stuck in a socket at this moment.
	 * @return the number of writers
	 */
	public int stuckWriters() {
		return this.stuck.size();
	}

	void wake(long shards) {
		for (long rest = shards; rest != 0; rest &= rest - 1) {
			this.shards[Long.numberOfTrailingZeros(rest)].wake();
		}
	}

	/**
	 * Flush a session's socket.
	 * @param session the session
	 * @return whether everything was written; otherwise the session returns to its writer
	 * by itself
	 */
	boolean flush(LocalSession session) throws IOException {
		long now = System.nanoTime();
		session.setBlockedSince((now != 0) ? now : 1);
		if (session.transport().flush(session::unblocked)) {
			session.setBlockedSince(0);
			return true;
		}
		this.blocked.add(session);
		return false;
	}

	/**
	 * Return how many sessions have sockets that accept no more data at this moment.
	 * @return the number of sessions
	 */
	public int blockedSessions() {
		return this.blocked.size();
	}

	void close(LocalSession session, CloseReason reason) {
		execute(() -> {
			try {
				session.transport().close(reason);
			}
			finally {
				session.ended(reason.code(), reason.text());
			}
		});
	}

	void abort(LocalSession session, CloseReason reason) {
		session.queue().close();
		execute(() -> {
			try {
				session.transport().abort(reason);
			}
			finally {
				session.ended(reason.code(), reason.text());
			}
		});
	}

	/**
	 * End a session whose socket has thrown an exception.
	 */
	void broken(LocalSession session) {
		if (session.markAborted()) {
			session.queue().close();
			execute(() -> {
				try {
					session.transport().abort(new CloseReason(1011, "connection broken"));
				}
				finally {
					session.ended(1006, null);
				}
			});
		}
	}

	/**
	 * End a session for which a message could not be queued.
	 */
	void failed(LocalSession session, Throwable failure) {
		this.guards.of(Part.WRITERS).failed(failure);
		this.statistics.countDrop(DropReason.SESSION_ENDED, 1);
		broken(session);
	}

	void ended(LocalSession session, EndReason reason) {
		this.statistics.countEnded(reason);
		this.statistics.countDrop(
				(reason == EndReason.SLOW_CONSUMER) ? DropReason.SLOW_CONSUMER : DropReason.SESSION_ENDED,
				session.queue().discard());
	}

	/**
	 * End a session whose queue has no room for another message.
	 */
	void endSlow(LocalSession session) {
		this.statistics.countDrop(DropReason.SLOW_CONSUMER, 1);
		if (session.terminate(CloseReason.SLOW_CONSUMER)) {
			this.statistics.countSlowConsumer();
			logger.debug("Session " + session.id() + " is closed: too much waits for it");
		}
	}

	void countDrop(DropReason reason) {
		this.statistics.countDrop(reason, 1);
	}

	void finished(Writer writer) {
		this.stuck.remove(writer);
	}

	private void execute(Runnable task) {
		ThreadPoolExecutor closers = this.closers;
		if (closers == null) {
			return;
		}
		try {
			closers.execute(() -> {
				try {
					task.run();
				}
				catch (RuntimeException ex) {
					logger.debug("A session could not be closed in order", ex);
				}
				catch (Throwable ex) {
					this.guards.of(Part.CLOSERS).failed(ex);
				}
			});
		}
		catch (RejectedExecutionException ex) {
			// The writers were stopped meanwhile. The publisher must not get an exception
			// for that; the web server closes the connections that it still has.
			logger.debug("A session was not closed because the writers have stopped");
		}
		catch (Throwable ex) {
			this.guards.of(Part.CLOSERS).failed(ex);
			this.unclosed.add(task);
		}
	}

	private void appoint(WriterShard shard) {
		Writer writer = new Writer(shard, this, this.statistics, this.writerThreads);
		Writer former = shard.owner();
		shard.setOwner(writer);
		try {
			writer.start();
		}
		catch (Throwable ex) {
			// There is no thread for another writer; the former one may return from its
			// socket
			shard.setOwner(former);
			throw ex;
		}
	}

	private void watch() {
		long now = System.nanoTime();
		for (Writer writer : this.stuck) {
			watchdog().run(() -> endIfOverdue(writer, now));
		}
		for (WriterShard shard : this.shards) {
			watchdog().run(() -> watch(shard, now));
		}
		this.blocked.forEach((session) -> watchdog().run(() -> watch(session, now)));
		for (int count = this.unclosed.size(); count > 0; count--) {
			Runnable task = this.unclosed.poll();
			if (task != null) {
				execute(task);
			}
		}
	}

	private void watch(LocalSession session, long now) {
		long since = session.blockedSince();
		// One that is being closed waits for the same client
		boolean watched = !session.isOpen() || !session.transport().limitsWait();
		if (since != 0 && watched && !isOver(session) && now - since >= this.settings.sendTimeout().toNanos()) {
			endStuck(session);
		}
		if (since == 0 || isOver(session)) {
			this.blocked.remove(session);
			// It may have been blocked again while this set still contained it
			if (session.blockedSince() != 0 && !isOver(session)) {
				this.blocked.add(session);
			}
		}
	}

	private static boolean isOver(LocalSession session) {
		return session.isAborted() || session.isEnded();
	}

	private synchronized void watch(WriterShard shard, long now) {
		Writer writer = shard.owner();
		if (!this.running || writer == null || writer.busyNanos(now) < STUCK_AFTER.toNanos()) {
			return;
		}
		endIfOverdue(writer, now);
		if (!shard.hasReady()) {
			return;
		}
		if (this.stuck.size() >= this.settings.maxStuck()) {
			endLongestStuck(now);
			return;
		}
		this.stuck.add(writer);
		try {
			appoint(shard);
		}
		catch (Throwable ex) {
			this.stuck.remove(writer);
			throw ex;
		}
		this.statistics.countStuckWrite();
	}

	private void endIfOverdue(Writer writer, long now) {
		LocalSession session = writer.current();
		if (session != null && writer.busyNanos(now) >= this.settings.sendTimeout().toNanos()) {
			endStuck(session);
		}
	}

	private void endLongestStuck(long now) {
		LocalSession longest = null;
		long nanos = -1;
		for (Writer writer : this.stuck) {
			LocalSession session = writer.current();
			if (session != null && !session.isAborted() && writer.busyNanos(now) > nanos) {
				longest = session;
				nanos = writer.busyNanos(now);
			}
		}
		if (longest != null) {
			endStuck(longest);
		}
	}

	private void endStuck(LocalSession session) {
		if (session.terminate(CloseReason.SLOW_CONSUMER)) {
			this.statistics.countSlowConsumer();
			logger.debug("Session " + session.id() + " is closed: a write to it is stuck");
		}
	}

}
