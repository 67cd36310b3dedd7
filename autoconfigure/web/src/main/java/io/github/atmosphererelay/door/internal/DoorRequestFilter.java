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
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;

import io.github.atmosphererelay.message.internal.QueryParameters;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.RequestPath;

/**
 * Handles requests that filters, Spring or the container would answer with a server error
 * before a door could refuse them: requests with an invalid URL, with parameters that
 * cannot be decoded, or with a content type but no content. Requests under the same path
 * that may belong to the application are passed on unchanged.
 */
public final class DoorRequestFilter implements Filter {

	private final RefusalResponder refusals;

	private final String apiPath;

	/**
	 * Create a filter.
	 * @param refusals answers refused requests
	 * @param doorPath the path of the doors
	 */
	public DoorRequestFilter(RefusalResponder refusals, String doorPath) {
		this.refusals = refusals;
		this.apiPath = doorPath + "/api/";
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		HttpServletRequest http = (HttpServletRequest) request;
		if (!isUrl(http)) {
			this.refusals.refuse(http, (HttpServletResponse) response,
					new HandshakeRefusedException(Refusal.MALFORMED, "the address is not a valid URL"));
		}
		else if (!isAcceptable(http)) {
			this.refusals.refuse(http, (HttpServletResponse) response,
					new HandshakeRefusedException(Refusal.MALFORMED, "the header 'Accept' is malformed"));
		}
		else if (http.getMethod().equals("GET") || http.getMethod().equals("HEAD")) {
			chain.doFilter(new ReadRequest(http), response);
		}
		else if (http.getRequestURI().startsWith(http.getContextPath() + this.apiPath)) {
			chain.doFilter(new ApiRequest(http), response);
		}
		else {
			chain.doFilter(request, response);
		}
	}

	private static boolean isUrl(HttpServletRequest request) {
		try {
			String query = request.getQueryString();
			new URI(request.getRequestURL() + ((query != null) ? "?" + query : ""));
			// Parts of the URI may come from the headers of a proxy
			RequestPath.parse(request.getRequestURI(), request.getContextPath());
			return true;
		}
		catch (URISyntaxException | IllegalArgumentException ex) {
			return false;
		}
	}

	/**
	 * Return whether Spring can parse the {@code Accept} header. Spring fails on an
	 * unclosed quote when it looks for a format in which to answer another error.
	 */
	private static boolean isAcceptable(HttpServletRequest request) {
		try {
			MediaType.parseMediaTypes(Collections.list(request.getHeaders(HttpHeaders.ACCEPT)));
			return true;
		}
		catch (InvalidMediaTypeException ex) {
			return true;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	/**
	 * A request whose parameters are those of its query, decoded as UTF-8. Parameters
	 * that cannot be decoded are left out.
	 */
	private static class ApiRequest extends HttpServletRequestWrapper {

		private final Map<String, String[]> parameters;

		ApiRequest(HttpServletRequest request) {
			super(request);
			this.parameters = Collections.unmodifiableMap(QueryParameters.parse(request.getQueryString()).all());
		}

		@Override
		public @Nullable String getParameter(String name) {
			String[] values = this.parameters.get(name);
			return (values != null) ? values[0] : null;
		}

		@Override
		public Map<String, String[]> getParameterMap() {
			return this.parameters;
		}

		@Override
		public Enumeration<String> getParameterNames() {
			return Collections.enumeration(this.parameters.keySet());
		}

		@Override
		public String @Nullable [] getParameterValues(String name) {
			return this.parameters.get(name);
		}

		/**
		 * Return no type for a form with files. Such a form would be parsed before the
		 * API could refuse it.
		 */
		@Override
		public @Nullable String getContentType() {
			String type = super.getContentType();
			return (type != null && type.regionMatches(true, 0, "multipart/", 0, 10)) ? null : type;
		}

	}

	/**
	 * A request without content.
	 */
	private static final class ReadRequest extends ApiRequest {

		ReadRequest(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable String getContentType() {
			return null;
		}

		@Override
		public @Nullable String getCharacterEncoding() {
			return null;
		}

		@Override
		public @Nullable String getHeader(String name) {
			return name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE) ? null : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE) ? Collections.emptyEnumeration()
					: super.getHeaders(name);
		}

		@Override
		public Enumeration<String> getHeaderNames() {
			List<String> names = Collections.list(super.getHeaderNames());
			names.removeIf((name) -> name.equalsIgnoreCase(HttpHeaders.CONTENT_TYPE));
			return Collections.enumeration(names);
		}

	}

}
