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

package io.github.atmosphererelay.door.internal;

import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.LocalSession;
import io.github.atmosphererelay.transport.internal.DetachedUpgradeStrategy;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionIdListener;
import jakarta.servlet.http.HttpSessionListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Knows which clients were identified by an HTTP session. When the HTTP session ends,
 * through a log-out or a timeout, these clients are closed as logged out, because their
 * identity is no longer proved. Messages from a client keep the HTTP session alive,
 * unless that is switched off. The container does not learn which connections belong to
 * an HTTP session ({@link DetachedUpgradeStrategy}), because it would close them with a
 * code after which clients reconnect.
 * <p>
 * Threads: safe for use by many threads; does not block. HTTP sessions are kept alive on
 * threads that may wait for the container's session store.
 */
public final class HttpSessionRegistry implements HttpSessionListener, HttpSessionIdListener {

	private static final Log logger = LogFactory.getLog(HttpSessionRegistry.class);

	/** More than can end while a client connects. */
	private static final int MAX_ENDED = 10_000;

	private final HandshakeGate gate;

	private final boolean keepAlive;

	private final Executor executor;

	private final Supplier<@Nullable SharedHttpSessions> shared;

	private final Map<LocalSession, HttpLogin> bySession = new ConcurrentHashMap<>();

	/** Guards itself, {@link #ended}, and the ids and sessions of logins. */
	private final Map<String, HttpLogin> byId = new HashMap<>();

	/** The ids of HTTP sessions that have ended recently, oldest first. */
	private final Set<String> ended = Collections.newSetFromMap(new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
			return size() > MAX_ENDED;
		}

	});

	private final AtomicBoolean unsupported = new AtomicBoolean();

	private final RateLimitedLog missedLog = new RateLimitedLog(logger, Duration.ofMinutes(1));

	private final LongAdder missed = new LongAdder();

	/**
	 * Create a registry without clients.
	 * @param gate decides whether clients are accepted; when it is shut the node stops,
	 * and the end of an HTTP session is no log-out
	 * @param keepAlive whether messages from clients keep their HTTP sessions alive
	 * @param executor runs tasks that may block; may reject them
	 * @param shared supplies the HTTP sessions that nodes share, or {@code null} if there
	 * are none; asked when the first client connects
	 */
	public HttpSessionRegistry(HandshakeGate gate, boolean keepAlive, Executor executor,
			Supplier<@Nullable SharedHttpSessions> shared) {
		this.shared = shared;
		this.gate = gate;
		this.keepAlive = keepAlive;
		this.executor = executor;
	}

	/**
	 * Register a new session. Called before the session is connected. The session is
	 * closed if its HTTP session has ended in the meantime.
	 * @param proof the proof of the client's identity
	 * @param session the client's session
	 */
	public void opened(ClientProof proof, LocalSession session) {
		HttpSession httpSession = proof.httpSession();
		if (httpSession == null) {
			return;
		}
		boolean isShared = proof.sharedHttpSession() && this.shared.get() != null;
		if (!link(httpSession, isShared, session)) {
			session.close(CloseReason.LOGGED_OUT);
		}
		else if (session.isEnded()) {
			ended(session);
		}
	}

	private boolean link(HttpSession httpSession, boolean isShared, LocalSession session) {
		try {
			int timeout = httpSession.getMaxInactiveInterval();
			synchronized (this.byId) {
				String id = httpSession.getId();
				if (this.ended.contains(id)) {
					return false;
				}
				HttpLogin login = this.byId.computeIfAbsent(id,
						(same) -> new HttpLogin(id, timeout, isShared ? null : httpSession));
				login.sessions().add(session);
				this.bySession.put(session, login);
			}
			return true;
		}
		catch (IllegalStateException ex) {
			logger.trace("The HTTP session of a client has ended before the client was connected", ex);
			return false;
		}
	}

	/**
	 * Remove a session that has ended.
	 * @param session the session
	 */
	public void ended(LocalSession session) {
		synchronized (this.byId) {
			HttpLogin login = this.bySession.remove(session);
			if (login != null && login.sessions().remove(session) && login.sessions().isEmpty()) {
				this.byId.remove(login.id(), login);
			}
		}
	}

	/**
	 * Note that a client has sent something other than a pong.
	 * @param session the client's session
	 */
	public void used(LocalSession session) {
		HttpLogin login = this.keepAlive ? this.bySession.get(session) : null;
		if (login == null || !login.isDue()) {
			return;
		}
		HttpSession httpSession = login.httpSession();
		SharedHttpSessions shared = (httpSession != null) ? null : this.shared.get();
		try {
			if (httpSession != null) {
				this.executor.execute(() -> touch(httpSession));
			}
			else if (shared != null) {
				shared.executor().execute(() -> touch(shared, login));
			}
		}
		catch (RejectedExecutionException ex) {
			logger
				.debug("An HTTP session was not kept alive, because too many tasks are waiting. A later message will do"
						+ " it", ex);
		}
	}

	private void touch(SharedHttpSessions shared, HttpLogin login) {
		try {
			shared.touch(idOf(login), login.interval());
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP session could not be kept alive. A later message will try it again", ex);
		}
	}

	private String idOf(HttpLogin login) {
		synchronized (this.byId) {
			return login.id();
		}
	}

	private void touch(HttpSession httpSession) {
		if (this.unsupported.get()) {
			return;
		}
		try {
			httpSession.getAccessor().access((same) -> {
			});
		}
		catch (IllegalStateException ex) {
			logger.trace("An HTTP session has ended", ex);
		}
		catch (UnsupportedOperationException | LinkageError ex) {
			if (this.unsupported.compareAndSet(false, true)) {
				logger.warn("HTTP sessions of type " + httpSession.getClass().getName() + " cannot be kept alive by"
						+ " messages from clients. They can time out although their clients are active, and these are"
						+ " closed then. Raise 'server.servlet.session.timeout'; to suppress this warning, set"
						+ " 'atmosphere.security.keep-http-session-alive' to false");
			}
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP session could not be kept alive. A later message will try it again", ex);
		}
	}

	/**
	 * Return HTTP sessions that nodes share and that identify clients of this node.
	 * @param age for how long their clients have been connected at least: the HTTP
	 * session of a younger one may not be stored yet
	 * @return their ids
	 */
	List<String> sharedIds(Duration age) {
		synchronized (this.byId) {
			return this.byId.values()
				.stream()
				.filter((login) -> login.httpSession() == null && login.isOlderThan(age))
				.map(HttpLogin::id)
				.toList();
		}
	}

	/**
	 * Return how many HTTP sessions of clients have ended without an event, and were
	 * found by a check.
	 * @return the number since the start
	 */
	public long missedEnds() {
		return this.missed.sum();
	}

	/**
	 * Close the clients of an HTTP session whose end was found by a check.
	 * @param id the id of the HTTP session
	 */
	void missedEnd(String id) {
		if (this.gate.isOpen() && end(id)) {
			this.missed.increment();
			this.missedLog.warn("An HTTP session has ended of which this node got no event, and its clients were closed"
					+ " late. If this repeats, find out why Redis sends no events: 'notify-keyspace-events' has to contain"
					+ " Egx");
		}
	}

	@Override
	public void sessionDestroyed(HttpSessionEvent event) {
		if (this.gate.isOpen()) {
			end(event.getSession().getId());
		}
	}

	private boolean end(String id) {
		List<LocalSession> sessions;
		synchronized (this.byId) {
			this.ended.add(id);
			HttpLogin login = this.byId.remove(id);
			sessions = (login != null) ? List.copyOf(login.sessions()) : List.of();
		}
		sessions.forEach((session) -> session.close(CloseReason.LOGGED_OUT));
		return !sessions.isEmpty();
	}

	@Override
	public void sessionIdChanged(HttpSessionEvent event, String oldSessionId) {
		renamed(oldSessionId, event.getSession().getId());
	}

	/**
	 * Note that an HTTP session has another id.
	 * @param oldId its id until now
	 * @param newId its new id
	 */
	public void renamed(String oldId, String newId) {
		synchronized (this.byId) {
			HttpLogin login = this.byId.remove(oldId);
			if (login == null) {
				return;
			}
			HttpLogin other = this.byId.get(newId);
			if (other == null) {
				login.renameTo(newId);
				this.byId.put(newId, login);
			}
			else {
				other.sessions().addAll(login.sessions());
				login.sessions().forEach((session) -> this.bySession.put(session, other));
			}
		}
	}

}
