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

import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters;
import io.github.atmosphererelay.door.raw.internal.AtmosphereParameters.Transport;
import io.github.atmosphererelay.message.internal.ChannelNames;
import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Leads the requests under the doors' path with which an {@code atmosphere.js} receives
 * messages to this door, also of channels that do not exist. Leaves all other requests
 * alone.
 */
final class AtmosphereMapping extends AbstractHandlerMapping {

	/** Before the door for streams, as its server-sent events are in another form. */
	private static final int ORDER = -3;

	private final String path;

	private final HttpRequestHandler handler;

	AtmosphereMapping(String path, HttpRequestHandler handler) {
		this.path = path;
		this.handler = handler;
		setOrder(ORDER);
	}

	@Override
	protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
		String query = request.getQueryString();
		if (query == null || !query.contains(AtmosphereParameters.TRANSPORT)
				|| !HttpMethod.GET.matches(request.getMethod())
				|| "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE)) || !isOfChannel(request)) {
			return null;
		}
		return (AtmosphereParameters.of(QueryParameters.parse(query)).transport() != Transport.WEBSOCKET) ? this.handler
				: null;
	}

	private boolean isOfChannel(HttpServletRequest request) {
		String asked = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		return asked.startsWith(this.path + "/")
				&& ChannelNames.findReserved(asked.substring(this.path.length() + 1)) == null;
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
