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

package io.github.atmosphererelay.door.centrifuge;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.DigestUtils;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;

/**
 * Serves the client for pages without a build step, and its types. Safe for use by many
 * threads; reads nothing but its own memory.
 */
public final class ClientScript implements HttpRequestHandler {

	/**
	 * Behind the mapping of WebSocket handshakes, and before everything of the
	 * application's that covers all paths.
	 */
	private static final int ORDER = -1;

	private final String type;

	private final byte[] content;

	private final String etag;

	private ClientScript(String name, String type) {
		this.type = type;
		try (InputStream in = ClientScript.class.getResourceAsStream(name)) {
			if (in == null) {
				throw new IllegalStateException("The file " + name + " is missing");
			}
			this.content = in.readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.etag = "\"" + DigestUtils.md5DigestAsHex(this.content) + "\"";
	}

	/**
	 * Create the mapping that leads requests for the client to it.
	 * @param doorPath the path of the WebSocket doors, under which the client is
	 * @return the mapping
	 */
	public static HandlerMapping mapping(String doorPath) {
		return new SimpleUrlHandlerMapping(
				Map.of(doorPath + "/client.js", new ClientScript("client.js", "text/javascript;charset=UTF-8"),
						doorPath + "/client.d.ts", new ClientScript("client.d.ts", "text/plain;charset=UTF-8")),
				ORDER);
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response)
			throws IOException, HttpRequestMethodNotSupportedException {
		HttpMethod method = HttpMethod.valueOf(request.getMethod());
		if (method != HttpMethod.GET && method != HttpMethod.HEAD) {
			throw new HttpRequestMethodNotSupportedException(request.getMethod(), List.of("GET", "HEAD"));
		}
		// Asked for anew each time and answered in a few bytes: a page must not talk to a
		// node that was updated in the words of the one before
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
		response.setHeader("X-Content-Type-Options", "nosniff");
		if (!new ServletWebRequest(request, response).checkNotModified(this.etag)) {
			response.setContentType(this.type);
			response.setContentLength(this.content.length);
			response.getOutputStream().write(this.content);
		}
	}

}
