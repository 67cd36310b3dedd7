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

import java.security.Principal;
import java.time.Instant;

import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import io.github.atmosphererelay.session.internal.LocalSession;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

/**
 * The proof of a client's identity, and when it was given.
 *
 * @param principal the client, or {@code null} if it is anonymous
 * @param expiresAt when the proof expires, or {@code null} if it does not expire
 * @param takenAt when the client's proof was requested, in {@link System#nanoTime()};
 * events that concern the user from then on, such as a log-out, also concern the client's
 * session
 * @param httpSession the HTTP session that identifies the client, and whose end ends the
 * client's session; {@code null} if the client is identified in another way
 * @param sharedHttpSession whether Spring Session keeps the HTTP session, in a store that
 * nodes share
 */
public record ClientProof(@Nullable Principal principal, @Nullable Instant expiresAt, long takenAt,
		@Nullable HttpSession httpSession, boolean sharedHttpSession) {

	/** Spring Session sets this attribute of the requests that it handles. */
	private static final String SPRING_SESSION = "org.springframework.session.SessionRepository";

	/**
	 * Create the proof of a request's principal.
	 * @param request the request, which has a principal
	 * @param expiresAt when the proof expires, or {@code null} if it does not expire
	 * @param takenAt when the request arrived, in {@link System#nanoTime()}
	 * @return the proof
	 */
	static ClientProof of(HttpServletRequest request, @Nullable Instant expiresAt, long takenAt) {
		return new ClientProof(request.getUserPrincipal(), expiresAt, takenAt, request.getSession(false),
				request.getAttribute(SPRING_SESSION) != null);
	}

	/**
	 * Create the proof for a token.
	 * @param client the client that the token identifies
	 * @param takenAt when the token arrived, in {@link System#nanoTime()}
	 * @return the proof
	 */
	public static ClientProof of(Authenticated client, long takenAt) {
		return new ClientProof(client.principal(), client.expiresAt(), takenAt, null, false);
	}

	/**
	 * Create the proof of a client that has yet to authenticate.
	 * @return an empty proof
	 */
	public static ClientProof nothing() {
		return anonymous(System.nanoTime());
	}

	/**
	 * Create the proof of an anonymous client.
	 * @param takenAt when the request arrived, in {@link System#nanoTime()}
	 * @return an empty proof
	 */
	static ClientProof anonymous(long takenAt) {
		return new ClientProof(null, null, takenAt, null, false);
	}

	/**
	 * Set the expiry of a new session.
	 * @param session the client's session
	 */
	public void applyTo(LocalSession session) {
		session.expireAt(this.expiresAt);
		session.authenticatedAt(this.takenAt);
	}

}
