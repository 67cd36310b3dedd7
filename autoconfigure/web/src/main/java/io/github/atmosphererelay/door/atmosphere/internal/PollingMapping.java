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

package io.github.atmosphererelay.door.atmosphere.internal;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Leads the requests of clients of the Centrifuge protocol that poll to their handler.
 */
final class PollingMapping extends AbstractHandlerMapping {

	/** The path below the doors' path. */
	static final String PATH = "/connection/polling";

	/** Before the raw door, whose paths may cover this one. */
	private static final int ORDER = -3;

	private final String path;

	private final HttpRequestHandler handler;

	PollingMapping(String doorPath, HttpRequestHandler handler) {
		this.path = doorPath + PATH;
		this.handler = handler;
		setOrder(ORDER);
	}

	@Override
	protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
		boolean mine = ServletRequestPathUtils.getParsedRequestPath(request)
			.pathWithinApplication()
			.value()
			.equals(this.path);
		return (mine && (HttpMethod.POST.matches(request.getMethod()) || CorsUtils.isPreFlightRequest(request)))
				? this.handler : null;
	}

	/**
	 * The door itself decides which origins may connect, as for WebSockets.
	 */
	@Override
	protected HandlerExecutionChain getCorsHandlerExecutionChain(HttpServletRequest request,
			HandlerExecutionChain chain, @Nullable CorsConfiguration config) {
		return chain;
	}

}
