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

package io.github.atmosphererelay.websocket;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Instant;
import java.util.Map;

import io.github.atmosphererelay.broadcast.ErrorCode;
import io.github.atmosphererelay.broadcast.MessagingNode;
import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.util.StringUtils;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.server.HandshakeInterceptor;

/**
 * Decides at the handshake who comes in at the raw door. A refusal is an HTTP status with
 * the reason in its body, before any WebSocket exists.
 */
final class RawDoorInterceptor implements HandshakeInterceptor {

	static final String REQUEST = RawDoorRequest.class.getName();

	/** When the handshake's principal expires, if it does. */
	static final String EXPIRY = RawDoorInterceptor.class.getName() + ".expiry";

	/** What a subprotocol that carries a token begins with. */
	private static final String BEARER = "bearer.";

	private final String path;

	private final MessagingNode node;

	private final HandshakeGate gate;

	private final TokenChecks tokens;

	private final ClientLimits limits;

	private final DurableHandshakes durable;

	RawDoorInterceptor(String path, MessagingNode node, HandshakeGate gate, TokenChecks tokens, ClientLimits limits,
			DurableHandshakes durable) {
		this.path = path;
		this.node = node;
		this.gate = gate;
		this.tokens = tokens;
		this.limits = limits;
		this.durable = durable;
	}

	@Override
	public boolean beforeHandshake(ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler,
			Map<String, Object> attributes) throws IOException {
		HttpServletRequest servletRequest = ((ServletServerHttpRequest) request).getServletRequest();
		if (!this.gate.isOpen()) {
			response.getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
			return refuse(response, HttpStatus.SERVICE_UNAVAILABLE, ErrorCode.NOT_AVAILABLE,
					"this node is shutting down");
		}
		RawDoorRequest asked;
		try {
			asked = RawDoorRequest.of(servletRequest, this.path);
		}
		catch (IllegalArgumentException ex) {
			return refuse(response, HttpStatus.BAD_REQUEST, ErrorCode.BAD_REQUEST, String.valueOf(ex.getMessage()));
		}
		if (this.node.catalog().find(asked.channel()) == null) {
			return refuse(response, HttpStatus.NOT_FOUND, ErrorCode.UNKNOWN_CHANNEL, "there is no such channel");
		}
		try {
			Principal principal = admit(request, asked, attributes);
			// Last of all: it may end the client's former connection.
			this.durable.begin(servletRequest, ((ServletServerHttpResponse) response).getServletResponse(), asked,
					principal, attributes);
		}
		catch (RequestRefusedException ex) {
			return refuse(response, status(ex.code()), ex.code(), ex.reason());
		}
		attributes.put(REQUEST, asked);
		return true;
	}

	private @Nullable Principal admit(ServerHttpRequest request, RawDoorRequest asked, Map<String, Object> attributes) {
		if (!this.limits.hasRoom(request.getRemoteAddress())) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "there are too many sessions of this address");
		}
		if (asked.tokenFollows()) {
			if (!this.tokens.isEnabled()) {
				throw new RequestRefusedException(ErrorCode.BAD_REQUEST, "this node takes no tokens");
			}
			// The rest is decided once it is known who the client is.
			return null;
		}
		Principal principal = authenticate(request, attributes);
		if (!this.limits.hasRoom(principal)) {
			throw new RequestRefusedException(ErrorCode.LIMIT_EXCEEDED, "there are too many sessions of this user");
		}
		this.node.clientMessages().authorizeSubscribe(principal, null, asked.channel()).require();
		return principal;
	}

	/**
	 * Find out who the client is. Here may be waited for that: the thread is one that
	 * serves requests.
	 */
	private @Nullable Principal authenticate(ServerHttpRequest request, Map<String, Object> attributes) {
		String token = token(request.getHeaders());
		Principal principal;
		Instant expiry;
		if (token != null) {
			if (!this.tokens.isEnabled()) {
				throw new RequestRefusedException(ErrorCode.UNAUTHORIZED, "this node takes no tokens");
			}
			Authenticated client = this.tokens.check(token);
			principal = client.principal();
			expiry = client.expiresAt();
			attributes.put(DoorHandshakeHandler.PRINCIPAL, principal);
		}
		else {
			principal = request.getPrincipal();
			expiry = (principal != null) ? this.tokens.expiryOf(principal) : null;
		}
		if (expiry != null) {
			attributes.put(EXPIRY, expiry);
		}
		return principal;
	}

	private static @Nullable String token(HttpHeaders headers) {
		for (String value : headers.getOrEmpty(WebSocketHttpHeaders.SEC_WEBSOCKET_PROTOCOL)) {
			for (String offer : StringUtils.tokenizeToStringArray(value, ",")) {
				if (offer.startsWith(BEARER)) {
					return offer.substring(BEARER.length());
				}
			}
		}
		return null;
	}

	private static HttpStatus status(ErrorCode refusal) {
		return switch (refusal) {
			case UNAUTHORIZED, TOKEN_EXPIRED -> HttpStatus.UNAUTHORIZED;
			case TOO_MANY_REQUESTS, LIMIT_EXCEEDED -> HttpStatus.TOO_MANY_REQUESTS;
			case BAD_REQUEST -> HttpStatus.BAD_REQUEST;
			case INTERNAL -> HttpStatus.INTERNAL_SERVER_ERROR;
			default -> HttpStatus.FORBIDDEN;
		};
	}

	private boolean refuse(ServerHttpResponse response, HttpStatus status, ErrorCode code, String reason)
			throws IOException {
		this.node.statistics().countRefused(code);
		response.setStatusCode(status);
		response.getHeaders().setContentType(MediaType.TEXT_PLAIN);
		response.getBody().write(reason.getBytes(StandardCharsets.UTF_8));
		return false;
	}

	@Override
	public void afterHandshake(ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler,
			@Nullable Exception exception) {
	}

}
