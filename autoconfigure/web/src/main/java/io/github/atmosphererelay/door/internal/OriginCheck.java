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

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.guard.internal.LogText;

import org.springframework.http.HttpHeaders;
import org.springframework.web.cors.CorsConfiguration;

/**
 * Allows pages from this server's own origin and from the configured origins to connect.
 * Clients that send no {@code Origin} header are no browsers and may connect.
 */
final class OriginCheck {

	/** The origin of a page. */
	private static final Pattern PAGE = Pattern.compile("^https?://[^/?#]+", Pattern.CASE_INSENSITIVE);

	private final Supplier<Collection<String>> nodeAddresses;

	private final CorsConfiguration allowed = new CorsConfiguration();

	/**
	 * Create a check.
	 * @param patterns patterns of origins that may connect, in addition to this server's
	 * own
	 * @param nodeAddresses returns the addresses of the cluster's nodes
	 */
	OriginCheck(List<String> patterns, Supplier<Collection<String>> nodeAddresses) {
		this.nodeAddresses = nodeAddresses;
		this.allowed.setAllowedOriginPatterns(patterns);
	}

	/**
	 * Check a handshake.
	 * @param request the handshake
	 * @throws HandshakeRefusedException if the page's origin may not connect
	 */
	void check(HandshakeRequest request) {
		for (String origin : Collections.list(request.getHeaders(HttpHeaders.ORIGIN))) {
			check(request, origin);
		}
	}

	/**
	 * Check a request that names no origin, but perhaps the page that has made it.
	 * @param request the request
	 * @throws HandshakeRefusedException if the page's origin may not connect
	 */
	void checkReferrer(HandshakeRequest request) {
		String referrer = request.getHeader(HttpHeaders.REFERER);
		Matcher page = (referrer != null) ? PAGE.matcher(referrer) : null;
		if (page != null && page.find()) {
			check(request, page.group());
		}
	}

	private void check(HandshakeRequest request, String origin) {
		if (!request.origin().equals(WebOrigin.parse(origin)) && this.allowed.checkOrigin(origin) == null
				&& !isOfNode(origin)) {
			throw new HandshakeRefusedException(Refusal.ORIGIN, "the origin " + LogText.quote(origin)
					+ " is neither this server's, which is " + request.origin() + ", nor allowed");
		}
	}

	private boolean isOfNode(String origin) {
		WebOrigin parsed = WebOrigin.parse(origin);
		return parsed != null
				&& this.nodeAddresses.get().stream().anyMatch((address) -> parsed.equals(WebOrigin.parse(address)));
	}

}
