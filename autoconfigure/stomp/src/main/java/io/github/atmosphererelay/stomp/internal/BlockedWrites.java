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

import java.time.Duration;

import jakarta.websocket.Session;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.ClassUtils;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.adapter.NativeWebSocketSession;
import org.springframework.web.socket.handler.WebSocketSessionDecorator;

/**
 * Makes the container fail a write that a client's not reading blocks, and which would
 * not notice that the session is closed. Works with the Jakarta WebSocket API; with
 * others the write ends by the container's own timeout.
 */
final class BlockedWrites {

	private static final Log logger = LogFactory.getLog(BlockedWrites.class);

	private static final boolean JAKARTA = ClassUtils.isPresent("jakarta.websocket.Session",
			BlockedWrites.class.getClassLoader());

	private BlockedWrites() {
	}

	static void fail(WebSocketSession session) {
		if (JAKARTA && WebSocketSessionDecorator.unwrap(session) instanceof NativeWebSocketSession socket) {
			Jakarta.fail(socket.getNativeSession());
		}
	}

	/**
	 * Loaded only if the API is there.
	 */
	private static final class Jakarta {

		private static final String TOMCAT_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

		private static final Duration ABORT_TIMEOUT = Duration.ofMillis(50);

		static void fail(Object socket) {
			if (socket instanceof Session session) {
				try {
					// Tomcat reads its timeout at each write. Otherwise the frame that
					// closes the session would wait for the whole timeout
					session.getUserProperties().put(TOMCAT_SEND_TIMEOUT, ABORT_TIMEOUT.toMillis());
					session.setMaxIdleTimeout(1);
				}
				catch (RuntimeException ex) {
					logger.debug("A STOMP session was already closed", ex);
				}
			}
		}

	}

}
