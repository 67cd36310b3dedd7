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
 * Decides whether a request may connect, and authenticates its client. Used by all doors
 * and for all kinds of requests. Runs on threads that serve requests, and may block them.
 */
public final class AdmissionChecker {

	private final HandshakeSupport handshakes;

	private final ClientLimits limits;

	private final TokenChecker tokens;

	private final OriginCheck origins;

	/**
	 * Create a checker.
	 * @param handshakes settings and helpers for handshakes
	 * @param limits counts connections and limits them, for all doors together
	 * @param tokens checks tokens
	 */
	public AdmissionChecker(HandshakeSupport handshakes, ClientLimits limits, TokenChecker tokens) {
		this.handshakes = handshakes;
		this.limits = limits;
		this.tokens = tokens;
		this.origins = new OriginCheck(handshakes.allowedOrigins(), handshakes.nodeAddresses());
	}

	/**
	 * Check that the node accepts clients, and has room for one more connection.
	 * @param request the request
	 * @throws HandshakeRefusedException if it does not
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
	 * Check that the page that has made the request may connect.
	 * @param request the request
	 * @throws HandshakeRefusedException if it may not
	 */
	void checkOrigin(HandshakeRequest request) {
		this.origins.check(request);
	}

	/**
	 * Check that the page that has made a request without {@code Origin} may connect.
	 * @param request the request
	 * @throws HandshakeRefusedException if its {@code Referer} is a page that may not
	 */
	void checkReferrer(HandshakeRequest request) {
		this.origins.checkReferrer(request);
	}

	/**
	 * Check that there may be one more connection from the client's address.
	 * @param request the request, whose remote host is a literal address
	 * @throws RequestRefusedException if there are too many
	 */
	public void checkAddress(HttpServletRequest request) {
		if (!this.limits.hasRoom(new InetSocketAddress(request.getRemoteHost(), request.getRemotePort()))) {
			throw new HandshakeRefusedException(Refusal.ADDRESS_LIMIT, "there are too many sessions of this address");
		}
	}

	/**
	 * Authenticate the client by a token, or else by the request's principal. May block.
	 * @param request the request
	 * @param token the client's token, or {@code null} if it has sent none
	 * @return the proof of the client's identity
	 * @throws RequestRefusedException if the token is not valid, or the user has too many
	 * sessions
	 */
	public ClientProof authenticate(HttpServletRequest request, @Nullable String token) {
		ClientProof proof = identify(request, token);
		if (!this.limits.hasRoom(proof.principal())) {
			throw new HandshakeRefusedException(Refusal.USER_LIMIT, "there are too many sessions of this user");
		}
		return proof;
	}

	/**
	 * Identify the client of a request that needs no session. May block.
	 * @param request the request
	 * @param token the client's token, or {@code null} if it has sent none
	 * @return the proof of the client's identity
	 * @throws RequestRefusedException if the token is not valid
	 */
	public ClientProof identify(HttpServletRequest request, @Nullable String token) {
		// Taken first: an event that concerns the user during the check, such as a
		// log-out, then also concerns this client
		long takenAt = System.nanoTime();
		return (token != null) ? byToken(request, token, takenAt) : byPrincipal(request, takenAt);
	}

	private ClientProof byToken(HttpServletRequest request, String token, long takenAt) {
		if (!this.tokens.isEnabled()) {
			throw new HandshakeRefusedException(Refusal.TOKEN, "this node takes no tokens");
		}
		Authenticated client = this.tokens.check(token, request.getUserPrincipal());
		return ClientProof.of(client, takenAt);
	}

	private ClientProof byPrincipal(HttpServletRequest request, long takenAt) {
		Principal principal = request.getUserPrincipal();
		if (principal == null) {
			return ClientProof.anonymous(takenAt);
		}
		checkName(request);
		return ClientProof.of(request, this.tokens.expiryOf(principal), takenAt);
	}

	/**
	 * Check that the request's principal has a name. The user's sessions are counted,
	 * found and closed by that name.
	 * @param request the request
	 * @throws RequestRefusedException if the principal has no name
	 */
	public void checkName(HttpServletRequest request) {
		Principal principal = request.getUserPrincipal();
		if (principal != null && principal.getName() == null) {
			throw new HandshakeRefusedException(Refusal.NAMELESS,
					"the user has no name (" + principal.getClass().getSimpleName() + ")");
		}
	}

}
