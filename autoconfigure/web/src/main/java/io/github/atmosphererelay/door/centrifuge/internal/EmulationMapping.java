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

package io.github.atmosphererelay.door.centrifuge.internal;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Leads the requests that open streams to this door, and the questions of browsers
 * whether a page may make a request.
 */
final class EmulationMapping extends AbstractHandlerMapping {

	/** The path below the doors' path of the transport {@code sse}. */
	static final String EVENTS = "/connection/sse";

	/** The path of the transport {@code http_stream}. */
	static final String LINES = "/connection/http_stream";

	/** The path to which clients send commands. */
	static final String COMMANDS = "/connection/emulation";

	private final String doorPath;

	private final EmulationStreams events;

	private final EmulationStreams lines;

	EmulationMapping(int order, String doorPath, EmulationStreams events, EmulationStreams lines) {
		this.doorPath = doorPath;
		this.events = events;
		this.lines = lines;
		setOrder(order);
	}

	@Override
	protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		if (!path.startsWith(this.doorPath)) {
			return null;
		}
		boolean asks = CorsUtils.isPreFlightRequest(request);
		return switch (path.substring(this.doorPath.length())) {
			case EVENTS -> (asks || HttpMethod.GET.matches(request.getMethod())) ? this.events : null;
			case LINES -> (asks || HttpMethod.POST.matches(request.getMethod())) ? this.lines : null;
			case COMMANDS -> asks ? this.lines : null;
			default -> null;
		};
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
