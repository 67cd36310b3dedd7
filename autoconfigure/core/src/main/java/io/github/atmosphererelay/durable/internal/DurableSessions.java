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

package io.github.atmosphererelay.durable.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.atmosphererelay.cluster.Cluster;
import io.github.atmosphererelay.durable.SessionStore;
import io.github.atmosphererelay.durable.StoredSession;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.guard.internal.Threads;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The durable sessions of this node: begins or restores them for clients that connect,
 * and saves their changes to the store with a delay of a few seconds. Thread-safe. The
 * store is called on 8 threads of its own. While the store fails, clients are served
 * without durable sessions and do not wait for it.
 */
public final class DurableSessions {

	private static final Log logger = LogFactory.getLog(DurableSessions.class);

	private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

	private static final int THREADS = 8;

	private static final int MAX_WAITING = 1_000;

	private static final int MAX_CLAIMS = 5;

	private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

	private final NodeIdentity identity;

	private final SessionRegistry registry;

	private final Timers timers;

	private final Cluster cluster;

	private final SessionStore store;

	private final DurableSettings settings;

	private final DurableStatistics statistics = new DurableStatistics();

	private final SessionSaver saver;

	private final StoreBound bound;

	private final RateLimitedLog fullLog = new RateLimitedLog(logger, LOG_INTERVAL);

	/**
	 * A store may fail and recover many times a minute, and clients can cause that, so
	 * the log is limited.
	 */
	private final RateLimitedLog failureLog = new RateLimitedLog(logger, LOG_INTERVAL);

	/** Whether the latest log message says that the store fails. */
	private final AtomicBoolean failureLogged = new AtomicBoolean();

	/**
	 * The sessions that have a connection, and those whose last state is not saved yet,
	 * by key.
	 */
	private final Map<String, DurableSession> sessions = new ConcurrentHashMap<>();

	private final Set<DurableSession> live = ConcurrentHashMap.newKeySet();

	private volatile @Nullable ThreadPoolExecutor executor;

	/**
	 * Until when clients do not wait for the store, by the clock in nanoseconds; 0 if the
	 * last call of the store succeeded.
	 */
	private volatile long pausedUntil;

	/**
	 * Create the durable sessions of a node.
	 * @param identity the identity of this node
	 * @param registry the sessions of this node
	 * @param timers run periodic tasks
	 * @param cluster disconnects former connections on other nodes
	 * @param store stores the sessions
	 * @param settings times and limits
	 */
	public DurableSessions(NodeIdentity identity, SessionRegistry registry, Timers timers, Cluster cluster,
			SessionStore store, DurableSettings settings) {
		this.identity = identity;
		this.registry = registry;
		this.timers = timers;
		this.cluster = cluster;
		this.store = store;
		this.settings = settings;
		this.bound = new StoreBound(store, settings.maxSessions(), this.statistics);
		this.saver = new SessionSaver(this, store, settings, this.statistics, timers);
	}

	/**
	 * Start. Sessions are saved from now on.
	 */
	public void start() {
		this.executor = Threads.pool("durable", THREADS, new LinkedBlockingQueue<>(MAX_WAITING));
		this.pausedUntil = 0;
		this.saver.start();
	}

	/**
	 * Save the last state of all sessions, and stop. Blocks for at most 3 seconds while
	 * the store is slow.
	 */
	public void stop() {
		for (DurableSession session : this.live) {
			ended(session, null);
		}
		this.saver.stop();
		ThreadPoolExecutor executor = this.executor;
		this.executor = null;
		if (executor != null) {
			executor.shutdownNow();
		}
		this.sessions.clear();
		this.live.clear();
	}

	/**
	 * Return the times and limits of durable sessions.
	 * @return the settings
	 */
	public DurableSettings settings() {
		return this.settings;
	}

	/**
	 * Return the counters.
	 * @return the counters
	 */
	public DurableStatistics statistics() {
		return this.statistics;
	}

	/**
	 * Begin a session for a client that connects, or restore its former session. If the
	 * former session still has a connection, on any node, that connection is closed.
	 * Blocks until the store has answered, for at most {@link DurableSettings#timeout()}.
	 * @param token the client's token, or {@code null} if it has none
	 * @param user the name of the client's principal, or {@code null} if it is anonymous
	 * @param channel the channel with which the client connects; a token of another
	 * channel counts as unknown
	 * @return the answer; never throws
	 */
	public DurableStart begin(@Nullable String token, @Nullable String user, String channel) {
		DurableStart start = tryToBegin(token, user, channel);
		this.statistics.countStart(start.outcome());
		return start;
	}

	private DurableStart tryToBegin(@Nullable String token, @Nullable String user, String channel) {
		ThreadPoolExecutor executor = this.executor;
		long pausedUntil = this.pausedUntil;
		if (executor == null || (pausedUntil != 0 && System.nanoTime() - pausedUntil < 0)) {
			return DurableStart.UNAVAILABLE;
		}
		CompletableFuture<DurableStart> start = new CompletableFuture<>();
		try {
			executor.execute(() -> {
				try {
					start.complete((token != null) ? claim(token, user, channel, start)
							: create(user, channel, DurableOutcome.CREATED));
					answered();
				}
				catch (Throwable ex) {
					start.completeExceptionally(ex);
				}
			});
			return start.get(this.settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			failed(ex.getCause());
		}
		catch (RejectedExecutionException | TimeoutException ex) {
			start.cancel(false);
			failed(ex);
		}
		catch (InterruptedException ex) {
			start.cancel(false);
			Thread.currentThread().interrupt();
		}
		return DurableStart.UNAVAILABLE;
	}

	private DurableStart create(@Nullable String user, String channel, DurableOutcome outcome) {
		if (!this.bound.admit()) {
			this.fullLog.warn("The store of durable sessions is full: it holds the maximum of"
					+ " 'atmosphere.durable-sessions.max-sessions' (" + this.settings.maxSessions()
					+ "). New clients are served without durable sessions. Raise the"
					+ " property, or lower 'atmosphere.durable-sessions.ttl'");
			return DurableStart.FULL;
		}
		String token = SessionTokens.create();
		Instant now = Instant.now();
		StoredSession entry = new StoredSession(SessionTokens.key(token, channel), user, this.identity.newSessionId(),
				1, true, Set.of(), Map.of(), Map.of(), now, now.plus(this.settings.ttl()));
		if (!this.store.save(List.of(entry)).isEmpty()) {
			throw new IllegalStateException("The session store refused a session with a new random token. Check"
					+ " SessionStore.save: it must refuse an entry only if the store has a newer one with the same"
					+ " key");
		}
		return new DurableStart(outcome, new DurableSession(token, entry, this.saver::saveSoon));
	}

	private DurableStart claim(String token, @Nullable String user, String channel, CompletableFuture<?> waiting) {
		if (!SessionTokens.isPossible(token)) {
			return create(user, channel, DurableOutcome.EXPIRED);
		}
		String key = SessionTokens.key(token, channel);
		for (int i = 0; i < MAX_CLAIMS; i++) {
			StoredSession found = this.store.find(key);
			if (found == null || !found.expiresAt().isAfter(Instant.now())) {
				return create(user, channel, DurableOutcome.EXPIRED);
			}
			if (!found.belongsTo(user)) {
				return new DurableStart(DurableOutcome.REFUSED, null);
			}
			if (waiting.isCancelled()) {
				// The client may have connected again meanwhile. Taking over the session
				// now would close that connection.
				throw new IllegalStateException("The client no longer waits for its durable session");
			}
			StoredSession entry = next(newest(found));
			if (this.store.save(List.of(entry)).isEmpty()) {
				if (found.connected()) {
					disconnect(found.owner());
				}
				return new DurableStart(DurableOutcome.RESTORED,
						new DurableSession(token, entry, this.saver::saveSoon));
			}
			// Another connection has taken over the session in the meantime. Try to take
			// it over from that one.
		}
		throw new IllegalStateException(
				"Several connections took over the same durable session at the same time, so" + " this one gave up");
	}

	/**
	 * Return this node's state of a session if the session is connected here, because it
	 * is newer than the stored one.
	 */
	private StoredSession newest(StoredSession found) {
		DurableSession session = this.sessions.get(found.key());
		return (session != null && session.generation() == found.generation()
				&& session.sessionId().equals(found.owner())) ? session.snapshot(found.expiresAt()) : found;
	}

	private StoredSession next(StoredSession found) {
		return new StoredSession(found.key(), found.user(), this.identity.newSessionId(), found.generation() + 1, true,
				found.channels(), found.positions(), found.attributes(), found.createdAt(),
				Instant.now().plus(this.settings.ttl()));
	}

	private void disconnect(String sessionId) {
		LocalSession session = this.registry.find(sessionId);
		if (session != null) {
			// Messages that are queued for this connection are replayed to the next one.
			session.terminate(CloseReason.TAKEN_OVER);
			return;
		}
		try {
			this.cluster.disconnectSession(sessionId, CloseReason.TAKEN_OVER).whenComplete((result, ex) -> {
				if (ex != null) {
					logger.debug("A former connection was not closed. Its node will close it when the store refuses"
							+ " to save its session", ex);
				}
			});
		}
		catch (RuntimeException ex) {
			logger.debug("A former connection was not closed. Its node will close it when the store refuses to save"
					+ " its session", ex);
		}
	}

	/**
	 * Assign a session to its connection, and the session's attributes to the connection.
	 * Must be called before the connection is registered.
	 * @param session the session
	 * @param connection the connection; its id must be {@link DurableSession#sessionId()}
	 */
	public void attach(DurableSession session, LocalSession connection) {
		connection.attributes().putAll(session.initialAttributes());
		session.attach(connection);
		this.sessions.put(session.key(), session);
		this.live.add(session);
		this.statistics.sessionsChanged(1);
		DisconnectReason end = connection.end();
		if (end != null) {
			// The connection ended meanwhile, before this session was registered for it.
			ended(session, end);
		}
	}

	/**
	 * End a session's connection, and save its last state. Must be called before the
	 * connection is removed from the registry, so that its channels are still known. A
	 * second call does nothing.
	 * @param session the session
	 * @param reason why the connection ended, or {@code null} if the node stops
	 */
	public void ended(DurableSession session, @Nullable DisconnectReason reason) {
		if (!this.live.remove(session)) {
			return;
		}
		this.statistics.sessionsChanged(-1);
		session.end();
		if (reason != null && reason.initiator() == DisconnectReason.Initiator.SERVER
				&& reason.code() == CloseReason.TAKEN_OVER.code()) {
			this.statistics.countTakeover();
			forget(session);
			return;
		}
		this.saver.saveLast(session);
	}

	Set<DurableSession> live() {
		return this.live;
	}

	void forget(DurableSession session) {
		this.sessions.remove(session.key(), session);
	}

	/**
	 * Close a session's connection, because the store says that another connection has
	 * taken over the session.
	 */
	void superseded(DurableSession session) {
		LocalSession connection = session.session();
		if (connection != null) {
			connection.terminate(CloseReason.TAKEN_OVER);
		}
	}

	void answered() {
		if (this.pausedUntil != 0) {
			this.pausedUntil = 0;
			if (this.failureLogged.compareAndSet(true, false)) {
				logger.info("The session store works again. Clients that connect get durable sessions again");
			}
		}
	}

	void failed(@Nullable Throwable failure) {
		this.statistics.countFailure();
		if (this.pausedUntil == 0) {
			boolean told = this.failureLog
				.warn("The session store failed, so clients are served without durable sessions until it works again."
						+ " Check the store. The failure: " + failure);
			if (told) {
				this.failureLogged.set(true);
			}
			logger.debug("The session store failed", failure);
		}
		this.pausedUntil = (System.nanoTime() + PAUSE_NANOS) | 1;
	}

}
