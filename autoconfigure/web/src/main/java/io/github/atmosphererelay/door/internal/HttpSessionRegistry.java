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

/**
 * Knows which clients were let in as users of an HTTP session. When that ends, by a
 * log-out or because it has timed out, their sessions are closed as logged out: what had
 * shown who they are is gone. What they send keeps the HTTP session alive, unless that is
 * switched off. The container is not told which connections belong to an HTTP session
 * ({@link DetachedUpgradeStrategy}), because it would close them with a code after which
 * clients connect again.
 * <p>
 * Threads: called by any number of threads; does not block. HTTP sessions are kept alive
 * on threads that may wait for the container's session store.
 */
public final class HttpSessionRegistry implements HttpSessionListener, HttpSessionIdListener {

	private static final Log logger = LogFactory.getLog(HttpSessionRegistry.class);

	/** More than can end while a client is on its way in. */
	private static final int MAX_ENDED = 10_000;

	private static final long MAX_TOUCH_NANOS = Duration.ofMinutes(1).toNanos();

	private final HandshakeGate gate;

	private final boolean keepAlive;

	private final Executor executor;

	private final Map<LocalSession, Link> bySession = new ConcurrentHashMap<>();

	/** Guards itself, what has ended and the ids of links. */
	private final Map<String, Set<Link>> byId = new HashMap<>();

	/** HTTP sessions that have ended lately, the oldest first. */
	private final Set<String> ended = Collections.newSetFromMap(new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
			return size() > MAX_ENDED;
		}

	});

	private final AtomicBoolean unsupported = new AtomicBoolean();

	/**
	 * Create an instance without any client.
	 * @param gate whether clients are let in: those of a node that stops are not logged
	 * out
	 * @param keepAlive whether what clients send keeps their HTTP sessions alive
	 * @param executor runs tasks that may block; may reject them
	 */
	public HttpSessionRegistry(HandshakeGate gate, boolean keepAlive, Executor executor) {
		this.gate = gate;
		this.keepAlive = keepAlive;
		this.executor = executor;
	}

	/**
	 * Say that a client becomes a session. To be called before it is let in. The session
	 * is closed if the HTTP session has ended meanwhile.
	 * @param proof what the client has shown
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
			logger.trace("The HTTP session of a client has ended before the client is in", ex);
			return false;
		}
	}

	/**
	 * Say that a session has ended.
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
	 * Say that a client has sent something other than an answer to a ping.
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
			logger.debug("Too much is waiting to keep an HTTP session alive; a later message does", ex);
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
				logger.warn("HTTP sessions of the type " + httpSession.getClass().getName() + " cannot be kept alive by"
						+ " what clients send: they time out, and their clients are closed, although they are in use. "
						+ "'atmosphere.security.keep-http-session-alive: false' has the same without this warning");
			}
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP session could not be kept alive; a later message does", ex);
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
	}

	/**
	 * A client's session and the HTTP session that has shown who the client is.
	 */
	private static final class Link {

		private final HttpSession httpSession;

		private final LocalSession session;

		/** Between two times at which the HTTP session is kept alive; 0 if it lasts. */
		private final long intervalNanos;

		private final AtomicLong nextTouch;

		/** Guarded by the map of ids. */
		private String id = "";

		Link(HttpSession httpSession, LocalSession session) {
			this.httpSession = httpSession;
			this.session = session;
			long timeout = Duration.ofSeconds(Math.max(0, httpSession.getMaxInactiveInterval())).toNanos();
			this.intervalNanos = Math.min(MAX_TOUCH_NANOS, timeout / 4);
			// The handshake was a request like others
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
