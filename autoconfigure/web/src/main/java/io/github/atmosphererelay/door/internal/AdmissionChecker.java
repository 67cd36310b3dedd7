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

import java.net.InetSocketAddress;
import java.security.Principal;

import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Decides about whoever asks to come in, by whatever kind of request, and finds out who
 * it is. Runs on threads that serve requests, which it may block.
 */
public final class AdmissionChecker {

	private final HandshakeSupport handshakes;

	private final ClientLimits limits;

	private final TokenChecker tokens;

	private final OriginCheck origins;

	/**
	 * Create checks.
	 * @param handshakes what is needed to answer handshakes
	 * @param limits what clients have and do, through whatever door
	 * @param tokens checks tokens
	 */
	public AdmissionChecker(HandshakeSupport handshakes, ClientLimits limits, TokenChecker tokens) {
		this.handshakes = handshakes;
		this.limits = limits;
		this.tokens = tokens;
		this.origins = new OriginCheck(handshakes.allowedOrigins());
	}

	/**
	 * Check that the node lets clients in, and has room for one more.
	 * @param request the request
	 * @throws HandshakeRefusedException if not
	 */
	void checkRoom(HandshakeRequest request) {
		if (!this.handshakes.gate().isOpen()) {
			throw new HandshakeRefusedException(Refusal.SHUTTING_DOWN, "this node is shutting down");
		}
		int sockets = this.limits.connectionCount();
		if (!this.handshakes.capacity().hasRoom(request.getLocalPort(), sockets)) {
			throw new HandshakeRefusedException(Refusal.FULL, "this node has as many connections as it takes");
		}
	}

	/**
	 * Check that the page may connect that has made the request.
	 * @param request the request
	 * @throws HandshakeRefusedException if not
	 */
	void checkOrigin(HandshakeRequest request) {
		this.origins.check(request);
	}

	/**
	 * Check that there may be one more connection from the client's address.
	 * @param request the request, whose address is a literal
	 * @throws RequestRefusedException if there are too many
	 */
	public void checkAddress(HttpServletRequest request) {
		if (!this.limits.hasRoom(new InetSocketAddress(request.getRemoteHost(), request.getRemotePort()))) {
			throw new HandshakeRefusedException(Refusal.ADDRESS_LIMIT, "there are too many sessions of this address");
		}
	}

	/**
	 * Find out who the client is, by a token or else by the request's principal. Here may
	 * be waited for that.
	 * @param request the request
	 * @param token the token that it has brought, or {@code null}
	 * @return what the client has shown
	 * @throws RequestRefusedException if a token proves nothing, or the user has too many
	 * sessions
	 */
	public ClientProof authenticate(HttpServletRequest request, @Nullable String token) {
		// What happens to the user while it is looked at happens to the client, too
		long takenAt = System.nanoTime();
		ClientProof proof = (token != null) ? byToken(token, takenAt) : byPrincipal(request, takenAt);
		if (!this.limits.hasRoom(proof.principal())) {
			throw new HandshakeRefusedException(Refusal.USER_LIMIT, "there are too many sessions of this user");
		}
		return proof;
	}

	private ClientProof byToken(String token, long takenAt) {
		if (!this.tokens.isEnabled()) {
			throw new HandshakeRefusedException(Refusal.TOKEN, "this node takes no tokens");
		}
		Authenticated client = this.tokens.check(token);
		return ClientProof.of(client, takenAt);
	}

	private ClientProof byPrincipal(HttpServletRequest request, long takenAt) {
		Principal principal = request.getUserPrincipal();
		if (principal == null) {
			return new ClientProof(null, null, takenAt, null);
		}
		checkName(request);
		return new ClientProof(principal, this.tokens.expiryOf(principal), takenAt, request.getSession(false));
	}

	/**
	 * Check that the request's principal has a name: by it the user's sessions are
	 * counted, found and ended.
	 * @param request the request
	 * @throws RequestRefusedException if it has a principal without a name
	 */
	public void checkName(HttpServletRequest request) {
		Principal principal = request.getUserPrincipal();
		if (principal != null && principal.getName() == null) {
			throw new HandshakeRefusedException(Refusal.NAMELESS,
					"the user has no name (" + principal.getClass().getSimpleName() + ")");
		}
	}

}
