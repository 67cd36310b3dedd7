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

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * A web origin (RFC 6454): that of a page, or that of this server as browsers see it.
 *
 * @param scheme the scheme; {@code http} or {@code https} for this server
 * @param host the host, in lower case
 * @param port the port, also if it is the scheme's default
 */
record WebOrigin(String scheme, String host, int port) {

	private static final Pattern ORIGIN = Pattern.compile(
			"([a-zA-Z][a-zA-Z0-9+.-]{0,31})://(\\[[0-9a-fA-F:.]+\\]|[^\\s/?#@:\\[\\]\\\\]{1,255})(?::(\\d{1,5}))?");

	/**
	 * Set by Tomcat's RemoteIpValve when it has applied the headers of a trusted proxy.
	 */
	private static final String FORWARDED = "org.apache.tomcat.request.forwarded";

	private static final String FORWARDED_PROTO = "X-Forwarded-Proto";

	/**
	 * Parse an {@code Origin} header.
	 * @param header the header
	 * @return the origin, or {@code null} if the header contains none
	 */
	static @Nullable WebOrigin parse(String header) {
		Matcher matcher = ORIGIN.matcher(header);
		if (!matcher.matches()) {
			return null;
		}
		String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
		String port = matcher.group(3);
		return new WebOrigin(scheme, matcher.group(2).toLowerCase(Locale.ROOT),
				(port != null) ? Integer.parseInt(port) : port(scheme));
	}

	/**
	 * Return the origin of this server's pages, as the client of a request sees it. Some
	 * proxies, such as Traefik, report the scheme {@code wss} for WebSockets over TLS and
	 * {@code ws} for others. For browsers these are {@code https} and {@code http}.
	 * @param request the request
	 * @return the origin
	 */
	static WebOrigin of(HttpServletRequest request) {
		String told = request.getScheme().toLowerCase(Locale.ROOT);
		int port = request.getServerPort();
		boolean secure = told.equals("https") || told.equals("wss") || isForwardedAsSecureWebSocket(request);
		if (secure && !request.isSecure() && port == 80) {
			// Port 80 was set for a scheme that was not recognized as secure
			port = 443;
		}
		String scheme = secure ? "https" : "http";
		return new WebOrigin(scheme, request.getServerName().toLowerCase(Locale.ROOT),
				(port > 0) ? port : port(scheme));
	}

	/**
	 * Return whether a proxy that Tomcat trusts has reported the scheme {@code wss},
	 * which Tomcat treats as {@code http}.
	 */
	private static boolean isForwardedAsSecureWebSocket(HttpServletRequest request) {
		String header = request.getHeader(FORWARDED_PROTO);
		if (header == null || !Boolean.TRUE.equals(request.getAttribute(FORWARDED))) {
			return false;
		}
		for (String each : header.split(",", -1)) {
			String proto = each.trim();
			if (!proto.equalsIgnoreCase("wss") && !proto.equalsIgnoreCase("https")) {
				return false;
			}
		}
		return true;
	}

	private static int port(String scheme) {
		return switch (scheme) {
			case "https", "wss" -> 443;
			case "http", "ws" -> 80;
			default -> -1;
		};
	}

	@Override
	public String toString() {
		return this.scheme + "://" + this.host + ((this.port != port(this.scheme)) ? ":" + this.port : "");
	}

}
