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

package io.github.atmosphererelay.relay.http.internal;

import java.net.URI;

/**
 * The base URLs of peers.
 */
public final class PeerUrls {

	private PeerUrls() {
	}

	/**
	 * Check a base URL.
	 * @param url the URL
	 * @return the URL without a slash at its end
	 * @throws IllegalArgumentException if no endpoint's path can be appended to it
	 */
	public static URI check(URI url) {
		String scheme = url.getScheme();
		if (!"http".equals(scheme) && !"https".equals(scheme)) {
			throw new IllegalArgumentException("It must begin with http:// or https://");
		}
		if (url.getHost() == null || url.getRawUserInfo() != null || url.getRawQuery() != null
				|| url.getRawFragment() != null) {
			throw new IllegalArgumentException("It must have a host, and neither a user, a query nor a fragment");
		}
		String text = url.toString();
		return text.endsWith("/") ? check(URI.create(text.substring(0, text.length() - 1))) : url;
	}

}
