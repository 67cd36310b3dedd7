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

import java.io.IOException;
import java.time.Duration;
import java.util.List;

import io.github.atmosphererelay.guard.internal.LogText;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.refusal.ErrorCode;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.log.LogMessage;
import org.springframework.http.HttpStatus;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.HandshakeFailureException;
import org.springframework.web.socket.server.support.WebSocketHttpRequestHandler;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Handles the handshakes of a door. Failures are answered and logged here, at a limited
 * rate, instead of with an error page and a stack trace for each.
 */
final class DoorRequestHandler extends WebSocketHttpRequestHandler {

	private static final Log logger = LogFactory.getLog(DoorRequestHandler.class);

	private final HandshakeSupport handshakes;

	private final boolean compression;

	private final RateLimitedLog failures = new RateLimitedLog(logger, Duration.ofSeconds(10));

	/**
	 * Create a handler.
	 * @param handshakes settings and helpers for handshakes
	 * @param compression whether compression may be negotiated
	 * @param handler handles the connections
	 * @param interceptor accepts or refuses handshakes
	 */
	DoorRequestHandler(HandshakeSupport handshakes, boolean compression, WebSocketHandler handler,
			DoorInterceptor interceptor) {
		super(handler, new DoorHandshakeHandler(handshakes.upgradeStrategy(), compression));
		this.handshakes = handshakes;
		this.compression = compression;
		setHandshakeInterceptors(List.of(interceptor));
	}

	/**
	 * Return whether the failure was thrown by a wrapper of the request, such as a
	 * firewall, when a header was read.
	 */
	private boolean isRejected(Throwable failure) {
		HandshakeFailures failures = this.handshakes.failures();
		for (Throwable each = failure; each != null; each = each.getCause()) {
			if (failures.isRejection(each)) {
				return true;
			}
		}
		return false;
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response)
			throws ServletException, IOException {
		try {
			super.handleRequest(new HandshakeRequest(request, this.handshakes.addresses(), this.compression), response);
		}
		catch (HandshakeFailureException ex) {
			if (DisconnectedClientHelper.isClientDisconnectedException(ex)) {
				logger.debug(LogMessage.of(() -> "A client has disconnected before its handshake was answered"), ex);
				return;
			}
			if (isRejected(ex) && !response.isCommitted()) {
				logger.debug("A handshake was rejected before it reached a door", ex);
				response.reset();
				RefusalResponder.write(response, HttpStatus.BAD_REQUEST,
						"the request has a header that is not allowed");
				return;
			}
			this.failures.error("The handshake at " + LogText.quote(request.getRequestURI())
					+ " failed unexpectedly, and the client got status 500", ex);
			if (!response.isCommitted()) {
				response.reset();
				RefusalResponder.write(response, HttpStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL.text());
			}
		}
	}

}
