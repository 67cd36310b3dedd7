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

import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.regex.Pattern;

import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.web.socket.WebSocketHttpHeaders;

/**
 * Checks the headers of a WebSocket handshake (RFC 6455, section 4.2.1). Handshakes on
 * which Spring or the container would fail are refused with a reason, before they reach
 * them and before the handshake has changed anything.
 */
final class HandshakeHeaders {

	/** The length of a decoded key in bytes. */
	private static final int KEY_LENGTH = 16;

	private static final List<String> ONCE = List.of(HttpHeaders.UPGRADE, WebSocketHttpHeaders.SEC_WEBSOCKET_VERSION,
			WebSocketHttpHeaders.SEC_WEBSOCKET_KEY);

	private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";

	private static final String PARAMETER = "\\s*+;\\s*+" + TOKEN + "(?:\\s*+=\\s*+(?:" + TOKEN
			+ "|\"(?:[^\"\\\\]|\\\\.)*+\"))?+";

	private static final String EXTENSION = "\\s*+" + TOKEN + "(?:" + PARAMETER + ")*+\\s*+";

	private static final Pattern EXTENSIONS = Pattern.compile(EXTENSION + "(?:," + EXTENSION + ")*+");

	/**
	 * Allows more characters than a subprotocol may have, because clients send users'
	 * tokens in this header.
	 */
	private static final Pattern PROTOCOLS = Pattern.compile("[\\t\\x20-\\x7E&&[^\"]]*+");

	private HandshakeHeaders() {
	}

	/**
	 * Check a handshake that is known to be a GET with {@code Upgrade: websocket}.
	 * @param request the handshake
	 * @throws HandshakeRefusedException if a header is not valid
	 */
	static void check(HttpServletRequest request) {
		for (String name : ONCE) {
			Enumeration<String> headers = request.getHeaders(name);
			if (headers.hasMoreElements() && headers.nextElement() != null && headers.hasMoreElements()) {
				throw malformed("there is more than one header '" + name + "'");
			}
		}
		if (!hasUpgradeToken(Collections.list(request.getHeaders(HttpHeaders.CONNECTION)))) {
			throw malformed("the header 'Connection' has to be 'Upgrade'");
		}
		if (!"13".equals(trimmed(request.getHeader(WebSocketHttpHeaders.SEC_WEBSOCKET_VERSION)))) {
			throw new HandshakeRefusedException(Refusal.VERSION, "the header 'Sec-WebSocket-Version' has to be 13");
		}
		if (!isKey(trimmed(request.getHeader(WebSocketHttpHeaders.SEC_WEBSOCKET_KEY)))) {
			throw malformed("the header 'Sec-WebSocket-Key' has to be 16 bytes in Base64");
		}
		for (String protocols : Collections.list(request.getHeaders(WebSocketHttpHeaders.SEC_WEBSOCKET_PROTOCOL))) {
			if (!PROTOCOLS.matcher(protocols).matches()) {
				throw malformed("the header 'Sec-WebSocket-Protocol' is malformed");
			}
		}
		if (!QueryParameters.parse(request.getQueryString()).isComplete()) {
			throw malformed("the query is not UTF-8");
		}
		for (String extensions : Collections.list(request.getHeaders(WebSocketHttpHeaders.SEC_WEBSOCKET_EXTENSIONS))) {
			if (!extensions.isBlank() && !EXTENSIONS.matcher(extensions).matches()) {
				throw malformed("the header 'Sec-WebSocket-Extensions' is malformed");
			}
		}
	}

	private static boolean hasUpgradeToken(List<String> headers) {
		for (String header : headers) {
			for (String token : header.split(",")) {
				if (token.trim().equalsIgnoreCase("upgrade")) {
					return true;
				}
			}
		}
		return false;
	}

	private static boolean isKey(@Nullable String key) {
		try {
			return key != null && Base64.getDecoder().decode(key).length == KEY_LENGTH;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static @Nullable String trimmed(@Nullable String header) {
		return (header != null) ? header.trim() : null;
	}

	private static HandshakeRefusedException malformed(String reason) {
		return new HandshakeRefusedException(Refusal.MALFORMED, reason);
	}

}
