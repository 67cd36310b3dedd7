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

package io.github.atmosphererelay.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;

import io.github.atmosphererelay.relay.http.internal.PeerEndpoint;
import io.github.atmosphererelay.relay.http.internal.PeerRequest;
import io.github.atmosphererelay.relay.http.internal.PeerResponse;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Passes the requests of other nodes to the relay. It runs before all other filters, also
 * before Spring Security: nodes have no user, and the relay authenticates them.
 */
final class PeerFilter implements Filter {

	private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

	private final Supplier<@Nullable PeerEndpoint> endpoint;

	/**
	 * Create a filter.
	 * @param endpoint supplies the relay's endpoint, or {@code null} if another relay is
	 * used; called for each request, so that the relay is not created with the web server
	 */
	PeerFilter(Supplier<@Nullable PeerEndpoint> endpoint) {
		this.endpoint = endpoint;
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws IOException, ServletException {
		PeerEndpoint endpoint = this.endpoint.get();
		if (endpoint == null) {
			chain.doFilter(request, response);
			return;
		}
		PeerResponse answer = endpoint.handle(new ServletPeerRequest((HttpServletRequest) request));
		HttpServletResponse http = (HttpServletResponse) response;
		http.setStatus(answer.status());
		answer.headers().forEach(http::setHeader);
		http.setContentLength(answer.body().length);
		http.getOutputStream().write(answer.body());
	}

	/**
	 * A request of the servlet API.
	 *
	 * @param request the request
	 */
	private record ServletPeerRequest(HttpServletRequest request) implements PeerRequest {

		@Override
		public String method() {
			return this.request.getMethod();
		}

		@Override
		public @Nullable String header(String name) {
			return this.request.getHeader(name);
		}

		@Override
		public long contentLength() {
			return this.request.getContentLengthLong();
		}

		@Override
		public InputStream body() throws IOException {
			return this.request.getInputStream();
		}

		@Override
		public List<X509Certificate> certificates() {
			return (this.request.getAttribute(CERTIFICATES) instanceof X509Certificate[] chain) ? List.of(chain)
					: List.of();
		}

	}

}
