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
import java.util.Enumeration;
import java.util.Map;

import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.util.StringUtils;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.WebSocketHttpHeaders;
import org.springframework.web.socket.server.HandshakeInterceptor;

/**
 * Accepts WebSocket handshakes of a door, or answers them with a status and a reason.
 * Runs on threads that serve requests, and may block them.
 */
public abstract class DoorInterceptor implements HandshakeInterceptor {

	/** The attribute with the proof of the client's identity. */
	static final String PROOF = ClientProof.class.getName();

	/** The prefix of a subprotocol that carries a token. */
	private static final String BEARER = "bearer.";

	private final RefusalResponder refusals;

	private final AdmissionChecker checks;

	/**
	 * Create an interceptor.
	 * @param checks decides whether requests may connect
	 * @param refusals answers refused handshakes
	 */
	protected DoorInterceptor(AdmissionChecker checks, RefusalResponder refusals) {
		this.checks = checks;
		this.refusals = refusals;
	}

	@Override
	public final boolean beforeHandshake(ServerHttpRequest request, ServerHttpResponse response,
			WebSocketHandler handler, Map<String, Object> attributes) throws IOException {
		HandshakeRequest handshake = (HandshakeRequest) ((ServletServerHttpRequest) request).getServletRequest();
		HttpServletResponse answer = ((ServletServerHttpResponse) response).getServletResponse();
		try {
			this.checks.checkRoom(handshake);
			HandshakeHeaders.check(handshake.wrapped());
			this.checks.checkOrigin(handshake);
			ClientProof proof = admit(handshake, attributes);
			attributes.put(PROOF, proof);
			admitted(handshake, answer, proof, attributes);
			return true;
		}
		catch (RequestRefusedException ex) {
			this.refusals.refuse(handshake, answer, ex);
			return false;
		}
	}

	/**
	 * Accept a handshake.
	 * @param request the handshake
	 * @param attributes attributes for the door's connection
	 * @return the proof of the client's identity, or {@link ClientProof#nothing()} if the
	 * client has yet to authenticate
	 * @throws RequestRefusedException if the handshake is refused
	 */
	protected abstract ClientProof admit(HttpServletRequest request, Map<String, Object> attributes);

	/**
	 * Called as the last step, when all checks of the handshake have passed. May still
	 * refuse it.
	 * @param request the handshake
	 * @param response the response to it
	 * @param proof the proof of the client's identity
	 * @param attributes attributes for the door's connection
	 * @throws RequestRefusedException if the handshake is refused after all
	 */
	protected void admitted(HttpServletRequest request, HttpServletResponse response, ClientProof proof,
			Map<String, Object> attributes) {
	}

	/**
	 * Return the checker of requests.
	 * @return the checker
	 */
	protected final AdmissionChecker checks() {
		return this.checks;
	}

	/**
	 * Authenticate the client by a token among its subprotocols, or else by the request's
	 * principal. May block.
	 * @param request the handshake
	 * @return the proof of the client's identity
	 * @throws RequestRefusedException if the token is not valid, or the user has too many
	 * sessions
	 */
	protected final ClientProof authenticate(HttpServletRequest request) {
		return this.checks.authenticate(request, token(request));
	}

	private static @Nullable String token(HttpServletRequest request) {
		Enumeration<String> values = request.getHeaders(WebSocketHttpHeaders.SEC_WEBSOCKET_PROTOCOL);
		while (values.hasMoreElements()) {
			for (String offer : StringUtils.tokenizeToStringArray(values.nextElement(), ",")) {
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
