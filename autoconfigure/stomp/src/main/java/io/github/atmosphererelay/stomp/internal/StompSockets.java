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

package io.github.atmosphererelay.stomp.internal;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

import io.github.atmosphererelay.guard.internal.Threads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.config.annotation.WebSocketMessageBrokerConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketTransportRegistration;
import org.springframework.web.socket.handler.WebSocketHandlerDecorator;

/**
 * The WebSockets and SockJS sessions of this node's STOMP endpoints. While the node
 * stops, new ones are closed at once. For any thread; {@link #close} may block.
 */
public final class StompSockets implements WebSocketMessageBrokerConfigurer {

	private static final Log logger = LogFactory.getLog(StompSockets.class);

	/** A close may block for as long as a slow client does. */
	private static final int CLOSERS = 16;

	private final Map<String, WatchedSession> sessions = new ConcurrentHashMap<>();

	/** Closed sessions to which a thread is still writing. */
	private final Set<WatchedSession> lingering = ConcurrentHashMap.newKeySet();

	/** Its queue is bounded by the number of sessions. Idle threads end. */
	private final Executor closers = Threads.pool("stomp-slow-closer", CLOSERS, new LinkedBlockingQueue<>());

	private final StompStatistics statistics;

	private volatile boolean open = true;

	/**
	 * Create an instance without sessions.
	 * @param statistics receives the counts
	 */
	public StompSockets(StompStatistics statistics) {
		this.statistics = statistics;
	}

	@Override
	public void configureWebSocketTransport(WebSocketTransportRegistration registration) {
		registration.addDecoratorFactory(Handler::new);
	}

	void open() {
		this.open = true;
	}

	void shut() {
		this.open = false;
	}

	Collection<WebSocketSession> sessions() {
		return List.copyOf(this.sessions.values());
	}

	/**
	 * Call an action with each session, and with those that are closed and hold a thread.
	 */
	void forEach(Consumer<WatchedSession> action) {
		this.sessions.values().forEach(action);
		this.lingering.removeIf((session) -> !session.isWriting());
		this.lingering.forEach(action);
	}

	@Nullable WatchedSession get(String id) {
		return this.sessions.get(id);
	}

	StompStatistics statistics() {
		return this.statistics;
	}

	int size() {
		return this.sessions.size();
	}

	/**
	 * Close a session with the status with which Spring closes them when it stops.
	 */
	static void close(WebSocketSession session) {
		try {
			session.close(CloseStatus.GOING_AWAY);
		}
		catch (IOException | IllegalStateException ex) {
			logger.debug("A STOMP session could not be closed, probably because it was closed already", ex);
		}
	}

	/**
	 * Keeps the sessions.
	 */
	private final class Handler extends WebSocketHandlerDecorator {

		Handler(WebSocketHandler handler) {
			super(handler);
		}

		@Override
		public void afterConnectionEstablished(WebSocketSession session) throws Exception {
			StompSockets sockets = StompSockets.this;
			WatchedSession watched = new WatchedSession(session, sockets.closers, sockets.statistics::count);
			sockets.sessions.put(session.getId(), watched);
			if (!sockets.open) {
				close(watched);
			}
			super.afterConnectionEstablished(watched);
		}

		@Override
		public void afterConnectionClosed(WebSocketSession session, CloseStatus status) throws Exception {
			WatchedSession removed = StompSockets.this.sessions.remove(session.getId());
			if (removed != null && removed.isWriting()) {
				StompSockets.this.lingering.add(removed);
			}
			super.afterConnectionClosed(session, status);
		}

	}

}
