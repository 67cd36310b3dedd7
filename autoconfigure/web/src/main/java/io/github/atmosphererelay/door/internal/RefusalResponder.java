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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

import io.github.atmosphererelay.delivery.internal.InboundStatistics;
import io.github.atmosphererelay.guard.internal.LogText;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.log.LogMessage;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.socket.WebSocketHttpHeaders;

/**
 * Answers refused handshakes, counts them and logs them: at most one line in ten seconds
 * for each {@link Refusal}, because anybody can cause them. Safe for use by many threads.
 */
public final class RefusalResponder {

	/**
	 * Seconds after which a client may retry if the node is full; it should try another
	 * node first.
	 */
	private static final String RETRY_WHEN_FULL = "5";

	private static final Log logger = LogFactory.getLog(RefusalResponder.class);

	private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

	private final InboundStatistics statistics;

	private final Map<Refusal, RateLimitedLog> logs = new EnumMap<>(Refusal.class);

	/**
	 * Create a responder.
	 * @param statistics counts refusals
	 */
	public RefusalResponder(InboundStatistics statistics) {
		this.statistics = statistics;
		for (Refusal refusal : Refusal.values()) {
			this.logs.put(refusal, new RateLimitedLog(logger, LOG_INTERVAL));
		}
	}

	/**
	 * Refuse a handshake.
	 * @param request the handshake
	 * @param response the response to it
	 * @param cause the reason
	 * @throws IOException if the client has disconnected
	 */
	void refuse(HttpServletRequest request, HttpServletResponse response, RequestRefusedException cause)
			throws IOException {
		this.statistics.countRefused(cause.code());
		HttpStatus status = ErrorStatus.of(cause.code());
		if (cause instanceof HandshakeRefusedException refused) {
			status = refused.refusal().status();
			setHeaders(response, refused.refusal());
			log(request, refused.refusal(), cause.reason());
		}
		else if (cause.code() != ErrorCode.INTERNAL) {
			log(request, refusal(cause.code()), cause.reason());
		}
		write(response, status, cause.reason());
	}

	/**
	 * Refuse an event stream for now, so that its client comes back. A browser's
	 * {@code EventSource} gives up for good on any status but 200.
	 * @param request the request
	 * @param response the response to it
	 * @param cause the reason
	 * @param type the content type of an event stream
	 * @param body the whole stream
	 * @throws IOException if the client has disconnected
	 */
	void endStream(HttpServletRequest request, HttpServletResponse response, RequestRefusedException cause, String type,
			byte[] body) throws IOException {
		this.statistics.countRefused(cause.code());
		if (cause instanceof HandshakeRefusedException refused) {
			if (refused.refusal() == Refusal.FULL) {
				response.setHeader(HttpHeaders.CONNECTION, "close");
			}
			log(request, refused.refusal(), cause.reason());
		}
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setContentType(type);
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

	/**
	 * Return whether the same request may be accepted a little later, or by another node.
	 */
	static boolean isTemporary(RequestRefusedException refusal) {
		return (refusal instanceof HandshakeRefusedException refused) ? refused.refusal().isTemporary()
				: refusal.code().isTemporary() || refusal.code() == ErrorCode.LIMIT_EXCEEDED;
	}

	private static void setHeaders(HttpServletResponse response, Refusal refusal) {
		switch (refusal) {
			case SHUTTING_DOWN -> response.setHeader(HttpHeaders.RETRY_AFTER, "1");
			case ADDRESS_LIMIT, USER_LIMIT -> response.setHeader(HttpHeaders.RETRY_AFTER, RETRY_WHEN_FULL);
			case FULL -> {
				response.setHeader(HttpHeaders.RETRY_AFTER, RETRY_WHEN_FULL);
				// Otherwise the connection would stay open for the client's next request,
				// and would count as one of those that are too many
				response.setHeader(HttpHeaders.CONNECTION, "close");
			}
			case VERSION -> {
				response.setHeader(HttpHeaders.UPGRADE, "websocket");
				response.setHeader(WebSocketHttpHeaders.SEC_WEBSOCKET_VERSION, "13");
			}
			default -> {
			}
		}
	}

	/**
	 * Write a response that consists of a reason.
	 * @param response the response
	 * @param status its status
	 * @param reason the reason, for the client
	 * @throws IOException if the client has disconnected
	 */
	static void write(HttpServletResponse response, HttpStatus status, String reason) throws IOException {
		byte[] body = reason.getBytes(StandardCharsets.UTF_8);
		response.setStatus(status.value());
		response.setContentType("text/plain;charset=UTF-8");
		response.setContentLength(body.length);
		response.getOutputStream().write(body);
	}

	private void log(HttpServletRequest request, Refusal refusal, String reason) {
		RateLimitedLog log = Objects.requireNonNull(this.logs.get(refusal));
		switch (refusal.level()) {
			case WARN -> log.warn(() -> text(request, refusal, reason));
			case INFO -> log.info(() -> text(request, refusal, reason));
			case NONE -> logger.debug(LogMessage.of(() -> text(request, refusal, reason)));
		}
	}

	private static String text(HttpServletRequest request, Refusal refusal, String reason) {
		String advice = refusal.advice();
		return "A client that asked for " + LogText.quote(request.getRequestURI()) + " was refused with "
				+ refusal.status().value() + ": " + LogText.line(reason) + ((advice != null) ? ". " + advice : "");
	}

	private static Refusal refusal(ErrorCode code) {
		return switch (code) {
			case UNAUTHORIZED, TOKEN_EXPIRED -> Refusal.TOKEN;
			case TOO_MANY_REQUESTS, LIMIT_EXCEEDED -> Refusal.USER_LIMIT;
			case BAD_REQUEST -> Refusal.MALFORMED;
			case UNKNOWN_CHANNEL -> Refusal.UNKNOWN_CHANNEL;
			default -> Refusal.DENIED;
		};
	}

}
