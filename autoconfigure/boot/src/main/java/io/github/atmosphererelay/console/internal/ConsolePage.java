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

package io.github.atmosphererelay.console.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.atmosphererelay.resource.internal.LibraryFiles;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.server.RequestPath;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.util.HtmlUtils;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.UriUtils;

/**
 * Serves the console: one page and its files. The page contains no data. It asks the
 * actuator endpoint and subscribes to a channel, both with the rights of the user who has
 * opened it. Safe for use by many threads.
 */
public final class ConsolePage implements HttpRequestHandler {

	/**
	 * After the mapping of WebSocket handshakes, which answers them at the same paths,
	 * and before mappings of the application that cover all paths.
	 */
	private static final int ORDER = -1;

	private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
			+ " connect-src 'self'; base-uri 'none'; form-action %s; frame-ancestors 'none'";

	private static final Pattern BLANK = Pattern.compile("\\{\\{([a-z-]+)}}");

	private static final MediaType SCRIPT = new MediaType("text", "javascript", StandardCharsets.UTF_8);

	private static final Map<String, MediaType> FILES = Map.of("console.css",
			new MediaType("text", "css", StandardCharsets.UTF_8), "console.js", SCRIPT, "actuator.js", SCRIPT,
			"chart.js", SCRIPT, "live.js", SCRIPT, "table.js", SCRIPT, "icon.svg", new MediaType("image", "svg+xml"));

	private final String path;

	private final String socketPath;

	private final ConsoleActuator actuator;

	private final ConsoleExits exits;

	private final Map<String, String> headers;

	private final String page;

	private final LibraryFiles files;

	/**
	 * Create the page.
	 * @param doorPath the path of the WebSocket clients; the page's path begins with it
	 * @param channel the channel that {@link ConsoleRatePublisher} publishes in
	 * @param exits the links to the application
	 * @param actuator where the page finds the actuator endpoint
	 */
	public ConsolePage(String doorPath, String channel, ConsoleExits exits, ConsoleActuator actuator) {
		this.path = doorPath + "/console";
		this.socketPath = doorPath + "/" + UriUtils.encodePath(channel, StandardCharsets.UTF_8);
		this.actuator = actuator;
		this.exits = exits;
		this.headers = Map.of("Content-Security-Policy",
				POLICY.formatted(exits.logout().isEmpty() ? "'none'" : "'self'"), "X-Content-Type-Options", "nosniff",
				"X-Frame-Options", "DENY", "Referrer-Policy", "no-referrer");
		this.page = read("console.html");
		this.files = new LibraryFiles(ConsolePage.class, FILES, this.headers);
	}

	private static String read(String name) {
		try {
			return new ClassPathResource(name, ConsolePage.class).getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Create the mapping that routes requests under the page's path to this handler.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new SimpleUrlHandlerMapping(Map.of(this.path, this, this.path + "/**", this), ORDER);
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response)
			throws ServletException, IOException {
		if (!ServletRequestPathUtils.hasParsedRequestPath(request)) {
			ServletRequestPathUtils.parseAndCache(request);
		}
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		if (path.equals(this.path)) {
			write(request, response);
		}
		else if (path.startsWith(this.path + "/") && this.files.has(path.substring(this.path.length() + 1))) {
			this.files.handleRequest(request, response);
		}
		else {
			response.sendError(HttpServletResponse.SC_NOT_FOUND);
		}
	}

	private void write(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
		HttpMethod method = HttpMethod.valueOf(request.getMethod());
		if (method != HttpMethod.GET && method != HttpMethod.HEAD) {
			throw new HttpRequestMethodNotSupportedException(request.getMethod(), List.of("GET", "HEAD"));
		}
		byte[] content = render(request).getBytes(StandardCharsets.UTF_8);
		this.headers.forEach(response::setHeader);
		// The page contains the CSRF token of the user
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setContentType("text/html;charset=UTF-8");
		response.setContentLength(content.length);
		response.getOutputStream().write(content);
	}

	private String render(HttpServletRequest request) {
		RequestPath path = ServletRequestPathUtils.getParsedRequestPath(request);
		String base = path.value().substring(0, path.value().length() - path.pathWithinApplication().value().length());
		String root = request.getContextPath();
		CsrfHeader csrf = CsrfHeader.of(request);
		Map<String, String> values = Map.ofEntries(Map.entry("base", base + this.path),
				Map.entry("actuator", this.actuator.path().isEmpty() ? "" : base + this.actuator.path()),
				Map.entry("writable", Boolean.toString(this.actuator.writable())),
				Map.entry("socket", base + this.socketPath), Map.entry("csrf-header", csrf.name()),
				Map.entry("csrf-parameter", csrf.parameter()), Map.entry("csrf-token", csrf.token()),
				Map.entry("user", Objects.requireNonNullElse(request.getRemoteUser(), "")),
				Map.entry("home", this.exits.home().isEmpty() ? "" : root + this.exits.home()),
				Map.entry("logout", this.exits.logout().isEmpty() ? "" : root + this.exits.logout()));
		// In one pass, so that a value that contains a placeholder is not filled in again
		return BLANK.matcher(this.page)
			.replaceAll((blank) -> Matcher
				.quoteReplacement(HtmlUtils.htmlEscape(Objects.requireNonNull(values.get(blank.group(1))))));
	}

}
