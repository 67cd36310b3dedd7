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

import java.io.IOException;
import java.util.function.Predicate;

import io.github.atmosphererelay.channel.internal.ChannelCatalog;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * Answers 426 to requests that would reach a channel if they were WebSocket handshakes.
 * Examples are a URL that is opened in a browser, and the handshake of a client behind a
 * proxy that does not forward the upgrade.
 */
public final class UpgradeRequired extends AbstractHandlerMapping {

	/** After all mappings of the application except its static files. */
	private static final int ORDER = Ordered.LOWEST_PRECEDENCE - 10;

	private static final HttpRequestHandler ANSWER = UpgradeRequired::answer;

	private final Predicate<HttpServletRequest> door;

	private UpgradeRequired(Predicate<HttpServletRequest> door) {
		this.door = door;
		setOrder(ORDER);
	}

	/**
	 * Create the mapping for the paths of configured channels.
	 * @param catalog the configured channels
	 * @param path the doors' path, which the channel's name follows
	 * @return the mapping
	 */
	public static HandlerMapping forChannels(ChannelCatalog catalog, String path) {
		return new UpgradeRequired((request) -> {
			try {
				return catalog.find(ChannelPath.channel(request, path)) != null;
			}
			catch (IllegalArgumentException ex) {
				return false;
			}
		});
	}

	/**
	 * Create the mapping for the path of a door.
	 * @param path the path
	 * @return the mapping
	 */
	public static HandlerMapping forPath(String path) {
		return new UpgradeRequired((request) -> ServletRequestPathUtils.getParsedRequestPath(request)
			.pathWithinApplication()
			.value()
			.equals(path));
	}

	@Override
	protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
		boolean reads = HttpMethod.GET.matches(request.getMethod()) || HttpMethod.HEAD.matches(request.getMethod());
		return (reads && this.door.test(request)) ? ANSWER : null;
	}

	private static void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
		if (request.getProtocol().startsWith("HTTP/1")) {
			response.setHeader(HttpHeaders.UPGRADE, "websocket");
			response.setHeader(HttpHeaders.CONNECTION, "Upgrade");
		}
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		RefusalResponder.write(response, HttpStatus.UPGRADE_REQUIRED,
				"this is for WebSocket clients; a proxy on the way has to pass 'Upgrade' and 'Connection' on");
	}

}
