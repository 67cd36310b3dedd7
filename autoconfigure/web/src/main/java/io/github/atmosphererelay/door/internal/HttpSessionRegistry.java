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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
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

	/** The HTTP session of a younger client may not be stored yet. */
	private static final long MIN_AGE_NANOS = Duration.ofSeconds(1).toNanos();

	private final HandshakeGate gate;

	private final @Nullable HttpSessionKeepAlive keepAlive;

	private final LongSupplier clock;

	private final Supplier<@Nullable SharedHttpSessions> shared;

	private final Map<LocalSession, HttpLogin> bySession = new ConcurrentHashMap<>();

	/**
	 * Guards itself, {@link #ended}, {@link #toCheck}, and the ids and sessions of
	 * logins.
	 */
	private final Map<String, HttpLogin> byId = new HashMap<>();

	/** The logins by HTTP sessions that nodes share, the one to check next first. */
	private final Set<HttpLogin> toCheck = new LinkedHashSet<>();

	/** The ids of HTTP sessions that have ended recently, oldest first. */
	private final Set<String> ended = Collections.newSetFromMap(new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
			return size() > MAX_ENDED;
		}

	});

	private final RateLimitedLog missedLog = new RateLimitedLog(logger, Duration.ofMinutes(1));

	private final LongAdder missed = new LongAdder();

	private volatile @Nullable Listener listener;

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
		this(gate, keepAlive, executor, shared, System::nanoTime);
	}

	HttpSessionRegistry(HandshakeGate gate, boolean keepAlive, Executor executor,
			Supplier<@Nullable SharedHttpSessions> shared, LongSupplier clock) {
		this.gate = gate;
		this.shared = shared;
		this.keepAlive = keepAlive ? new HttpSessionKeepAlive(executor, shared, this::registeredId) : null;
		this.clock = clock;
	}

	/**
	 * Set who else hears of HTTP sessions.
	 * @param listener hears of them on the container's threads; must not block
	 */
	public void listen(Listener listener) {
		this.listener = listener;
	}

	/**
	 * Return whether an HTTP session has ended lately.
	 * @param id its id
	 * @return whether it has ended
	 */
	public boolean hasEnded(String id) {
		synchronized (this.byId) {
			return this.ended.contains(id);
		}
	}

	/**
	 * Register a new session. Called before the session is connected. The session is
	 * closed if its HTTP session has ended in the meantime.
	 * @param proof the proof of the client's identity
	 * @param session the client's session
	 */
	public void opened(ClientProof proof, LocalSession session) {
		HttpSession httpSession = proof.httpSession();
		boolean isShared = proof.sharedHttpSession();
		if (httpSession == null || (isShared && this.shared.get() == null)) {
			return;
		}
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
						(same) -> new HttpLogin(id, timeout, isShared ? null : httpSession, this.clock.getAsLong()));
				if (isShared) {
					this.toCheck.add(login);
				}
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
		if (!this.bySession.containsKey(session)) {
			return;
		}
		synchronized (this.byId) {
			HttpLogin login = this.bySession.remove(session);
			if (login != null && login.sessions().remove(session) && login.sessions().isEmpty()) {
				this.byId.remove(login.id(), login);
				this.toCheck.remove(login);
			}
		}
	}

	/**
	 * Note that a client has sent something other than a pong.
	 * @param session the client's session
	 */
	public void used(LocalSession session) {
		HttpLogin login = (this.keepAlive != null) ? this.bySession.get(session) : null;
		if (this.keepAlive != null && login != null) {
			this.keepAlive.used(login);
		}
	}

	private @Nullable String registeredId(HttpLogin login) {
		synchronized (this.byId) {
			return (this.byId.get(login.id()) == login) ? login.id() : null;
		}
	}

	/**
	 * Return HTTP sessions that nodes share, that identify clients of this node, and that
	 * are to be checked next: all that were not checked within the interval, and besides
	 * a part of the others, so that the checks are spread over the interval.
	 * @param interval the time between two checks of the same HTTP session
	 * @param steps how often this is called in an interval
	 * @param max the maximum number
	 * @return their ids
	 */
	List<String> nextToCheck(Duration interval, int steps, int max) {
		long now = this.clock.getAsLong();
		synchronized (this.byId) {
			int part = this.toCheck.size() / steps;
			List<HttpLogin> next = new ArrayList<>();
			for (HttpLogin login : this.toCheck) {
				long age = login.sinceCheck(now);
				boolean due = age >= interval.toNanos() || (next.size() < part && age >= MIN_AGE_NANOS);
				if (!due || next.size() == max) {
					break;
				}
				next.add(login);
			}
			next.forEach((login) -> {
				login.checked(now);
				this.toCheck.remove(login);
				this.toCheck.add(login);
			});
			return next.stream().map(HttpLogin::id).toList();
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
	 * Return how many attempts to keep an HTTP session alive have failed.
	 * @return the number since the start
	 */
	public long failedTouches() {
		return (this.keepAlive != null) ? this.keepAlive.failed() : 0;
	}

	/**
	 * Return how many attempts to keep an HTTP session alive were given up because too
	 * many were waiting.
	 * @return the number since the start
	 */
	public long rejectedTouches() {
		return (this.keepAlive != null) ? this.keepAlive.rejected() : 0;
	}

	/**
	 * Close the clients of an HTTP session whose end was found by a check. Its id is not
	 * remembered: if the store had lost the HTTP session for a moment only, its clients
	 * can connect again.
	 * @param id the id of the HTTP session
	 */
	void missedEnd(String id) {
		if (end(id, false)) {
			this.missed.increment();
			this.missedLog
				.warn("An HTTP session has ended without an event to this node, and its clients were closed late."
						+ " If this repeats, find out why Redis sends no events: 'notify-keyspace-events' has to contain Egx");
		}
	}

	@Override
	public void sessionDestroyed(HttpSessionEvent event) {
		end(event.getSession().getId(), true);
	}

	private boolean end(String id, boolean remember) {
		List<LocalSession> sessions;
		synchronized (this.byId) {
			HttpLogin login = this.byId.get(id);
			if (login != null && login.httpSession() != null && !this.gate.isOpen()) {
				// The server ends the HTTP sessions in its memory when it stops
				return false;
			}
			if (remember) {
				this.ended.add(id);
			}
			sessions = (login != null) ? remove(login) : List.of();
		}
		sessions.forEach((session) -> session.close(CloseReason.LOGGED_OUT));
		Listener listener = this.listener;
		if (listener != null && this.gate.isOpen()) {
			listener.ended(id);
		}
		return !sessions.isEmpty();
	}

	/**
	 * Remove a login, and return the sessions to close.
	 */
	private List<LocalSession> remove(HttpLogin login) {
		this.byId.remove(login.id(), login);
		this.toCheck.remove(login);
		return List.copyOf(login.sessions());
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
		if (oldId.equals(newId)) {
			return;
		}
		rename(oldId, newId);
		Listener listener = this.listener;
		if (listener != null) {
			listener.idChanged(oldId, newId);
		}
	}

	private void rename(String oldId, String newId) {
		List<LocalSession> ended = List.of();
		synchronized (this.byId) {
			HttpLogin login = this.byId.get(oldId);
			if (login == null) {
				return;
			}
			HttpLogin other = this.byId.get(newId);
			if (this.ended.contains(newId)) {
				// The event of its end has come before the new id
				ended = remove(login);
			}
			else if (other == null) {
				this.byId.remove(oldId);
				login.renameTo(newId);
				this.byId.put(newId, login);
			}
			else {
				List<LocalSession> moved = remove(login);
				other.sessions().addAll(moved);
				moved.forEach((session) -> this.bySession.put(session, other));
			}
		}
		ended.forEach((session) -> session.close(CloseReason.LOGGED_OUT));
	}

	/**
	 * Hears of HTTP sessions.
	 */
	public interface Listener {

		/**
		 * Hear that an HTTP session has ended, by a log-out or a timeout.
		 * @param id its id
		 */
		void ended(String id);

		/**
		 * Hear that an HTTP session has another id.
		 * @param before the id before
		 * @param now the id now
		 */
		void idChanged(String before, String now);

	}

}
