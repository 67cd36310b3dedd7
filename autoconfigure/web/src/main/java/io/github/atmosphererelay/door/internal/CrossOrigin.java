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

import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;

/**
 * Lets pages of other origins read responses, if their origin may connect. The same
 * origins may connect as by WebSocket.
 */
final class CrossOrigin {

	private static final String FETCH_SITE = "Sec-Fetch-Site";

	private static final String MAX_AGE = "600";

	/** What an {@code atmosphere.js} that polls reads of each answer. */
	private static final String EXPOSED = "X-Atmosphere-Session-Token, Retry-After";

	private CrossOrigin() {
	}

	/**
	 * Check a request that has passed the check of its {@code Origin}: a browser sends no
	 * {@code Origin} with some requests of other origins' pages, for example those of
	 * images. Their pages cannot read the response, but could open streams in the user's
	 * name.
	 * @param request the request
	 * @throws HandshakeRefusedException if it is the request of another origin's page
	 */
	static void check(HttpServletRequest request) {
		String site = request.getHeader(FETCH_SITE);
		if (request.getHeader(HttpHeaders.ORIGIN) == null && ("cross-site".equals(site) || "same-site".equals(site))) {
			throw new HandshakeRefusedException(Refusal.ORIGIN,
					"the request comes from a page of another origin and does not name it");
		}
	}

	/**
	 * Return whether a request says nothing of the page that has made it but, perhaps,
	 * its {@code Referer}: of an older browser, one without TLS, or of no browser.
	 * @param request the request
	 */
	static boolean isUntold(HttpServletRequest request) {
		return request.getHeader(HttpHeaders.ORIGIN) == null && request.getHeader(FETCH_SITE) == null;
	}

	/**
	 * Allow the page that has made a request to read the response.
	 * @param request the request, whose origin may connect
	 * @param response the response to it
	 */
	static void allow(HandshakeRequest request, HttpServletResponse response) {
		List<String> origins = Collections.list(request.getHeaders(HttpHeaders.ORIGIN));
		if (origins.isEmpty() || request.origin().equals(WebOrigin.parse(origins.get(0)))) {
			return;
		}
		response.addHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origins.get(0));
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
		response.setHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
	}

	/**
	 * Answer a browser that asks whether a page may make a request.
	 * @param request the question, whose origin may connect
	 * @param response the response to it
	 */
	static void answer(HandshakeRequest request, HttpServletResponse response) {
		allow(request, response);
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
				"Accept, Authorization, Content-Type, Last-Event-ID, X-CSRF-TOKEN, X-XSRF-TOKEN");
		response.setHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE);
		response.setStatus(HttpServletResponse.SC_NO_CONTENT);
	}

}
