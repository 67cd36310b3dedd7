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

package io.github.atmosphererelay.door.stream.internal;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import io.github.atmosphererelay.door.internal.ChannelPath;
import io.github.atmosphererelay.message.internal.ChannelNames;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Leads requests for streams under the doors' path to this door, also of channels that do
 * not exist, and the questions of browsers whether a page may make a request to a
 * channel's path. Leaves all other requests alone.
 */
final class StreamMapping extends AbstractHandlerMapping {

	/**
	 * As the raw door: a request that accepts a stream, under the doors' path, is meant
	 * for a door.
	 */
	private static final int ORDER = -2;

	private final String path;

	private final ChannelCatalog catalog;

	private final HttpRequestHandler handler;

	StreamMapping(String path, ChannelCatalog catalog, HttpRequestHandler handler) {
		this.path = path;
		this.catalog = catalog;
		this.handler = handler;
		setOrder(ORDER);
	}

	@Override
	protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
		return (isForStream(request) || isQuestion(request)) ? this.handler : null;
	}

	private boolean isForStream(HttpServletRequest request) {
		return HttpMethod.GET.matches(request.getMethod())
				&& !"websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE))
				&& StreamFormat.of(request) != null && isOfChannel(request);
	}

	private boolean isOfChannel(HttpServletRequest request) {
		String asked = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		return asked.startsWith(this.path + "/")
				&& ChannelNames.findReserved(asked.substring(this.path.length() + 1)) == null;
	}

	private boolean isQuestion(HttpServletRequest request) {
		try {
			return CorsUtils.isPreFlightRequest(request)
					&& this.catalog.find(ChannelPath.channel(request, this.path)) != null;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
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
