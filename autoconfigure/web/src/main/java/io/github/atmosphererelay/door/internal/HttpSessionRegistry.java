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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

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

	private static final long MAX_TOUCH_NANOS = Duration.ofMinutes(1).toNanos();

	private final HandshakeGate gate;

	private final boolean keepAlive;

	private final Executor executor;

	private final Map<LocalSession, Link> bySession = new ConcurrentHashMap<>();

	/** Guards itself, {@link #ended} and the ids of links. */
	private final Map<String, Set<Link>> byId = new HashMap<>();

	/** The ids of HTTP sessions that have ended recently, oldest first. */
	private final Set<String> ended = Collections.newSetFromMap(new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
			return size() > MAX_ENDED;
		}

	});

	private final AtomicBoolean unsupported = new AtomicBoolean();

	private volatile @Nullable Listener listener;

	/**
	 * Create a registry without clients.
	 * @param gate decides whether clients are accepted; when it is shut the node stops,
	 * and the end of an HTTP session is no log-out
	 * @param keepAlive whether messages from clients keep their HTTP sessions alive
	 * @param executor runs tasks that may block; may reject them
	 */
	public HttpSessionRegistry(HandshakeGate gate, boolean keepAlive, Executor executor) {
		this.gate = gate;
		this.keepAlive = keepAlive;
		this.executor = executor;
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
		if (httpSession == null) {
			return;
		}
		if (!link(httpSession, session)) {
			session.close(CloseReason.LOGGED_OUT);
		}
		else if (session.isEnded()) {
			ended(session);
		}
	}

	private boolean link(HttpSession httpSession, LocalSession session) {
		try {
			Link link = new Link(httpSession, session);
			synchronized (this.byId) {
				link.id = httpSession.getId();
				if (this.ended.contains(link.id)) {
					return false;
				}
				this.byId.computeIfAbsent(link.id, (id) -> new HashSet<>(2)).add(link);
			}
			this.bySession.put(session, link);
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
		Link link = this.bySession.remove(session);
		if (link == null) {
			return;
		}
		synchronized (this.byId) {
			this.byId.computeIfPresent(link.id, (id, links) -> {
				links.remove(link);
				return links.isEmpty() ? null : links;
			});
		}
	}

	/**
	 * Note that a client has sent something other than a pong.
	 * @param session the client's session
	 */
	public void used(LocalSession session) {
		if (!this.keepAlive || this.unsupported.get()) {
			return;
		}
		Link link = this.bySession.get(session);
		if (link == null || !link.isDue()) {
			return;
		}
		try {
			this.executor.execute(() -> touch(link.httpSession));
		}
		catch (RejectedExecutionException ex) {
			logger
				.debug("An HTTP session was not kept alive, because too many tasks are waiting. A later message will do"
						+ " it", ex);
		}
	}

	private void touch(HttpSession httpSession) {
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

	@Override
	public void sessionDestroyed(HttpSessionEvent event) {
		if (!this.gate.isOpen()) {
			return;
		}
		String id = event.getSession().getId();
		Set<Link> links;
		synchronized (this.byId) {
			this.ended.add(id);
			links = this.byId.remove(id);
		}
		if (links != null) {
			links.forEach((link) -> link.session.close(CloseReason.LOGGED_OUT));
		}
		Listener listener = this.listener;
		if (listener != null) {
			listener.ended(id);
		}
	}

	@Override
	public void sessionIdChanged(HttpSessionEvent event, String oldSessionId) {
		String id = event.getSession().getId();
		synchronized (this.byId) {
			Set<Link> links = this.byId.remove(oldSessionId);
			if (links != null) {
				links.forEach((link) -> link.id = id);
				this.byId.computeIfAbsent(id, (same) -> new HashSet<>(2)).addAll(links);
			}
		}
		Listener listener = this.listener;
		if (listener != null) {
			listener.idChanged(oldSessionId, id);
		}
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

	/**
	 * A client's session, and the HTTP session that identifies the client.
	 */
	private static final class Link {

		private final HttpSession httpSession;

		private final LocalSession session;

		/**
		 * The interval at which the HTTP session is kept alive, in nanoseconds; 0 if it
		 * never times out.
		 */
		private final long intervalNanos;

		private final AtomicLong nextTouch;

		/** Guarded by the map of ids. */
		private String id = "";

		Link(HttpSession httpSession, LocalSession session) {
			this.httpSession = httpSession;
			this.session = session;
			long timeout = Duration.ofSeconds(Math.max(0, httpSession.getMaxInactiveInterval())).toNanos();
			this.intervalNanos = Math.min(MAX_TOUCH_NANOS, timeout / 4);
			// The handshake has just kept it alive, as any request does
			this.nextTouch = new AtomicLong(System.nanoTime() + this.intervalNanos);
		}

		boolean isDue() {
			long now = System.nanoTime();
			long due = this.nextTouch.get();
			return this.intervalNanos > 0 && now - due >= 0
					&& this.nextTouch.compareAndSet(due, now + this.intervalNanos);
		}

	}

}
