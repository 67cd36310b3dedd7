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
 * Lets WebSocket handshakes of a door in or answers them with a status and a reason. Runs
 * on threads that serve requests, which it may block.
 */
public abstract class DoorInterceptor implements HandshakeInterceptor {

	/** Where the connection finds what its client has shown. */
	static final String PROOF = ClientProof.class.getName();

	/** What a subprotocol that carries a token begins with. */
	private static final String BEARER = "bearer.";

	private final RefusalResponder refusals;

	private final AdmissionChecker checks;

	/**
	 * Create an interceptor.
	 * @param checks decides about requests
	 * @param refusals answers handshakes that are refused
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
	 * Let a handshake in.
	 * @param request the handshake
	 * @param attributes what the door's connection is told
	 * @return what the client has shown, {@link ClientProof#nothing()} if it has yet to
	 * say who it is
	 * @throws RequestRefusedException to refuse it
	 */
	protected abstract ClientProof admit(HttpServletRequest request, Map<String, Object> attributes);

	/**
	 * Do what is done last, when nothing of the handshake can be refused any more but by
	 * this.
	 * @param request the handshake
	 * @param response its answer
	 * @param proof what the client has shown
	 * @param attributes what the door's connection is told
	 * @throws RequestRefusedException to refuse it after all
	 */
	protected void admitted(HttpServletRequest request, HttpServletResponse response, ClientProof proof,
			Map<String, Object> attributes) {
	}

	/**
	 * Return what decides about requests.
	 * @return the checks
	 */
	protected final AdmissionChecker checks() {
		return this.checks;
	}

	/**
	 * Find out who the client is, by a token among its subprotocols or else by the
	 * request's principal. Here may be waited for that.
	 * @param request the handshake
	 * @return what the client has shown
	 * @throws RequestRefusedException if a token proves nothing, or the user has too many
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
