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
import java.util.Map;

import io.github.atmosphererelay.durable.internal.DurableOutcome;
import io.github.atmosphererelay.durable.internal.DurableSession;
import io.github.atmosphererelay.durable.internal.DurableSessions;
import io.github.atmosphererelay.durable.internal.DurableStart;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;

/**
 * Starts durable sessions during handshakes, and returns their tokens to browsers as
 * cookies. Blocks for the store, on threads that serve requests or check tokens.
 */
public final class DurableHandshaker {

	/** The attribute with the outcome, once it is known. */
	private static final String START = DurableStart.class.getName();

	/** The attribute with the client's token, if the client has yet to authenticate. */
	private static final String SHOWN = DurableHandshaker.class.getName();

	private final @Nullable DurableSessions sessions;

	private final String doorPath;

	/**
	 * Create an instance.
	 * @param sessions the durable sessions, or {@code null} if this node has none
	 * @param doorPath the path of the doors
	 */
	public DurableHandshaker(@Nullable DurableSessions sessions, String doorPath) {
		this.sessions = sessions;
		this.doorPath = doorPath;
	}

	/**
	 * Start the durable session that a request asks for.
	 * @param request the request
	 * @param response the response to it, to which the cookie is added
	 * @param wish the client's request for a durable session
	 * @param principal the client, or {@code null} if it is anonymous or has yet to
	 * authenticate
	 * @param attributes receives the outcome
	 * @throws RequestRefusedException if the session belongs to another user
	 */
	public void begin(HttpServletRequest request, HttpServletResponse response, Wish wish,
			@Nullable Principal principal, Map<String, Object> attributes) {
		DurableSessions sessions = this.sessions;
		if (sessions == null) {
			attributes.put(START, DurableStart.UNAVAILABLE);
			return;
		}
		Shown shown = shown(request, wish, sessions);
		if (wish.userFollows()) {
			attributes.put(SHOWN, shown);
			return;
		}
		DurableStart start = begin(sessions, shown, principal, wish.channel());
		attributes.put(START, start);
		if (start.session() != null && !start.isRestored()) {
			response.addHeader(HttpHeaders.SET_COOKIE, cookie(request, sessions, start.session().token()));
		}
	}

	private static Shown shown(HttpServletRequest request, Wish wish, DurableSessions sessions) {
		if (wish.token() != null) {
			return new Shown(wish.token(), false);
		}
		Cookie[] cookies = request.getCookies();
		if (cookies != null) {
			for (Cookie cookie : cookies) {
				if (cookie.getName().equals(sessions.settings().cookieName())) {
					return new Shown(cookie.getValue(), true);
				}
			}
		}
		return new Shown(null, false);
	}

	private static DurableStart begin(DurableSessions sessions, Shown shown, @Nullable Principal principal,
			String channel) {
		String user = (principal != null) ? principal.getName() : null;
		DurableStart start = sessions.begin(shown.token, user, channel);
		if (start.outcome() != DurableOutcome.REFUSED) {
			return start;
		}
		if (shown.cookie) {
			// The cookie is of the user who used the browser before. The client did not
			// ask for that session, so it gets a new one.
			return sessions.begin(null, user, channel);
		}
		throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "the session is somebody else's");
	}

	/**
	 * Create a cookie for the channel's path: a browser may have connections to several
	 * channels.
	 */
	private String cookie(HttpServletRequest request, DurableSessions sessions, String token) {
		String uri = request.getRequestURI();
		return ResponseCookie.from(sessions.settings().cookieName(), token)
			.path((uri.indexOf(';') < 0) ? uri : request.getContextPath() + this.doorPath)
			.httpOnly(true)
			.secure(request.isSecure())
			.sameSite("Lax")
			.build()
			.toString();
	}

	/**
	 * Start the durable session of a client that has authenticated in its first frame.
	 * @param attributes the attributes of its handshake
	 * @param principal the client
	 * @param channel the channel that it connects to
	 * @throws RequestRefusedException if the session belongs to another user
	 */
	public void loggedIn(Map<String, Object> attributes, Principal principal, String channel) {
		Shown shown = (Shown) attributes.remove(SHOWN);
		DurableSessions sessions = this.sessions;
		if (shown != null && sessions != null) {
			attributes.put(START, begin(sessions, shown, principal, channel));
		}
	}

	/**
	 * Begin or continue a durable session of which the client is not told, and which it
	 * finds again without a cookie. Blocks for the store.
	 * @param token the session's token, or {@code null} for a new session
	 * @param principal the client, or {@code null} if it is anonymous
	 * @param channel the channel that it connects to
	 * @param attributes receives the outcome
	 * @return the session's token, or {@code null} if there is no session
	 */
	public @Nullable String beginQuietly(@Nullable String token, @Nullable Principal principal, String channel,
			Map<String, Object> attributes) {
		DurableSessions sessions = this.sessions;
		if (sessions == null) {
			return null;
		}
		DurableStart start = begin(sessions, new Shown(token, true), principal, channel);
		attributes.put(START, start);
		return (start.session() != null) ? start.session().token() : null;
	}

	/**
	 * Return the durable session of a handshake, which stays in the attributes.
	 * @param attributes the attributes of the handshake
	 * @return the session, or {@code null} if there is none
	 */
	public static @Nullable DurableSession session(Map<String, Object> attributes) {
		DurableStart start = (DurableStart) attributes.get(START);
		return (start != null) ? start.session() : null;
	}

	/**
	 * Return the outcome of a handshake, and remove it from the attributes.
	 * @param attributes the attributes of the handshake
	 * @return the outcome, or {@code null} if the client did not ask for a durable
	 * session
	 */
	public static @Nullable DurableStart take(Map<String, Object> attributes) {
		return (DurableStart) attributes.remove(START);
	}

	/**
	 * Return the durable sessions.
	 * @return the durable sessions, or {@code null} if this node has none
	 */
	public @Nullable DurableSessions sessions() {
		return this.sessions;
	}

	/**
	 * A client's request for a durable session.
	 *
	 * @param channel the channel that the client connects to
	 * @param token the token of the client's session, or {@code null} if it wants a new
	 * session or the one of its cookie
	 * @param userFollows whether the client has yet to authenticate
	 */
	public record Wish(String channel, @Nullable String token, boolean userFollows) {

	}

	/**
	 * The token that a client has sent.
	 *
	 * @param token the token, or {@code null} if it has sent none
	 * @param cookie whether the token came as a cookie, and therefore from the browser
	 * and not from the page
	 */
	private record Shown(@Nullable String token, boolean cookie) {
	}

}
