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

package io.github.atmosphererelay.door;

import java.io.IOException;
import java.security.Principal;
import java.time.Instant;
import java.util.Map;

import io.github.atmosphererelay.broadcast.RequestRefusedException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.util.StringUtils;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.server.HandshakeInterceptor;

/**
 * Lets handshakes of a door in or answers them with a status and a reason. Runs on
 * threads that serve requests, which it may block.
 */
public abstract class DoorInterceptor implements HandshakeInterceptor {

	/** What a subprotocol that carries a token begins with. */
	private static final String BEARER = "bearer.";

	private final DoorContext context;

	private final OriginCheck origins;

	/**
	 * Create an interceptor.
	 * @param context what the doors have in common
	 */
	protected DoorInterceptor(DoorContext context) {
		this.context = context;
		this.origins = new OriginCheck(context.allowedOrigins());
	}

	@Override
	public final boolean beforeHandshake(ServerHttpRequest request, ServerHttpResponse response,
			WebSocketHandler handler, Map<String, Object> attributes) throws IOException {
		HandshakeRequest handshake = (HandshakeRequest) ((ServletServerHttpRequest) request).getServletRequest();
		try {
			checkRoom(handshake);
			HandshakeHeaders.check(handshake.wrapped());
			this.origins.check(handshake);
			ClientProof.begin(attributes);
			admit(request, attributes);
			admitted(request, response, attributes);
			return true;
		}
		catch (RequestRefusedException ex) {
			this.context.refusals().refuse(handshake, ((ServletServerHttpResponse) response).getServletResponse(), ex);
			return false;
		}
	}

	private void checkRoom(HandshakeRequest handshake) {
		if (!this.context.gate().isOpen()) {
			throw new HandshakeRefusedException(Refusal.SHUTTING_DOWN, "this node is shutting down");
		}
		int sockets = this.context.limits().connectionCount();
		if (!this.context.capacity().hasRoom(handshake.getLocalPort(), sockets)) {
			throw new HandshakeRefusedException(Refusal.FULL, "this node has as many connections as it takes");
		}
	}

	/**
	 * Let a handshake in.
	 * @param request the handshake
	 * @param attributes what the door's handler is told
	 * @throws RequestRefusedException to refuse it
	 */
	protected abstract void admit(ServerHttpRequest request, Map<String, Object> attributes);

	/**
	 * Do what is done last, when nothing of the handshake can be refused any more but by
	 * this.
	 * @param request the handshake
	 * @param response its answer
	 * @param attributes what the door's handler is told
	 * @throws RequestRefusedException to refuse it after all
	 */
	protected void admitted(ServerHttpRequest request, ServerHttpResponse response, Map<String, Object> attributes) {
	}

	/**
	 * Check that there may be one more connection from the client's address.
	 * @param request the handshake
	 * @throws RequestRefusedException if there are too many
	 */
	protected final void checkAddress(ServerHttpRequest request) {
		if (!this.context.limits().hasRoom(request.getRemoteAddress())) {
			throw new HandshakeRefusedException(Refusal.ADDRESS_LIMIT, "there are too many sessions of this address");
		}
	}

	/**
	 * Find out who the client is, by a token among its subprotocols or else by the
	 * request's principal, and leave in the attributes when that expires. Here may be
	 * waited for that.
	 * @param request the handshake
	 * @param attributes what the door's handler is told
	 * @return who the client is, or {@code null} if it is anonymous
	 * @throws RequestRefusedException if a token proves nothing, or the user has too many
	 * sessions
	 */
	protected final @Nullable Principal authenticate(ServerHttpRequest request, Map<String, Object> attributes) {
		TokenChecks tokens = this.context.tokens();
		String token = token(request.getHeaders());
		Principal principal;
		Instant expiry;
		if (token != null) {
			if (!tokens.isEnabled()) {
				throw new HandshakeRefusedException(Refusal.TOKEN, "this node takes no tokens");
			}
			Authenticated client = tokens.check(token);
			principal = client.principal();
			expiry = client.expiresAt();
			attributes.put(DoorHandshakeHandler.PRINCIPAL, principal);
		}
		else {
			principal = checkName(request.getPrincipal());
			expiry = (principal != null) ? tokens.expiryOf(principal) : null;
			HttpSession httpSession = (principal != null) ? httpSession(request) : null;
			if (httpSession != null) {
				ClientProof.httpSession(attributes, httpSession);
			}
		}
		if (expiry != null) {
			ClientProof.expiresAt(attributes, expiry);
		}
		if (!this.context.limits().hasRoom(principal)) {
			throw new HandshakeRefusedException(Refusal.USER_LIMIT, "there are too many sessions of this user");
		}
		return principal;
	}

	/**
	 * Return who a client is that was let in.
	 * @param request the handshake
	 * @param attributes what the door's handler is told
	 * @return whom a token has shown, or else the request's principal; {@code null} if
	 * the client is anonymous
	 */
	protected static @Nullable Principal principal(ServerHttpRequest request, Map<String, Object> attributes) {
		Principal shown = (Principal) attributes.get(DoorHandshakeHandler.PRINCIPAL);
		return (shown != null) ? shown : request.getPrincipal();
	}

	/**
	 * Check that a principal has a name: by it the user's sessions are counted, found and
	 * ended.
	 * @param principal the principal, or {@code null} if the client is anonymous
	 * @return the same
	 * @throws RequestRefusedException if it has none
	 */
	protected static @Nullable Principal checkName(@Nullable Principal principal) {
		if (principal != null && principal.getName() == null) {
			throw new HandshakeRefusedException(Refusal.NAMELESS,
					"the user has no name (" + principal.getClass().getSimpleName() + ")");
		}
		return principal;
	}

	private static @Nullable HttpSession httpSession(ServerHttpRequest request) {
		return (request instanceof ServletServerHttpRequest servletRequest)
				? servletRequest.getServletRequest().getSession(false) : null;
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

	@Override
	public final void afterHandshake(ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler,
			@Nullable Exception exception) {
	}

}
