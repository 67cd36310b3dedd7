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

package io.github.atmosphererelay.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.RequestPath;
import org.springframework.util.DigestUtils;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.util.HtmlUtils;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.UriUtils;

/**
 * Serves the console: one page, and the few files that it consists of. It holds no data;
 * what it shows, the page asks the actuator and hears in a channel, as the one who looks
 * at it. Safe for use by many threads; reads nothing but its own memory.
 */
public final class ConsolePage implements HttpRequestHandler {

	/**
	 * Behind the mapping of WebSocket handshakes, which have their own answer at this
	 * path, and before everything of the application's that covers all paths.
	 */
	private static final int ORDER = -1;

	private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
			+ " connect-src 'self'; base-uri 'none'; form-action %s; frame-ancestors 'none'";

	private static final Pattern BLANK = Pattern.compile("\\{\\{([a-z-]+)}}");

	private static final Map<String, String> FILES = Map.of("console.css", "text/css;charset=UTF-8", "console.js",
			"text/javascript;charset=UTF-8", "actuator.js", "text/javascript;charset=UTF-8", "chart.js",
			"text/javascript;charset=UTF-8", "live.js", "text/javascript;charset=UTF-8", "table.js",
			"text/javascript;charset=UTF-8", "icon.svg", "image/svg+xml");

	private final String path;

	private final String socketPath;

	private final ConsoleActuator actuator;

	private final ConsoleExits exits;

	private final String policy;

	private final String page;

	private final Map<String, StoredFile> files = new LinkedHashMap<>();

	/**
	 * Create the page.
	 * @param doorPath the path of the WebSocket door, under which the page is
	 * @param channel the channel that {@link ConsoleRates} publishes in
	 * @param exits where the page leads out of itself
	 * @param actuator where the page finds the actuator endpoint
	 */
	public ConsolePage(String doorPath, String channel, ConsoleExits exits, ConsoleActuator actuator) {
		this.path = doorPath + "/console";
		this.socketPath = doorPath + "/" + UriUtils.encodePath(channel, StandardCharsets.UTF_8);
		this.actuator = actuator;
		this.exits = exits;
		this.policy = POLICY.formatted(exits.logout().isEmpty() ? "'none'" : "'self'");
		this.page = new String(read("console.html"), StandardCharsets.UTF_8);
		FILES.forEach((name, type) -> this.files.put(this.path + "/" + name, StoredFile.of(type, read(name))));
	}

	private static byte[] read(String name) {
		try (InputStream in = ConsolePage.class.getResourceAsStream(name)) {
			if (in == null) {
				throw new IllegalStateException("The console's file " + name + " is missing");
			}
			return in.readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Create the mapping that leads requests under the page's path to it.
	 * @return the mapping
	 */
	public HandlerMapping mapping() {
		return new SimpleUrlHandlerMapping(Map.of(this.path, this, this.path + "/**", this), ORDER);
	}

	@Override
	public void handleRequest(HttpServletRequest request, HttpServletResponse response)
			throws IOException, HttpRequestMethodNotSupportedException {
		HttpMethod method = HttpMethod.valueOf(request.getMethod());
		if (method != HttpMethod.GET && method != HttpMethod.HEAD) {
			throw new HttpRequestMethodNotSupportedException(request.getMethod(), List.of("GET", "HEAD"));
		}
		if (!ServletRequestPathUtils.hasParsedRequestPath(request)) {
			ServletRequestPathUtils.parseAndCache(request);
		}
		String path = ServletRequestPathUtils.getParsedRequestPath(request).pathWithinApplication().value();
		StoredFile file = this.files.get(path);
		if (path.equals(this.path)) {
			// Holds the token of the one who asks for it
			secure(response, "no-store");
			write(response, "text/html;charset=UTF-8", render(request).getBytes(StandardCharsets.UTF_8));
		}
		else if (file != null) {
			// Asked for anew each time and answered in a few bytes: a node that was
			// updated has no old script running on its page
			secure(response, "no-cache");
			if (!new ServletWebRequest(request, response).checkNotModified(file.etag())) {
				write(response, file.type(), file.content());
			}
		}
		else {
			response.sendError(HttpServletResponse.SC_NOT_FOUND);
		}
	}

	private void secure(HttpServletResponse response, String caching) {
		response.setHeader("Content-Security-Policy", this.policy);
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("X-Frame-Options", "DENY");
		response.setHeader("Referrer-Policy", "no-referrer");
		response.setHeader(HttpHeaders.CACHE_CONTROL, caching);
	}

	private static void write(HttpServletResponse response, String type, byte[] content) throws IOException {
		response.setContentType(type);
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
		// At one go, so that nothing is filled into what was filled in
		return BLANK.matcher(this.page)
			.replaceAll((blank) -> Matcher
				.quoteReplacement(HtmlUtils.htmlEscape(Objects.requireNonNull(values.get(blank.group(1))))));
	}

	/**
	 * A file in memory.
	 *
	 * @param type its content type
	 * @param content what it holds
	 * @param etag says whether a browser's copy is the same
	 */
	private record StoredFile(String type, byte[] content, String etag) {

		static StoredFile of(String type, byte[] content) {
			return new StoredFile(type, content, "\"" + DigestUtils.md5DigestAsHex(content) + "\"");
		}

	}

}
