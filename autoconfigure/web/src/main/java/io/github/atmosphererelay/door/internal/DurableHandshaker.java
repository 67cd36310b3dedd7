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
 * Begins durable sessions at handshakes, and hands their tokens to browsers as cookies.
 * Waits for the store, on the threads that serve requests or check tokens.
 */
public final class DurableHandshaker {

	/** How the connection begins, once that is known. */
	private static final String START = DurableStart.class.getName();

	/** What the client has shown, if it has yet to say who it is. */
	private static final String SHOWN = DurableHandshaker.class.getName();

	private final @Nullable DurableSessions sessions;

	private final String doorPath;

	/**
	 * Create an instance.
	 * @param sessions the sessions, or {@code null} if there are none on this node
	 * @param doorPath the path of the doors
	 */
	public DurableHandshaker(@Nullable DurableSessions sessions, String doorPath) {
		this.sessions = sessions;
		this.doorPath = doorPath;
	}

	/**
	 * Begin the session that a request asks for.
	 * @param request the request
	 * @param response its answer, which gets a cookie
	 * @param wish what is asked for
	 * @param principal who the client is, or {@code null} if it is anonymous, or has yet
	 * to say so
	 * @param attributes where how it begins is left
	 * @throws RequestRefusedException if it asks for somebody else's
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
			// Of who used the browser before; who asked for nobody's session gets an own.
			return sessions.begin(null, user, channel);
		}
		throw new RequestRefusedException(ErrorCode.PERMISSION_DENIED, "the session is somebody else's");
	}

	/**
	 * One for each channel: a browser has connections to several.
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
	 * Begin the session for a client that has said in a frame who it is.
	 * @param attributes what its request has left
	 * @param principal who the client is
	 * @param channel the channel that it has connected for
	 * @throws RequestRefusedException if it asks for somebody else's
	 */
	public void loggedIn(Map<String, Object> attributes, Principal principal, String channel) {
		Shown shown = (Shown) attributes.remove(SHOWN);
		DurableSessions sessions = this.sessions;
		if (shown != null && sessions != null) {
			attributes.put(START, begin(sessions, shown, principal, channel));
		}
	}

	/**
	 * Return how the connection begins, which is then forgotten.
	 * @param attributes what its request has left
	 * @return what became of the client's wish, or {@code null} if it had none
	 */
	public static @Nullable DurableStart take(Map<String, Object> attributes) {
		return (DurableStart) attributes.remove(START);
	}

	/**
	 * Return the sessions.
	 * @return the sessions, or {@code null} if there are none on this node
	 */
	public @Nullable DurableSessions sessions() {
		return this.sessions;
	}

	/**
	 * What a request asks for.
	 *
	 * @param channel the channel that the client connects for
	 * @param token the token of the session that it has, or {@code null} if it wants a
	 * new one, or the one of its cookie
	 * @param userFollows whether the client has yet to say who it is
	 */
	public record Wish(String channel, @Nullable String token, boolean userFollows) {

	}

	/**
	 * The token that a client has shown.
	 *
	 * @param token the token, or {@code null} if it has shown none
	 * @param cookie whether it came as a cookie, and so from the browser rather than the
	 * page
	 */
	private record Shown(@Nullable String token, boolean cookie) {
	}

}
