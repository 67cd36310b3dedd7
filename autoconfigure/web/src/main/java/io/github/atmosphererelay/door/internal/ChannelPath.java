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

import io.github.atmosphererelay.message.internal.ChannelNames;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Reads the channel's name from a request's path: the part after the doors' path.
 */
public final class ChannelPath {

	private ChannelPath() {
	}

	/**
	 * Return the name of the channel in a request's path.
	 * @param request the request
	 * @param doorPath the door's path
	 * @return the name
	 * @throws IllegalArgumentException if the path contains no valid channel name; the
	 * message is for the client
	 */
	public static String channel(HttpServletRequest request, String doorPath) {
		if (!ServletRequestPathUtils.hasParsedRequestPath(request)) {
			ServletRequestPathUtils.parseAndCache(request);
		}
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		String cookie = request.getServletContext().getSessionCookieConfig().getName();
		if (cookie != null) {
			// Containers use the cookie's name as the name of the path parameter with the
			// session's id
			path = ChannelNames.withoutParameter(path, cookie);
		}
		if (!path.startsWith(doorPath + "/")) {
			throw new IllegalArgumentException("the path names no channel");
		}
		return ChannelNames.ofPath(path.substring(doorPath.length() + 1));
	}

}
